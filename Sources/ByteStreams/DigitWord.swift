/// Eight decimal digits at a time, in a register.
///
/// Reference: Lemire, "Quickly parsing eight digits", 2018 (three multiplications).
enum DigitWord {
  /// 10⁰ to 10¹⁸.
  static let powers: [UInt64] = (0...18).map { exponent in
    (0..<exponent).reduce(1) { power, _ in power * 10 }
  }

  /// Takes the digits at `position`: `value` becomes what it would be with them behind its own, modulo
  /// 2⁶⁴. Returns how many there are.
  @inline(__always)
  static func append(
    to value: inout UInt64, _ position: inout UnsafeRawPointer, _ end: UnsafeRawPointer
  ) -> Int {
    let start = position
    while end - position >= 8 {
      let word = UInt64(littleEndian: position.loadUnaligned(as: UInt64.self))
      let count = leadingDigits(word)
      if count == 8 {
        value = value &* 100_000_000 &+ number(word)
        position += 8
        continue
      }
      if count > 0 {
        // Zeros in front: the bytes behind the digits fall out.
        let digits = (word & 0x0f0f_0f0f_0f0f_0f0f) << UInt64(64 - 8 * count)
        value = value &* power(count) &+ number(digits)
        position += count
      }
      return position - start
    }
    while position < end {
      let digit = position.load(as: UInt8.self) &- 0x30
      guard digit <= 9 else { break }
      value = value &* 10 &+ UInt64(digit)
      position += 1
    }
    return position - start
  }

  /// Marks the bytes that are no digits, reliably up to the first of them.
  @inline(__always)
  private static func nonDigits(_ word: UInt64) -> UInt64 {
    let flipped = word ^ 0x3030_3030_3030_3030
    // A digit is now at most 9. A carry out of a byte that is none spoils only those behind it.
    return ((flipped &+ 0x7676_7676_7676_7676) | flipped) & 0x8080_8080_8080_8080
  }

  /// How many of the eight bytes are digits, before the first one that is none.
  @inline(__always)
  static func leadingDigits(_ word: UInt64) -> Int {
    nonDigits(word).trailingZeroBitCount >> 3
  }

  /// The number that eight digits are; the first is in the lowest byte, its upper half does not count.
  @inline(__always)
  static func number(_ word: UInt64) -> UInt64 {
    var number = ((word & 0x0f0f_0f0f_0f0f_0f0f) &* 2561) >> 8
    number = ((number & 0x00ff_00ff_00ff_00ff) &* 6_553_601) >> 16
    return ((number & 0x0000_ffff_0000_ffff) &* 42_949_672_960_001) >> 32
  }

  @inline(__always)
  private static func power(_ count: Int) -> UInt64 {
    switch count {
    case 1: 10
    case 2: 100
    case 3: 1000
    case 4: 10_000
    case 5: 100_000
    case 6: 1_000_000
    default: 10_000_000
    }
  }
}
