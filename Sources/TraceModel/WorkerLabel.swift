/// The name of a worker as recorded.
///
/// Labels are compared as bytes, except that runs of digits compare as numbers of any length, so
/// that rank 2 comes before rank 10; labels that are equal as numbers (`7` and `07`) are ordered by
/// bytes. The order is total, and it alone decides a worker's index.
public struct WorkerLabel: Hashable, Sendable, Comparable, CustomStringConvertible {
  /// The longest label that is accepted, in bytes.
  public static let byteSizeLimit = 1024

  /// As recorded, at most ``byteSizeLimit`` bytes.
  public let text: String

  public init(_ text: String) {
    self.text = text
  }

  public var description: String { text }

  public static func == (lhs: Self, rhs: Self) -> Bool {
    // Not String's ==, for which "é" and "e" with an accent are one: labels are bytes.
    lhs.text.utf8.elementsEqual(rhs.text.utf8)
  }

  public func hash(into hasher: inout Hasher) {
    for byte in text.utf8 { hasher.combine(byte) }
  }

  public static func < (lhs: Self, rhs: Self) -> Bool {
    switch naturalOrder(Array(lhs.text.utf8), Array(rhs.text.utf8)) {
    case .orderedBefore: true
    case .orderedAfter: false
    case .same: lhs.text.utf8.lexicographicallyPrecedes(rhs.text.utf8)
    }
  }

  private enum Order {
    case orderedBefore
    case same
    case orderedAfter
  }

  private static func naturalOrder(_ a: [UInt8], _ b: [UInt8]) -> Order {
    var i = 0
    var j = 0
    while i < a.count, j < b.count {
      guard isDigit(a[i]), isDigit(b[j]) else {
        if a[i] != b[j] { return a[i] < b[j] ? .orderedBefore : .orderedAfter }
        i += 1
        j += 1
        continue
      }
      let first = digits(of: a, from: &i)
      let second = digits(of: b, from: &j)
      // Without leading zeros the longer number is the larger one, at any length.
      if first.count != second.count {
        return first.count < second.count ? .orderedBefore : .orderedAfter
      }
      if first != second {
        return first.lexicographicallyPrecedes(second) ? .orderedBefore : .orderedAfter
      }
    }
    let restOfA = a.count - i
    let restOfB = b.count - j
    if restOfA == restOfB { return .same }
    return restOfA < restOfB ? .orderedBefore : .orderedAfter
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  /// Returns the digits at `position` without leading zeros, and moves `position` behind them.
  private static func digits(of bytes: [UInt8], from position: inout Int) -> ArraySlice<UInt8> {
    while position < bytes.count, bytes[position] == 0x30 { position += 1 }
    let start = position
    while position < bytes.count, isDigit(bytes[position]) { position += 1 }
    return bytes[start..<position]
  }
}
