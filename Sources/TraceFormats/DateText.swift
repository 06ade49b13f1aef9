/// A date and time as of ISO 8601, read exactly: `2026-11-24T13:00:00.123456Z`.
///
/// Also with a space for the `T`, a comma for the point, an offset (`+01:00`, `+0100`, `+01`) or no
/// zone, which counts as UTC. Rounded to the nearest nanosecond; a leap second is the first second
/// after it.
package struct DateText {
  /// Nanoseconds since the beginning of 1970, UTC; negative before it.
  package private(set) var unixNs: Int64 = 0
  /// The number of digits behind the second.
  private(set) var places = 0

  package init?(_ text: String) {
    var bytes = Array(text.utf8)[...]
    guard let year = DateText.digits(4, &bytes), year > 0, DateText.take("-", &bytes),
      let month = DateText.digits(2, &bytes), (1...12).contains(month), DateText.take("-", &bytes),
      let day = DateText.digits(2, &bytes), day >= 1, day <= DateText.dayCount(year, month),
      DateText.take("T", &bytes) || DateText.take(" ", &bytes) || DateText.take("t", &bytes),
      let hour = DateText.digits(2, &bytes), hour < 24, DateText.take(":", &bytes),
      let minute = DateText.digits(2, &bytes), minute < 60, DateText.take(":", &bytes),
      let second = DateText.digits(2, &bytes), second <= 60
    else { return nil }
    var fractionNs: Int64 = 0
    if DateText.take(".", &bytes) || DateText.take(",", &bytes) {
      let digits = bytes.prefix { $0 &- 0x30 <= 9 }
      guard !digits.isEmpty else { return nil }
      for index in 0..<9 {
        let digit = index < digits.count ? Int64(digits[digits.startIndex + index] &- 0x30) : 0
        fractionNs = fractionNs * 10 + digit
      }
      if digits.count > 9, digits[digits.startIndex + 9] >= 0x35 { fractionNs += 1 }
      places = min(digits.count, 9)
      bytes = bytes[digits.endIndex...]
    }
    guard let offset = DateText.offset(&bytes), bytes.isEmpty else { return nil }
    let seconds =
      DateText.days(year, month, day) * 86_400 + Int64(hour * 3600 + minute * 60 + second) - offset
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carry) = scaled.addingReportingOverflow(fractionNs)
    guard !overflow, !carry else { return nil }
    unixNs = sum
  }

  /// Days since 1970 by the calendar of Gregory.
  ///
  /// March is taken as the first month, so that the leap day is the last day of a year, and the days
  /// before a month are a rounded straight line.
  private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return Int64(era * 146_097 + dayOfEra - 719_468)
  }

  private static func dayCount(_ year: Int, _ month: Int) -> Int {
    if month == 2 {
      return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    }
    return [4, 6, 9, 11].contains(month) ? 30 : 31
  }

  /// Seconds east of UTC; nil if what is left is no zone.
  private static func offset(_ bytes: inout ArraySlice<UInt8>) -> Int64? {
    if bytes.isEmpty || take("Z", &bytes) || take("z", &bytes) { return 0 }
    let isWest = take("-", &bytes)
    guard isWest || take("+", &bytes), let hours = digits(2, &bytes), hours < 24 else {
      return nil
    }
    var minutes = 0
    if !bytes.isEmpty {
      _ = take(":", &bytes)
      guard let given = digits(2, &bytes), given < 60 else { return nil }
      minutes = given
    }
    let seconds = Int64(hours * 3600 + minutes * 60)
    return isWest ? -seconds : seconds
  }

  private static func digits(_ count: Int, _ bytes: inout ArraySlice<UInt8>) -> Int? {
    let digits = bytes.prefix(count)
    guard digits.count == count, digits.allSatisfy({ $0 &- 0x30 <= 9 }) else { return nil }
    bytes = bytes.dropFirst(count)
    return digits.reduce(0) { $0 * 10 + Int($1 &- 0x30) }
  }

  private static func take(_ letter: Unicode.Scalar, _ bytes: inout ArraySlice<UInt8>) -> Bool {
    guard bytes.first == UInt8(ascii: letter) else { return false }
    bytes = bytes.dropFirst()
    return true
  }
}
