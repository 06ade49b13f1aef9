import Optimization
import ReplayEngine

/// The fractions of the initial distance f(x_0) − f* that are read, fixed before any run.
public let targetFractions: [Double] = [0.1, 0.01, 0.001]

/// Reads off when the mean curve of some runs reaches each target for good.
///
/// The curve is the mean over the runs of f − f* at common instants, where each run has its last
/// recorded loss. A diverged run, or a loss that is not finite, counts as +∞, a diverged run from its
/// start: a stepsize that one seed in five does not survive reaches nothing. The time is the first
/// instant from which the curve stays at or below the target for 5% of the horizon, so that a dip by
/// luck does not count, and so that nothing is reached within the last 5%.
///
/// The interval: from 8 seeds on, seeds are resampled (1,000 times, basic bootstrap, nil if
/// one resample does not reach the target). Below that it is the range of the times of
/// the single runs; its upper end is nil if one of them does not reach the target.
///
/// - Parameters:
///   - runs: of one method and one stepsize, one for each seed, all to the same horizon.
///   - optimum: f*, or the best loss that any method found.
///   - initialDistance: f(x_0) − `optimum`, above 0.
///   - horizonNs: the simulated time of all runs.
///   - instantCount: as many as the runs were evaluated at, the start and the end included.
/// - Returns: One reading for each of `fractions`, in their order.
/// - Precondition: `runs` is not empty, at least 2 instants.
public func timesToTarget(
  _ runs: [Run], optimum: Double, initialDistance: Double, horizonNs: Int64,
  fractions: [Double] = targetFractions, instantCount: Int = 400, seed: UInt64 = 1,
  resampleCount: Int = 1000
) -> [TimeToTarget] {
  precondition(instantCount >= 2 && horizonNs > 0, "\(instantCount) instants in \(horizonNs) ns")
  guard let first = runs.first else { preconditionFailure("a time to target of no run") }
  let last = instantCount - 1
  let instants = (0...last).map { instant -> Int64 in
    let (high, low) = horizonNs.multipliedFullWidth(by: Int64(instant))
    return Int64(last).dividingFullWidth((high, low)).quotient
  }
  let curves = runs.map { curve($0, at: instants, optimum: optimum) }
  let mean = meanCurve(curves, of: Array(curves.indices))
  // ⌈last / 20⌉ steps are at least 5% of the horizon.
  let stay = (last + 19) / 20
  let resampled =
    runs.count < TimeSpread.fewestResampled
    ? []
    : (0..<resampleCount).map { repetition -> [Double] in
      var draws = Draws(
        seed: seed, purpose: .seeds, repetition: repetition,
        owner: Draws.everybody)
      return meanCurve(curves, of: curves.indices.map { _ in draws.index(below: curves.count) })
    }
  return fractions.map { fraction in
    let distance = fraction * initialDistance
    func seconds(_ curve: [Double]) -> Double? {
      firstInstant(curve, below: distance, stay: stay).map { Double(instants[$0]) / 1e9 }
    }
    let time = seconds(mean)
    var lower: Double?
    var upper: Double?
    if runs.count < TimeSpread.fewestResampled {
      let times = curves.compactMap { seconds($0) }
      lower = times.min()
      upper = times.count == curves.count ? times.max() : nil
    } else if let time {
      let interval = basicInterval(
        estimate: time, center: time, resampled: resampled.map { seconds($0) ?? .infinity },
        floor: 0, blockCount: runs.count)
      lower = interval?.lower
      upper = interval?.upper
    }
    return TimeToTarget(
      target: optimum + distance, fraction: fraction, method: first.request.method.name,
      stepsizeRule: first.request.method.rule?.rawValue, stepsize: first.request.stepsize,
      seconds: time, lowerSeconds: lower, upperSeconds: upper, reached: time != nil,
      seeds: runs.map(\.request.seed), adaptiveConstant: first.request.method.adaptiveConstant)
  }
}

func curve(_ run: Run, at instants: [Int64], optimum: Double) -> [Double] {
  if case .diverged = run.outcome {
    return [Double](repeating: .infinity, count: instants.count)
  }
  var position = 0
  return instants.map { instant in
    while position + 1 < run.points.count, run.points[position + 1].timeNs <= instant {
      position += 1
    }
    guard position < run.points.count, run.points[position].loss.isFinite else { return .infinity }
    return run.points[position].loss - optimum
  }
}

func meanCurve(_ curves: [[Double]], of chosen: [Int]) -> [Double] {
  curves[0].indices.map { instant in
    var sum = 0.0
    for curve in chosen { sum += curves[curve][instant] }
    return sum / Double(chosen.count)
  }
}

/// The first instant from which the curve stays at or below `distance` for `stay` steps.
func firstInstant(_ curve: [Double], below distance: Double, stay: Int) -> Int? {
  var since: Int?
  for (instant, value) in curve.enumerated() {
    guard value <= distance else {
      since = nil
      continue
    }
    let start = since ?? instant
    since = start
    if instant - start >= stay { return start }
  }
  return nil
}
