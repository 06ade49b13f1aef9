import TraceModel

/// Workers by time, ten steps of a logarithmic scale; neighbours of one step share a rectangle.
struct Heatmap {
  /// One line of the map.
  struct Row {
    var name: String
    /// Above 0 and finite; nil is left empty.
    var cells: [Double?]
    /// One a column of figures.
    var figures: [String] = []
  }

  var title: String
  var rows: [Row]
  /// The two lines above each column of figures right of the map.
  var headings: [(String, String)] = []
  /// From the left edge to the right one.
  var spanSeconds: Double
  var unit: TimeUnit
  /// Which time it is, `recorded time`.
  var timeName: String
  /// What the colours mean.
  var keyName: String
  /// What the numbers of the scale are divided by.
  var keyUnit = 1.0
  var description: String

  private static let figureWidth = 68.0

  func rendered(id: String) -> String {
    let names = rows.map(\.name)
    let left = labelWidth(names) + 10
    let columnCount = Double(max(1, rows.first?.cells.count ?? 1))
    let room = (headings.isEmpty ? 858 : 852 - Self.figureWidth * Double(headings.count)) - left
    // Whole pixels beside figures, where a little less width is not missed: shorter numbers.
    let isWhole = !headings.isEmpty && room / columnCount >= 4
    let cell = isWhole ? (room / columnCount).rounded(.down) : room / columnCount
    let right = left + cell * columnCount
    let rowHeight = rows.count > 24 ? 14.0 : 22.0
    let top = 40.0
    let bottom = top + rowHeight * Double(rows.count)
    var svg = SVG(width: 860, height: bottom + 44)
    let values = rows.flatMap { $0.cells.compactMap { $0 } }.filter { $0 > 0 }
    // A spread below a factor of two gets one: small differences are not to look like large ones.
    let isNarrow = (values.max() ?? 1) < 2 * (values.min() ?? 1)
    let smallest = (values.min() ?? 1) / (isNarrow ? 1.5 : 1)
    let largest = (values.max() ?? 1) * (isNarrow ? 1.5 : 1)
    let colours = Scale.logarithmic(smallest, largest, start: 0, end: 10)
    func step(_ value: Double) -> Int { min(9, max(0, Int(colours.clamped(value)))) }

    var paths = [String](repeating: "", count: 10)
    let size = rows.count > 24 ? "tick" : "lab"
    for (position, row) in rows.enumerated() {
      let y = top + rowHeight * Double(position)
      var ends = [Double?](repeating: nil, count: 10)
      for run in Self.runs(row.cells.map { $0.map(step) }) {
        // A line as thick as the row takes half the characters of a box, and a way from the end of the
        // one before fewer than a place.
        let x = tenths(left + cell * Double(run.columns.lowerBound))
        let end = tenths(left + cell * Double(run.columns.upperBound))
        paths[run.step] +=
          ends[run.step].map { "m\(coordinate(x - $0)) 0" }
          ?? "M\(coordinate(x)) \(coordinate(y + (rowHeight - 2) / 2))"
        paths[run.step] += "h\(coordinate(end - x))"
        ends[run.step] = end
      }
      let middle = y + rowHeight / 2 + 3
      // The whole of a name that is cut stands at its bar in the section of workers: a kibibyte of it
      // in every row of two maps would be most of a page.
      svg.text(Labels.cut(row.name), x: left - 10, y: middle, size, .end)
      for (column, figure) in row.figures.enumerated() {
        svg.text(
          figure, x: figureEnd(column), y: y + rowHeight / 2 + 3, column == 0 ? size : "tick", .end)
      }
    }
    let thickness = rowHeight == 14 ? "thin" : "wide"
    for (step, data) in paths.enumerated() { svg.path(data, "m\(step) \(thickness)row") }
    key(&svg, left: left, right: right, smallest: smallest, largest: largest)
    for (column, lines) in headings.enumerated() {
      svg.text(lines.0, x: figureEnd(column), y: 18, "tick", .end)
      svg.text(lines.1, x: figureEnd(column), y: 32, "tick", .end)
    }

    let time = TimeScale(for: spanSeconds, unit: unit)
    let axis = Scale.fromZero(to: time.value(spanSeconds), start: left, end: right)
    svg.horizontalAxis(
      axis, y: bottom, name: "\(timeName), \(time.name)",
      ticks: axis.ticks().filter { axis.position($0.value) < right - 12 }, drawLine: false)
    return svg.rendered(id: id, title: title, description: description)
  }

  /// As coordinates are written, so that differences add up to them.
  private func tenths(_ value: Double) -> Double { (value * 10).rounded() / 10 }

  private func figureEnd(_ column: Int) -> Double {
    858 - Self.figureWidth * Double(headings.count - 1 - column)
  }

  /// The scale above the map.
  private func key(
    _ svg: inout SVG, left: Double, right: Double, smallest: Double, largest: Double
  ) {
    // Where long names leave no room it stands above them, clear of the headings by half a number.
    let name = Double(keyName.count) * 7 + 14
    let start = max(name, min(left + name, right - 220 - 30))
    svg.text(keyName, x: start - 10, y: 26, "tick", .end)
    for step in 0..<10 {
      svg.rectangle(x: start + 22 * Double(step), y: 18, width: 22, height: 9, "h\(step)")
    }
    let scale = Scale.logarithmic(
      smallest / keyUnit, largest / keyUnit, start: start, end: start + 220)
    var ticks = scale.ticks(atMost: 4)
    // Where not all have room, powers of ten alone: every other one is no scale.
    let powers = ticks.filter { decimalLogarithm($0.value).isNearWhole }
    let isTight = zip(ticks, ticks.dropFirst()).contains {
      scale.position($1.value) - scale.position($0.value) < 44
    }
    if isTight, powers.count >= 2 { ticks = powers }
    // One number is no scale: then its ends.
    if ticks.count < 2 {
      ticks = [scale.lower, scale.upper].map {
        Tick(value: $0, markup: Numbers.significant($0))
      }
    }
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

extension Heatmap {
  /// Mean durations of a trace.
  init(durations data: HeatmapData, unit: TimeUnit, description: String) {
    let largest = data.rows.flatMap { $0.means.compactMap { $0 } }.max() ?? 1
    let time = TimeScale(for: largest, unit: unit)
    self.init(
      title: "Durations by worker and time",
      rows: data.rows.map { Row(name: $0.name, cells: $0.means) }, spanSeconds: data.spanSeconds,
      unit: unit, timeName: "recorded time",
      keyName: "\(time.name) per gradient, logarithmic", keyUnit: time.seconds,
      description: description)
  }

  /// Mean delays of a replay, with each row's mean and its share of all updates.
  init(delays data: DelayMapData, unit: TimeUnit, description: String) {
    let total = Double(max(1, data.gradientCount))
    self.init(
      title: "Delays by worker and time",
      rows: data.rows.map { row in
        Row(
          name: row.name, cells: row.means,
          figures: [
            row.mean.map { Numbers.significant($0) } ?? "none",
            // One decimal for all below ten, one below the other.
            (0.0005..<0.0995).contains(Double(row.count) / total)
              ? Numbers.fixed(100 * Double(row.count) / total, decimals: 1) + Numbers.thinSpace
                + "%"
              : Numbers.percent(Double(row.count) / total),
          ])
      },
      headings: [("mean", "delay τ"), ("of all", "gradients")], spanSeconds: data.spanSeconds,
      unit: unit, timeName: "simulated time",
      keyName: "mean delay τ (1 = fresh), logarithmic", description: description)
  }
}
