import Analysis
import TestSupport
import Testing
import TraceModel

@Suite("Workers that cannot be told apart")
struct EqualWorkersTests {
  /// The formula sees slow and fast workers where there are none; its null must see as many.
  @Test(
    "Equal noisy workers are never named or drained",
    arguments: 0..<(Build.isOptimised ? 12 : 2) as Range<UInt64>)
  func neverDrained(seed: UInt64) {
    let trace = makeEqual(64, count: 10, spread: 0.8, seed: seed)
    let options = InspectionOptions(resampleCount: 0, shuffleCount: 100)
    let inspection = inspect(trace, options: options)
    #expect(inspection.speedup.formulaMean > 1.15)
    #expect(!inspection.stragglers.contains { $0.kind == .persistent })
    let comparison = compare(
      trace, inspection: inspection, options: ComparisonOptions(resampleCount: 0))
    #expect(comparison.policies.allSatisfy { $0.dropped.isEmpty })
    let recommended = comparison.verdict.byNoise.map(\.policy)
    #expect(!recommended.contains(.subset) && !recommended.contains(.rebalanced))
  }

  /// 16 exponential workers: realised H_16 = 3.38, although the formula is 1 but for its bias.
  @Test("Sixteen equal exponential workers: all of the formula is bias, all of the gain is random")
  func exponential() throws {
    var random = SplitMix64(seed: 2)
    let rows = (0..<16).map { _ in (0..<200).map { _ in random.exponential() } }
    let options = InspectionOptions(resampleCount: 100, shuffleCount: 60)
    let speedup = inspect(makeTrace(rows, kind: .synchronous), options: options).speedup
    #expect(try #require(speedup.pEqual) > 0.05)
    #expect(abs(speedup.realised - 3.38) < 0.25)
    #expect(abs(try #require(speedup.formulaNull) - speedup.formulaMean) < 0.05)
    let parts = [speedup.persistent, speedup.random, speedup.coinciding].compactMap { $0 }
    #expect(parts.count == 3)
    #expect(abs(parts.reduce(0, +) - (speedup.realised - 1)) < 1e-9)
    #expect(parts[1] > 2)
    #expect(abs(parts[0]) < 0.1 && abs(parts[2]) < 0.2)
  }

  @Test("Slow rounds that hit all workers coincide, and count against the random part")
  func coinciding() throws {
    var random = SplitMix64(seed: 3)
    let rounds = (0..<100).map { $0 % 5 == 0 ? 3.0 : 1.0 }
    let rows = (0..<6).map { _ in rounds.map { $0 + 0.1 * random.uniform() } }
    let speedup = inspect(
      makeTrace(rows, kind: .synchronous),
      options: InspectionOptions(resampleCount: 0, shuffleCount: 40)
    ).speedup
    #expect(try #require(speedup.coinciding) < -0.5)
    #expect(try #require(speedup.random) > 0.5)
  }

  @Test("Fewer than 8 rounds have no interval", arguments: [(7, false), (8, true)])
  func shortTraces(count: Int, hasInterval: Bool) {
    let speedup = inspect(makeEqual(4, count: count, spread: 0.5, seed: 4)).speedup
    #expect((speedup.interval != nil) == hasInterval)
    #expect((speedup.realisedInterval != nil) == hasInterval)
  }
}
