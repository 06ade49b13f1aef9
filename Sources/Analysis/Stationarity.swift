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
  init?(_ timings: Timings, _ halves: Halves, _ inspection: Inspection) {
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
      changing = (worker, changePoint(runMeans(timings.durations[range], limit: 200)))
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
