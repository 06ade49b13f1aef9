import Analysis
import ReplayEngine
import Testing
import TraceModel

@Suite("Ragged traces")
struct RaggedTests {
  /// Counts from 1 to 30, gaps, waits, turnarounds known and unknown, rounds and none.
  private func makeRagged(seed: UInt64) -> Trace {
    var random = SplitMix64(seed: seed)
    let workers = (0..<Int.random(in: 1...6, using: &random)).map { m in
      let count = Int.random(in: 1...30, using: &random)
      var start = Int64.random(in: 0...5, using: &random)
      var starts: [Int64] = []
      let durations = (0..<count).map { _ in Int64.random(in: 1...9, using: &random) }
      for duration in durations {
        starts.append(start)
        start += duration + Int64.random(in: 0...2, using: &random)
      }
      let hasTurnaround = Bool.random(using: &random)
      return WorkerTimings(
        worker: Worker(
          index: m, label: WorkerLabel("\(m)"),
          trust: TrustGrade.allCases.randomElement(using: &random) ?? .measured),
        startsNs: starts, durationsNs: durations,
        turnaroundsNs: hasTurnaround
          ? (0..<count).map { _ in Int64.random(in: -1...4, using: &random) } : [])
    }
    return Trace(
      name: "ragged", kind: seed.isMultiple(of: 2) ? .synchronous : .independent,
      unit: seed.isMultiple(of: 3) ? .relative : .seconds, workers: workers)
  }

  @Test("Nothing traps, and every number is one", arguments: 0..<60 as Range<UInt64>)
  func finite(seed: UInt64) {
    let trace = makeRagged(seed: seed)
    let turnaround: TurnaroundPolicy = [.recorded, .none, .fixed(ns: 3)][Int(seed % 3)]
    let inspection = inspect(
      trace,
      options: InspectionOptions(turnaround: turnaround, resampleCount: 30, shuffleCount: 10))
    let comparison = compare(
      trace, inspection: inspection,
      options: ComparisonOptions(
        noiseScale: seed % 5 == 0 ? 3 : nil, serverSeconds: seed % 4 == 0 ? 1e-9 : 0,
        fixedCostSeconds: seed % 7 == 0 ? 2e-9 : 0, turnaround: turnaround, resampleCount: 30))
    let speedup = inspection.speedup
    var numbers = [speedup.formulaMean, speedup.formulaMedian, speedup.realised]
    numbers += [speedup.formulaNull, speedup.pEqual, speedup.withTurnaround].compactMap { $0 }
    numbers += [inspection.synchronousWaste, inspection.delayEstimate]
    numbers += [inspection.influenceOfOne, inspection.influenceOfWarmUp].compactMap { $0 }
    for policy in comparison.policies {
      numbers += [policy.gradientsPerSecond, policy.countRatio, policy.secondsPerRound]
      numbers += [policy.countRatioOutOfTime, policy.breakEvenServerSeconds].compactMap { $0 }
    }
    for row in comparison.verdict.byNoise { numbers += row.relativeTimes.compactMap { $0 } }
    let areFinite = numbers.allSatisfy { $0.isFinite }
    #expect(areFinite, "\(numbers)")
    #expect(speedup.formulaMean >= 1 && speedup.realised >= 1 - 1e-12)
    #expect(comparison.policies.map(\.name) == PolicyName.allCases)
    let optimalIsBest = inspection.predicted.allSatisfy { $0.optimal <= $0.minibatch * (1 + 1e-12) }
    #expect(optimalIsBest)
    if inspection.trust == .wallClock { #expect(comparison.verdict.recommendation == nil) }
  }

  @Test("The same trace, options and seed give the same bits; another seed other resamples")
  func deterministic() {
    let trace = makeEqual(5, count: 20, spread: 0.5, seed: 8)
    let once = inspect(trace)
    let again = inspect(trace)
    #expect(once.speedup == again.speedup)
    #expect(once.workers == again.workers)
    let other = inspect(trace, options: InspectionOptions(seed: 2))
    #expect(other.speedup.interval != once.speedup.interval)
    #expect(other.speedup.formulaMean == once.speedup.formulaMean)
  }

  /// Rounds of 10 with one worker's last step cut: 9 entries, blocks still of common rounds.
  @Test("A rank whose last step was cut stays aligned with the others")
  func cutRank() throws {
    var random = SplitMix64(seed: 4)
    let rounds = (0..<40).map { _ in 1 + 9 * random.uniform() }
    let trace = makeTrace([rounds, rounds, Array(rounds.dropLast())], kind: .synchronous)
    let interval = try #require(inspect(trace).speedup.realisedInterval)
    // All three are slow together, so that every round is as long as each of its gradients.
    #expect(interval.upper < 1.3)
  }

  /// Worker 0 makes 3 gradients in the time of one of worker 1; all have starts and gaps.
  @Test("Independent workers with gaps are cut at common times")
  func windows() {
    let fast = WorkerTimings(
      worker: Worker(index: 0, label: WorkerLabel("0")),
      startsNs: (0..<90).map { Int64($0) * 10 }, durationsNs: [Int64](repeating: 8, count: 90))
    let slow = WorkerTimings(
      worker: Worker(index: 1, label: WorkerLabel("1")),
      startsNs: (0..<30).map { Int64($0) * 30 }, durationsNs: [Int64](repeating: 24, count: 30))
    let speedup = inspect(Trace(name: "windows", workers: [fast, slow])).speedup
    #expect(speedup.interval == Interval(lower: 2, upper: 2))
    #expect(agree(speedup.realisedInterval?.upper ?? 0, 2))
  }
}
