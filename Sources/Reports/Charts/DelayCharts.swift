import ReplayEngine

/// The delays of one asynchronous run: how many updates have each delay, and which share has at
/// least it, both with M and τ_max marked as in the paper.
struct DelayCharts {
  var histogram: DelayHistogram
  var workerCount: Int
  var key: String
  var description: String

  private let top = 52.0
  private let bottom = 250.0

  func rendered(id: String) -> String {
    var svg = SVG(width: 860, height: 292)
    drawHistogram(left: 64, right: 410, on: &svg)
    drawTail(left: 510, right: 848, on: &svg)
    return svg.rendered(id: id, title: "Delays of asynchronous SGD", description: description)
  }

  /// Delays up to 200 one by one, beyond that bins whose edges grow by about a twelfth.
  static func binned(_ histogram: DelayHistogram) -> [(lower: Int, upper: Int, count: Int)] {
    guard let largest = histogram.max, largest > 200 else {
      return histogram.bins.map { ($0.delay, $0.delay, $0.count) }
    }
    var edges = [1]
    while let last = edges.last, last <= largest { edges.append(max(last + 1, last * 13 / 12)) }
    var result: [(lower: Int, upper: Int, count: Int)] = []
    var position = 0
    for (lower, next) in zip(edges, edges.dropFirst()) {
      var count = 0
      while position < histogram.bins.count, histogram.bins[position].delay < next {
        count += histogram.bins[position].count
        position += 1
      }
      if count > 0 { result.append((lower, next - 1, count)) }
    }
    return result
  }

  private func drawHistogram(left: Double, right: Double, on svg: inout SVG) {
    svg.text("Updates with this delay", x: 0, y: 12, "lab strong")
    let bins = Self.binned(histogram)
    let largest = histogram.max ?? 1
    let isWide = largest > 200
    let most = Double(bins.map(\.count).max() ?? 1)
    let least = Double(bins.map(\.count).min() ?? 1)
    let vertical =
      most / least > 50
      ? Scale.logarithmic(0.7, most * 1.2, start: bottom, end: top)
      : Scale.fromZero(to: most, start: bottom, end: top).roundedUp(atMost: 6)
    // τ_max and M have to be on the axis, and the first bar clear of it.
    let last = Double(max(largest, workerCount))
    let horizontal =
      isWide
      ? Scale.logarithmic(0.9, last * 1.1, start: left, end: right)
      : Scale.linear(0, last + max(1, last / 20), start: left, end: right)
    svg.horizontalGrid(
      vertical, left: left, right: right, ticks: vertical.ticks(atMost: 6, wholeNumbers: true))
    var path = ""
    for bin in bins {
      let from = horizontal.clamped(Double(bin.lower) - 0.5)
      let to = horizontal.clamped(Double(bin.upper) + 0.5)
      let y = vertical.clamped(Double(bin.count))
      let gap = to - from > 3 ? min(4, (to - from) * 0.18) : 0
      path += boxPath(x: from + gap / 2, y: y, width: to - from - gap, height: bottom - y)
    }
    svg.path(path, "f \(key)")
    svg.horizontalAxis(
      horizontal, y: bottom,
      name: "delay τ (1 = fresh; staleness = τ − 1)" + (isWide ? ", logarithmic" : ""),
      ticks: horizontal.ticks(atMost: 6, wholeNumbers: true))
    references(horizontal, mean: true, on: &svg)
  }

  private func drawTail(left: Double, right: Double, on svg: inout SVG) {
    svg.text("Share of updates with this delay or more", x: left - 62, y: 12, "lab strong")
    let total = Double(max(1, histogram.count))
    let last = Double(max(histogram.max ?? 1, workerCount, 2))
    let horizontal = Scale.logarithmic(1, last * 1.1, start: left, end: right)
    let vertical = Scale.logarithmic(0.7 / total, 1.25, start: bottom, end: top)
    svg.horizontalGrid(vertical, left: left, right: right, ticks: vertical.ticks(atMost: 6))
    // A staircase: the share holds up to and including its delay, then falls. Steps closer than
    // half a pixel in both directions are one.
    var points: [(x: Double, y: Double)] = []
    var remaining = histogram.count
    for bin in histogram.bins {
      let x = horizontal.clamped(Double(bin.delay))
      let y = vertical.clamped(Double(remaining) / total)
      remaining -= bin.count
      if let before = points.last, x - before.x < 0.5, (y - before.y).magnitude < 0.5,
        remaining > 0
      {
        continue
      }
      if let before = points.last { points.append((before.x, y)) } else { points.append((left, y)) }
      points.append((x, y))
    }
    if let end = points.last { points.append((end.x, bottom)) }
    svg.path(pathThrough(points), "ln \(key)s")
    svg.horizontalAxis(
      horizontal, y: bottom, name: "delay τ, logarithmic",
      ticks: horizontal.ticks(atMost: 6, wholeNumbers: true))
    references(horizontal, mean: false, on: &svg)
    let twice = 2 * workerCount
    if let share = histogram.shareAbove(twice), share > 0, twice <= histogram.max ?? 0 {
      let x = horizontal.clamped(Double(twice))
      let y = vertical.clamped(share)
      let isNearEdge = x > right - 108
      svg.circle(x: x, y: y, radius: 3.5, "pt \(key)")
      svg.text(
        "\(Numbers.percent(share)) above 2M", x: isNearEdge ? x - 8 : x + 8,
        // Left of the point the curve runs above it.
        // At the top stands the number of M.
        // At the bottom runs the axis.
        y: (isNearEdge || y < top + 24) && y + 20 < bottom ? y + 16 : y - 6,
        "lab \(key) halo", isNearEdge ? .end : .start)
    }
  }

  /// Dotted lines at M and τ_max, each with its number on a row of its own above the plot; the upper
  /// row is that of τ_max, so that M's line ends below it and crosses no number.
  private func references(_ horizontal: Scale, mean: Bool, on svg: inout SVG) {
    let middle = (horizontal.start + horizontal.end) / 2
    let end = histogram.max.map { horizontal.clamped(Double($0)) }
    var words = "M = \(Numbers.count(workerCount))"
    if mean, let value = histogram.mean {
      words += " (mean delay \(Numbers.significant(value, digits: 4)))"
    }
    let x = horizontal.clamped(Double(workerCount))
    let width = Double(words.count) * 7 + 10
    // To the right where the number neither leaves the figure nor meets the line of τ_max.
    let isRight =
      x < middle && x + width < horizontal.end
      && (end.map { $0 <= x || $0 > x + width } ?? true)
    svg.line(x, 38, x, bottom, "ref2")
    svg.text(words, x: isRight ? x + 5 : x - 5, y: 44, "reft2 halo", isRight ? .start : .end)
    guard let largest = histogram.max, let end else { return }
    svg.line(end, 22, end, bottom, "ref2")
    svg.text(
      markup: "τ<tspan dy=\"3\" font-size=\"9\">max</tspan><tspan dy=\"-3\"> = "
        + "\(Numbers.count(largest))</tspan>", x: end < middle ? end + 5 : end - 5, y: 28,
      "reft2 halo", end < middle ? .start : .end)
  }
}
