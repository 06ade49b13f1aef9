import Analysis
import TraceModel

/// The rates of minibatch and asynchronous SGD without the k slowest, over k.
struct DrainCurve {
  var blame: Blame
  var unit: TimeUnit
  var description: String

  private struct Point {
    var drained: Int
    var minibatch: Double
    var async: Double
  }

  /// By rising number of units left out.
  private var points: [Point] {
    let sets = blame.cumulative.sorted { $0.unitCount < $1.unitCount }
    return [
      Point(
        drained: 0, minibatch: rate(blame.minibatchGradientsPerSecond),
        async: rate(blame.asyncGradientsPerSecond))
    ]
      + sets.map { set in
        Point(
          drained: set.unitCount,
          minibatch: rate(blame.minibatchGradientsPerSecond + set.minibatchGain),
          async: rate(set.asyncGradientsPerSecond))
      }
  }

  func rendered(id: String) -> String {
    let points = points
    let right = 740.0
    let top = 14.0
    let bottom = 210.0
    var svg = SVG(width: 860, height: bottom + 42)
    let largest = points.map { max($0.minibatch, $0.async) }.max() ?? 0
    let vertical = Scale.fromZero(to: largest, start: bottom, end: top).roundedUp()
    let left = plotLeft(vertical.ticks())
    let last = Double(points.last?.drained ?? 1)
    let horizontal = Scale.linear(0, max(1, last), start: left + 8, end: right)
    svg.horizontalGrid(vertical, left: left, right: right, ticks: vertical.ticks())
    svg.horizontalAxis(
      horizontal, y: bottom,
      name: "\(blame.leavesOut == .host ? "hosts" : "workers") left out, slowest first",
      ticks: horizontal.ticks(atMost: 9, wholeNumbers: true))
    svg.verticalText(
      "gradients per \(TimeScale.rateName(unit))", x: 11, y: (top + bottom) / 2, "tick")
    let curves: [(key: String, name: String, value: (Point) -> Double)] = [
      ("as", "asynchronous", { $0.async }), ("mb", "minibatch", { $0.minibatch }),
    ]
    for curve in curves {
      let places = points.map {
        (x: horizontal.clamped(Double($0.drained)), y: vertical.clamped(curve.value($0)))
      }
      svg.path(pathThrough(places), "ln \(curve.key)s")
      for (point, place) in zip(points, places) {
        let tip =
          "\(curve.name), \(Numbers.count(point.drained)) left out: "
          + Numbers.significant(curve.value(point))
        if curve.key == "mb" {
          svg.rectangle(
            x: place.x - 3, y: place.y - 3, width: 6, height: 6, "pt mb", title: tip)
        } else {
          svg.circle(x: place.x, y: place.y, radius: 3, "pt as", title: tip)
        }
      }
    }
    let ends = curves.map { curve in points.last.map { vertical.clamped(curve.value($0)) } ?? top }
    for (curve, y) in zip(curves, spreadApart(ends, gap: 16, in: top...bottom)) {
      svg.text(curve.name, x: right + 10, y: y + 4, "lab \(curve.key)")
    }
    if let best = points.max(by: { $0.minibatch < $1.minibatch }), best.drained > 0 {
      // Behind the last point stands the name of its curve.
      let isLast = Double(best.drained) == last
      let number = Numbers.significant(best.minibatch)
      let x = horizontal.clamped(Double(best.drained))
      // Left of the plot stand the numbers of its axis.
      let isFirst = x - 4 * Double(number.unicodeScalars.count) < left + 4
      svg.text(
        number, x: x + (isLast ? 4 : isFirst ? -4 : 0),
        y: min(bottom - 6, vertical.clamped(best.minibatch) + 20), "num strong mb halo",
        isLast ? .end : isFirst ? .start : .middle)
    }
    return svg.rendered(id: id, title: "The slowest together", description: description)
  }

  private func rate(_ perSecond: Double) -> Double { TimeScale.rate(perSecond, unit) }
}
