import Analysis
import TraceModel

/// One worker (or host) at a time: minibatch SGD without it, and with it alone among ideal workers.
///
/// A filled bar goes from the rate of all to the rate without the unit, ending in a square; a pale one
/// from the ideal rate down to an arrow, where the unit is the only one that is not ideal.
struct BlameBars {
  /// In the order of drawing.
  var units: [Blame.Unit]
  var blame: Blame
  var unit: TimeUnit
  var description: String

  private static let rowHeight = 24.0

  func rendered(id: String) -> String {
    let names = units.map { Self.name($0) }
    let left = labelWidth(names) + 10
    let hasTimes = units.contains { $0.secondsToTargetGain != nil }
    let right = hasTimes ? 560.0 : 650.0
    let top = 46.0
    let bottom = top + Self.rowHeight * Double(units.count) + 4
    var svg = SVG(width: 860, height: bottom + 40)
    let all = rate(blame.minibatchGradientsPerSecond)
    let ideal = rate(blame.idealGradientsPerSecond)
    let largest = units.map { rate(blame.minibatchGradientsPerSecond + $0.minibatchGain) }
      .reduce(max(all, ideal)) { max($0, $1) }
    let axis = Scale.fromZero(to: largest, start: left, end: right).roundedUp()
    svg.verticalGrid(
      axis, top: top - 4, bottom: bottom,
      name: "minibatch gradients per \(TimeScale.rateName(unit))", ticks: axis.ticks())
    mark(&svg, axis, top: top, bottom: bottom, all: all, ideal: ideal)

    let columns = hasTimes ? [656.0, 754, 860] : [756.0, 860]
    for (x, text) in zip(columns, ["without it", "among ideal", "to the target"]) {
      svg.text(text, x: x, y: 30, "tick", .end)
    }
    for (position, entry) in units.enumerated() {
      let y = top + Self.rowHeight * (Double(position) + 0.5)
      draw(entry, name: names[position], at: y, axis, left: left, on: &svg)
      svg.text(change(entry.minibatchGain), x: columns[0], y: y + 4, "num", .end)
      svg.text(change(-entry.idealLoss), x: columns[1], y: y + 4, "num", .end)
      if hasTimes {
        let text = entry.secondsToTargetGain.map { gain in
          (gain > 0 ? "−" : gain < 0 ? "+" : "") + TimeScale.text(gain.magnitude, unit)
        }
        svg.text(
          text ?? "not replayed", x: columns[2], y: y + 4, text == nil ? "tick" : "num", .end)
      }
    }
    return svg.rendered(id: id, title: "One at a time", description: description)
  }

  /// Both rates that the bars start from, with their numbers; the texts stand apart.
  private func mark(
    _ svg: inout SVG, _ axis: Scale, top: Double, bottom: Double, all: Double, ideal: Double
  ) {
    let texts = [
      ("all: \(Numbers.significant(all))", axis.clamped(all)),
      ("ideal: \(Numbers.significant(ideal))", axis.clamped(ideal)),
    ]
    for (_, x) in texts { svg.line(x, top - 8, x, bottom, "ref2") }
    let isApart = (texts[1].1 - texts[0].1).magnitude > 120
    for (place, (text, x)) in texts.enumerated() {
      let isLeft = x > axis.end - 90
      svg.text(
        text, x: isLeft ? x + 2 : x - 2, y: isApart || place == 1 ? 30 : 14, "reft2",
        isLeft ? .end : .start)
    }
  }

  private func draw(
    _ entry: Blame.Unit, name: String, at y: Double, _ axis: Scale, left: Double,
    on svg: inout SVG
  ) {
    let all = axis.clamped(rate(blame.minibatchGradientsPerSecond))
    let after = rate(blame.minibatchGradientsPerSecond + entry.minibatchGain)
    let without = axis.clamped(after)
    let ideal = rate(blame.idealGradientsPerSecond)
    let alone = ideal - rate(entry.idealLoss)
    // The whole label stands among the workers.
    svg.text(
      Labels.cut(name), x: left - 10, y: y + 4, "lab", .end,
      title: name == Labels.cut(name) ? nil : Labels.cut(name, to: 60))
    if entry.idealLoss > 0.005 * blame.idealGradientsPerSecond {
      let tip = axis.clamped(alone)
      svg.rectangle(
        x: tip, y: y - 3, width: axis.clamped(ideal) - tip, height: 6, "band mb")
      svg.path(
        "M\(coordinate(tip)) \(coordinate(y))l7 -5v10z", "f mb",
        title: "\(Labels.cut(name)) among ideal workers: \(Numbers.significant(alone))")
    }
    svg.rectangle(
      x: min(all, without), y: y - 5, width: (without - all).magnitude, height: 10, "f mb")
    svg.rectangle(
      x: without - 4, y: y - 4, width: 8, height: 8, "pt mb",
      title: "without \(Labels.cut(name)): \(Numbers.significant(after))")
  }

  static func name(_ unit: Blame.Unit) -> String { Labels.name(WorkerLabel(unit.label)) }

  private func rate(_ perSecond: Double) -> Double { TimeScale.rate(perSecond, unit) }

  private func change(_ perSecond: Double) -> String {
    let value = rate(perSecond)
    return value > 0 ? "+" + Numbers.significant(value) : Numbers.significant(value)
  }
}
