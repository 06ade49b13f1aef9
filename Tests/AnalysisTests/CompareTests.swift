import Analysis
import Testing
import TraceModel

@Suite("Comparison")
struct CompareTests {
  private func study(
    _ trace: Trace, _ options: ComparisonOptions = ComparisonOptions(resampleCount: 60)
  ) -> Comparison {
    let inspection = inspect(
      trace, options: InspectionOptions(resampleCount: 60, shuffleCount: 60))
    return compare(trace, inspection: inspection, options: options)
  }

  private func policy(_ name: PolicyName, _ comparison: Comparison) throws -> Comparison.Policy {
    try #require(comparison.policies.first { $0.name == name })
  }

  private var oneOf64: Trace {
    makeConstant((0..<64).map { $0 == 17 ? 2 : 1 }, count: 16)
  }

  /// 63 + ½ gradients per ms asynchronously, 64 per 2 ms in full rounds, 63 per ms without worker 17;
  /// shares ∝ 1/s make every round 64/63.5 ms.
  @Test("One slow worker of 64: drain it, asynchronous training adds 1% on top")
  func drainOne() throws {
    let comparison = study(oneOf64)
    #expect(agree(try policy(.async, comparison).countRatio, 127.0 / 64))
    #expect(agree(try policy(.rebalanced, comparison).countRatio, 127.0 / 64))
    let subset = try policy(.subset, comparison)
    #expect(agree(subset.countRatio, 63.0 / 32))
    #expect(subset.dropped == [WorkerLabel("17")])
    #expect(agree(try #require(subset.countRatioOutOfTime), 63.0 / 32))
    #expect(
      comparison.verdict.recommendation
        == Verdict.Recommendation(
          policy: .subset, parameter: "drop=1", workers: [WorkerLabel("17")]))
    #expect(
      comparison.verdict.sentence
        == "Drain worker 17 and stay synchronous: 1.97× the gradients of full minibatch; "
        + "asynchronous training adds 1% on top.")
  }

  /// Without workers 3 and 40 the rounds take 1 ms; without one of them 2 ms as before.
  @Test("Two equally slow workers do not hide each other")
  func twoOf64() throws {
    let comparison = study(makeConstant((0..<64).map { $0 == 3 || $0 == 40 ? 2 : 1 }, count: 12))
    #expect(comparison.verdict.recommendation?.parameter == "drop=2")
    #expect(comparison.verdict.recommendation?.workers == [WorkerLabel("3"), WorkerLabel("40")])
    #expect(comparison.verdict.sentence.hasPrefix("Drain workers 3 and 40 and stay synchronous"))
  }

  /// Async and rebalanced: 32 + 16 gradients per ms against 32. Draining 32 workers gains nothing.
  @Test("Half of 64 workers at half speed: async and rebalanced both count 1.500")
  func halfOf64() throws {
    let comparison = study(makeConstant((0..<64).map { $0 % 2 == 0 ? 2 : 1 }, count: 12))
    #expect(agree(try policy(.async, comparison).countRatio, 1.5))
    #expect(agree(try policy(.rebalanced, comparison).countRatio, 1.5))
    #expect(agree(try policy(.subset, comparison).countRatio, 1))
    #expect(comparison.verdict.recommendation?.policy == .rebalanced)
  }

  @Test("Without rebalancing, half of 64 slow workers do not make it the advice")
  func noRebalance() {
    let comparison = study(
      makeConstant((0..<64).map { $0 % 2 == 0 ? 2 : 1 }, count: 12),
      ComparisonOptions(allowsRebalancing: false, resampleCount: 0))
    #expect(!comparison.verdict.byNoise.contains { $0.policy == .rebalanced })
    #expect(comparison.policies.contains { $0.name == .rebalanced })
  }

  /// By count async is as good as minibatch; its late gradients cost 4/π at no noise and nothing at
  /// infinite noise. Simplicity decides what is equal.
  @Test("Equal workers: minibatch at every noise scale", arguments: [2, 8, 33])
  func equalWorkers(count: Int) {
    let comparison = study(makeConstant([Double](repeating: 1, count: count), count: 10))
    #expect(comparison.verdict.byNoise.allSatisfy { $0.policy == .minibatch })
    #expect(comparison.verdict.recommendation?.policy == .minibatch)
    #expect(comparison.verdict.sentence.hasPrefix("Stay with full minibatch"))
  }

  /// One worker of 1 ms, one of 3: by count async makes (1 + 1/3)/(2/3) = 2 times as many. At B = 0
  /// the law gives minibatch 3, draining the slow one 1, async (8/π)/(4/3) = 1.91.
  @Test("The law at no noise by hand: counts alone never decide")
  func law() throws {
    let comparison = study(makeConstant([1, 3], count: 16))
    let row = comparison.verdict.byNoise[0]
    #expect(row.criticalBatchOverWorkers == 0)
    let times = row.relativeTimes.compactMap { $0 }
    #expect(agree(times[0], 1.0 / 3))
    #expect(agree(times[1], 1))
    #expect(agree(times[4], 1 / (8 / Double.pi / (4.0 / 3))))
    #expect(row.policy == .subset)
    #expect(agree(try policy(.async, comparison).countRatio, 2))
  }

  @Test("The noise scale picks its row and joins the table", arguments: [0.0, 5, 32, .infinity])
  func noiseScale(scale: Double) {
    let options = ComparisonOptions(noiseScale: scale, resampleCount: 0)
    let verdict = study(makeConstant([1, 1, 1, 4], count: 12), options).verdict
    #expect(verdict.byNoise.count == (scale == 5 || scale == 32 ? 6 : 5))
    let row = verdict.byNoise.first { $0.criticalBatchOverWorkers == scale / 4 }
    #expect(row?.policy == verdict.recommendation?.policy)
  }

  /// 2 workers of 1 and 3 ms: T = 3 ms, so async breaks even at σ = T/(M − 1) = 3 ms: then the
  /// server makes 1 update each 3 ms, and minibatch 2 gradients each 3 + 3 ms. Without the slow
  /// worker: (1·3 − 2·1)/(2 − 1) = 1 ms: 1 each 1 + 1 ms, 2 each 3 + 1 ms.
  @Test("At the break-even server time counts are equal")
  func breakEven() throws {
    let trace = makeConstant([1, 3], count: 16)
    let free = study(trace)
    let async = try #require(try policy(.async, free).breakEvenServerSeconds)
    #expect(agree(async, 0.003))
    #expect(agree(try #require(try policy(.subset, free).breakEvenServerSeconds), 0.001))
    #expect(try policy(.minibatch, free).breakEvenServerSeconds == nil)
    let slow = study(trace, ComparisonOptions(serverSeconds: async, resampleCount: 0))
    #expect(agree(try policy(.async, slow).countRatio, 1))
  }

  /// Shares 3/2 and 1/2 of gradients of 1 and 3 ms, of which 1 ms is fixed: 1 and 1 + 2/2 = 2 ms.
  @Test("A fixed cost takes part of the gain of rebalancing")
  func fixedCost() throws {
    let trace = makeConstant([1, 3], count: 16)
    let options = ComparisonOptions(fixedCostSeconds: 0.001, resampleCount: 0)
    #expect(agree(try policy(.rebalanced, study(trace)).countRatio, 2))
    #expect(agree(try policy(.rebalanced, study(trace, options)).countRatio, 1.5))
  }

  /// 3 gradients a ms against 4 in 4 ms, whichever way an aborted gradient of worker 3 is timed.
  @Test("A worker that is always slow is the one that backup aborts")
  func backup() throws {
    let backup = try policy(.backup, study(makeConstant([1, 1, 1, 4], count: 32)))
    #expect(backup.parameter == "need=3")
    #expect(agree(backup.countRatio, 3))
    #expect(backup.unusedShare == 0.25)
    #expect(backup.discardedCount == 32)
    #expect(backup.delayMax == 1)
  }

  /// Every worker has a spell of 8 gradients of 4 ms, one after the other by position: in sequence
  /// one of four is slow in every round, and the first 3 make 3 times the gradients. By the clock the
  /// spells are the intervals from 8m to 8m + 32 ms, which overlap.
  @Test("Backup is judged by the clock where that is slower")
  func backupByTheClock() throws {
    let rows = (0..<4).map { m in (0..<32).map { $0 / 8 == m ? 4.0 : 1.0 } }
    let backup = try policy(.backup, study(makeTrace(rows, kind: .synchronous)))
    #expect(backup.countRatio < 2)
  }

  @Test("A wall-clock worker makes the verdict abstain, and say what to record")
  func abstains() {
    var trace = oneOf64
    trace.workers[5].worker.trust = .wallClock
    let verdict = study(trace).verdict
    #expect(verdict.recommendation == nil)
    #expect(verdict.byNoise.allSatisfy { $0.policy == nil })
    #expect(verdict.sentence.hasPrefix("No verdict"))
    #expect(verdict.next.contains("Record"))
  }

  /// What a long run pays for every gradient is the same in a round as without one.
  @Test("One worker has a count ratio of 1 whatever its turnaround", arguments: [1, 2, 12])
  func oneWorkerWithTurnaround(count: Int) throws {
    var trace = makeConstant([1], count: count)
    trace.workers[0].turnaroundsNs = [Int64](repeating: 3_000_000, count: count)
    trace.workers[0].turnaroundsNs[count - 1] = count > 1 ? -1 : 3_000_000
    let comparison = study(trace)
    for policy in comparison.policies {
      #expect(agree(policy.countRatio, 1), "\(policy.name)")
    }
  }

  /// One round each: 4 gradients per 4 + 1 ms against 3/2 + 1/5 per ms.
  @Test("One recorded gradient each is judged with its turnaround on both sides")
  func oneRound() throws {
    var trace = makeConstant([1, 1, 1, 4], count: 1)
    for m in 0..<4 { trace.workers[m].turnaroundsNs = [1_000_000] }
    let comparison = study(trace)
    #expect(agree(try policy(.minibatch, comparison).gradientsPerSecond, 800))
    #expect(agree(try policy(.async, comparison).countRatio, 1.7 / 0.8))
  }

  /// Three kinds of GPU. Draining the slowest leaves 2 gradients in 2 ms, of both slow ones 1 in 1 ms;
  /// shares by speed and asynchronous SGD make 1 + 1/2 + 1/8 a ms against 3 in 8.
  @Test("A table of rates is no sample: its workers differ, and a policy is recommended")
  func rates() throws {
    var trace = makeConstant([1, 2, 8], count: 1)
    #expect(inspect(trace).speedup.pEqual == 1)
    #expect(study(trace).verdict.recommendation == nil)
    trace.format = "rates"
    let inspection = inspect(trace)
    #expect(inspection.speedup.pEqual == nil && inspection.speedup.formulaNull == nil)
    #expect(agree(inspection.speedup.formulaMean, 13.0 / 3))
    #expect(inspection.stragglers.map(\.index) == [2, 1])
    let comparison = study(trace)
    #expect(agree(try policy(.async, comparison).countRatio, 13.0 / 3))
    #expect(agree(try policy(.rebalanced, comparison).countRatio, 13.0 / 3))
    #expect(comparison.verdict.recommendation != nil)
    #expect(comparison.verdict.trust.hasPrefix("A table of rates tells no spread"))
    #expect(comparison.verdict.next.hasPrefix("Import recorded gradients"))
    // Two rates for one worker are draws again.
    trace.workers[0].startsNs = [0, 1_000_000]
    trace.workers[0].durationsNs = [1_000_000, 1_000_000]
    #expect(inspect(trace).speedup.pEqual != nil)
  }

  @Test(
    "One worker: minibatch, and nothing to compare it with",
    arguments: [[1, 2, 1, 2, 1, 2, 1, 2], [3, 1, 4, 1, 5, 9, 2]])
  func oneWorker(durations: [Double]) {
    var trace = makeTrace([durations])
    trace.workers[0].turnaroundsNs = durations.indices.map { Int64(100_000 * ($0 % 3)) }
    let comparison = study(trace)
    #expect(comparison.verdict.recommendation?.policy == .minibatch)
    for policy in comparison.policies { #expect(agree(policy.countRatio, 1), "\(policy.name)") }
  }

  /// 8 rounds of 3 equal workers of 1 to 2 ms: minibatch and async are a few per cent apart, and the
  /// intervals wider than that.
  @Test("What a trace cannot tell is left open, with the number of steps that would tell")
  func cannotTell() throws {
    let open = (0..<20 as Range<UInt64>).map { seed in
      study(makeEqual(3, count: 8, spread: 1.0 / 3, seed: seed)).verdict
    }.filter { $0.recommendation == nil }
    let verdict = try #require(open.first)
    #expect(verdict.sentence.hasPrefix("Cannot tell from this trace"))
    #expect(verdict.sentence.hasSuffix("gradients per worker would."))
    #expect(verdict.byNoise.contains { $0.policy == nil })
    #expect(verdict.trust.contains("measured"))
  }

  @Test("Scaled times leave count ratios, choices and words alone")
  func scaling() {
    var random = SplitMix64(seed: 21)
    let rows = (0..<4).map { m in
      (0..<24).map { _ in (Double(m / 3 + 1) * (1 + random.uniform()) * 1e6).rounded() / 1e6 }
    }
    let once = study(makeTrace(rows))
    let scaled = study(makeTrace(rows.map { $0.map { $0 * 4 } }))
    #expect(once.policies.map(\.countRatio) == scaled.policies.map(\.countRatio))
    #expect(once.policies.map(\.interval) == scaled.policies.map(\.interval))
    #expect(once.verdict.byNoise == scaled.verdict.byNoise)
    #expect(once.verdict.sentence == scaled.verdict.sentence)
  }
}
