import TraceModel

/// Both schedules on one time axis: minibatch SGD above, asynchronous SGD below.
struct Gantt {
  var data: GanttData
  var description: String

  /// What the totals in large type leave of the width.
  private var right: Double {
    let digits = Numbers.count(max(data.minibatchCount, data.asynchronousCount)).count
    return min(780, 844 - 11.5 * Double(digits))
  }
  private let laneHeight = 15.0

  func rendered(id: String) -> String {
    let names = data.lanes.map { Labels.name($0) }
    let left = labelWidth(names, size: 11.5) + 12
    let lanesHeight = laneHeight * Double(names.count)
    let upperTop = 26.0
    // Room between the halves for a title and the pointed-out gradient.
    let lowerTop = upperTop + lanesHeight + (data.example == nil ? 38 : 66)
    let bottom = lowerTop + lanesHeight + 6
    var svg = SVG(width: 860, height: bottom + 44)
    let seconds = Double(data.windowNs) / 1e9
    let time = TimeScale(for: seconds, unit: data.unit)
    let axis = Scale.fromZero(to: time.value(seconds), start: left, end: right)
    func x(_ ns: Int64) -> Double { axis.clamped(time.value(Double(ns) / 1e9)) }

    let rounds = data.roundEndsNs.count
    svg.text(
      "Minibatch: \(Numbers.count(rounds)) \(rounds == 1 ? "round" : "rounds")", x: 0, y: 14,
      "lab strong mb")
    draw(data.minibatch, names, top: upperTop, left: left, key: "mb", x: x, on: &svg)
    var ends = ""
    for end in data.roundEndsNs {
      ends += "M\(coordinate(x(end))) \(coordinate(upperTop - 4))"
      ends += "V\(coordinate(upperTop + lanesHeight + 2))"
    }
    svg.path(ends, "sync")
    total(data.minibatchCount, "mb", y: upperTop + lanesHeight / 2, on: &svg)

    svg.text(
      "Asynchronous: the same workers, the same time", x: 0, y: upperTop + lanesHeight + 26,
      "lab strong as")
    draw(data.asynchronous, names, top: lowerTop, left: left, key: "as", x: x, on: &svg)
    total(data.asynchronousCount, "as", y: lowerTop + lanesHeight / 2, on: &svg)
    if let example = data.example {
      point(out: example, names: names, top: lowerTop, left: left, x: x, on: &svg)
    }
    svg.horizontalAxis(
      axis, y: bottom, name: "simulated time, \(time.name)", ticks: axis.ticks())
    return svg.rendered(
      id: id, title: "Both schedules on one time axis", description: description)
  }

  private func draw(
    _ bars: [GanttData.Bar], _ names: [String], top: Double, left: Double, key: String,
    x: (Int64) -> Double, on svg: inout SVG
  ) {
    for (lane, name) in names.enumerated() {
      let y = top + laneHeight * Double(lane)
      svg.label(name, x: left - 10, y: y + 10, "tick")
    }
    var computing = ""
    var waiting = ""
    var turnaround = ""
    for bar in bars where bar.startNs < data.windowNs {
      let y = top + laneHeight * Double(bar.lane)
      let start = x(bar.startNs)
      // A hair of page between neighbours, but a bar never vanishes.
      let width = max(0.4, x(min(bar.endNs, data.windowNs)) - start - 0.8)
      switch bar.kind {
      case .computing:
        computing += boxPath(x: start + 0.4, y: y, width: width, height: 12)
      case .waiting:
        waiting += boxPath(x: start + 0.4, y: y, width: width, height: 12)
      case .turnaround:
        turnaround += boxPath(x: start + 0.4, y: y + 4.5, width: width, height: 3)
      }
    }
    svg.path(waiting, "wait")
    svg.path(turnaround, "bnd")
    svg.path(computing, "f \(key)")
  }

  private func total(_ count: Int, _ key: String, y: Double, on svg: inout SVG) {
    svg.text(Numbers.count(count), x: 860, y: y, "big \(key)", .end)
    svg.text(count == 1 ? "gradient" : "gradients", x: 860, y: y + 16, "tick", .end)
  }

  private func point(
    out example: GanttData.Example, names: [String], top: Double, left: Double,
    x: (Int64) -> Double, on svg: inout SVG
  ) {
    let y = top + laneHeight * Double(example.lane)
    let start = x(example.startNs)
    let end = x(example.endNs)
    svg.path(
      boxPath(x: start + 0.4, y: y, width: max(0.4, end - start - 0.8), height: 12), "hl",
      title: "\(names[example.lane]): read after update "
        + "\(Numbers.count(example.readUpdate)), delay \(Numbers.count(example.delay))")
    svg.path(
      "M\(coordinate(start)) \(coordinate(y - 2))v-7H\(coordinate(end))v7", "call")
    let words =
      "reads iterate \(Numbers.count(example.readUpdate)), is applied as update "
      + "\(Numbers.count(example.appliedUpdate)): delay \(Numbers.count(example.delay)) "
      + "(staleness \(Numbers.count(example.delay - 1)))"
    // Kept inside the figure whatever the face: half of its width by the rule of 0.6 em.
    let half = Double(words.count) * 3.6
    let middle = min(max((start + end) / 2, half), 860 - half)
    svg.text(words, x: middle, y: y - 15, "lab", .middle)
  }
}
