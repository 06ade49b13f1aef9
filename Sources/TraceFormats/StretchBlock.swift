/// A thousand stretches in order, none touching another, in about five bytes each.
///
/// Of each one: its start minus the end of the one before (the first: nothing), then its length, both
/// seven bits a byte, lowest first, the highest bit set on all but the last.
struct StretchBlock {
  static let countLimit = 1 << 10

  /// The first moment of the first stretch.
  private(set) var start: Int64 = 0
  /// The end of the last one.
  private(set) var end: Int64 = 0
  private(set) var count = 0
  private var bytes: [UInt8] = []

  /// With what the block takes besides its bytes.
  var byteSize: Int { bytes.count + 64 }

  /// - Precondition: The stretch begins behind the end of the block.
  mutating func append(_ stretch: Stretch) {
    if count == 0 {
      start = stretch.start
    } else {
      precondition(stretch.start > end, "\(stretch.start) is not behind \(end)")
      put(UInt64(bitPattern: stretch.start &- end))
    }
    put(UInt64(bitPattern: stretch.end &- stretch.start))
    end = stretch.end
    count += 1
  }

  /// Gives back what was reserved for more: half of it on average.
  mutating func trim() {
    bytes = bytes.withUnsafeBufferPointer { Array($0) }
  }

  private mutating func put(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  /// Unpacks a block from its beginning.
  struct Reader {
    private let block: StretchBlock
    private var position = 0
    private var index = 0
    private var end: Int64 = 0

    init(_ block: StretchBlock) {
      self.block = block
    }

    mutating func next() -> Stretch? {
      guard index < block.count else { return nil }
      let start = index == 0 ? block.start : end &+ number()
      end = start &+ number()
      index += 1
      return Stretch(start: start, end: end)
    }

    private mutating func number() -> Int64 {
      var value: UInt64 = 0
      var shift: UInt64 = 0
      while true {
        let byte = block.bytes[position]
        position += 1
        value |= UInt64(byte & 0x7f) << shift
        if byte < 0x80 { return Int64(bitPattern: value) }
        shift += 7
      }
    }
  }
}
