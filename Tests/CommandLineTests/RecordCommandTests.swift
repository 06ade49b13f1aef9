import Foundation
import TestSupport
import Testing

@Suite("record, verify, forecast")
struct RecordCommandTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func record(_ arguments: [String]) throws -> JSONFields {
    let result = try Tool.run(["record", "--json", "--quiet"] + arguments)
    #expect(result.status == 0, "\(result.errors)")
    return try JSONFields(result.output)
  }

  @Test(
    "The printed command makes the run again from the file",
    arguments: [
      ("async:rule=scaled", "csv", 3), ("async", "ndjson", 1), ("minibatch", "csv", 2),
      ("minibatch", "ndjson", 4), ("async", "outpace.zst", 2),
    ])
  func again(method: String, ending: String, workers: Int) throws {
    let path = folder.path("run.\(ending)")
    let result = try record([
      "--method", method, "--workers", "\(workers)", "--updates", "80", "--seed", "3", "-o", path,
      "--objective", "logistic:gaussian:n=256,d=16,noise=0.5?batch=8,l2=0.01",
    ])
    #expect(result["replay_equals_run"].value as? Bool == true)
    #expect(result["ending"].text == "completed")
    #expect(result["workers"].list.count == workers)
    let command = try #require(result["replay_command"].text)
    #expect(try Tool.shell(command).status == 0)
    // The check is one: another fingerprint does not pass.
    let fingerprint = try #require(result["fingerprint"].text)
    let wrong = String(fingerprint.dropLast()) + (fingerprint.hasSuffix("0") ? "1" : "0")
    #expect(try Tool.shell(command.replacing(fingerprint, with: wrong)).status == 3)
  }

  @Test("A database keeps the run, and verify makes it again")
  func verify() throws {
    let database = folder.path("lab.db")
    let data = try folder.write(
      (0..<40).map { "\($0 % 2) 1:\($0 % 7) 2:\(3 - $0 % 5)" }.joined(separator: "\n") + "\n",
      to: "points.svm")
    let result = try record([
      "--updates", "60", "--db", database, "--objective", "logistic:\(data)?l2=0.1",
    ])
    #expect(result["name"].text == "recorded-async")
    func verified() throws -> (JSONFields, Int32) {
      let result = try Tool.run(["verify", "--db", database, "--json"])
      return (try JSONFields(result.output), result.status)
    }
    let (report, status) = try verified()
    #expect(status == 0)
    #expect(report["gradients"].integer == result["gradients"].integer)
    #expect(report["replays"][0]["equal"].value as? Bool == true)
    #expect(report["replays"][0]["found"].text == result["fingerprint"].text)
    let manifest = report["manifest"]
    #expect(manifest["outpace"].text == "0.1.0" && manifest["platform"].text?.isEmpty == false)
    #expect(manifest["arguments"].list.map(\.text) == ["verify", "--db", database, "--json"])
    #expect(manifest["traces"][0]["digest"].text == result["digest"].text)
    let recorded = try JSONFields(#require(manifest["traces"][0]["options_json"].text))["record"]
    #expect(recorded["platform"].text == manifest["platform"].text)
    #expect(recorded["objective"].text == result["objective"].text)
    #expect(recorded["updates"].integer == 60)
    // SHA-256 of the data, as each replay has it too.
    #expect(recorded["data_digest"].text == report["replays"][0]["data_digest"].text)
    #expect(recorded["data_digest"].text?.count == 64)
    // The printed command finds the run in its database.
    #expect(try Tool.shell(#require(result["replay_command"].text)).status == 0)

    // Other data of the same size are another objective.
    _ = try folder.write(
      (0..<40).map { "\($0 % 2) 1:\($0 % 6) 2:\(3 - $0 % 5)" }.joined(separator: "\n") + "\n",
      to: "points.svm")
    let (changed, failed) = try verified()
    #expect(failed == 3)
    #expect(changed["holds"].value as? Bool == false)
    #expect(changed["replays"][0]["not_repeatable"].text?.contains("other ones now") == true)
    let text = try Tool.run(["verify", "--db", database])
    #expect(text.status == 3 && text.output.contains("cannot be made again"))
  }

  @Test("The printed command is one for a shell, whatever the file is called")
  func quoted() throws {
    let path = folder.path("it's my run.csv")
    let result = try record([
      "--updates", "20", "-o", path, "--objective", "logistic:gaussian:n=64,d=4?batch=2,l2=0.01",
    ])
    #expect(try Tool.shell(#require(result["replay_command"].text)).status == 0)
  }

  @Test("Control-C ends a run, and keeps it whole up to then", .needsOptimiser)
  func interrupted() throws {
    let path = folder.path("run.ndjson")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Tool.path)
    process.arguments = ["record", "--time", "300s", "-o", path, "--json", "--quiet"]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    Thread.sleep(forTimeInterval: 1.5)
    process.interrupt()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    let result = try JSONFields(String(decoding: text, as: UTF8.self))
    #expect(result["ending"].text == "interrupted")
    #expect(try Tool.shell(#require(result["replay_command"].text)).status == 0)
  }

  @Test("A forecast stands beside the record, with its error", .needsOptimiser)
  func forecast() throws {
    let paths = try ["minibatch", "async"].map { method in
      let path = folder.path("\(method).ndjson")
      _ = try record(["--method", method, "--updates", "200", "-o", path])
      return path
    }
    for (from, to) in [(0, 1), (1, 0)] {
      let result = try Tool.run(
        ["forecast", paths[from], paths[to], "--json", "--quiet", "--stepsize", "0.1"])
      #expect(result.status == 0, "\(result.errors)")
      let report = try JSONFields(result.output)
      #expect(report["method"].text == (to == 1 ? "async:rule=constant" : "minibatch"))
      let rate = report["figures"][0]
      let forecast = try #require(rate["forecast"].number)
      let recorded = try #require(rate["recorded"].number)
      #expect(forecast > 0 && recorded > 0)
      #expect(agree(rate["error"].number, forecast / recorded - 1, within: 1e-9))
      #expect(report["losses"].list.count == 11)
      #expect(report["losses"][0]["forecast"].number == report["losses"][0]["recorded"].number)
    }
    // A trace foretells itself: with the same order the delays are its own.
    let own = try Tool.run(["forecast", paths[0], paths[0], "--json", "--quiet"])
    let error = try #require(try JSONFields(own.output)["figures"][0]["error"].number)
    #expect(abs(error) < 0.1, "\(error)")
  }
}
