import Analysis
import TraceModel

/// Durations over the rank of the worker, for clusters too large for a bar each: a band from p5 to
/// p95, a line at the mean, a thin one at the median.
struct WorkerRibbon {
  /// Slowest first.
  var workers: [Inspection.WorkerFigures]
  var unit: TimeUnit
  var description: String

  /// At most so many points along the line; each is the worker at that rank.
  private static let pointLimit = 200

  func rendered(id: String) -> String {
    let right = 740.0
    let top = 16.0
    let bottom = 236.0
    var svg = SVG(width: 860, height: 276)
    let ranks = chosenRanks()
    let chosen = ranks.map { workers[$0] }
    let largest = chosen.map { max($0.p95Seconds, $0.meanSeconds) }.max() ?? 0
    let smallest = chosen.map(\.p5Seconds).filter { $0 > 0 }.min() ?? 0
    let time = TimeScale(for: largest, unit: unit)
    let isLogarithmic = smallest > 0 && largest / smallest > 20
    // A line needs no zero: workers within a factor of two would be flat far above it.
    let isNarrow = smallest > 0 && largest < 2 * smallest
    let margin = (largest - smallest) * 0.06
    let vertical =
      isLogarithmic
      ? Scale.logarithmic(time.value(smallest), time.value(largest), start: bottom, end: top)
      : isNarrow
        ? Scale.linear(
          time.value(smallest - margin), time.value(largest + margin), start: bottom, end: top)
        : Scale.fromZero(to: time.value(largest), start: bottom, end: top).roundedUp()
    let left = plotLeft(vertical.ticks())
    let horizontal = Scale.linear(1, Double(workers.count), start: left, end: right)
    svg.horizontalGrid(vertical, left: left, right: right, ticks: vertical.ticks())
    svg.horizontalAxis(
      horizontal, y: bottom, name: "rank of the worker, slowest first",
      ticks: horizontal.ticks(wholeNumbers: true))
    svg.verticalText(
      "\(time.name) per gradient"
        + (isLogarithmic ? ", logarithmic" : isNarrow ? ", not from 0" : ""), x: 11,
      y: (top + bottom) / 2, "tick")
    func points(_ value: (Inspection.WorkerFigures) -> Double) -> [(x: Double, y: Double)] {
      zip(ranks, chosen).map {
        (horizontal.position(Double($0 + 1)), vertical.clamped(time.value(value($1))))
      }
    }
    let upper = points(\.p95Seconds)
    svg.path(pathThrough(upper + points(\.p5Seconds).reversed(), closed: true), "wait")
    svg.path(pathThrough(points(\.medianSeconds)), "thin ins")
    svg.path(pathThrough(points(\.meanSeconds)), "ln ins")
    let ends = [
      (name: "p95", y: upper.last?.y), (name: "mean", y: points(\.meanSeconds).last?.y),
      (name: "p5", y: points(\.p5Seconds).last?.y),
    ]
    let places = spreadApart(ends.map { $0.y ?? bottom }, gap: 16, in: top...(bottom - 4))
    for (end, y) in zip(ends, places) {
      svg.text(end.name, x: right + 8, y: y + 4, end.name == "mean" ? "lab strong" : "tick")
    }
    return svg.rendered(
      id: id, title: "Durations over the rank of the worker", description: description)
  }

  private func chosenRanks() -> [Int] {
    guard workers.count > Self.pointLimit else { return Array(workers.indices) }
    return (0..<Self.pointLimit).map { $0 * (workers.count - 1) / (Self.pointLimit - 1) }
  }
}
