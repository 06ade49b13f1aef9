/// Round values along an axis: 1, 2 or 5 × 10ⁿ apart, or powers of ten and their 2 and 5.
package struct Tick: Hashable, Sendable {
  /// In the unit of the axis.
  package var value: Double
  /// Markup: powers of ten have their exponent raised.
  package var markup: String

  /// The characters that are seen.
  var words: String {
    markup.split(separator: "<").map { $0.split(separator: ">").last ?? "" }.joined()
  }
}

extension Scale {
  /// Ticks within the scale, at most nine, and mostly at least four.
  ///
  /// - Parameter wholeNumbers: no ticks between whole numbers, for counts and delays.
  package func ticks(atMost limit: Int = 7, wholeNumbers: Bool = false) -> [Tick] {
    switch kind {
    case .linear:
      // Three ticks say little where there is room for nine.
      if limit >= 7, case let few = linearTicks(atMost: limit, wholeNumbers: wholeNumbers),
        few.count < 4
      {
        linearTicks(atMost: 9, wholeNumbers: wholeNumbers)
      } else {
        linearTicks(atMost: limit, wholeNumbers: wholeNumbers)
      }
    case .logarithmic: logarithmicTicks(atMost: min(9, limit + 2), wholeNumbers: wholeNumbers)
    }
  }

  /// The same scale with its upper end on the next tick, so that the last bar has a tick behind it.
  package func roundedUp(atMost limit: Int = 7) -> Scale {
    guard kind == .linear else { return self }
    let step = Self.step(upper - lower, atMost: limit)
    var result = self
    let steps = (upper / step).rounded(.up)
    // Rounding must not add a whole step to what is a tick already.
    let isTick = upper / step - (upper / step).rounded() < 1e-9
    result.upper = (isTick ? (upper / step - 1e-9).rounded(.up) : steps) * step
    return result
  }

  private func linearTicks(atMost limit: Int, wholeNumbers: Bool) -> [Tick] {
    var step = Self.step(upper - lower, atMost: limit)
    if wholeNumbers { step = max(1, step) }
    let first = Int((lower / step - 1e-9).rounded(.up))
    let last = Int((upper / step + 1e-9).rounded(.down))
    guard first <= last, last - first < 50 else { return [] }
    let decimals = max(0, -decimalExponent(step))
    return (first...last).map { n in
      let value = Double(n) * step
      let isExtreme = step.magnitude >= 1e7 || decimals > 5
      return Tick(
        value: value,
        markup: isExtreme
          || n == 0
          ? Numbers.significant(value, trimming: true) : Numbers.fixed(value, decimals: decimals))
    }
  }

  /// The smallest of 1, 2, 5 × 10ⁿ that gives at most `limit` ticks.
  private static func step(_ span: Double, atMost limit: Int) -> Double {
    guard span > 0, span.isFinite else { return 1 }
    let rough = span / Double(max(1, limit - 1))
    let decade = powerOfTen(decimalExponent(rough))
    let choices = [1.0, 2, 5, 10]
    let factor = choices.first { $0 * decade >= rough * (1 - 1e-9) } ?? 10
    return factor * decade
  }

  private func logarithmicTicks(atMost limit: Int, wholeNumbers: Bool) -> [Tick] {
    let first = decimalExponent(lower)
    let last = decimalExponent(upper)
    let slack = 1e-9
    func within(_ value: Double) -> Bool {
      value >= lower * (1 - slack) && value <= upper * (1 + slack)
    }
    // Less than half a decade has no two round powers: it is close enough to linear.
    if upper / lower < 3 { return linearTicks(atMost: limit - 2, wholeNumbers: wholeNumbers) }
    let decades = (first...last).map { powerOfTen($0) }.filter(within)
    for factors in [[1.0, 2, 5], [1.0, 5]] {
      let values = (first...last).flatMap { n in factors.map { $0 * powerOfTen(n) } }
        .filter(within)
      // Powers alone where there are enough of them: every second label would be a half of one.
      if factors.count == 2, decades.count >= 4 { break }
      // Within one decade round steps are more than powers, and close enough to evenly spread.
      if values.count < 4, upper / lower < 10 {
        return linearTicks(atMost: limit - 2, wholeNumbers: wholeNumbers)
      }
      if values.count <= limit, values.count >= 2 { return values.map { Self.logarithmicTick($0) } }
    }
    let stride = max(1, (decades.count + limit - 1) / limit)
    let shown = decades.enumerated().filter { $0.offset % stride == 0 }.map(\.element)
    // One way of writing along one axis: 10⁻³ and not 0.001 beside 10⁻⁴.
    let isRaised = shown.contains { decimalExponent($0) < -3 || decimalExponent($0) > 5 }
    return shown.map { Self.logarithmicTick($0, isRaised: isRaised && $0 != 1) }
  }

  private static func logarithmicTick(_ value: Double, isRaised: Bool = false) -> Tick {
    let exponent = decimalExponent(value)
    guard isRaised || exponent < -3 || exponent > 5 else {
      return Tick(value: value, markup: Numbers.significant(value, digits: 1, trimming: true))
    }
    let factor = (value / powerOfTen(exponent)).rounded()
    let mantissa = factor == 1 ? "" : "\(Int(factor)) × "
    let sign = exponent < 0 ? "−" : ""
    let raised = "\(sign)\(exponent.magnitude)"
    return Tick(
      value: value,
      markup: "\(mantissa)10<tspan dy=\"-4\" font-size=\"8.5\">\(raised)</tspan>")
  }
}
