import TraceModel

/// Whether a trace's halves tell the same story.
struct Stationarity {
  var formulaFirst: Double
  var formulaSecond: Double
  /// The slowest worker of each half.
  var slowest: (first: Int, second: Int)
  /// The worker whose mean changes most between the halves, and the share of its gradients after
  /// which it does.
  var changing: (worker: Int, share: Double)?

  /// Returns nil for a trace that is stationary as far as one can see: the slowest worker is the
  /// same in both halves, or both are named persistent, since two workers of one speed change places
  /// without anything having changed; and the formula of both halves lies in its interval.
  ///
  /// Of workers that cannot be told apart any may be the slowest of a half, and the formula of a half
  /// is more biased than that of the whole. There one of them has to change by more than what its
  /// durations remember explains.
  init?(
    _ timings: Timings, _ halves: Halves, _ inspection: Inspection, canTellApart: Bool
  ) {
    let first = slowestFirst(halves.meansFirst)[0]
    let second = slowestFirst(halves.meansSecond)[0]
    slowest = (first, second)
    formulaFirst = countFormula(halves.meansFirst)
    formulaSecond = countFormula(halves.meansSecond)
    let persistent = inspection.stragglers.filter { $0.kind == .persistent }.map(\.index)
    let changesPlaces =
      first != second && !(persistent.contains(first) && persistent.contains(second))
    var moves = false
    if let interval = inspection.speedup.interval {
      moves = [formulaFirst, formulaSecond].contains { $0 < interval.lower || $0 > interval.upper }
    }
    guard changesPlaces || moves else { return nil }
    let changes = zip(halves.meansFirst, halves.meansSecond).map { max($0 / $1, $1 / $0) }
    if let largest = changes.max(), let worker = changes.firstIndex(of: largest) {
      let range = timings.offsets[worker]..<(timings.offsets[worker] + timings.counts[worker])
      let values = runMeans(timings.durations[range], limit: 200)
      let share = changePoint(values)
      changing = (worker, share)
      if canTellApart { return }
      // What one worker remembers is hard to tell from its own few durations.
      let columns = timings.columns(limit: .max).columns.map { runMeans($0[...], limit: 200) }
      let inflation = Dependence(columns).inflation(count: values.count)
      guard
        isEstablished(
          values, changingAt: share, inflation: inflation, workerCount: timings.workerCount)
      else { return nil }
    } else if !canTellApart {
      return nil
    }
  }
}

/// The share of `values` before the one change of their mean that explains most of their variance:
/// the largest (mean before − mean after)² · j(n − j).
func changePoint(_ values: [Double]) -> Double {
  let count = Double(values.count)
  let total = values.reduce(0, +)
  var before = 0.0
  var best = (gain: -1.0, share: 0.0)
  for (j, value) in values.dropLast().enumerated() {
    before += value
    let left = Double(j + 1)
    let difference = before / left - (total - before) / (count - left)
    let gain = difference * difference * left * (count - left)
    if gain > best.gain { best = (gain, left / count) }
  }
  return best.share
}

/// Whether the sums of `values` stray further from a straight line than those of values that have one
/// mean and remember as much as these do on each side of their change, or as those of all workers do.
///
/// The largest distance over √n and the long-run deviation is that of a Brownian bridge from 0.
///
/// Reference: Ploberger, Krämer, "The CUSUM test with OLS residuals", Econometrica 60(2), 1992.
private func isEstablished(
  _ values: [Double], changingAt share: Double, inflation: Double, workerCount: Int
) -> Bool {
  let count = Double(values.count)
  let cut = Int((share * count).rounded())
  guard values.count >= 8, cut > 0, cut < values.count else { return false }
  let sides = [Array(values[..<cut]), Array(values[cut...])].map { side in
    let mean = side.reduce(0, +) / Double(side.count)
    return side.map { $0 - mean }
  }
  let squares = sides.reduce(0) { sum, side in side.reduce(sum) { $0 + $1 * $1 } }
  let own = Dependence(residuals: sides).inflation(count: values.count)
  // Two means take as much of the variance as remembering values have: see `Dependence`.
  let memory = max(own, inflation)
  let variance = squares / count / (1 - min(0.5, 2 * memory / count)) * memory
  let mean = values.reduce(0, +) / count
  var sum = 0.0
  var farthest = 0.0
  for value in values {
    sum += value - mean
    farthest = max(farthest, abs(sum))
  }
  return farthest > bridgeMaximum(workerCount) * (count * variance).squareRoot()
    && farthest > 1e-9 * count * mean
}

/// What the largest of M Brownian bridges strays from 0 with a chance of at most 2.5%, √(ln(80 M)/2),
/// at the upper end of each size class. With a memory that is estimated from 100 durations of each of
/// 8 workers the chance is three times as large.
private func bridgeMaximum(_ workerCount: Int) -> Double {
  switch workerCount {
  case ...1: 1.48
  case ...8: 1.8
  case ...64: 2.07
  case ...512: 2.31
  case ...4096: 2.52
  default: 3.1
  }
}
