/// Times as people write them on the command line: `90s`, `250ms`, `97ns`, `2h`.
public enum TimeText {
  private static let nanosecondsPerUnit: [(unit: String, nanoseconds: Int64)] = [
    ("ns", 1), ("us", 1_000), ("µs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000),
    ("min", 60_000_000_000), ("h", 3_600_000_000_000),
  ]

  /// Returns the nanoseconds of a decimal number with a unit, rounded to the nearest; exact, since
  /// the digits never pass through a `Double`.
  public static func nanoseconds(_ text: String) throws -> Int64 {
    let digitsEnd = text.firstIndex { !$0.isASCII || !($0.isNumber || $0 == ".") } ?? text.endIndex
    let unit = String(text[digitsEnd...])
    guard let factor = nanosecondsPerUnit.first(where: { $0.unit == unit })?.nanoseconds else {
      throw Failure(
        .usage,
        "'\(text)' is no time. Write a number with a unit: 90s, 250ms, 40us, 97ns, 2min, 2h.")
    }
    let parts = text[..<digitsEnd].split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = parts.first.flatMap({ Int64($0) }) else {
      throw Failure(
        .usage,
        "'\(text)' is no time: the number before '\(unit)' cannot be read. Write it as in 0.5s.")
    }
    var (result, overflow) = whole.multipliedReportingOverflow(by: factor)
    if parts.count == 2 {
      let fraction = try nanoseconds(ofFraction: parts[1], times: factor, in: text)
      let sum = result.addingReportingOverflow(fraction)
      result = sum.partialValue
      overflow = overflow || sum.overflow
    }
    guard !overflow else {
      throw Failure(
        .usage, "'\(text)' is more than 2^63 nanoseconds (292 years). Give a shorter time.")
    }
    return result
  }

  /// 0.fraction × factor in whole nanoseconds. Eighteen digits are more than any unit can show.
  private static func nanoseconds(
    ofFraction fraction: Substring, times factor: Int64, in text: String
  ) throws -> Int64 {
    let digits = fraction.prefix(18)
    guard let value = digits.isEmpty ? nil : Int64(digits) else {
      throw Failure(
        .usage,
        "'\(text)' is no time: the digits after the point cannot be read. Write it as in 1.5s.")
    }
    var scale: Int64 = 1
    for _ in digits.indices { scale *= 10 }
    let product = value.multipliedFullWidth(by: factor)
    let (quotient, remainder) = scale.dividingFullWidth(product)
    return remainder >= scale - remainder ? quotient + 1 : quotient
  }
}
