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

  /// Where numbers ended last: in their first eight bytes, and in their second eight.
  struct Ends {
    var short = MarkedByte()
    var long = MarkedByte()
  }

  /// The digits at `position`, where sixteen bytes can be read: how many there are and, unless it is none
  /// or sixteen, their value.
  @inline(__always)
  static func upToFifteen(
    _ position: UnsafeRawPointer, _ ends: inout Ends
  ) -> (value: UInt64, count: Int) {
    let first = UInt64(littleEndian: position.loadUnaligned(as: UInt64.self))
    let others = nonDigits(first)
    if others != 0 {
      ends.short.find(others)
      let bitCount = ends.short.bitCount
      return (number(first &<< (64 &- bitCount)), Int(truncatingIfNeeded: bitCount &>> 3))
    }
    let second = UInt64(littleEndian: position.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    ends.long.find(nonDigits(second))
    let bitCount = ends.long.bitCount
    guard bitCount > 0 else { return (number(first), 8) }
    // Sixteen digits, the first of them zeros: one multiplication that is always the same.
    let shift = 64 &- bitCount
    let digits = first & 0x0f0f_0f0f_0f0f_0f0f
    let low = (second &<< shift) | (digits &>> bitCount)
    let value = number(digits &<< shift) &* 100_000_000 &+ number(low)
    return (value, Int(truncatingIfNeeded: 8 &+ bitCount &>> 3))
  }

  /// The first marked byte of a word, which is mostly where it was in the word before.
  ///
  /// The next field begins behind it. Counting says where only once the word has been read; a
  /// comparison lets the processor go on with the old place meanwhile. A third faster.
  struct MarkedByte {
    private var mark: UInt64 = 0
    /// The bits in front of it; 64 where no byte is marked.
    private(set) var bitCount: UInt64 = 64

    @inline(__always)
    mutating func find(_ marks: UInt64) {
      let first = marks & (0 &- marks)
      if first != mark { learn(first) }
    }

    // Not inline: a conditional move would wait for the word.
    @inline(never)
    private mutating func learn(_ first: UInt64) {
      mark = first
      bitCount = UInt64(truncatingIfNeeded: first.trailingZeroBitCount) & 0x78
    }
  }

  /// Marks the bytes that equal `byte`, reliably up to the first of them.
  @inline(__always)
  static func bytes(_ byte: UInt8, in word: UInt64) -> UInt64 {
    let flipped = word ^ (0x0101_0101_0101_0101 &* UInt64(byte))
    return (flipped &- 0x0101_0101_0101_0101) & ~flipped & 0x8080_8080_8080_8080
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
