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
    let top = 16.0
    let bottom = 330.0
    let vertical = verticalScale(start: bottom, end: top)
    let left = plotLeft(vertical.ticks())
    let right = 860 - labelWidth(curves.map(Self.endLabel), least: 60) - 10
    var svg = SVG(width: 860, height: 372)
    let horizontal = horizontalScale(start: left, end: right)
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
      let dash = curve.isBound ? " bound" : curve.style.isDashed ? " dashed" : ""
      svg.path(pathThrough(place.median), "ln \(curve.style.key)s\(dash)")
      if place.median.count == 1, let only = place.median.first {
        svg.circle(x: only.x, y: only.y, radius: 3, "pt \(curve.style.key)")
      }
      if curve.isCutShort, let last = place.median.last {
        svg.text("×", x: last.x, y: last.y + 5, "lab strong \(curve.style.key)", .middle)
      }
    }
    draw(
      references, vertical, curves: curves.map { placed($0, horizontal, vertical).median },
      left: left, right: right, on: &svg)
    svg.drop(marks, from: horizontal.start, to: right, bottom: bottom) {
      (horizontal.clamped(unit($0.x)), vertical.clamped($0.y))
    }
    labelEnds(horizontal, vertical, right: right, range: top...bottom, on: &svg)
    return svg.rendered(id: id, title: title, description: description)
  }

  /// A curve that stops early is labelled at the edge like the others, and repeats its mark there.
  private static func endLabel(_ curve: LossCurve) -> String {
    curve.isCutShort ? curve.name + " ×" : curve.name
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
      // Room for the numbers of the marks between the target and the axis.
      let target = references.first(where: \.isMain).map { $0.y / 1.8 } ?? .infinity
      let lower = min((values.min() ?? 1e-3) * 0.8, target > 0 ? target : .infinity)
      let upper = values.max() ?? 1
      return .logarithmic(lower, upper * 1.25, start: start, end: end)
    case .linear:
      let lower = values.min() ?? 0
      let upper = values.max() ?? 1
      let margin = (upper - lower) * 0.04
      return .linear(lower - margin, upper + margin, start: start, end: end)
    }
  }

  private func draw(
    _ references: [Reference], _ vertical: Scale, curves: [Points], left: Double, right: Double,
    on svg: inout SVG
  ) {
    for reference in references {
      let fraction = vertical.fraction(reference.y)
      guard (0...1).contains(fraction) else { continue }
      let y = vertical.position(reference.y)
      svg.line(left, y, right, y, reference.isMain ? "ref" : "ref2")
      let width = Double(reference.text.unicodeScalars.count) * 7 + 8
      // The first corner that no curve runs through; curves mostly fall from the left.
      let corners = [
        (x: left + 6, y: y + 15, isStart: true), (x: right - 6, y: y - 6, isStart: false),
        (x: left + 6, y: y - 6, isStart: true), (x: right - 6, y: y + 15, isStart: false),
      ].filter { $0.y < vertical.start - 2 && $0.y > vertical.end }
      func meetings(_ corner: (x: Double, y: Double, isStart: Bool)) -> Int {
        let begin = corner.isStart ? corner.x : corner.x - width
        return curves.reduce(0) { sum, points in
          sum
            + points.count {
              $0.x > begin - 4 && $0.x < begin + width && $0.y > corner.y - 15
                && $0.y < corner.y + 6
            }
        }
      }
      // Where none is free, the one that fewest run through.
      guard let corner = corners.min(by: { meetings($0) < meetings($1) }) else { continue }
      svg.text(
        reference.text, x: corner.x, y: corner.y,
        (reference.isMain ? "reft" : "reft2") + " halo", corner.isStart ? .start : .end)
    }
  }

  private func labelEnds(
    _ horizontal: Scale, _ vertical: Scale, right: Double, range: ClosedRange<Double>,
    on svg: inout SVG
  ) {
    let drawn = curves.filter { !$0.points.isEmpty }
    let ends = drawn.map { vertical.clamped($0.points.last?.median ?? 0) }
    for (curve, y) in zip(drawn, spreadApart(ends, gap: 16, in: range)) {
      svg.label(Self.endLabel(curve), x: right + 8, y: y + 4, "lab \(curve.style.key)", .start)
    }
  }
}
