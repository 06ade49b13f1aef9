/// Rows of a name and one or two numbers with nothing beside them, as our own tables have them: in half
/// the time that any other shape takes.
///
/// Sixteen bytes are read at once, so that the last rows of a buffer are left to ``PlainRowShape``, and
/// so is whatever is not plain.
struct BareRows {
  private let hasFirst: Bool
  private let firstPower: UInt64
  private let lastPower: UInt64
  /// The most digits that stay below 10¹⁸ with their scale.
  private let firstLimit: Int
  private let lastLimit: Int
  /// The bits of the first number that the last one has to exceed.
  private let floorMask: Int64

  init(firstScale: Int?, lastScale: Int, isSpan: Bool) {
    hasFirst = firstScale != nil
    firstPower = DigitWord.powers[firstScale ?? 0]
    lastPower = DigitWord.powers[lastScale]
    firstLimit = min(15, 18 - (firstScale ?? 0))
    lastLimit = min(15, 18 - lastScale)
    floorMask = isSpan ? -1 : 0
  }

  /// A name of seven bytes, two numbers of fifteen digits with all that is read behind them, and an end.
  private static let byteSizeLimit = 64

  /// Reads rows until one may not be plain, or none has room.
  @inline(__always)
  func scan(
    _ position: inout UnsafeRawPointer, _ end: UnsafeRawPointer, separator: UInt8,
    into rows: UnsafeMutableBufferPointer<PlainRow>, _ count: inout Int
  ) {
    guard let target = rows.baseAddress else { return }
    var nameEnd = DigitWord.MarkedByte()
    var firstEnds = DigitWord.Ends()
    var lastEnds = DigitWord.Ends()
    while count < rows.count, end - position >= Self.byteSizeLimit {
      let word = UInt64(littleEndian: position.loadUnaligned(as: UInt64.self))
      let separators = DigitWord.bytes(separator, in: word)
      // All bits of the name; all bits if there is no separator.
      let mask = ((separators & (0 &- separators)) &>> 7) &- 1
      let name = word & mask
      // No byte below 0x23: no quote, no line end. A name of 0 bytes is one.
      let filled = word | ~mask
      let low = (filled &- 0x2323_2323_2323_2323) & ~filled & 0x8080_8080_8080_8080
      guard separators != 0, mask != 0, low == 0 else { return }
      nameEnd.find(separators)
      let nameCount = Int(truncatingIfNeeded: nameEnd.bitCount &>> 3)
      var next = position + (nameCount &+ 1)
      var first: Int64 = 0
      if hasFirst {
        let (value, digitCount) = DigitWord.upToFifteen(next, &firstEnds)
        guard digitCount > 0, digitCount <= firstLimit else { return }
        next += digitCount
        guard next.load(as: UInt8.self) == separator else { return }
        next += 1
        first = Int64(bitPattern: value &* firstPower)
      }
      let (value, digitCount) = DigitWord.upToFifteen(next, &lastEnds)
      guard digitCount > 0, digitCount <= lastLimit else { return }
      next += digitCount
      var byte = next.load(as: UInt8.self)
      if byte == 0x0d {
        next += 1
        byte = next.load(as: UInt8.self)
      }
      let last = Int64(bitPattern: value &* lastPower)
      guard byte == 0x0a, last > first & floorMask else { return }
      (target + count).initialize(
        to: PlainRow(
          name: UnsafeRawBufferPointer(start: position, count: nameCount), nameWord: name,
          first: first, last: last))
      count &+= 1
      position = next + 1
    }
  }
}
