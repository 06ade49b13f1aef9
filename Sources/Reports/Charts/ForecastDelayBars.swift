import ReplayEngine

/// Two distributions of delays on one axis: for each delay a filled bar of what was recorded and a
/// hatched one of what was foretold.
struct ForecastDelayBars {
  var delays: ForecastReport.Delays
  var workerCount: Int
  var key: String
  var description: String

  private static let binLimit = 40
  private let left = 64.0
  private let right = 848.0
  private let top = 44.0
  private let bottom = 216.0

  /// Delays that share a bar.
  private var binWidth: Int {
    let largest = max(delays.forecast.max ?? 1, delays.recorded.max ?? 1)
    return (largest + Self.binLimit - 1) / Self.binLimit
  }

  /// Shares of the updates, by bin.
  static func shares(_ histogram: DelayHistogram, binWidth: Int) -> [Double] {
    let total = Double(max(1, histogram.count))
    var shares = [Double](repeating: 0, count: ((histogram.max ?? 1) - 1) / binWidth + 1)
    for bin in histogram.bins { shares[(bin.delay - 1) / binWidth] += Double(bin.count) / total }
    return shares
  }

  func rendered(id: String) -> String {
    let width = binWidth
    let forecast = Self.shares(delays.forecast, binWidth: width)
    let recorded = Self.shares(delays.recorded, binWidth: width)
    let binCount = max(forecast.count, recorded.count)
    var svg = SVG(width: 860, height: 258)
    svg.text("Share of updates with this delay", x: 0, y: 12, "lab strong")
    legend(on: &svg)
    let largest = (forecast + recorded).max() ?? 1
    let vertical = Scale.fromZero(to: largest, start: bottom, end: top).roundedUp(atMost: 6)
    let horizontal = Scale.linear(
      0.5, Double(binCount * width) + 0.5, start: left, end: right)
    svg.horizontalGrid(vertical, left: left, right: right, ticks: vertical.ticks(atMost: 6))
    func bars(_ shares: [Double], from: Double, to: Double) -> String {
      var path = ""
      for (bin, share) in shares.enumerated() where share > 0 {
        let start = horizontal.clamped(Double(bin * width) + 0.5)
        let room = min(56, horizontal.clamped(Double((bin + 1) * width) + 0.5) - start)
        let middle = (start + horizontal.clamped(Double((bin + 1) * width) + 0.5)) / 2
        let y = vertical.clamped(share)
        path += boxPath(
          x: middle + (from - 0.5) * room, y: y, width: (to - from) * room, height: bottom - y)
      }
      return path
    }
    svg.path(bars(recorded, from: 0.1, to: 0.48), "f \(key)")
    svg.path(bars(forecast, from: 0.52, to: 0.9), "hatch \(key)")
    svg.horizontalAxis(
      horizontal, y: bottom,
      name: "delay τ (1 = fresh; staleness = τ − 1)"
        + (width > 1 ? ", \(width) delays a bar" : ""),
      ticks: horizontal.ticks(atMost: 9, wholeNumbers: true))
    let place = horizontal.position(Double(workerCount))
    if place < right - 60 {
      svg.line(place, top - 12, place, bottom, "ref2")
      svg.text("M = \(Numbers.count(workerCount))", x: place + 5, y: top - 4, "reft2 halo", .start)
    }
    return svg.rendered(id: id, title: "Delays, recorded and foretold", description: description)
  }

  private func legend(on svg: inout SVG) {
    svg.rectangle(x: 660, y: 3, width: 12, height: 10, "f \(key)")
    svg.text("recorded", x: 678, y: 12, "tick")
    svg.rectangle(x: 756, y: 3, width: 12, height: 10, "hatch \(key)")
    svg.text("forecast", x: 774, y: 12, "tick")
  }
}
