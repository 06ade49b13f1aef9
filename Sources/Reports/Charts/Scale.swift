/// Maps values to coordinates along one axis, linearly or logarithmically.
package struct Scale: Hashable, Sendable {
  /// How values turn into places along the axis.
  package enum Kind: Hashable, Sendable {
    case linear
    case logarithmic
  }

  /// Linear or logarithmic; a logarithmic scale has `lower` above 0.
  package var kind: Kind
  /// The value at the beginning of the axis, below `upper`.
  package var lower: Double
  /// The value at the end of the axis.
  package var upper: Double
  var start: Double
  var end: Double

  /// A linear scale from 0 to `largest` or beyond. An empty or zero range becomes 0 … 1.
  package static func fromZero(to largest: Double, start: Double, end: Double) -> Scale {
    let upper = largest.isFinite && largest > 0 ? largest : 1
    return Scale(kind: .linear, lower: 0, upper: upper, start: start, end: end)
  }

  /// A linear scale over a range; equal ends are moved apart.
  package static func linear(_ lower: Double, _ upper: Double, start: Double, end: Double) -> Scale
  {
    guard lower.isFinite, upper.isFinite, lower < upper else {
      let middle = lower.isFinite ? lower : 0
      let margin = middle == 0 ? 1 : middle.magnitude / 2
      return Scale(
        kind: .linear, lower: middle - margin, upper: middle + margin, start: start, end: end)
    }
    return Scale(kind: .linear, lower: lower, upper: upper, start: start, end: end)
  }

  /// A logarithmic scale; ends that are equal or not above 0 are moved apart.
  package static func logarithmic(_ lower: Double, _ upper: Double, start: Double, end: Double)
    -> Scale
  {
    let top = upper.isFinite && upper > 0 ? upper : 1
    let bottom = lower.isFinite && lower > 0 ? min(lower, top) : top / 1000
    guard bottom < top else {
      return Scale(kind: .logarithmic, lower: top / 2, upper: top * 2, start: start, end: end)
    }
    return Scale(kind: .logarithmic, lower: bottom, upper: top, start: start, end: end)
  }

  /// The share of the way from `lower` to `upper`, not clamped; logarithms of 0 go to the lower end.
  func fraction(_ value: Double) -> Double {
    switch kind {
    case .linear: return (value - lower) / (upper - lower)
    case .logarithmic:
      guard value > 0 else { return 0 }
      let bottom = decimalLogarithm(lower)
      return (decimalLogarithm(value) - bottom) / (decimalLogarithm(upper) - bottom)
    }
  }

  /// The coordinate of a value, beyond the axis where the value is.
  package func position(_ value: Double) -> Double { start + fraction(value) * (end - start) }

  /// The position held inside the axis.
  package func clamped(_ value: Double) -> Double {
    start + min(1, max(0, fraction(value))) * (end - start)
  }
}
