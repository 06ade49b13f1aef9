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
      text(markup: tick.markup, x: x, y: y + 18, "tick", .middle)
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

/// The room that labels take in front of a figure: the widest face has 0.6 em a character, labels of
/// wide letters and hexadecimal digits 0.65, and nothing is measured.
func labelWidth(_ labels: [String], size: Double = 12, least: Double = 40) -> Double {
  let longest = labels.map { Labels.cut($0).unicodeScalars.count }.max() ?? 0
  return max(least, (Double(longest) * 0.65 * size).rounded(.up))
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
