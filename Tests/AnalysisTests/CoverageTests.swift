import Analysis
import TestSupport
import Testing
import TraceModel

/// How often intervals hold what is known to be true. Seeds are fixed, so nothing here fails by
/// chance; 80% is asked of nominal 95%, since traces are short and the formula is biased.
@Suite("Coverage")
struct CoverageTests {
  enum Noise: Sendable {
    case uniform(Double)
    case exponential
  }

  struct Setting: Sendable, CustomTestStringConvertible {
    var speeds: [Double]
    var count: Int
    var noise: Noise
    var kind: TraceKind
    var traces = 200

    var testDescription: String {
      "\(speeds.count) workers × \(count), slowest \(speeds.max() ?? 1), \(noise), \(kind)"
    }

    func trace(seed: UInt64) -> Trace {
      var random = SplitMix64(seed: seed)
      return makeTrace(
        speeds.map { speed in
          (0..<count).map { _ in
            switch noise {
            case .uniform(let spread): speed * (1 + spread * (2 * random.uniform() - 1))
            case .exponential: speed * random.exponential() + 1e-6
            }
          }
        }, kind: kind)
    }

    var formula: Double {
      let slowest = speeds.max() ?? 1
      return speeds.reduce(0) { $0 + slowest / $1 } / Double(speeds.count)
    }
  }

  private static func ones(_ workers: Int) -> [Double] { [Double](repeating: 1, count: workers) }

  /// Measured: 198, 195, 192, 193 and 195 of 200 hold 1; 5, 11, 9, 7 and 17 are told apart. Intervals from
  /// resamples alone hold 1 in 45% (64 workers) to 95% of such traces.
  static let equalSettings = [
    Setting(speeds: ones(4), count: 24, noise: .uniform(0.5), kind: .independent),
    Setting(speeds: ones(8), count: 24, noise: .uniform(0.5), kind: .synchronous),
    Setting(speeds: ones(16), count: 24, noise: .uniform(0.5), kind: .independent),
    Setting(speeds: ones(64), count: 10, noise: .uniform(0.8), kind: .synchronous),
    Setting(speeds: ones(8), count: 16, noise: .exponential, kind: .independent),
  ]

  @Test(
    "Equal workers: the formula's interval holds 1, p_equal is rarely small", .needsOptimiser,
    arguments: equalSettings)
  func equalWorkers(setting: Setting) {
    var covered = 0
    var rejected = 0
    for seed in 0..<UInt64(setting.traces) {
      let options = InspectionOptions(seed: seed, resampleCount: 40, shuffleCount: 20)
      let speedup = inspect(setting.trace(seed: 1_000 + seed), options: options).speedup
      if let interval = speedup.interval, interval.lower <= 1, interval.upper >= 1 { covered += 1 }
      if let pEqual = speedup.pEqual, pEqual < 0.05 { rejected += 1 }
    }
    #expect(10 * covered >= 8 * setting.traces, "\(covered) of \(setting.traces) hold 1")
    #expect(10 * rejected <= setting.traces, "\(rejected) of \(setting.traces) are told apart")
  }

  static let unequalSettings = [
    Setting(
      speeds: [1, 1.15, 1.3, 1.45, 1.55, 1.7, 1.85, 2], count: 24, noise: .uniform(0.5),
      kind: .independent, traces: 50),
    Setting(
      speeds: [1, 1, 1, 1, 1, 1, 1, 2], count: 40, noise: .uniform(0.5), kind: .synchronous,
      traces: 50),
    Setting(speeds: [1, 1, 1, 3], count: 60, noise: .exponential, kind: .independent, traces: 50),
    Setting(
      speeds: [1, 1, 1, 1, 1.5, 1.5, 1.5, 1.5], count: 48, noise: .exponential, kind: .synchronous,
      traces: 50),
  ]

  @Test(
    "Unequal workers: the formula's interval holds the formula of the true means",
    arguments: unequalSettings)
  func unequalWorkers(setting: Setting) {
    var covered = 0
    let truth = setting.formula
    for seed in 0..<UInt64(setting.traces) {
      let options = InspectionOptions(seed: seed, resampleCount: 100, shuffleCount: 0)
      let speedup = inspect(setting.trace(seed: 2_000 + seed), options: options).speedup
      if let interval = speedup.interval, interval.lower <= truth, interval.upper >= truth {
        covered += 1
      }
    }
    #expect(10 * covered >= 8 * setting.traces, "\(covered) of \(setting.traces)")
  }

  /// M equal exponential workers: λ = M, a round lasts H_M in the mean, so realised is H_M; so is the
  /// ratio of asynchronous SGD to full minibatch that a comparison prints.
  @Test(
    "Exponential workers: the realised interval holds H_M", .needsOptimiser, arguments: [4, 8])
  func realised(workerCount: Int) throws {
    let truth = (1...workerCount).reduce(0) { $0 + 1 / Double($1) }
    let setting = Setting(
      speeds: Self.ones(workerCount), count: 40, noise: .exponential, kind: .synchronous, traces: 60
    )
    var covered = 0
    var ratios = 0
    for seed in 0..<UInt64(setting.traces) {
      let options = InspectionOptions(seed: seed, resampleCount: 100, shuffleCount: 0)
      let trace = setting.trace(seed: 3_000 + seed)
      let inspection = inspect(trace, options: options)
      if let interval = inspection.speedup.realisedInterval, interval.lower <= truth,
        interval.upper >= truth
      {
        covered += 1
      }
      let comparison = compare(
        trace, inspection: inspection, options: ComparisonOptions(seed: seed, resampleCount: 100))
      let policy = try #require(comparison.policies.first { $0.name == .async })
      if let interval = policy.interval, interval.lower <= truth, interval.upper >= truth {
        ratios += 1
      }
    }
    #expect(10 * covered >= 8 * setting.traces, "\(covered) of \(setting.traces)")
    #expect(10 * ratios >= 8 * setting.traces, "\(ratios) of \(setting.traces) ratios")
  }

  /// The interval of the trend is made wider for each worker that is looked at.
  @Test("Steady workers do not drift, drifting ones are found, slow moments are transient")
  func stragglers() {
    var falseAlarms = 0
    var found = 0
    var transient = 0
    for seed in 0..<60 as Range<UInt64> {
      var random = SplitMix64(seed: 4_000 + seed)
      let rows = (0..<8).map { m in
        (0..<60).map { j -> Double in
          let noise = 1 + 0.3 * (2 * random.uniform() - 1)
          if m == 3 { return noise * (1 + 0.5 * Double(j) / 59) }
          if m == 5 { return j % 20 == 7 ? 3 * noise : noise }
          return noise
        }
      }
      let kinds = inspect(makeTrace(rows), options: plain).stragglers
      falseAlarms += kinds.count { $0.index != 3 && $0.index != 5 }
      if kinds.contains(where: { $0.index == 3 && $0.kind == .drifting }) { found += 1 }
      if kinds.contains(where: { $0.index == 5 && $0.kind == .transient }) { transient += 1 }
    }
    #expect(falseAlarms <= 3, "\(falseAlarms) of 360 steady workers")
    #expect(found >= 57, "\(found) of 60 drifting workers")
    #expect(transient == 60, "\(transient) of 60")
  }
}
