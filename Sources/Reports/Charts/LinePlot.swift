/// Curves with bands, labels at their ends, target lines, and marks where a curve meets one.
struct LinePlot {
  struct Mark {
    var key: String
    var x: Double
    var y: Double
    var text: String
    var tooltip: String
  }

  struct Reference {
    var y: Double
    var text: String
    /// The one that the text argues with is solid; the others are context.
    var isMain: Bool
  }

  var title: String
  var description: String
  var curves: [LossCurve]
  var horizontalKind: Scale.Kind
  var verticalKind: Scale.Kind
  var horizontalName: String
  var verticalName: String
  /// Turns x of the curves into the axis' unit.
  var unit: (Double) -> Double
  var references: [Reference]
  var marks: [Mark]

  func rendered(id: String) -> String {
    let left = 64.0
    let top = 16.0
    let bottom = 330.0
    let right = 860 - labelWidth(curves.map(\.name), least: 60) - 10
    var svg = SVG(width: 860, height: 372)
    let horizontal = horizontalScale(start: left, end: right)
    let vertical = verticalScale(start: bottom, end: top)
    svg.horizontalGrid(vertical, left: left, right: right, ticks: vertical.ticks())
    svg.horizontalAxis(
      horizontal, y: bottom, name: horizontalName,
      ticks: horizontal.ticks(wholeNumbers: horizontalKind == .logarithmic))
    svg.verticalText(verticalName, x: 11, y: (top + bottom) / 2, "tick")

    for curve in curves {
      let place = placed(curve, horizontal, vertical)
      if curve.seedCount > 1 {
        svg.path(
          pathThrough(place.upper + place.lower.reversed(), closed: true),
          "band \(curve.style.key)")
      }
    }
    for curve in curves {
      let place = placed(curve, horizontal, vertical)
      let dash = curve.style.isDashed ? " dashed" : ""
      svg.path(pathThrough(place.median), "ln \(curve.style.key)s\(dash)")
      if place.median.count == 1, let only = place.median.first {
        svg.circle(x: only.x, y: only.y, radius: 3, "pt \(curve.style.key)")
      }
      if curve.isCutShort, let last = place.median.last {
        svg.text("×", x: last.x, y: last.y + 5, "lab strong \(curve.style.key)", .middle)
      }
    }
    draw(references, vertical, left: left, right: right, on: &svg)
    draw(marks, horizontal, vertical, right: right, bottom: bottom, on: &svg)
    labelEnds(horizontal, vertical, right: right, range: top...bottom, on: &svg)
    return svg.rendered(id: id, title: title, description: description)
  }

  private typealias Points = [(x: Double, y: Double)]

  private func placed(
    _ curve: LossCurve, _ horizontal: Scale, _ vertical: Scale
  ) -> (median: Points, lower: Points, upper: Points) {
    func points(_ value: (LossCurve.Point) -> Double) -> Points {
      curve.points.map { (horizontal.clamped(unit($0.x)), vertical.clamped(value($0))) }
    }
    return (points(\.median), points(\.lower), points(\.upper))
  }

  private func horizontalScale(start: Double, end: Double) -> Scale {
    let values = curves.flatMap { $0.points.map { unit($0.x) } }
    let largest = values.max() ?? 1
    switch horizontalKind {
    case .linear: return .fromZero(to: largest, start: start, end: end)
    case .logarithmic:
      let smallest = values.filter { $0 > 0 }.min() ?? 1
      return .logarithmic(smallest, largest, start: start, end: end)
    }
  }

  /// From the medians and the main target: a wild seed may leave the figure, but not flatten it.
  private func verticalScale(start: Double, end: Double) -> Scale {
    var values = curves.flatMap { $0.points.map(\.median) }
    values += references.filter(\.isMain).map(\.y)
    switch verticalKind {
    case .logarithmic:
      values = values.filter { $0 > 0 }
      let lower = values.min() ?? 1e-3
      let upper = values.max() ?? 1
      return .logarithmic(lower * 0.8, upper * 1.25, start: start, end: end)
    case .linear:
      let lower = values.min() ?? 0
      let upper = values.max() ?? 1
      let margin = (upper - lower) * 0.04
      return .linear(lower - margin, upper + margin, start: start, end: end)
    }
  }

  private func draw(
    _ references: [Reference], _ vertical: Scale, left: Double, right: Double, on svg: inout SVG
  ) {
    for reference in references {
      let fraction = vertical.fraction(reference.y)
      guard (0...1).contains(fraction) else { continue }
      let y = vertical.position(reference.y)
      svg.line(left, y, right, y, reference.isMain ? "ref" : "ref2")
      // Below the line is where falling curves come last, but not under the axis.
      let textY = y + 15 < vertical.start ? y + 15 : y - 6
      svg.text(
        reference.text, x: left + 6, y: textY, (reference.isMain ? "reft" : "reft2") + " halo")
    }
  }

  /// A dot, a dotted line down to the axis, and the number beside it; numbers that would touch are
  /// stacked.
  private func draw(
    _ marks: [Mark], _ horizontal: Scale, _ vertical: Scale, right: Double, bottom: Double,
    on svg: inout SVG
  ) {
    var occupied: [(x: Double, end: Double, level: Int)] = []
    for mark in marks.sorted(by: { $0.x < $1.x }) {
      let x = horizontal.clamped(unit(mark.x))
      let y = vertical.clamped(mark.y)
      svg.line(x, y, x, bottom, "drop \(mark.key)s")
      svg.circle(x: x, y: y, radius: 4, "pt \(mark.key)", title: mark.tooltip)
      let width = Double(mark.text.unicodeScalars.count) * 7.4
      let fitsRight = x + 6 + width < right
      let begin = fitsRight ? x + 6 : x - 6 - width
      var level = 0
      while occupied.contains(where: {
        $0.level == level && begin < $0.end + 6 && begin + width > $0.x - 6
      }) {
        level += 1
      }
      occupied.append((begin, begin + width, level))
      svg.text(
        mark.text, x: fitsRight ? x + 6 : x - 6, y: bottom - 8 - 15 * Double(level),
        "num strong halo \(mark.key)", fitsRight ? .start : .end)
    }
  }

  private func labelEnds(
    _ horizontal: Scale, _ vertical: Scale, right: Double, range: ClosedRange<Double>,
    on svg: inout SVG
  ) {
    let drawn = curves.filter { !$0.points.isEmpty }
    let ends = drawn.map { vertical.clamped($0.points.last?.median ?? 0) }
    for (curve, y) in zip(drawn, spreadApart(ends, gap: 16, in: range)) {
      svg.label(curve.name, x: right + 8, y: y + 4, "lab \(curve.style.key)", .start)
    }
  }
}
