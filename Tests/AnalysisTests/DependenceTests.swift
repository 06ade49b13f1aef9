import Analysis
import Foundation
import TestSupport
import Testing
import TraceModel

/// Durations of workers whose slow moments last. Seeds are fixed, so nothing here fails by chance.
enum LastingNoise: String, Sendable, CaseIterable {
  case white
  /// e^(0.3 z) with z_j = 0.7 z_{j−1} + …, so that the mean of many varies 5.7 times as much.
  case autoregressive
  /// Slots of time of 10 mean gradients; in a tenth of them all work takes five times as long.
  case bursts

  func row(count: Int, _ random: inout SplitMix64) -> [Double] {
    if self == .bursts { return bursts(count: count, &random) }
    let memory = self == .white ? 0 : 0.7
    var z = random.normal()
    return (0..<count).map { _ in
      let value = exp(0.3 * z)
      z = memory * z + (1 - memory * memory).squareRoot() * random.normal()
      return value
    }
  }

  private func bursts(count: Int, _ random: inout SplitMix64) -> [Double] {
    var now = 0.0
    var slotEnd = 0.0
    var factor = 1.0
    return (0..<count).map { _ in
      var work = 0.8 + 0.4 * random.uniform()
      let start = now
      while true {
        if now >= slotEnd {
          slotEnd += 10
          factor = random.uniform() < 0.1 ? 5 : 1
        }
        let end = min(slotEnd, now + work * factor)
        work -= (end - now) / factor
        now = end
        if work < 1e-9 { return now - start }
      }
    }
  }
}

extension SplitMix64 {
  /// Twelve uniform numbers less 6: normal but for its tails.
  mutating func normal() -> Double {
    (0..<12).reduce(-6) { sum, _ in sum + uniform() }
  }
}

/// Workers whose times differ by `speeds` and are noisy beyond that.
func makeNoisy(
  _ noise: LastingNoise, speeds: [Double], count: Int, kind: TraceKind, seed: UInt64
) -> Trace {
  var random = SplitMix64(seed: seed)
  return makeTrace(
    speeds.map { speed in noise.row(count: count, &random).map { speed * $0 } }, kind: kind)
}

@Suite("Durations that remember")
struct DependenceTests {
  /// Of fewer traces one in ten is often exceeded by chance: a test at 5% rejects 7 of 60 in one of 30.
  static let traceCount = 200
  /// The gradients of a worker.
  private static let counts = [24, 100]
  private static let ones = [Double](repeating: 1, count: 8)

  /// Permuting single durations tells 78% of the autoregressive traces apart.
  @Test(
    "Equal workers are called different in at most one trace of ten", .needsOptimiser,
    arguments: LastingNoise.allCases,
    [TraceKind.independent, .synchronous])
  func equalWorkers(noise: LastingNoise, kind: TraceKind) throws {
    let options = InspectionOptions(resampleCount: 0, shuffleCount: 80)
    for count in Self.counts {
      var rejected = 0
      for seed in 0..<UInt64(Self.traceCount) {
        let trace = makeNoisy(
          noise, speeds: Self.ones, count: count, kind: kind, seed: 5_000 + seed)
        if try #require(inspect(trace, options: options).speedup.pEqual) < 0.05 { rejected += 1 }
      }
      #expect(10 * rejected <= Self.traceCount, "\(rejected) of \(Self.traceCount), n = \(count)")
    }
  }

  /// The formula of equal workers is all bias; it is larger where there are fewer independent durations.
  @Test(
    "formula_null is the mean formula of equal workers", .needsOptimiser,
    arguments: LastingNoise.allCases)
  func formulaNull(noise: LastingNoise) throws {
    let options = InspectionOptions(resampleCount: 0, shuffleCount: 60)
    var formulas = 0.0
    var nulls = 0.0
    let traces = 60
    for seed in 0..<UInt64(traces) {
      let speedup = inspect(
        makeNoisy(noise, speeds: Self.ones, count: 100, kind: .independent, seed: 6_000 + seed),
        options: options
      ).speedup
      formulas += (speedup.formulaMean - 1) / Double(traces)
      nulls += (try #require(speedup.formulaNull) - 1) / Double(traces)
    }
    #expect(abs(nulls / formulas - 1) < 0.15, "\(nulls) where traces have \(formulas)")
  }

  @Test(
    "A worker of eight that is twice as slow is found in noise that lasts",
    arguments: [TraceKind.independent, .synchronous])
  func power(kind: TraceKind) throws {
    let speeds = [1.0, 1, 1, 2, 1, 1, 1, 1]
    // Every one has to hold, so that a few of them ask for no less.
    for seed in 0..<(Build.isOptimised ? 20 : 3) as Range<UInt64> {
      let trace = makeNoisy(.autoregressive, speeds: speeds, count: 200, kind: kind, seed: seed)
      let inspection = inspect(
        trace, options: InspectionOptions(resampleCount: 0, shuffleCount: 60))
      #expect(try #require(inspection.speedup.pEqual) < 0.05)
      #expect(
        inspection.stragglers.contains { $0.index == 3 && $0.kind == .persistent })
    }
  }

  /// With the standard error of independent durations one of four is.
  @Test("Beside a worker that is slow, equal ones are not named persistent", .needsOptimiser)
  func innocent() {
    var named = 0
    for seed in 0..<40 as Range<UInt64> {
      let trace = makeNoisy(
        .autoregressive, speeds: [1, 1, 1, 2, 1, 1, 1, 1], count: 200, kind: .independent,
        seed: 100 + seed)
      named += inspect(
        trace, options: InspectionOptions(resampleCount: 0, shuffleCount: 60)
      ).stragglers.count { $0.index != 3 && $0.kind == .persistent }
    }
    #expect(named <= 14, "\(named) of 280")
  }

  @Test(
    "Steady workers in noise that lasts do not drift", .needsOptimiser,
    arguments: LastingNoise.allCases)
  func noDrift(noise: LastingNoise) {
    var alarms = 0
    for seed in 0..<40 as Range<UInt64> {
      alarms += inspect(
        makeNoisy(noise, speeds: Self.ones, count: 200, kind: .independent, seed: 200 + seed),
        options: plain
      ).stragglers.count { $0.kind == .drifting }
    }
    #expect(alarms <= 10, "\(alarms) of 320")
  }

  /// Of equal workers another one is the slowest in each half, which is no change.
  @Test(
    "Equal workers are stationary in any noise", .needsOptimiser,
    arguments: LastingNoise.allCases)
  func stationary(noise: LastingNoise) {
    var alarms = 0
    for seed in 0..<40 as Range<UInt64> {
      let trace = makeNoisy(
        noise, speeds: Self.ones, count: 100, kind: .independent, seed: 400 + seed)
      let inspection = inspect(
        trace, options: InspectionOptions(resampleCount: 40, shuffleCount: 40))
      let verdict = compare(
        trace, inspection: inspection, options: ComparisonOptions(resampleCount: 0)
      ).verdict
      // Who is called different by chance is called changing as well; that is counted above.
      let isToldApart = (inspection.speedup.pEqual ?? 1) <= 0.05
      if !isToldApart, verdict.trust.contains("Not stationary") { alarms += 1 }
    }
    #expect(alarms <= 4, "\(alarms) of 40")
  }

  /// Four gradients dealt to two workers fall as they did, or the other way round, in 1 of 3 deals.
  @Test("Few gradients: p_equal is what counting the deals says")
  func few() throws {
    let options = InspectionOptions(resampleCount: 0, shuffleCount: 400)
    for kind in [TraceKind.independent, .synchronous] {
      // Within two rounds 2 of 4 deals keep the slow two together.
      let expected = kind == .independent ? 1.0 / 3 : 0.5
      let speedup = inspect(makeTrace([[1, 1.01], [3, 3.01]], kind: kind), options: options).speedup
      #expect(abs(try #require(speedup.pEqual) - expected) < 0.08)
    }
    let single = inspect(makeTrace([[1], [3]]), options: options).speedup
    #expect(single.pEqual == 1)
    #expect(single.formulaNull == single.formulaMean)
    // Seven gradients each: the least share of permutations still tells.
    let seven = makeTrace(
      (0..<8).map { (m: Int) -> [Double] in
        (0..<7).map { (j: Int) -> Double in (m == 2 ? 2 : 1) + 0.01 * Double(j) }
      })
    #expect(try #require(inspect(seven, options: options).speedup.pEqual) < 0.05)
  }

  /// A worker with three gradients is given three, however long runs are: it does not look equal to
  /// the others only because it was handed a long mean.
  @Test("Unequal counts keep their noise", .needsOptimiser)
  func raggedCounts() throws {
    var rejected = 0
    for seed in 0..<60 as Range<UInt64> {
      var random = SplitMix64(seed: 300 + seed)
      let rows = (0..<8).map { m in
        LastingNoise.autoregressive.row(count: m == 0 ? 3 : 150, &random)
      }
      let speedup = inspect(
        makeTrace(rows), options: InspectionOptions(resampleCount: 0, shuffleCount: 80)
      ).speedup
      if try #require(speedup.pEqual) < 0.05 { rejected += 1 }
    }
    #expect(rejected <= 6, "\(rejected) of 60")
  }
}
