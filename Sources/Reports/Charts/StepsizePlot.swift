/// How good each stepsize of a grid is, a curve a method, both axes logarithmic.
///
/// Stepsizes without a value have none to be drawn at: they stand in a row of their method above the
/// curves, as a cross if they diverged and as a ring if they reached nothing.
struct StepsizePlot {
  struct Point {
    /// Weight per gradient.
    var weight: Double
    /// nil if the stepsize has none.
    var value: Double?
    var hasDiverged: Bool
  }

  struct Curve {
    var style: MethodStyle
    var name: String
    /// By rising weight.
    var points: [Point]
    /// The weight of the best stepsize.
    var best: Double
  }

  var title: String
  var description: String
  var curves: [Curve]
  var horizontalName: String
  var verticalName: String
  /// What a ring means; nil where only a divergence leaves a stepsize without a value.
  var absence: String?
  /// Turns values into the axis' unit.
  var unit: (Double) -> Double
  /// A value in words.
  var text: (Double) -> String

  private static let laneHeight = 13.0

  func rendered(id: String) -> String {
    let right = 860 - labelWidth(curves.map(\.name), least: 60) - 10
    let hasLanes = curves.contains { $0.points.contains { $0.value == nil } }
    let top = hasLanes ? 34 + Self.laneHeight * Double(curves.count) : 14
    let bottom = top + 250
    var svg = SVG(width: 860, height: bottom + 42)
    let weights = curves.flatMap { $0.points.map(\.weight) }
    let values = curves.flatMap { $0.points.compactMap(\.value) }.map(unit).filter { $0 > 0 }
    // Room for the numbers of the marks between the lowest value and the axis.
    let vertical = Scale.logarithmic(
      (values.min() ?? 1) / 1.8, (values.max() ?? 1) * 1.25, start: bottom, end: top)
    let left = plotLeft(vertical.ticks())
    let horizontal = Scale.logarithmic(
      (weights.min() ?? 1) / 1.3, (weights.max() ?? 1) * 1.3, start: left, end: right)
    svg.horizontalGrid(vertical, left: left, right: right, ticks: vertical.ticks())
    svg.horizontalAxis(horizontal, y: bottom, name: horizontalName, ticks: horizontal.ticks())
    svg.verticalText(verticalName, x: 11, y: (top + bottom) / 2, "tick")
    if hasLanes {
      let points = curves.flatMap(\.points)
      let words = [
        points.contains { $0.hasDiverged && $0.value == nil } ? "× diverged" : nil,
        points.contains { !$0.hasDiverged && $0.value == nil } ? absence.map { "○ \($0)" } : nil,
      ].compactMap { $0 }
      svg.text(words.joined(separator: "   "), x: left, y: 12, "tick")
      for (lane, curve) in curves.enumerated() {
        drawLane(curve, y: 22 + Self.laneHeight * (Double(lane) + 0.5), horizontal, on: &svg)
      }
    }
    var ends: [Double] = []
    for curve in curves { ends.append(drawCurve(curve, horizontal, vertical, on: &svg)) }
    // Where the last of the curves ends: beyond it stand only the crosses and rings of the lanes.
    let last = curves.compactMap { $0.points.last { $0.value != nil }?.weight }.max()
    let x = last.map { horizontal.clamped($0) } ?? right
    svg.drop(marks, from: left, to: right, bottom: bottom, before: x + 4) {
      (horizontal.clamped($0.x), vertical.clamped(unit($0.y)))
    }
    for (curve, y) in zip(curves, spreadApart(ends, gap: 16, in: top...bottom)) {
      svg.label(curve.name, x: x + 8, y: y + 4, "lab halo \(curve.style.key)", .start)
    }
    return svg.rendered(id: id, title: title, description: description)
  }

  private func drawLane(_ curve: Curve, y: Double, _ horizontal: Scale, on svg: inout SVG) {
    let key = curve.style.key
    let x = horizontal.start - 12
    switch curve.style.mark {
    case .square:
      svg.rectangle(x: x - 4, y: y - 4, width: 8, height: 8, "f \(key)", title: curve.name)
    case .circle: svg.circle(x: x, y: y, radius: 4.5, "f \(key)", title: curve.name)
    }
    for point in curve.points where point.value == nil {
      let place = horizontal.clamped(point.weight)
      let weight = Numbers.significant(point.weight, trimming: true)
      if point.hasDiverged {
        svg.text(
          "×", x: place, y: y + 4.5, "strong \(key)", .middle,
          title: "\(curve.name), weight \(weight): diverged")
      } else {
        svg.circle(
          x: place, y: y, radius: 3, "ring \(key)s",
          title: "\(curve.name), weight \(weight): \(absence ?? "no value")")
      }
    }
  }

  /// Returns the height at which the curve ends.
  private func drawCurve(
    _ curve: Curve, _ horizontal: Scale, _ vertical: Scale, on svg: inout SVG
  ) -> Double {
    let key = curve.style.key
    var end = vertical.end
    // A stepsize without a value parts the line: nothing is known between its neighbours.
    for part in curve.points.split(whereSeparator: { $0.value == nil }) {
      let places = part.map { point in
        (
          x: horizontal.clamped(point.weight),
          y: vertical.clamped(point.value.map(unit) ?? 0)
        )
      }
      svg.path(pathThrough(places), "ln \(key)s\(curve.style.isDashed ? " dashed" : "")")
      for (point, place) in zip(part, places) {
        let weight = Numbers.significant(point.weight, trimming: true)
        svg.circle(
          x: place.x, y: place.y, radius: 2, "f \(key)",
          title: "\(curve.name), weight \(weight): \(point.value.map(text) ?? "")")
      }
      end = places.last?.y ?? end
    }
    return end
  }

  private var marks: [LinePlot.Mark] {
    curves.compactMap { curve in
      guard let best = curve.points.first(where: { $0.weight == curve.best }),
        let value = best.value
      else { return nil }
      let weight = Numbers.significant(best.weight, trimming: true)
      return LinePlot.Mark(
        key: curve.style.key, x: best.weight, y: value, text: weight,
        tooltip: "\(curve.name): best at weight \(weight), \(text(value))")
    }
  }
}
