/// What is no JSON and does no harm: NaN and Infinity where nobody reads them, raw control characters,
/// bytes that are no UTF-8, backslashes that escape nothing.
public struct JSONOddities: Hashable, Sendable {
  /// Strings, words and escapes; a string with several odd bytes counts once.
  public internal(set) var count = 0
  /// Where the first one stands, counted from 0.
  public internal(set) var firstByte: Int64?
  /// The second N of a NaN is no other one.
  var isInsideNaN = false

  public init() {}
}

extension JSONScanner {
  mutating func noteWord(at byte: Int64) {
    guard isLenient else { return }
    oddities.count += 1
    oddities.firstByte = oddities.firstByte ?? byte
  }

  /// Counts a capital N or I outside of a string: NaN has two, Infinity one.
  mutating func noteWord(_ letter: UInt8, at byte: Int64) {
    if letter == 0x4e {
      oddities.isInsideNaN.toggle()
      guard oddities.isInsideNaN else { return }
    }
    noteWord(at: byte)
  }

  /// Counts a string that is at hand if it is odd.
  mutating func note(string range: Range<Int>) {
    guard isLenient else { return }
    var check = StringCheck()
    check.take(bytes, range, true)
    note(check, at: offset + Int64(range.lowerBound))
  }

  mutating func note(_ check: StringCheck, at byte: Int64) {
    if check.isOdd || check.isInsideCharacter { noteWord(at: byte) }
  }
}

/// Looks for raw control characters and bad UTF-8 in a string that comes in pieces.
///
/// Reference: the table of well-formed sequences of the Unicode Standard, 3.9, table 3-7.
struct StringCheck {
  private(set) var isOdd = false
  /// The bytes that are still due of a character, and what the next one may be.
  private var due = 0
  private var allowed: ClosedRange<UInt8> = 0x80...0xbf
  /// The digits that are still due of a `\u`.
  private var digitsDue = 0

  var isInsideCharacter: Bool { due > 0 || digitsDue > 0 }

  /// - Parameter isUnusual: false if all bytes are printable ASCII.
  @inline(__always)
  mutating func take(_ bytes: UnsafeRawPointer, _ range: Range<Int>, _ isUnusual: Bool) {
    if isUnusual || isInsideCharacter { take(bytes, range) }
  }

  private mutating func take(_ bytes: UnsafeRawPointer, _ range: Range<Int>) {
    for index in range { take(bytes.load(fromByteOffset: index, as: UInt8.self)) }
  }

  private mutating func take(_ byte: UInt8) {
    if digitsDue > 0 {
      if byte &- 0x30 <= 9 || (byte | 0x20) &- 0x61 <= 5 {
        digitsDue -= 1
        return
      }
      isOdd = true
      digitsDue = 0
    }
    if due > 0 {
      if allowed.contains(byte) {
        due -= 1
        allowed = 0x80...0xbf
        return
      }
      isOdd = true
      due = 0
      allowed = 0x80...0xbf
    }
    switch byte {
    case 0x20..<0x80: break
    case 0xc2...0xdf: due = 1
    case 0xe0: expect(2, 0xa0...0xbf)
    case 0xed: expect(2, 0x80...0x9f)
    case 0xe1...0xef: due = 2
    case 0xf0: expect(3, 0x90...0xbf)
    case 0xf1...0xf3: due = 3
    case 0xf4: expect(3, 0x80...0x8f)
    default: isOdd = true
    }
  }

  private mutating func expect(_ count: Int, _ range: ClosedRange<UInt8>) {
    due = count
    allowed = range
  }

  /// A backslash and a byte that nobody looks at.
  mutating func takeEscape(of byte: UInt8) {
    takeEscape()
    switch byte {
    case 0x22, 0x5c, 0x2f, 0x62, 0x66, 0x6e, 0x72, 0x74: break
    case 0x75: digitsDue = 4
    default:
      isOdd = true
      // It may be the first byte of a character.
      take(byte)
    }
  }

  /// An escape that is resolved elsewhere.
  mutating func takeEscape(isOdd isEscapeOdd: Bool = false) {
    if isEscapeOdd { isOdd = true }
    if isInsideCharacter { isOdd = true }
    digitsDue = 0
    due = 0
    allowed = 0x80...0xbf
  }
}
