import TraceModel

/// Workers by time, ten steps of a logarithmic scale; neighbours of one step share a rectangle.
struct Heatmap {
  var data: HeatmapData
  var unit: TimeUnit
  var description: String

  func rendered(id: String) -> String {
    let names = data.rows.map(\.name)
    let left = labelWidth(names) + 10
    let right = 858.0
    let rowHeight = data.rows.count > 24 ? 14.0 : 22.0
    let top = 40.0
    let bottom = top + rowHeight * Double(data.rows.count)
    var svg = SVG(width: 860, height: bottom + 44)
    let values = data.rows.flatMap { $0.means.compactMap { $0 } }.filter { $0 > 0 }
    // A spread below a factor of two gets one: small differences are not to look like large ones.
    let isNarrow = (values.max() ?? 1) < 2 * (values.min() ?? 1)
    let smallest = (values.min() ?? 1) / (isNarrow ? 1.5 : 1)
    let largest = (values.max() ?? 1) * (isNarrow ? 1.5 : 1)
    let columnCount = data.rows.first?.means.count ?? 1
    let cell = (right - left) / Double(max(1, columnCount))
    let colours = Scale.logarithmic(smallest, largest, start: 0, end: 10)
    func step(_ value: Double) -> Int { min(9, max(0, Int(colours.clamped(value)))) }

    var paths = [String](repeating: "", count: 10)
    for (position, row) in data.rows.enumerated() {
      let y = top + rowHeight * Double(position)
      for run in Self.runs(row.means.map { $0.map(step) }) {
        paths[run.step] += boxPath(
          x: left + cell * Double(run.columns.lowerBound), y: y,
          width: cell * Double(run.columns.count), height: rowHeight - 2)
      }
      let size = data.rows.count > 24 ? "tick" : "lab"
      svg.label(row.name, x: left - 10, y: y + rowHeight / 2 + 3, size)
    }
    for (step, data) in paths.enumerated() { svg.path(data, "h\(step)") }
    key(&svg, left: left, smallest: smallest, largest: largest)

    let time = TimeScale(for: data.spanSeconds, unit: unit)
    let axis = Scale.fromZero(to: time.value(data.spanSeconds), start: left, end: right)
    svg.horizontalAxis(
      axis, y: bottom, name: "recorded time, \(time.name)",
      ticks: axis.ticks().filter { axis.position($0.value) < right - 12 }, drawLine: false)
    return svg.rendered(
      id: id, title: "Durations by worker and time", description: description)
  }

  /// The scale above the map.
  private func key(_ svg: inout SVG, left: Double, smallest: Double, largest: Double) {
    let time = TimeScale(for: largest, unit: unit)
    let name = "\(time.name) per gradient, logarithmic"
    let start = left + Double(name.count) * 7 + 14
    svg.text(name, x: start - 10, y: 26, "tick", .end)
    for step in 0..<10 {
      svg.rectangle(x: start + 22 * Double(step), y: 18, width: 22, height: 9, "h\(step)")
    }
    let scale = Scale.logarithmic(
      time.value(smallest), time.value(largest), start: start, end: start + 220)
    var ticks = scale.ticks(atMost: 4)
    // Where not all have room, powers of ten alone: every other one is no scale.
    let powers = ticks.filter { decimalLogarithm($0.value).isNearWhole }
    let isTight = zip(ticks, ticks.dropFirst()).contains {
      scale.position($1.value) - scale.position($0.value) < 44
    }
    if isTight, powers.count >= 2 { ticks = powers }
    // Numbers of up to eight characters need 60 px each.
    var last = -Double.infinity
    for tick in ticks where scale.position(tick.value) - last >= 44 {
      last = scale.position(tick.value)
      svg.text(markup: tick.markup, x: last, y: 13, "tick", .middle)
    }
  }

  private struct StepRun {
    var columns: Range<Int>
    var step: Int
  }

  private static func runs(_ steps: [Int?]) -> [StepRun] {
    var result: [StepRun] = []
    for (column, step) in steps.enumerated() {
      guard let step else { continue }
      if let last = result.last, last.step == step, last.columns.upperBound == column {
        result[result.count - 1].columns = last.columns.lowerBound..<column + 1
      } else {
        result.append(StepRun(columns: column..<column + 1, step: step))
      }
    }
    return result
  }
}

extension Double {
  /// Whether it is a whole number but for rounding.
  fileprivate var isNearWhole: Bool { (self - rounded()).magnitude < 1e-6 }
}
