import Analysis
import ReplayEngine
import TestSupport
import Testing
import TraceModel

/// How often the intervals of policies, of the parts of the split and of times to target hold what is
/// true of the workers: 80% is asked of nominal 95%, as in `CoverageTests`. What is true of a policy
/// is what a trace 300 times as long says.
@Suite("Coverage of policies, parts and times", .needsOptimiser)
struct PolicyCoverageTests {
  struct Setting: Sendable, CustomTestStringConvertible {
    var noise: LastingNoise
    var speeds: [Double]
    var count: Int
    var kind: TraceKind

    var testDescription: String {
      "\(noise), slowest \(speeds.max() ?? 1), \(count) gradients, \(kind)"
    }
  }

  static let traceCount = 100
  private static let ones = [Double](repeating: 1, count: 8)
  private static let oneSlow = [1.0, 1, 1, 1, 1, 1, 1, 2]
  private static let spread = [1, 1.15, 1.3, 1.45, 1.55, 1.7, 1.85, 2]

  static let settings = [
    Setting(noise: .white, speeds: ones, count: 24, kind: .synchronous),
    Setting(noise: .autoregressive, speeds: ones, count: 50, kind: .independent),
    Setting(noise: .bursts, speeds: ones, count: 100, kind: .independent),
    Setting(noise: .white, speeds: spread, count: 24, kind: .independent),
    Setting(noise: .autoregressive, speeds: spread, count: 200, kind: .synchronous),
    Setting(noise: .white, speeds: oneSlow, count: 48, kind: .synchronous),
    Setting(noise: .autoregressive, speeds: oneSlow, count: 100, kind: .independent),
  ]

  /// Counts the intervals of each name, and those that hold the truth.
  private struct Tally {
    private var names: [String] = []
    private var held: [Int] = []
    private var seen: [Int] = []

    mutating func add(_ name: String, _ interval: Interval?, truth: Double?) {
      guard let interval, let truth else { return }
      let place = names.firstIndex(of: name) ?? names.count
      if place == names.count {
        names.append(name)
        held.append(0)
        seen.append(0)
      }
      seen[place] += 1
      if interval.lower <= truth, interval.upper >= truth { held[place] += 1 }
    }

    /// Of those that came up often enough to count.
    func check(least: Int) {
      for place in names.indices where seen[place] >= least {
        #expect(
          10 * held[place] >= 8 * seen[place],
          "\(names[place]): \(held[place]) of \(seen[place])")
      }
    }
  }

  @Test("Formula, realised, parts and count ratios hold what is true", arguments: settings)
  func ratios(setting: Setting) throws {
    let long = makeNoisy(
      setting.noise, speeds: setting.speeds, count: 300 * setting.count / 4, kind: setting.kind,
      seed: 7)
    let truth = inspect(long, options: plain)
    let policies = compare(
      long, inspection: truth, options: ComparisonOptions(resampleCount: 0)
    ).policies
    let slowest = setting.speeds.max() ?? 1
    // All noises have one mean for all workers.
    let formula = setting.speeds.reduce(0) { $0 + slowest / $1 } / Double(setting.speeds.count)

    var tally = Tally()
    var found: [Inspection.CountSpeedup] = []
    for seed in 0..<UInt64(Self.traceCount) {
      let trace = makeNoisy(
        setting.noise, speeds: setting.speeds, count: setting.count, kind: setting.kind,
        seed: 8_000 + seed)
      let inspection = inspect(
        trace, options: InspectionOptions(seed: seed, resampleCount: 100, shuffleCount: 60))
      let speedup = inspection.speedup
      found.append(speedup)
      tally.add("formula", speedup.interval, truth: formula)
      tally.add("realised", speedup.realisedInterval, truth: truth.speedup.realised)
      // Slow moments are each worker's own.
      tally.add("coinciding", speedup.coincidingInterval, truth: 0)
      let comparison = compare(
        trace, inspection: inspection, options: ComparisonOptions(seed: seed, resampleCount: 100))
      for policy in comparison.policies {
        let same = policies.first { $0.name == policy.name && $0.parameter == policy.parameter }
        tally.add(policy.name.rawValue, policy.interval, truth: same?.countRatio)
      }
    }
    // The parts are about traces of this length: their mean over all of them.
    func mean(_ part: (Inspection.CountSpeedup) -> Double?) -> Double {
      found.compactMap(part).reduce(0, +) / Double(found.count)
    }
    for speedup in found {
      tally.add("persistent", speedup.persistentInterval, truth: mean(\.persistent))
      tally.add("random", speedup.randomInterval, truth: mean(\.random))
      tally.add("coinciding, mean", speedup.coincidingInterval, truth: mean(\.coinciding))
    }
    tally.check(least: Self.traceCount / 4)
  }

  @Test(
    "Equal workers have a persistent part whose interval holds 0", arguments: LastingNoise.allCases)
  func nothingPersistent(noise: LastingNoise) {
    var tally = Tally()
    for seed in 0..<UInt64(Self.traceCount) {
      let speedup = inspect(
        makeNoisy(noise, speeds: Self.ones, count: 60, kind: .independent, seed: 9_000 + seed),
        options: InspectionOptions(seed: seed, resampleCount: 0, shuffleCount: 60)
      ).speedup
      tally.add("persistent", speedup.persistentInterval, truth: 0)
    }
    tally.check(least: 1)
  }

  /// A curve a·e^(−k/30) times one lognormal factor a run: its mean over very many runs is the
  /// truth. Of five seeds the range is printed, of ten the bootstrap.
  @Test("Times to target hold the time of very many seeds", arguments: [5, 10])
  func timeToTarget(seedCount: Int) throws {
    func runs(_ count: Int, seed: UInt64) -> [Run] {
      var random = SplitMix64(seed: seed)
      return (0..<count).map { index in
        let factor = 1 + 0.6 * (2 * random.uniform() - 1)
        var loss = factor
        let points = (0...200).map { second -> Run.Point in
          defer { loss *= 0.967 }
          return Run.Point(
            timeNs: Int64(second) * 1_000_000_000, updateCount: second, gradientCount: second,
            loss: loss, gradientNormSquared: 0)
        }
        return Run(
          request: ReplayRequest(
            method: .minibatch, stepsize: 1, horizon: Horizon(), seed: UInt64(index)),
          outcome: .completed, timeNs: 200_000_000_000, updateCount: 200, gradientCount: 200,
          computedCount: 200, discardedCount: 0, abortedCount: 0, roundCount: 0, utilisation: 1,
          fingerprint: nil, delays: nil, points: points, finalIterate: [], wallSeconds: 0)
      }
    }
    func read(_ runs: [Run]) -> TimeToTarget? {
      timesToTarget(
        runs, optimum: 0, initialDistance: 1, horizonNs: 200_000_000_000, fractions: [0.1],
        instantCount: 201, resampleCount: 100
      ).first
    }
    let truth = try #require(read(runs(3_000, seed: 1))?.seconds)
    var tally = Tally()
    for seed in 0..<UInt64(Self.traceCount) {
      let reading = try #require(read(runs(seedCount, seed: 20 + seed)))
      let interval = Interval(
        lower: try #require(reading.lowerSeconds), upper: try #require(reading.upperSeconds))
      tally.add("\(seedCount) seeds", interval, truth: truth)
    }
    tally.check(least: 1)
  }
}
