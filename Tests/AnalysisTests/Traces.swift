import Analysis
import TraceModel

/// A small seeded generator, so that a failing case can be made again.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Above 0, below 1.
  mutating func uniform() -> Double {
    (Double(next() >> 11) + 0.5) / 9_007_199_254_740_992
  }

  /// −ln U by the series of ln in (y − 1)/(y + 1), after halving the range: no libm, the same on
  /// every machine.
  mutating func exponential() -> Double {
    let u = uniform()
    let exponent = u.exponent
    let y = u.significand
    let z = (y - 1) / (y + 1)
    var power = z
    var sum = 0.0
    for k in 0..<20 {
      sum += power / Double(2 * k + 1)
      power *= z * z
    }
    return -(2 * sum + Double(exponent) * 0.693_147_180_559_945_3)
  }
}

/// A trace of back-to-back gradients, durations in milliseconds.
func makeTrace(_ milliseconds: [[Double]], kind: TraceKind = .independent) -> Trace {
  let workers = milliseconds.enumerated().map { index, durations in
    WorkerTimings(
      worker: Worker(index: index, label: WorkerLabel("\(index)")),
      backToBack: durations.map { Int64(($0 * 1e6).rounded()) })
  }
  return Trace(name: "made", kind: kind, workers: workers)
}

/// Workers whose every gradient takes as long as the one before.
func makeConstant(_ milliseconds: [Double], count: Int) -> Trace {
  makeTrace(milliseconds.map { [Double](repeating: $0, count: count) })
}

/// Equal workers whose durations are 1 ms ± `spread`, evenly spread.
func makeEqual(
  _ workerCount: Int, count: Int, spread: Double, seed: UInt64, kind: TraceKind = .independent
) -> Trace {
  var random = SplitMix64(seed: seed)
  return makeTrace(
    (0..<workerCount).map { _ in
      (0..<count).map { _ in 1 + spread * (2 * random.uniform() - 1) }
    }, kind: kind)
}

/// `values` agree to 1e-9 relative to their size.
func agree(_ a: Double, _ b: Double) -> Bool {
  abs(a - b) <= 1e-9 * max(abs(a), abs(b))
}

/// No shuffles and no resamples: for what does not depend on them, in debug builds.
let plain = InspectionOptions(resampleCount: 0, shuffleCount: 0)
