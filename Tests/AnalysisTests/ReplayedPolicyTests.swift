import Analysis
import ReplayEngine
import Testing
import TraceModel

/// The rows of `compare` whose schedules are replayed, and what whoever aborts is judged by.
@Suite("Replayed policies")
struct ReplayedPolicyTests {
  private func study(
    _ trace: Trace, noiseScale: Double? = nil, serverSeconds: Double = 0
  ) -> Comparison {
    let inspection = inspect(
      trace, options: InspectionOptions(resampleCount: 0, shuffleCount: 60))
    return compare(
      trace, inspection: inspection,
      options: ComparisonOptions(
        noiseScale: noiseScale, serverSeconds: serverSeconds, resampleCount: 0))
  }

  private func policy(_ name: PolicyName, _ comparison: Comparison) throws -> Comparison.Policy {
    try #require(comparison.policies.first { $0.name == name })
  }

  @Test("Every policy has a row, in the order of simplicity")
  func rows() {
    let comparison = study(makeConstant([1, 1, 2, 3], count: 20))
    #expect(comparison.policies.map(\.name) == PolicyName.allCases)
    for row in comparison.verdict.byNoise {
      #expect(row.relativeTimes.count == comparison.policies.count)
    }
    // The law is for rounds and for asynchronous SGD.
    let replayed: [PolicyName] = [.buffered, .rennala, .ringmaster]
    #expect(comparison.policies.allSatisfy { $0.isCandidate || $0.name != .async })
    #expect(
      comparison.policies.filter { replayed.contains($0.name) }.allSatisfy { !$0.isCandidate })
  }

  /// Buffered SGD drops nothing: λ = 1 + 1 + ½ + ⅓ gradients per ms, as asynchronous SGD.
  @Test("Buffered SGD applies as many gradients as asynchronous SGD, with smaller delays")
  func buffered() throws {
    let comparison = study(makeConstant([1, 1, 2, 3], count: 60))
    let buffered = try policy(.buffered, comparison)
    let async = try policy(.async, comparison)
    #expect(abs(buffered.gradientsPerSecond / async.gradientsPerSecond - 1) < 0.02)
    #expect(try #require(buffered.delayMax) < #require(async.delayMax))
    #expect(buffered.discardedCount == 0)
    #expect(buffered.parameter?.hasPrefix("collect=") == true)
  }

  /// With one gradient worth taking at a point, batches are small; with very many, larger.
  @Test("The parameter follows the noise scale")
  func noise() throws {
    let trace = makeConstant([1, 1, 1, 1, 1, 1, 1, 4], count: 40)
    let quiet = try policy(.rennala, study(trace, noiseScale: 0))
    let loud = try policy(.rennala, study(trace, noiseScale: 800))
    #expect(quiet.gradientsPerUpdate < loud.gradientsPerUpdate)
    // Fresh gradients only.
    #expect(quiet.delayMax == 1 && loud.delayMax == 1)
  }

  /// What is not used is counted, and is a share of what was started.
  @Test("Discarded and aborted gradients are counted")
  func unused() throws {
    for scale in [0.0, 4, 64] {
      let comparison = study(makeConstant([1, 1, 2, 9], count: 40), noiseScale: scale)
      for policy in comparison.policies {
        #expect((0...1).contains(policy.unusedShare))
        #expect(policy.abortedCount <= policy.discardedCount)
        #expect((policy.discardedCount == 0) == (policy.unusedShare < 1e-3))
      }
      let ringmaster = try policy(.ringmaster, comparison)
      let limit = ringmaster.parameter?.split(separator: "=").last?.prefix { $0.isNumber }
      #expect(try #require(ringmaster.delayMax) <= #require(limit.flatMap { Int($0) }))
    }
  }

  /// Worker 0 is ten times slower for a tenth of the trace, all at once. In sequence an aborted slow
  /// gradient is followed by a fast one, by the clock by another slow one.
  @Test("Who aborts is judged by the worse of both timing models")
  func bothTimings() throws {
    let slow = (0..<40).map { $0 >= 10 && $0 < 20 ? 10.0 : 1.0 }
    let trace = makeTrace([slow] + (0..<3).map { _ in [Double](repeating: 1, count: 130) })
    let ringmaster = try policy(.ringmaster, study(trace, noiseScale: 0))
    guard let text = ringmaster.parameter, text.hasSuffix(",abort"),
      let limit = Int(text.dropFirst("delay-limit=".count).prefix { $0.isNumber })
    else { return }
    for timing in Timing.allCases {
      let run = try replaySchedule(
        of: trace,
        ScheduleRequest(
          method: .ringmaster(delayLimit: limit, abort: true),
          horizon: Horizon(timeNs: 100_000_000), timing: timing))
      let rate = Double(run.gradientCount) / (Double(run.timeNs) / 1e9)
      #expect(ringmaster.gradientsPerSecond <= 1.05 * rate, "\(timing)")
    }
  }

  /// Rounds of T = 4 ms with 4 gradients, asynchronous updates of one: at T/4 an update both make one
  /// gradient a millisecond or less.
  @Test("Above the break-even time of the server minibatch makes more gradients")
  func breakEven() throws {
    let trace = makeConstant([1, 1, 2, 4], count: 40)
    for name in [PolicyName.async, .buffered, .ringmaster] {
      let free = try policy(name, study(trace))
      let seconds = try #require(free.breakEvenServerSeconds)
      let below = study(trace, serverSeconds: 0.9 * seconds)
      let above = study(trace, serverSeconds: 1.1 * seconds)
      // Of the same parameter: another noise would choose another one.
      if try policy(name, below).parameter == free.parameter {
        #expect(try policy(name, below).countRatio > 1, "\(name)")
      }
      if try policy(name, above).parameter == free.parameter {
        #expect(try policy(name, above).countRatio < 1, "\(name)")
      }
    }
  }

  @Test("The noise scale of the card is that of the recommendation", arguments: [0.0, 2, 64])
  func cardNoise(scale: Double) {
    let comparison = study(makeConstant([1, 1, 2, 4], count: 40), noiseScale: scale)
    #expect(comparison.criticalBatchOverWorkers == scale / 4)
    #expect(
      comparison.verdict.byNoise.contains {
        $0.criticalBatchOverWorkers == comparison.criticalBatchOverWorkers
      })
  }

  /// Half of 64 workers at half speed. Asynchronously (4·64/π + B)/48 per LΔ/ε, in full rounds
  /// 2(1 + B/64), in rounds of the 32 fast ones 1 + B/32: with B = 6,400 it is 135, 202 and 201.
  @Test(
    "Where batches cannot be shared out and noise is large, half slow workers train asynchronously")
  func asyncAtLargeNoise() {
    let trace = makeConstant((0..<64).map { $0 % 2 == 0 ? 2 : 1 }, count: 12)
    let inspection = inspect(
      trace, options: InspectionOptions(resampleCount: 0, shuffleCount: 60))
    let comparison = compare(
      trace, inspection: inspection,
      options: ComparisonOptions(
        noiseScale: 6_400, allowsRebalancing: false, resampleCount: 0))
    #expect(comparison.verdict.recommendation?.policy == .async)
  }
}
