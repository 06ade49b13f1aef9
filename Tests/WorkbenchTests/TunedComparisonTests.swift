import Analysis
import Foundation
import TestSupport
import Testing
import TraceModel
import Workbench

@Suite("Comparison on an objective")
struct TunedComparisonTests {
  private static let objective = "logistic:gaussian:n=64,d=4?l2=0.1"

  private static func compared(
    _ trace: Trace, _ choices: AnalysisChoices = AnalysisChoices(), resampledTraces: Int = 0,
    seedCount: Int? = nil
  ) throws -> Comparison {
    let folder = try TemporaryFolder()
    _ = try keepTrace(trace, source: "test", in: folder.path("lab.db"))
    let opened = try #require(
      openTraces([trace.name], databasePath: folder.path("lab.db"), reading: ReadingChoices()).first
    )
    let inspection = inspectTrace(opened, choices)
    return try compareTrace(
      opened, inspection: inspection, choices, objective: Self.objective,
      resampledTraces: resampledTraces, seedCount: seedCount)
  }

  private static func oneSlow() throws -> Trace {
    var request = SyntheticRequest(.oneSlow, workerCount: 8, gradientCount: 40)
    request.parameters[.sigma] = 0
    return try generateTrace(request)
  }

  /// Forty seeds, worked out once for all tests.
  private static let ofOneSlow = Result { try compared(oneSlow(), seedCount: 40) }

  @Test("Every policy has a tuned time, asynchronous SGD one a stepsize rule")
  func rows() throws {
    let comparison = try Self.ofOneSlow.get()
    let rules = comparison.policies.filter { $0.name == .async }.compactMap(\.parameter)
    #expect(
      rules == ["constant", "adaptive", "scaled", "drop", "inverse"].map { "rule=\($0)" })
    for policy in comparison.policies where policy.isReplayed {
      #expect(policy.timeToTargetSeconds.map { $0 > 0 } ?? true, "\(policy.name)")
      // Every time has its interval, and the seeds that it comes from.
      #expect((policy.timeToTargetSpread == nil) == (policy.timeToTargetSeconds == nil))
      guard let time = policy.timeToTargetSeconds, let spread = policy.timeToTargetSpread else {
        continue
      }
      #expect(spread.seedCount == comparison.replays?.seedCount)
      let ends = (try #require(spread.lowerSeconds), try #require(spread.upperSeconds))
      #expect(ends.0 <= time && time <= ends.1, "\(policy.name) \(time) \(ends)")
    }
    let replayed = Set(comparison.policies.filter(\.isReplayed).map(\.name))
    #expect(replayed.isSuperset(of: [.minibatch, .subset, .rebalanced, .async, .buffered]))
    for row in comparison.verdict.byNoise {
      #expect(row.relativeTimes.count == comparison.policies.count)
    }
  }

  /// Seven workers are done twice as soon as eight of which one is half as fast: the same updates in
  /// half the time, but for the eighth gradient of each.
  @Test(
    "The verdict rests on time to target: one slow worker of eight is drained or given less",
    .needsOptimiser)
  func verdict() throws {
    let comparison = try Self.compared(Self.oneSlow())
    func seconds(_ name: PolicyName) throws -> Double {
      try #require(comparison.policies.first { $0.name == name }?.timeToTargetSeconds)
    }
    #expect(try seconds(.subset) < 0.65 * seconds(.minibatch))
    #expect(try seconds(.rebalanced) < 0.65 * seconds(.minibatch))
    // Forty seeds leave open who of the best is first, so that more are taken, and something is recommended.
    let policy = try #require(comparison.verdict.recommendation?.policy)
    #expect(policy != .minibatch && policy != .rennala)
    #expect(comparison.verdict.sentence.contains("to the target"))
    #expect(comparison.replays?.seedCount == 320)
    #expect(comparison.verdict.trust.contains("Holds for this objective: 320 seeds"))
  }

  /// Minibatch makes an update in 20 ms, asynchronous SGD 15 in that time: an update that takes 10 ms
  /// costs one half a round more and leaves the other 2 of its 15.
  @Test(
    "A server that is slow delays who makes an update of every gradient, and is charged to all",
    .needsOptimiser)
  func server() throws {
    let free = try Self.ofOneSlow.get()
    let busy = try Self.compared(
      Self.oneSlow(), AnalysisChoices(serverNs: 10_000_000), seedCount: 40)
    func seconds(_ name: PolicyName, _ comparison: Comparison) -> Double {
      comparison.policies.first { $0.name == name && $0.isReplayed }?.timeToTargetSeconds
        ?? .infinity
    }
    for name in [PolicyName.minibatch, .subset, .rebalanced, .async, .buffered] {
      #expect(seconds(name, busy) > 1.2 * seconds(name, free), "\(name)")
    }
    let (before, after) = (seconds(.minibatch, free), seconds(.minibatch, busy))
    #expect(abs(after / before - 1.5) < 0.1, "\(before) \(after)")
    #expect(seconds(.async, busy) > 3 * seconds(.async, free))
    #expect(busy.verdict.recommendation?.policy != .async)
  }

  /// Eight seeds do not tell policies apart that differ by a few percent: the words name those that may be
  /// first, how far behind full minibatch is, and how many seeds would tell.
  @Test("What too few seeds leave open is said, with who is in question and what would settle it")
  func tooFewSeeds() throws {
    let comparison = try Self.compared(Self.oneSlow(), seedCount: 8)
    #expect(comparison.replays?.seedCount == 8)
    let verdict = comparison.verdict
    #expect(verdict.recommendation == nil)
    #expect(
      verdict.sentence.hasPrefix("Cannot tell from these replays which reaches the target first: "))
    #expect(verdict.sentence.contains("draining worker 7") && verdict.sentence.contains(" or "))
    #expect(verdict.sentence.contains("full minibatch takes"))
    let found = try #require(verdict.next.firstMatch(of: /About ([\d\u{202F}]+) seeds would tell/))
    let seeds = try #require(Int(found.output.1.filter(\.isNumber)))
    #expect(seeds > 8)
  }

  @Test("Resampled traces stand behind the intervals where they are asked for", .needsOptimiser)
  func traceBootstrap() throws {
    let trace = try generateTrace(SyntheticRequest(.oneSlow, workerCount: 4, gradientCount: 40))
    let comparison = try Self.compared(trace, resampledTraces: 20)
    #expect(comparison.replays?.resampledTraceCount == 20)
    #expect(comparison.verdict.trust.contains("20 resampled traces"))
    let short = try generateTrace(SyntheticRequest(.oneSlow, workerCount: 4, gradientCount: 4))
    #expect(throws: Failure.self) { try Self.compared(short, resampledTraces: 20) }
  }

  @Test("A trace that may hide waiting gets times, and no verdict")
  func abstains() throws {
    var trace = try Self.oneSlow()
    for m in trace.workers.indices { trace.workers[m].worker.trust = .wallClock }
    let comparison = try Self.compared(trace, seedCount: 8)
    #expect(comparison.verdict.recommendation == nil)
    #expect(comparison.verdict.sentence.hasPrefix("No verdict"))
    #expect(comparison.policies.contains { $0.timeToTargetSeconds != nil })
  }
}
