/// Draws axes the same way in every figure.
extension SVG {
  /// A horizontal axis at `y` with ticks below it and the name of its unit below them.
  mutating func horizontalAxis(
    _ scale: Scale, y: Double, name: String, ticks: [Tick], drawLine: Bool = true
  ) {
    if drawLine { line(scale.start, y, scale.end, y, "ax") }
    for tick in ticks {
      let x = scale.position(tick.value)
      line(x, y, x, y + 4, "ax")
      // A long number at the edge moves inwards rather than out of the figure.
      let half = estimatedWidth(tick.words) * 11.5 / 2
      text(markup: tick.markup, x: min(x, width - half), y: y + 18, "tick", .middle)
    }
    text(name, x: (scale.start + scale.end) / 2, y: y + 36, "tick", .middle)
  }

  /// Vertical grid lines from `top` to `bottom` with their ticks below, for bars.
  mutating func verticalGrid(
    _ scale: Scale, top: Double, bottom: Double, name: String, ticks: [Tick]
  ) {
    for tick in ticks {
      let x = scale.position(tick.value)
      line(x, top, x, bottom, "grid")
      text(markup: tick.markup, x: x, y: bottom + 17, "tick", .middle)
    }
    if !name.isEmpty {
      text(name, x: (scale.start + scale.end) / 2, y: bottom + 35, "tick", .middle)
    }
  }

  /// Horizontal grid lines from `left` to `right`, their ticks left of them.
  mutating func horizontalGrid(_ scale: Scale, left: Double, right: Double, ticks: [Tick]) {
    for tick in ticks {
      let y = scale.position(tick.value)
      line(left, y, right, y, "grid")
      text(markup: tick.markup, x: left - 8, y: y + 4, "tick", .end)
    }
  }
}

/// The room that labels take beside a figure, with what does not fit cut from the longest.
func labelWidth(_ labels: [String], size: Double = 12, least: Double = 40) -> Double {
  let widest = labels.map { estimatedWidth(Labels.cut($0)) }.max() ?? 0
  return max(least, (widest * size).rounded(.up))
}

/// Where a plot begins whose vertical axis has these ticks and a name left of them.
func plotLeft(_ ticks: [Tick]) -> Double {
  let widest = ticks.map { estimatedWidth($0.words) }.max() ?? 0
  return max(64, 28 + (widest * 11.5).rounded(.up))
}

/// A bound on the width of a text in em: nothing is measured, since the reader's face is not known.
///
/// By the widest usual face, DejaVu Sans. The scripts beyond U+1100 mostly fill a square.
func estimatedWidth(_ text: String) -> Double {
  text.unicodeScalars.reduce(0) { sum, scalar in
    let width =
      switch scalar {
      case "i", "j", "l", "t", "f", "r", "I", " ", ".", ",", ":", ";", "'", "/", "-", "(", ")":
        0.45
      case "W", "M", "m", "@", "%", "…", "—": 1.0
      case "A"..."Z", "w", "&", "+", "=", "<", ">", "~", "#", "^", "×", "−": 0.85
      case "\u{1100}"..."\u{1FFF}", "\u{2E80}"..."\u{10FFFF}": 1.1
      default: 0.65
      }
    return sum + width
  }
}

/// Moves positions apart so that neighbours are at least `gap` apart and all lie in `range`.
///
/// The order stays; where there is no room for all, the gaps shrink evenly.
package func spreadApart(_ positions: [Double], gap: Double, in range: ClosedRange<Double>)
  -> [Double]
{
  guard !positions.isEmpty else { return [] }
  let room = range.upperBound - range.lowerBound
  let step = min(gap, positions.count > 1 ? room / Double(positions.count - 1) : gap)
  let order = positions.indices.sorted { (positions[$0], $0) < (positions[$1], $1) }
  var placed = order.map { min(max(positions[$0], range.lowerBound), range.upperBound) }
  for index in placed.indices.dropFirst() {
    placed[index] = max(placed[index], placed[index - 1] + step)
  }
  var limit = range.upperBound
  for index in placed.indices.reversed() {
    placed[index] = min(placed[index], limit)
    limit = placed[index] - step
  }
  var result = positions
  for (place, index) in zip(placed, order) { result[index] = place }
  return result
}
