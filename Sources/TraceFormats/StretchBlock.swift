/// A thousand stretches in order, none touching another, in about five bytes each.
///
/// Of each one: its start minus the end of the one before (the first: nothing), then its length, both
/// seven bits a byte, lowest first, the highest bit set on all but the last.
struct StretchBlock {
  static let countLimit = 1 << 10
  /// The most bytes of a number.
  private static let numberLimit = 10

  /// The first moment of the first stretch.
  private(set) var start: Int64 = 0
  /// The end of the last one.
  private(set) var end: Int64 = 0
  private(set) var count = 0
  private var bytes: [UInt8] = []

  /// With what the block takes besides its bytes.
  var byteSize: Int { bytes.count + 64 }

  /// Nothing.
  init() {}

  /// Packs stretches.
  ///
  /// - Precondition: Each begins behind the end of the one before.
  init(_ stretches: [Stretch]) {
    guard let first = stretches.first, let last = stretches.last else { return }
    (start, end, count) = (first.start, last.end, stretches.count)
    let packed = [UInt8](unsafeUninitializedCapacity: 2 * Self.numberLimit * count) {
      buffer, used in
      guard var place = buffer.baseAddress else { return }
      var behind = first.start
      for (index, stretch) in stretches.enumerated() {
        if index > 0 {
          precondition(stretch.start > behind, "\(stretch.start) is not behind \(behind)")
          Self.put(stretch.start &- behind, &place)
        }
        Self.put(stretch.end &- stretch.start, &place)
        behind = stretch.end
      }
      used = buffer.baseAddress.map { place - $0 } ?? 0
    }
    // Without what was reserved for larger numbers.
    bytes = packed.withUnsafeBufferPointer { Array($0) }
  }

  /// Replaces what is in `stretches` by those of the block.
  func unpack(into stretches: inout [Stretch]) {
    stretches.removeAll(keepingCapacity: true)
    bytes.withUnsafeBufferPointer { bytes in
      guard var place = bytes.baseAddress else { return }
      var end = start
      for index in 0..<count {
        let begin = index == 0 ? end : end &+ Self.number(&place)
        end = begin &+ Self.number(&place)
        stretches.append(Stretch(start: begin, end: end))
      }
    }
  }

  @inline(__always)
  private static func put(_ number: Int64, _ place: inout UnsafeMutablePointer<UInt8>) {
    var rest = UInt64(bitPattern: number)
    while rest >= 0x80 {
      place.pointee = UInt8(truncatingIfNeeded: rest) | 0x80
      place += 1
      rest >>= 7
    }
    place.pointee = UInt8(truncatingIfNeeded: rest)
    place += 1
  }

  @inline(__always)
  private static func number(_ place: inout UnsafePointer<UInt8>) -> Int64 {
    var value = UInt64(place.pointee)
    place += 1
    guard value >= 0x80 else { return Int64(bitPattern: value) }
    value &= 0x7f
    var shift: UInt64 = 7
    while true {
      let byte = UInt64(place.pointee)
      place += 1
      value |= (byte & 0x7f) &<< shift
      if byte < 0x80 { return Int64(bitPattern: value) }
      shift += 7
    }
  }
}
