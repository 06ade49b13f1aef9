/// Numbers written in decimal digits, read without a detour through binary fractions.
///
/// Through `Double`, a time at epoch microseconds (1.7 · 10¹⁵) has a grid of a quarter of a
/// microsecond, which is coarser than what profilers write.
public enum DecimalText {
  /// Why digits are no number of this kind.
  public enum Failure: Error, Equatable, Sendable {
    /// Something else than digits, sign, point and exponent.
    case notANumber
    /// NaN or an infinity, in any of their usual spellings.
    case notFinite
    /// Beyond the 64 bits of the result.
    case overflow
  }

  /// Returns the number in `bytes` times 10^`scale`, rounded to the nearest whole number.
  ///
  /// Accepts a sign, digits, a fraction and an exponent; spaces around them; and `5.` or `.5`. A
  /// half is rounded away from zero. The result is exact at any number of digits.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - scale: 3 turns microseconds into nanoseconds.
  /// - Complexity: O(number of bytes), no allocation.
  public static func scaled(
    _ bytes: UnsafeRawBufferPointer, by scale: Int
  ) throws(Failure) -> Int64 {
    if let value = plain(bytes, scale) { return value }
    var position = 0
    var end = bytes.count
    while position < end, isSpace(bytes[position]) { position += 1 }
    while end > position, isSpace(bytes[end - 1]) { end -= 1 }
    var isNegative = false
    if position < end, bytes[position] == 0x2d || bytes[position] == 0x2b {
      isNegative = bytes[position] == 0x2d
      position += 1
    }
    var number = Significand()
    let digitsStart = position
    while position < end {
      let digit = bytes[position] &- 0x30
      guard digit <= 9 else { break }
      number.appendInteger(digit)
      position += 1
    }
    var digitCount = position - digitsStart
    if position < end, bytes[position] == 0x2e {
      position += 1
      let fractionStart = position
      while position < end {
        let digit = bytes[position] &- 0x30
        guard digit <= 9 else { break }
        number.appendFraction(digit)
        position += 1
      }
      digitCount += position - fractionStart
    }
    guard digitCount > 0 else {
      throw isNotFinite(bytes, position..<end) ? .notFinite : .notANumber
    }
    if position < end, bytes[position] | 0x20 == 0x65 {
      position += 1
      number.exponent += try exponent(bytes, &position, end)
    }
    guard position == end else { throw .notANumber }
    number.exponent += scale
    let magnitude = try number.rounded()
    if isNegative {
      guard magnitude <= UInt64(Int64.max) + 1 else { throw .overflow }
      return Int64(truncatingIfNeeded: 0 &- magnitude)
    }
    guard magnitude <= UInt64(Int64.max) else { throw .overflow }
    return Int64(magnitude)
  }

  /// The same for what most numbers are: digits that make less than 2⁵³, no more of them behind a point than
  /// `scale` makes whole. Nil for any other. 2⁵³ times a thousand is below 2⁶³.
  @inline(__always)
  private static func plain(_ bytes: UnsafeRawBufferPointer, _ scale: Int) -> Int64? {
    guard bytes.count <= 18, scale >= 0, scale <= 3 else { return nil }
    var value: UInt64 = 0
    var index = 0
    while bytes.count - index >= 8,
      let eight = eightDigits(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
    {
      value = value &* 100_000_000 &+ eight
      index += 8
    }
    appendDigits(bytes, &index, &value)
    guard index > 0 else { return nil }
    var places = 0
    if index < bytes.count, bytes[index] == 0x2e {
      let point = index
      index += 1
      appendDigits(bytes, &index, &value)
      places = index - point - 1
    }
    guard index == bytes.count, places <= scale, value < 1 << 53 else { return nil }
    let factor: UInt64 =
      switch scale - places {
      case 0: 1
      case 1: 10
      case 2: 100
      default: 1000
      }
    return Int64(value &* factor)
  }

  @inline(__always)
  private static func appendDigits(
    _ bytes: UnsafeRawBufferPointer, _ index: inout Int, _ value: inout UInt64
  ) {
    while index < bytes.count {
      let digit = bytes[index] &- 0x30
      guard digit <= 9 else { break }
      value = value &* 10 &+ UInt64(digit)
      index += 1
    }
  }

  /// The number that eight digits are, nil if one of them is no digit: pairs, then fours, then all are
  /// put together, each in one multiplication.
  @inline(__always)
  private static func eightDigits(_ word: UInt64) -> UInt64? {
    let text = UInt64(littleEndian: word)
    let high: UInt64 = 0xf0f0_f0f0_f0f0_f0f0
    let zeros: UInt64 = 0x3030_3030_3030_3030
    // Neither a digit nor six more leaves the row of '0'.
    guard text & high == zeros, (text &+ 0x0606_0606_0606_0606) & high == zeros
    else { return nil }
    var digits = text & 0x0f0f_0f0f_0f0f_0f0f
    digits = (digits &* 10 &+ digits >> 8) & 0x00ff_00ff_00ff_00ff
    digits = (digits &* 100 &+ digits >> 16) & 0x0000_ffff_0000_ffff
    return (digits &* 10_000 &+ digits >> 32) & 0xffff_ffff
  }

  /// The number of digits behind the point, less the exponent: 3 for `0.250`, −2 for `5e2`. The
  /// resolution of the number is ten to the minus that.
  public static func decimalPlaces(_ bytes: UnsafeRawBufferPointer) -> Int {
    var places = 0
    var isFraction = false
    for (index, byte) in bytes.enumerated() {
      if byte == 0x2e {
        isFraction = true
      } else if byte | 0x20 == 0x65 {
        var position = index + 1
        let exponent = (try? exponent(bytes, &position, bytes.count)) ?? 0
        return places - exponent
      } else if isFraction, byte &- 0x30 <= 9 {
        places += 1
      }
    }
    return places
  }

  /// Reads an exponent behind its letter; one beyond a million is cut there, where it no longer
  /// matters.
  private static func exponent(
    _ bytes: UnsafeRawBufferPointer, _ position: inout Int, _ end: Int
  ) throws(Failure) -> Int {
    var isNegative = false
    if position < end, bytes[position] == 0x2d || bytes[position] == 0x2b {
      isNegative = bytes[position] == 0x2d
      position += 1
    }
    var value = 0
    let start = position
    while position < end {
      let digit = bytes[position] &- 0x30
      guard digit <= 9 else { break }
      value = min(value * 10 + Int(digit), 1_000_000_000)
      position += 1
    }
    guard position > start else { throw .notANumber }
    return isNegative ? -value : value
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  private static func isNotFinite(_ bytes: UnsafeRawBufferPointer, _ range: Range<Int>) -> Bool {
    let text = String(decoding: bytes[range], as: UTF8.self).lowercased()
    return text == "nan" || text == "inf" || text == "infinity"
  }
}

/// Up to 19 digits and a power of ten.
private struct Significand {
  private var digits: UInt64 = 0
  private var digitCount = 0
  private var firstDropped: UInt8?
  var exponent = 0

  @inline(__always)
  mutating func appendInteger(_ digit: UInt8) {
    if digitCount < 19 { push(digit) } else { drop(digit, exponentChange: 1) }
  }

  @inline(__always)
  mutating func appendFraction(_ digit: UInt8) {
    if digitCount < 19 {
      push(digit)
      exponent -= 1
    } else {
      drop(digit, exponentChange: 0)
    }
  }

  @inline(__always)
  private mutating func push(_ digit: UInt8) {
    digits = digits &* 10 &+ UInt64(digit)
    // Zeros in front are no significant digits.
    if digits != 0 { digitCount += 1 }
  }

  private mutating func drop(_ digit: UInt8, exponentChange: Int) {
    if firstDropped == nil { firstDropped = digit }
    exponent += exponentChange
  }

  /// Rounding halves away from zero needs no more than the first digit that was dropped.
  func rounded() throws(DecimalText.Failure) -> UInt64 {
    if digits == 0 { return 0 }
    if exponent == 0 {
      // 19 digits stay below 10¹⁹, so one more fits in 64 bits.
      return digits + ((firstDropped ?? 0) >= 5 ? 1 : 0)
    }
    if exponent > 0 {
      var value = digits
      guard exponent < 20, firstDropped == nil else { throw .overflow }
      for _ in 0..<exponent {
        let (product, overflow) = value.multipliedReportingOverflow(by: 10)
        if overflow { throw .overflow }
        value = product
      }
      return value
    }
    guard exponent >= -19 else { return 0 }
    var power: UInt64 = 1
    for _ in 0..<(-exponent) { power *= 10 }
    let (quotient, remainder) = digits.quotientAndRemainder(dividingBy: power)
    return quotient + (remainder >= power / 2 ? 1 : 0)
  }
}
