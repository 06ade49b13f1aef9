/// The three bars of the verdict card. A row whose value is nil reads "not reached".
struct CardBars {
  struct Row {
    var style: MethodStyle
    var value: Double?
    var figure: String
    var tooltip: String
    var isRecommended: Bool
  }

  var heading: String
  var figureHeading: String
  /// The unit under the bars.
  var unit: String
  /// Turns a value into the axis' unit.
  var scale: (Double) -> Double
  var rows: [Row]
  var description: String

  func rendered(id: String) -> String {
    let left = labelWidth(rows.map(\.style.name), least: 92) + 10
    let right = 436.0
    let bottom = 22 + 38 * Double(rows.count)
    var svg = SVG(width: 520, height: bottom + 32)
    let largest = rows.compactMap(\.value).map(scale).max() ?? 0
    let axis = Scale.fromZero(to: largest, start: left, end: right).roundedUp(atMost: 6)
    svg.verticalGrid(axis, top: 22, bottom: bottom, name: "", ticks: axis.ticks(atMost: 6))
    svg.text(unit, x: left - 12, y: bottom + 17, "tick", .end)
    svg.text(markup: Markup.lowered(heading), x: 0, y: 12, "lab")
    svg.text(figureHeading, x: 520, y: 12, "tick", .end)
    for (position, row) in rows.enumerated() {
      let y = 31 + 38 * Double(position)
      let weight = row.isRecommended ? " strong" : ""
      svg.label(row.style.name, x: left - 10, y: y + 13, "lab \(row.style.key)\(weight)")
      if let value = row.value, value.isFinite {
        svg.rectangle(
          x: left, y: y, width: axis.clamped(scale(value)) - left, height: 18,
          "f \(row.style.key)", title: row.tooltip)
        svg.text(row.figure, x: 520, y: y + 15, "big \(row.style.key)", .end)
      } else {
        svg.text("not reached", x: left + 6, y: y + 13, "tick")
      }
    }
    return svg.rendered(id: id, title: heading, description: description)
  }
}

/// Applied and unused gradients of each method, the unused hatched.
struct UseBars {
  struct Row {
    var style: MethodStyle
    var applied: Double
    var unused: Double
    var unusedWord: String
    var figure: String
  }

  var rows: [Row]
  var axisName: String
  var figureHeading: String
  var description: String

  func rendered(id: String) -> String {
    let left = labelWidth(rows.map(\.style.chartName), least: 92) + 10
    let bottom = 24 + 25 * Double(rows.count)
    var svg = SVG(width: 860, height: bottom + 40)
    let largest = rows.map { $0.applied + $0.unused }.max() ?? 0
    var axis = Scale.fromZero(to: largest, start: left, end: 660).roundedUp()
    axis.end = min(axis.end, end(of: axis))
    svg.verticalGrid(axis, top: 20, bottom: bottom, name: axisName, ticks: axis.ticks())
    svg.text(figureHeading, x: 860, y: 13, "tick", .end)
    for (position, row) in rows.enumerated() {
      let y = 24 + 25 * Double(position)
      let end = axis.clamped(row.applied)
      svg.label(row.style.chartName, x: left - 10, y: y + 13, "lab \(row.style.key)")
      svg.rectangle(
        x: left, y: y, width: end - left, height: 18, "f \(row.style.key)",
        title: "\(row.style.name): \(row.figure)")
      if row.unused > 0 {
        let last = axis.clamped(row.applied + row.unused)
        svg.rectangle(
          x: end + 1, y: y, width: last - end - 1, height: 18, "hatch \(row.style.key)",
          title: "\(row.style.name): \(row.unusedWord)")
        svg.text(row.unusedWord, x: last + 7, y: y + 13, "tick")
      }
      svg.text(row.figure, x: 860, y: y + 13, "num", .end)
    }
    return svg.rendered(id: id, title: "Use of gradients", description: description)
  }

  /// Where the axis has to end so that the words behind each bar stay clear of the figures.
  private func end(of axis: Scale) -> Double {
    let figures = rows.map { estimatedWidth($0.figure) * 12 }.max() ?? 0
    let ends = rows.filter { $0.unused > 0 }.map { row in
      let room = 860 - figures - 20 - estimatedWidth(row.unusedWord) * 11.5 - axis.start
      return axis.start + max(40, room) / max(0.01, axis.fraction(row.applied + row.unused))
    }
    return ends.min() ?? axis.end
  }
}
