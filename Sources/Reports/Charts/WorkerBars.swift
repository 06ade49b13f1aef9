import Analysis
import TraceModel

/// Bars to the mean of each worker, whiskers p5 to p95, a tick at the median, the slowest marked.
struct WorkerBars {
  /// In the order of drawing.
  var workers: [Inspection.WorkerFigures]
  var unit: TimeUnit
  /// The mean of the slowest worker of the whole trace.
  var slowestMean: Double
  var slowestIndex: Int
  var description: String

  func rendered(id: String) -> String {
    let names = workers.map { Labels.name($0.worker.label) }
    let left = labelWidth(names) + 10
    let right = 556.0
    let rowHeight = workers.count > 24 ? 18.0 : 26.0
    let bar = workers.count > 24 ? 11.0 : 16.0
    let top = 28.0
    let bottom = top + rowHeight * Double(workers.count) + 6
    var svg = SVG(width: 860, height: bottom + 40)
    let largest = workers.map { max($0.meanSeconds, $0.p95Seconds) }.max() ?? 0
    let time = TimeScale(for: largest, unit: unit)
    let axis = Scale.fromZero(to: time.value(largest), start: left, end: right).roundedUp()
    func x(_ seconds: Double) -> Double { axis.clamped(time.value(seconds)) }
    svg.verticalGrid(
      axis, top: top, bottom: bottom, name: "\(time.name) per gradient", ticks: axis.ticks())

    let columns = [622.0, 694, 776, 860]
    svg.text("mean", x: columns[0], y: 14, "tick", .end)
    svg.text("median", x: columns[1], y: 14, "tick", .end)
    svg.text("gradients", x: columns[2], y: 14, "tick", .end)
    svg.text(
      markup: "<tspan font-style=\"italic\">s</tspan><tspan dy=\"3\" font-size=\"9\">m</tspan>"
        + "<tspan dy=\"-3\"> / fastest</tspan>", x: columns[3], y: 14, "tick", .end)

    for (position, figures) in workers.enumerated() {
      let middle = top + rowHeight * (Double(position) + 0.5) + 3
      let name = names[position]
      svg.label(name, x: left - 10, y: middle + 4, "lab")
      let isSlowest = figures.worker.index == slowestIndex
      svg.rectangle(
        x: left, y: middle - bar / 2, width: x(figures.meanSeconds) - left, height: bar,
        isSlowest ? "wbar slow" : "wbar", title: tooltip(figures, name: name, time: time))
      // Beyond the bar a tick in the colour of the page would only cut the whisker.
      let isInside = figures.medianSeconds < figures.meanSeconds
      svg.line(
        x(figures.medianSeconds), middle - bar / 2, x(figures.medianSeconds), middle + bar / 2,
        isInside ? "med" : "wh")
      let low = x(figures.p5Seconds)
      let high = x(figures.p95Seconds)
      if high - low >= 1 {
        svg.path(
          "M\(coordinate(low)) \(coordinate(middle))H\(coordinate(high))"
            + "M\(coordinate(low)) \(coordinate(middle - 4))v8"
            + "M\(coordinate(high)) \(coordinate(middle - 4))v8", "wh")
      }
      svg.text(time.number(figures.meanSeconds), x: columns[0], y: middle + 4, "num", .end)
      svg.text(time.number(figures.medianSeconds), x: columns[1], y: middle + 4, "num", .end)
      svg.text(
        Numbers.count(figures.gradientCount), x: columns[2], y: middle + 4, "num dim", .end)
      svg.text(Numbers.ratio(figures.slowdown), x: columns[3], y: middle + 4, "num", .end)
    }
    markSlowest(&svg, at: x(slowestMean), top: top, bottom: bottom, right: right, time: time)
    return svg.rendered(id: id, title: "Mean duration per worker", description: description)
  }

  private func markSlowest(
    _ svg: inout SVG, at x: Double, top: Double, bottom: Double, right: Double, time: TimeScale
  ) {
    svg.line(x, top - 8, x, bottom, "ref")
    let isNearEdge = x > right - 170
    svg.text(
      markup: "<tspan font-style=\"italic\">s</tspan><tspan dy=\"3\" font-size=\"9\">max</tspan>"
        + "<tspan dy=\"-3\"> = \(Labels.markup(time.text(slowestMean)))</tspan>",
      x: isNearEdge ? x - 5 : x + 5, y: top - 12, "reft", isNearEdge ? .end : .start)
  }

  private func tooltip(
    _ figures: Inspection.WorkerFigures, name: String, time: TimeScale
  ) -> String {
    "\(name): mean \(time.number(figures.meanSeconds)), "
      + "median \(time.number(figures.medianSeconds)), p5 \(time.number(figures.p5Seconds)), "
      + "p95 \(time.text(figures.p95Seconds)) over "
      + gradientsPhrase(figures.gradientCount)
  }
}
