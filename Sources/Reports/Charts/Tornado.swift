import Analysis
import TraceModel

/// What edits of the trace do to two rates: bars on both sides of the present figure.
///
/// The axis is the rate after an edit over the rate before, logarithmic and as long to the left as to the
/// right, so that twice and half are equally far from what was recorded.
struct Tornado {
  /// In the order of drawing.
  var effects: EditEffects
  var unit: TimeUnit
  var description: String

  private static let rowHeight = 38.0
  private static let labelLength = 36
  /// A label may have a kibibyte; the whole of it stands among the workers.
  private static let titleLength = 120

  func rendered(id: String) -> String {
    let left = 250.0
    let right = 614.0
    let top = 58.0
    let bottom = top + Self.rowHeight * Double(effects.effects.count) + 2
    var svg = SVG(width: 860, height: bottom + 40)
    let policy = Self.style(effects)
    let reach = Self.reach(effects)
    let axis = Scale.logarithmic(1 / reach, reach, start: left, end: right)
    svg.verticalGrid(
      axis, top: top - 4, bottom: bottom, name: "rate after over rate as recorded, logarithmic",
      ticks: Self.ticks(reach))
    let columns = [736.0, 860]
    let styles = [MethodStyle(.minibatch, parameter: nil, droppedCount: 0), policy]
    let present = [effects.minibatchGradientsPerSecond, effects.policyGradientsPerSecond]
    for (style, x) in zip(styles, columns) {
      svg.text(Labels.cut(style.stem, to: 16), x: x, y: 14, "lab \(style.key)", .end)
    }
    svg.text("gradients per \(TimeScale.rateName(unit))", x: 860, y: 29, "tick", .end)
    svg.text("as recorded", x: 2, y: 47, "lab strong")
    for (value, x) in zip(present, columns) {
      svg.text(Numbers.significant(rate(value)), x: x, y: 47, "num strong", .end)
    }
    svg.line(axis.clamped(1), top - 12, axis.clamped(1), bottom, "ref")
    for (position, effect) in effects.effects.enumerated() {
      let y = top + Self.rowHeight * Double(position)
      let name = Self.opening(effect.name)
      svg.text(
        Labels.cutInside(name, to: Self.labelLength), x: 2, y: y + 14, "lab", .start,
        title: name.unicodeScalars.count > Self.labelLength
          ? Labels.cut(name, to: Self.titleLength) : nil)
      svg.text(
        Labels.cutInside(
          Labels.visible(effect.texts.joined(separator: " ")), to: Self.labelLength), x: 2,
        y: y + 29, "tick")
      let ratios = [effect.minibatchRatio, effect.policyRatio]
      for (place, ratio) in ratios.enumerated() {
        let end = axis.clamped(ratio)
        let start = axis.clamped(1)
        let style = styles[place]
        svg.rectangle(
          x: min(start, end), y: y + 4 + 15 * Double(place), width: (end - start).magnitude,
          height: 13, "f \(style.key)",
          title: "\(style.stem), \(Labels.cut(effect.name, to: Self.titleLength)): "
            + Numbers.ratio(ratio))
        let text =
          "\(Numbers.significant(rate(present[place] * ratio)))\u{2002}"
          + Numbers.change(ratio - 1)
        svg.text(text, x: columns[place], y: y + 21, "num", .end)
      }
    }
    return svg.rendered(id: id, title: "What if", description: description)
  }

  /// Only our own words take a capital; a label stays as recorded.
  private static func opening(_ name: String) -> String {
    let words = ["without ", "worker ", "workers ", "host ", "twice ", "half ", "turnaround "]
    return words.contains { name.hasPrefix($0) } ? name.capitalisedFirst : name
  }

  static func style(_ effects: EditEffects) -> MethodStyle {
    MethodStyle(
      effects.policy, parameter: effects.parameter, droppedCount: effects.droppedCount)
  }

  /// How far the axis goes to either side, a little beyond the largest effect.
  private static func reach(_ effects: EditEffects) -> Double {
    let ratios: [Double] = effects.effects.flatMap { [$0.minibatchRatio, $0.policyRatio] }
    let largest = ratios.filter { $0 > 0 && $0.isFinite }.reduce(1) { max($0, $1, 1 / $1) }
    return min(1000, max(1.1, largest * 1.08))
  }

  private static func ticks(_ reach: Double) -> [Tick] {
    let values: [Double] =
      switch reach {
      case ..<1.3: [0.8, 0.9, 1, 1.1, 1.25]
      case ..<2: [0.5, 0.6, 0.8, 1, 1.25, 1.6, 2]
      case ..<4: [0.25, 0.5, 0.7, 1, 1.4, 2, 4]
      case ..<20: [1 / 16.0, 0.125, 0.25, 0.5, 1, 2, 4, 8, 16]
      default: [0.001, 0.01, 0.1, 1, 10, 100, 1000]
      }
    return values.filter { $0 >= 1 / reach && $0 <= reach }.map {
      Tick(value: $0, markup: Numbers.significant($0, trimming: true) + "×")
    }
  }

  private func rate(_ perSecond: Double) -> Double { TimeScale.rate(perSecond, unit) }
}
