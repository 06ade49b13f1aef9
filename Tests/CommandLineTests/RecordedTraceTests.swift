import Foundation
import TestSupport
import Testing

/// The committed runs of `outpace record`: what their page promises holds on this machine too.
@Suite("Recorded runs in traces/", .needsOptimiser)
struct RecordedTraceTests {
  private static let objective = "mlp:fixtures/digits.svm?batch=16,hidden=128"

  @Test(
    "Replays in the recorded order make the iterates of the runs",
    arguments: [("minibatch", "0.2"), ("async", "0.05")])
  func fingerprints(method: String, stepsize: String) throws {
    let page = try String(
      contentsOf: Repository.traces.appendingPathComponent("README.md"), encoding: .utf8)
    let start = try #require(page.range(of: "replay traces/recorded-4/\(method).csv.gz"))
    let check = try #require(
      page.range(of: "--check ", range: start.upperBound..<page.endIndex))
    let fingerprint = String(page[check.upperBound...].prefix(64))
    func replay(_ fingerprint: String) throws -> Int32 {
      try Tool.run(
        [
          "replay", "traces/recorded-4/\(method).csv.gz", "--order", "recorded", "--method", method,
          "--stepsize", stepsize, "--objective", Self.objective, "--sampling", "recorded",
          "--quiet",
          "--check", fingerprint,
        ], in: Repository.root
      ).status
    }
    #expect(try replay(fingerprint) == 0)
    #expect(try replay(String(fingerprint.reversed())) == 3)
  }

  /// The issue of this: on cores that are not shared the rate is within 10%.
  @Test("One foretells the rate of the other within 10%")
  func forecast() throws {
    for (from, to) in [("minibatch", "async"), ("async", "minibatch")] {
      let result = try Tool.run(
        [
          "forecast", "traces/recorded-4/\(from).csv.gz", "traces/recorded-4/\(to).csv.gz",
          "--json",
          "--quiet",
        ], in: Repository.root)
      let error = try #require(try JSONFields(result.output)["figures"][0]["error"].number)
      #expect(abs(error) < 0.1, "\(from) of \(to): \(error)")
    }
  }

  @Test("A report sets the forecast beside the record")
  func report() throws {
    let folder = try TemporaryFolder()
    let page = folder.path("page.html")
    let result = try Tool.run(
      [
        "report", "traces/recorded-4/minibatch.csv.gz", "--forecast",
        "traces/recorded-4/async.csv.gz", "--forecast-method", "async:stepsize=0.05",
        "--forecast-objective", Self.objective, "--time", "100ms", "--json", "--quiet", "-o", page,
      ], in: Repository.root)
    #expect(result.status == 0, "\(result.errors)")
    let forecast = try JSONFields(result.output)["forecast"]
    #expect(forecast["to"].text == "async")
    #expect(forecast["losses"].list.count == 11)
    let delays = forecast["delays"].list
    let counts = ["forecast", "recorded"].map { key in
      delays.reduce(0) { $0 + ($1[key].integer ?? 0) }
    }
    #expect(counts == [800, 800])
    let markup = try String(contentsOfFile: page, encoding: .utf8)
    #expect(markup.contains("<section id=\"forecast\">"))
    for id in ["forecast-delays", "forecast-loss"] { #expect(markup.contains("t-\(id)")) }
  }
}
