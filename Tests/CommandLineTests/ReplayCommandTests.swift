import Foundation
import TestSupport
import Testing
import TraceStore

@Suite("replay")
struct ReplayCommandTests {
  private let folder: TemporaryFolder
  private let trace: String

  /// Two workers: 2 and 6 ticks. In 6 ticks worker 0 makes three updates and worker 1 one.
  init() throws {
    folder = try TemporaryFolder()
    trace = try folder.write(
      "worker,start_ns,duration_ns\na,0,2\na,2,2\na,4,2\nb,0,6\nb,6,6\n", to: "two.csv")
  }

  private func replay(_ arguments: [String]) throws -> JSONFields {
    let result = try Tool.run(["replay", trace, "--json", "--quiet"] + arguments)
    #expect(result.status == 0, "\(result.errors)")
    return try JSONFields(result.output)
  }

  private func fingerprint(_ arguments: [String]) throws -> String? {
    try replay(["--method", "async", "--stepsize", "0.1", "--updates", "50"] + arguments)[
      "replays"][
        0]["fingerprint"].text
  }

  /// Updates at 2, 4, 6, 6: delays 1, 1, 1 and, read at x_0 and applied as the fourth, 4.
  @Test("Delays are those that follow by hand")
  func delays() throws {
    let run = try replay(["--method", "async", "--stepsize", "0.1", "--time", "6ns"])["replays"][0]
    #expect(run["updates"].integer == 4)
    #expect(run["gradients"].integer == 4)
    #expect(run["delay"]["max"].integer == 4)
    #expect(run["delay"]["mean"].number == 1.75)
    #expect(run["delay"]["per_worker"][1]["max"].integer == 4)
    #expect(run["outcome"].text == "completed")
    #expect(run["points"].list.count == 400)
  }

  /// (1/2)(6/2 + 6/6) = 2, and at a multiple of 6 ticks the counts are 4 against 2.
  @Test("With constant durations the measured count speed-up is the formula")
  func countSpeedup() throws {
    let report = try replay([
      "--method", "minibatch", "--method", "async", "--stepsize", "0.1", "--time", "600ns",
    ])
    #expect(report["count_speedup_measured"].number == 2)
    #expect(report["replays"][0]["rounds"].integer == 100)
    // The gradients of a round are fresh, and the identity speaks of others.
    #expect(report["replays"][0]["delay"]["max"].integer == 1)
    #expect(report["replays"][0]["delay"]["mean"].number == 1)
    #expect(report["replays"][0]["delay"]["identity_holds"].isNull)
  }

  @Test("The fingerprint tells what matters from what does not")
  func fingerprints() throws {
    let first = try #require(try fingerprint([]))
    #expect(first.count == 64)
    #expect(try fingerprint(["--threads", "3"]) == first)
    #expect(try fingerprint(["--evaluate-every", "7"]) == first)
    #expect(try fingerprint(["--seed", "2"]) != first)
    #expect(try fingerprint(["--stepsize", "0.10000000000000002"]) != first)
    let slower = try folder.write(
      "worker,start_ns,duration_ns\na,0,2\na,2,2\na,4,2\nb,0,6\nb,6,7\n", to: "slower.csv")
    let other = try Tool.run([
      "replay", slower, "--json", "--quiet", "--method", "async", "--stepsize", "0.1", "--updates",
      "50",
    ])
    #expect(try JSONFields(other.output)["replays"][0]["fingerprint"].text != first)
    let check = try Tool.run([
      "replay", trace, "--method", "async", "--stepsize", "0.1", "--updates", "50", "--check",
      first,
    ])
    #expect(check.status == 0)
    let failed = try Tool.run([
      "replay", trace, "--method", "async", "--stepsize", "0.2", "--updates", "50", "--check",
      first,
    ])
    #expect(failed.status == 3)
    #expect(failed.errors.contains("not \(first)"))
  }

  @Test("A history has a line an update, under the documented header")
  func history() throws {
    let path = folder.path("history.csv")
    _ = try replay([
      "--method", "async", "--stepsize", "0.1", "--time", "6ns", "--history", path,
      "--evaluate-every", "1",
    ])
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(
      lines[0]
        == "k,time_ns,worker,delay,stepsize,loss,gradient_norm_squared,virtual_distance_squared")
    let starts = ["1,2,0,1,0.1,", "2,4,0,1,0.1,", "3,6,0,1,0.1,", "4,6,1,4,0.1,"]
    for (line, start) in zip(lines.dropFirst(), starts) { #expect(line.hasPrefix(start)) }
    #expect(lines.count == 5)
  }

  @Test("Bounds and the virtual distance are asked for, and null or absent otherwise")
  func bounds() throws {
    let arguments = ["--method", "async", "--stepsize", "0.01", "--updates", "60"]
    let plain = try replay(arguments)
    #expect(plain["assumptions"].isNull)
    #expect(plain["replays"][0]["virtual_distance"].isNull)
    let asked = try replay(arguments + ["--bounds", "--virtual"])
    #expect(asked["replays"][0]["fingerprint"].text == plain["replays"][0]["fingerprint"].text)
    #expect(asked["replays"][0]["virtual_distance"]["mean_squared"].number ?? 0 > 0)
    let check = asked["assumptions"]["checks"][0]
    #expect(check["read_points"].integer == 62)
    #expect(check["bounds"][0]["bound"].text == "lipschitz")
    #expect(check["delay_bias"]["value"].isNull)
  }

  @Test(
    "What cannot be asked for is a usage error that says what can",
    arguments: [
      (["--method", "sgd"], "There are: minibatch, async"),
      (["--method", "async", "--need", "3"], "--need belongs to none"),
      (["--method", "backup:need=3", "--stepsize", "1"], "between 1 and 2"),
      (["--method", "async:rule=never"], "There are: constant"),
      (["--objective", "logistik"], "Did you mean logistic"),
      (["--time", "90"], "90s"),
      (["--stepsize=-1"], "above 0"),
      (["--history", "h.csv"], "name one --method"),
      (["--virtual", "--method", "local:local-steps=2"], "--virtual has no meaning for local"),
    ])
  func usage(arguments: [String], remedy: String) throws {
    let result = try Tool.run(["replay", trace] + arguments)
    #expect(result.status == 64, "\(result.errors)")
    #expect(result.errors.contains(remedy), "\(result.errors)")
    #expect(result.output == "")
  }

  /// Ringmaster with a limit of 2 on workers of 2 and 7 ns: the slow one is always too late.
  @Test("A ledger has every gradient, also those that were discarded, and a view that counts them")
  func ledger() throws {
    let folder = try TemporaryFolder()
    _ = try folder.write("worker,duration_ns\na,2\nb,7\n", to: "two.csv")
    let arguments = [
      "replay", "two.csv", "--method", "ringmaster:delay-limit=2", "--stepsize", "0.1", "--updates",
      "20", "--ledger", "--json",
    ]
    let unkept = try Tool.run(arguments, in: folder.url)
    #expect(unkept.status == 64)
    #expect(unkept.errors.contains("--db"))
    // Twice: a replay that is already there gets its ledger all the same, once.
    for _ in 0..<2 {
      let result = try Tool.run(arguments + ["--db", "x.db"], in: folder.url)
      #expect(result.status == 0, "\(result.errors)")
      let run = try JSONFields(result.output)["replays"][0]
      let store = try TraceStore(path: folder.path("x.db"), mode: .readOnly)
      let rows = try store.ledgerSummary()
      #expect(rows.map(\.fate) == ["applied", "discarded: delay above the limit"])
      #expect(rows.first?.gradientCount == run["gradients"].integer)
      #expect(rows.last?.gradientCount == run["discarded"].integer)
      #expect(run["discarded"].integer ?? 0 > 0)
    }
  }
}
