import Foundation
import ReplayEngine
import Testing
import TraceModel
import TraceStore

@Suite("Replays and views")
struct ReplayTests {
  private func run(
    _ outcome: Run.Outcome = .completed, fingerprint: String? = "f", loss: Double = 0.5
  ) -> Run {
    let first = DelayHistogram(bins: [.init(delay: 1, count: 6), .init(delay: 3, count: 2)])
    let second = DelayHistogram(bins: [.init(delay: 9, count: 1)])
    let overall = DelayHistogram(bins: first.bins + second.bins)
    return Run(
      request: ReplayRequest(
        method: .async(rule: .adaptive), stepsize: 0.1, horizon: Horizon(timeNs: 50), seed: .max),
      outcome: outcome, timeNs: 2_000_000_000, updateCount: 9, gradientCount: 9, computedCount: 11,
      discardedCount: 1, abortedCount: 2, roundCount: 0, utilisation: 0.75,
      fingerprint: fingerprint,
      delays: DelayStatistics(overall: overall, perWorker: [first, second], identityHolds: true),
      points: [
        Run.Point(timeNs: 0, updateCount: 0, gradientCount: 0, loss: 1, gradientNormSquared: 4),
        Run.Point(
          timeNs: 2_000_000_000, updateCount: 9, gradientCount: 9, loss: loss,
          gradientNormSquared: 0.25),
      ], finalIterate: [1], wallSeconds: 0.125)
  }

  private func record(_ digest: String, version: String = "1") -> ReplayRecord {
    ReplayRecord(
      objectiveKind: "logistic", parametersJSON: #"{"d":2}"#, requestJSON: "{}",
      requestDigest: digest, version: version)
  }

  private let pushes = [
    Push("fast", 0, 1_000_000_000), Push("fast", 1_000_000_000, 1_000_000_000),
    Push("slow", 0, 4_000_000_000),
  ]

  @Test("What was saved comes back")
  func roundTrip() throws {
    let store = try TraceStore.temporary()
    let trace = try store.importing(pushes)
    let original = run()
    let saved = try store.save(original, traceID: trace.id, record: record("d"))
    let loaded = try store.replay(id: saved.id)
    #expect(loaded.points == original.points && loaded.delays == original.delays)
    #expect(loaded.method == "async" && loaded.stepsizeRule == "adaptive")
    #expect(loaded.seed == .max && loaded.outcome == .completed && loaded.fingerprint == "f")
    #expect(loaded.abortedCount == 2 && loaded.utilisation == 0.75)
    #expect(loaded.record == record("d") && loaded.wallSeconds == 0.125)
    #expect(!saved.alreadyPresent)
    let diverged = try store.save(
      run(.diverged(update: 812), loss: .nan), traceID: trace.id, record: record("e"))
    #expect(diverged.outcome == .diverged(update: 812))
    #expect(diverged.points[1].loss.isNaN)
    #expect(try store.replays(of: trace.id).map(\.id) == [saved.id, diverged.id])
  }

  @Test("One request has one replay; another fingerprint replaces it")
  func unique() throws {
    let store = try TraceStore.temporary()
    let trace = try store.importing(pushes)
    let first = try store.save(run(), traceID: trace.id, record: record("d"))
    let again = try store.save(run(), traceID: trace.id, record: record("d"))
    #expect(again.alreadyPresent && again.id == first.id)
    let newer = try store.save(
      run(fingerprint: "g", loss: 7), traceID: trace.id, record: record("d", version: "2"))
    #expect(!newer.alreadyPresent)
    let replays = try store.replays(of: trace.id)
    #expect(replays.count == 1 && replays[0].fingerprint == "g" && replays[0].points[1].loss == 7)
    #expect(throws: StoreError.unknownTrace("#99")) {
      try store.save(run(), traceID: 99, record: record("d"))
    }
    #expect(throws: StoreError.unknownReplay(99)) { try store.replay(id: 99) }
  }

  /// By hand: means 1 s and 4 s, so (1/2)(4/1 + 4/4) = 2.5.
  private let expected = [
    "SELECT label, mean_seconds, slowdown, gradients_per_second FROM worker_speed":
      "fast|1.0|1.0|1.0\nslow|4.0|4.0|0.25\n",
    "SELECT formula_mean, async_gradients_per_second, minibatch_gradients_per_second, "
      + "delay_estimate, wall_clock_workers FROM speedup": "2.5|1.25|0.5|5.0|0\n",
    "SELECT worker_index, updates, delay_mean, delay_median, delay_p90, delay_p99, delay_max "
      + "FROM delay_summary ORDER BY worker_index":
      "|9|2.33333333333333|1|9|9|9\n0|8|1.5|1|3|3|3\n1|1|9.0|9|9|9|9\n",
    "SELECT trace_name, objective, method, outcome, simulated_seconds, gradients_per_second, "
      + "initial_loss, final_loss, minimum_loss, delay_max FROM replay_summary":
      "t|logistic|async|completed|2.0|4.5|1.0|0.5|0.5|9\n",
    "PRAGMA integrity_check": "ok\n",
    "PRAGMA foreign_key_check": "",
  ]

  @Test("The views answer the sqlite3 shell", .enabled(if: sqlite3Path != nil))
  func views() throws {
    let folder = try Folder()
    let path = folder.file("a.db")
    let store = try TraceStore(path: path, mode: .readWrite)
    let trace = try store.importing(pushes)
    _ = try store.save(run(), traceID: trace.id, record: record("d"))
    for (query, answer) in expected.sorted(by: { $0.key < $1.key }) {
      let shell = Process()
      shell.executableURL = URL(fileURLWithPath: try #require(sqlite3Path))
      shell.arguments = ["-readonly", path, query]
      let output = Pipe()
      shell.standardOutput = output
      try shell.run()
      let text = output.fileHandleForReading.readDataToEndOfFile()
      shell.waitUntilExit()
      #expect(shell.terminationStatus == 0)
      #expect(String(decoding: text, as: UTF8.self) == answer, "\(query)")
    }
  }
}

private let sqlite3Path: String? = ["/usr/bin/sqlite3", "/opt/homebrew/bin/sqlite3"]
  .first { FileManager.default.isExecutableFile(atPath: $0) }
