/// Whole numbers in as few bytes as they need: seven bits a byte, lowest first, the highest bit set
/// on all but the last (LEB128). At most ten bytes.
enum Varint {
  static let byteSizeLimit = 10

  /// Small numbers of either sign become small numbers: 0, −1, 1, −2 … become 0, 1, 2, 3 …
  @inline(__always)
  static func zigzag(_ value: Int64) -> UInt64 {
    UInt64(bitPattern: (value << 1) ^ (value >> 63))
  }

  @inline(__always)
  static func unzigzag(_ value: UInt64) -> Int64 {
    Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// Writes `value` and moves `position` behind it. There must be room for ten bytes.
  @inline(__always)
  static func write(_ value: UInt64, to position: inout UnsafeMutablePointer<UInt8>) {
    var rest = value
    while rest >= 0x80 {
      position.pointee = UInt8(truncatingIfNeeded: rest) | 0x80
      position += 1
      rest >>= 7
    }
    position.pointee = UInt8(truncatingIfNeeded: rest)
    position += 1
  }
}

/// Reads varints from bytes that nobody vouches for.
struct VarintReader {
  enum Failure: Error {
    case endedEarly
    case tooLong
  }

  private var position: UnsafePointer<UInt8>?
  private let end: UnsafePointer<UInt8>?

  /// The bytes must outlive the reader.
  init(_ bytes: UnsafeRawBufferPointer) {
    let typed = bytes.bindMemory(to: UInt8.self)
    position = typed.baseAddress
    end = typed.baseAddress.map { $0 + typed.count }
  }

  var isAtEnd: Bool { position == end }

  @inline(__always)
  mutating func next() throws -> UInt64 {
    guard var here = position, let end, here < end else { throw Failure.endedEarly }
    var byte = here.pointee
    here += 1
    var value = UInt64(byte & 0x7f)
    var shift: UInt64 = 7
    while byte & 0x80 != 0 {
      guard here < end else { throw Failure.endedEarly }
      byte = here.pointee
      here += 1
      // The tenth byte holds the 64th bit and nothing else.
      guard shift < 63 || (shift == 63 && byte <= 1) else { throw Failure.tooLong }
      value |= UInt64(byte & 0x7f) &<< shift
      shift += 7
    }
    position = here
    return value
  }

  /// Returns the next `count` bytes as they are.
  mutating func bytes(_ count: Int) throws -> UnsafeRawBufferPointer {
    guard let here = position, let end, count >= 0, count <= end - here else {
      throw Failure.endedEarly
    }
    position = here + count
    return UnsafeRawBufferPointer(start: here, count: count)
  }
}
