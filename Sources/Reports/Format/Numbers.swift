/// Numbers as people read them: three significant digits, groups of three parted by a narrow
/// no-break space, a true minus, no locale.
///
/// Not a number prints as `unknown`, an infinity as `∞`; neither should get this far.
package enum Numbers {
  /// U+202F, between groups of digits and before units.
  package static let thinSpace = "\u{202F}"

  /// A count in full: `21 829`.
  package static func count(_ value: Int) -> String {
    let digits = grouped(String(value.magnitude))
    return value < 0 ? "−" + digits : digits
  }

  /// Three significant digits unless told: `0.125`, `63.3`, `12 300`, `1.20 × 10⁻⁵`.
  ///
  /// - Parameter trimming: leaves out zeros after the point, for values that were chosen and not
  ///   measured, such as stepsizes.
  package static func significant(_ value: Double, digits: Int = 3, trimming: Bool = false)
    -> String
  {
    guard value.isFinite else { return notFinite(value) }
    guard value != 0 else { return "0" }
    var exponent = decimalExponent(value)
    if exponent < -4 || exponent > 8 {
      var mantissa = value / powerOfTen(exponent)
      // 9.996 would print as 10.0.
      if fixed(mantissa.magnitude, decimals: digits - 1).hasPrefix("10") {
        exponent += 1
        mantissa = value / powerOfTen(exponent)
      }
      let text = fixed(mantissa, decimals: digits - 1)
      return "\(trimming ? trimmed(text) : text) × 10\(superscript(exponent))"
    }
    if exponent >= digits {
      let step = powerOfTen(exponent - digits + 1)
      return fixed((value / step).rounded() * step, decimals: 0)
    }
    var text = fixed(value, decimals: digits - 1 - exponent)
    // 0.9999 rounds to 1.000 at the decimals of its own exponent: one decimal too many.
    if exponent < digits - 1,
      value.magnitude + 0.5 * powerOfTen(exponent - digits + 1) >= powerOfTen(exponent + 1)
    {
      text = fixed(value, decimals: digits - 2 - exponent)
    }
    return trimming ? trimmed(text) : text
  }

  /// A number with so many decimals, grouped before the point.
  package static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite else { return notFinite(value) }
    let scaled = (value.magnitude * powerOfTen(decimals)).rounded()
    guard scaled < 9e15 else { return "\(value)" }
    let whole = String(Int64(scaled))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - whole.count)) + whole
    let head = grouped(String(padded.dropLast(decimals)))
    let body = decimals > 0 ? "\(head).\(padded.suffix(decimals))" : head
    return value < 0 && scaled > 0 ? "−" + body : body
  }

  /// `2.14×`: three significant digits, at least two decimals below 10.
  package static func ratio(_ value: Double) -> String {
    guard value.isFinite else { return notFinite(value) }
    return (value < 9.995 ? fixed(value, decimals: 2) : significant(value)) + "×"
  }

  /// `55 %`; below ten per cent one decimal, below a twentieth of one a significant digit, so that
  /// a small share does not become none.
  package static func percent(_ share: Double) -> String {
    guard share.isFinite else { return notFinite(share) }
    let value = share * 100
    if value != 0, value.magnitude < 0.05 {
      return significant(value, digits: 1, trimming: true) + thinSpace + "%"
    }
    let decimals = value.magnitude < 9.95 && value != 0 ? 1 : 0
    return trimmed(fixed(value, decimals: decimals)) + thinSpace + "%"
  }

  /// A change with its sign: `+12 %`.
  package static func change(_ share: Double) -> String {
    share > 0 ? "+" + percent(share) : percent(share)
  }

  /// `[2.87, 4.66]`
  package static func interval(_ lower: Double, _ upper: Double) -> String {
    "[\(significant(lower)), \(significant(upper))]"
  }

  /// Exponents and the like: `⁻⁵`.
  package static func superscript(_ value: Int) -> String {
    let digits: [Character] = ["⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"]
    let body = String(value.magnitude).compactMap(\.wholeNumberValue).map { digits[$0] }
    return (value < 0 ? "⁻" : "") + String(body)
  }

  /// Small counts as words, since a sentence should not begin with a digit.
  package static func word(_ value: Int) -> String {
    let words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    return words.indices.contains(value) ? words[value] : count(value)
  }

  private static func grouped(_ digits: String) -> String {
    guard digits.count > 3 else { return digits }
    var result = ""
    for (position, digit) in digits.enumerated() {
      if position > 0, (digits.count - position) % 3 == 0 { result += thinSpace }
      result.append(digit)
    }
    return result
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var result = text[...]
    while result.last == "0" { result.removeLast() }
    if result.last == "." { result.removeLast() }
    return String(result)
  }

  private static func notFinite(_ value: Double) -> String {
    value.isNaN ? "unknown" : value < 0 ? "−∞" : "∞"
  }
}

extension String {
  /// The same text with a large first letter, where a sentence begins.
  var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }

  /// The same with a small one, where a sentence of ours goes on behind a colon.
  var uncapitalisedFirst: String { prefix(1).lowercased() + dropFirst() }
}
