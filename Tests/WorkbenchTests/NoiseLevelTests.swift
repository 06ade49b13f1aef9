import Analysis
import Reports
import TestSupport
import Testing
import Workbench

/// Times to one target of full minibatch and asynchronous SGD; nil for what is not reached.
private func level(
  _ name: NoiseLevel.Name, minibatch: Double?, async: Double?, adaptive: Double? = nil
) -> NoiseLevel {
  func row(_ method: String, _ rule: String?, _ seconds: Double?) -> TimeToTarget {
    TimeToTarget(
      target: 1, fraction: 0.1, method: method, stepsizeRule: rule, stepsize: 1, seconds: seconds,
      lowerSeconds: nil, upperSeconds: nil, reached: seconds != nil, seeds: [1],
      adaptiveConstant: rule == "adaptive" ? 1 : nil)
  }
  return NoiseLevel(
    name: name, objective: "", batchSize: 1, sigmaSquared: 1, criticalBatchOverWorkers: 1,
    fraction: 0.1,
    timeToTarget: [row("minibatch", nil, minibatch), row("async", "constant", async)]
      + (adaptive.map { [row("async", "adaptive", $0)] } ?? []))
}

@Suite("What replays say of a recommendation")
struct ReplayAgreementTests {
  private func words(_ levels: [NoiseLevel], _ policy: PolicyName = .async, given: Bool = false)
    -> String?
  {
    ReplayAgreement(recommended: policy, levels: levels, isGiven: given).sentence.map {
      ($0.isDoubt ? "doubt: " : "") + $0.text
    }
  }

  @Test("It says at which noise the recommendation holds, and who is sooner elsewhere")
  func levels() {
    let quiet = level(.none, minibatch: 1, async: 1.21)
    let middle = level(.middle, minibatch: 2, async: 1)
    let high = level(.high, minibatch: nil, async: 30)
    #expect(
      words([quiet, middle, high])
        == "doubt: Holds at high and middle noise; without noise minibatch is sooner (1.21×).")
    #expect(
      words([quiet, middle, high], .minibatch)
        == "doubt: Holds without noise; at high noise async (constant) reaches the target and it does "
        + "not; at middle noise async (constant) is sooner (2.00×).")
    #expect(
      words([level(.none, minibatch: 1, async: 0.9), middle, high])
        == "Holds at all three noise levels.")
    #expect(
      words([quiet, level(.middle, minibatch: 1, async: 1.5), high])
        == "doubt: Holds at high noise; at middle noise and without noise minibatch is sooner "
        + "(1.50×, 1.21×).")
  }

  /// The simplest of those within 3% of the soonest is recommended.
  @Test("A simpler policy that is as soon speaks against the recommendation")
  func ties() {
    let high = level(.high, minibatch: 2, async: 1)
    #expect(
      words([
        level(.none, minibatch: 1, async: 1.02), level(.middle, minibatch: 1.03, async: 1), high,
      ])
        == "doubt: Holds at high noise; at middle noise and without noise minibatch is as soon, and "
        + "simpler.")
    #expect(
      words([level(.middle, minibatch: 1.031, async: 1), high]) == "Holds at high and middle noise."
    )
    #expect(words([level(.middle, minibatch: 1, async: 1)], .minibatch) == "Holds at middle noise.")
    #expect(
      words([level(.high, minibatch: 1.01, async: 1)], given: true)
        == "doubt: On the one objective given, minibatch is as soon, and simpler.")
  }

  @Test("The sentence names who is sooner in the replays that the bars show, and only those")
  func contradiction() {
    func clause(_ levels: [NoiseLevel]) -> String? {
      ReplayAgreement(recommended: .async, levels: levels, isGiven: false).contradiction
    }
    let holds = level(.high, minibatch: 2, async: 1)
    let fails = level(.high, minibatch: 1, async: 1.2)
    #expect(clause([level(.none, minibatch: 1, async: 2), holds]) == nil)
    #expect(
      clause([level(.none, minibatch: 2, async: 1), fails])
        == "replayed, minibatch is sooner (1.20×)")
    #expect(
      clause([level(.high, minibatch: 1, async: nil)])
        == "replayed, it misses the target that minibatch reaches")
    #expect(clause([level(.high, minibatch: 1.01, async: 1)]) == nil)
  }

  /// One rule of the recommended policy is enough.
  @Test("The better rule of asynchronous SGD speaks for it")
  func rules() {
    #expect(
      words([level(.none, minibatch: 1, async: 2, adaptive: 0.9)])
        == "Holds without noise.")
  }

  @Test("Replays in which nothing reaches the target tell nothing, and say so")
  func nobody() {
    let none = level(.high, minibatch: nil, async: nil)
    #expect(words([none]) == "doubt: Replays cannot tell: nothing reaches the target at any noise.")
    #expect(
      words([level(.none, minibatch: 1.5, async: 1), none])
        == "doubt: Holds without noise; at high noise nothing reaches the target.")
  }

  @Test("With an objective that was given only that one counts")
  func given() {
    #expect(
      words([level(.high, minibatch: 2, async: 1)], given: true)
        == "Holds on the one objective given.")
    #expect(
      words([level(.high, minibatch: 1, async: 1.12)], given: true)
        == "doubt: On the one objective given, minibatch is sooner (1.12×).")
  }

  @Test("A level that was left out is not counted")
  func leftOut() {
    var quiet = level(.none, minibatch: 1, async: 2)
    quiet.exclusion = "too dear"
    #expect(
      words([quiet, level(.high, minibatch: 2, async: 1)]) == "Holds at high noise.")
  }
}

@Suite("The built-in objective at three noise levels")
struct NoiseLevelTests {
  private func report(_ objective: String? = nil, timeNs: Int64? = nil) throws -> TraceReport {
    let folder = try TemporaryFolder()
    var rows = "worker,duration_ms\n"
    for step in 0..<12 { rows += "0,\(10 + step % 3)\n1,\(11 + step % 2)\n2,\(30 + step % 4)\n" }
    let path = try folder.write(rows, to: "three.csv")
    let trace = try #require(
      try openTraces([path], databasePath: nil, reading: ReadingChoices()).first)
    return try reportTrace(trace, ReportJob(objective: objective, timeNs: timeNs))
  }

  @Test(
    "A report without an objective has three levels, and fills the policies it replayed",
    .needsOptimiser)
  func builtIn() throws {
    let report = try report()
    // The map of delays comes from the run whose histogram stands above it.
    let run = try #require(report.replay.delayRunIndex.map { report.replay.runs[$0] })
    let delays = try #require(run.delays)
    let map = try #require(report.input.delayMap)
    #expect(map.rows.map { $0.label?.text } == ["2", "1", "0"])
    #expect(map.rows.map(\.count) == delays.perWorker.reversed().map(\.count))
    #expect(map.rows.map(\.sum) == delays.perWorker.reversed().map(\.sum))
    let levels = report.replay.noiseLevels
    #expect(levels.map(\.name) == [.none, .middle, .high])
    #expect(levels.map { $0.rows.first?.seeds.count } == [1, 5, 5])
    #expect(levels[0].batchSize == 0 && levels[2].batchSize == 1)
    #expect(levels[0].criticalBatchOverWorkers == 0 && levels[0].sigmaSquared == 0)
    let middle = try #require(levels[1].criticalBatchOverWorkers)
    let high = try #require(levels[2].criticalBatchOverWorkers)
    // A batch of b has a b-th of the variance.
    #expect(agree(high, middle * Double(levels[1].batchSize), within: 1e-12))
    #expect(levels[1].batchSize > 1 && levels[1].batchSize.nonzeroBitCount == 1)
    // Without noise every target is met, and the nearest one tells methods apart best.
    #expect(levels[0].fraction == 0.001)
    #expect(levels[1].fraction == levels[2].fraction)
    #expect(levels[2].timeToTarget == report.replay.timeToTarget)
    for level in levels {
      let times = level.rows.compactMap(\.seconds)
      #expect(level.soonest?.seconds == times.min())
      #expect(level.rows.allSatisfy { $0.place != nil && $0.weight != nil })
    }

    let fraction = try #require(report.replay.shownFraction)
    #expect(fraction == levels[2].fraction)
    let rows = report.replay.timeToTarget.filter { $0.fraction == fraction }
    for policy in report.comparison.policies {
      let row = rows.first {
        $0.method == policy.name.rawValue
          && (policy.name != .async || $0.ruleParameter == policy.parameter)
      }
      #expect(policy.isReplayed == (row != nil), "\(policy.name)")
      #expect(policy.timeToTargetSeconds == row?.seconds, "\(policy.name)")
    }
    let async = report.comparison.policies.filter { $0.name == .async }
    #expect(async.count == 2 && async[0].parameter == "rule=constant")
    for row in report.comparison.verdict.byNoise {
      #expect(row.relativeTimes.count == report.comparison.policies.count)
    }
    // The delay-adaptive line is chosen of scaled and three constants.
    let adaptive = report.replay.tuning.filter { $0.stepsizeRule == "adaptive" }
    #expect(adaptive.map(\.adaptiveConstant) == [0.25, 1, 4])
    #expect(verdictText(report.comparison).split(separator: "\n").count <= 12)
  }

  @Test("With an objective there is that one only, and the card says so")
  func given() throws {
    let report = try report("least-squares:gaussian:n=64,d=8?batch=8", timeNs: 300_000_000)
    #expect(report.replay.noiseLevels.isEmpty)
    let verdict = report.comparison.verdict
    #expect((verdict.gain + verdict.trust).contains("Holds for this objective"))
  }
}
