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
    // A million labels are compared twenty million times: no copy of the bytes.
    let result = unsafe lhs.text.utf8.withContiguousStorageIfAvailable { a in
      unsafe rhs.text.utf8.withContiguousStorageIfAvailable { b in unsafe precedes(a, b) }
    }
    if case .some(.some(let precedes)) = result { return precedes }
    let a = Array(lhs.text.utf8)
    let b = Array(rhs.text.utf8)
    return unsafe a.withUnsafeBufferPointer { a in
      unsafe b.withUnsafeBufferPointer { b in unsafe precedes(a, b) }
    }
  }

  private typealias Bytes = UnsafeBufferPointer<UInt8>

  private static func precedes(_ a: Bytes, _ b: Bytes) -> Bool {
    switch unsafe naturalOrder(a, b) {
    case .orderedBefore: true
    case .orderedAfter: false
    case .same: unsafe a.lexicographicallyPrecedes(b)
    }
  }

  private enum Order {
    case orderedBefore
    case same
    case orderedAfter
  }

  private static func naturalOrder(_ a: Bytes, _ b: Bytes) -> Order {
    var i = 0
    var j = 0
    while i < a.count, j < b.count {
      let (first, second) = unsafe (a[i], b[j])
      guard isDigit(first), isDigit(second) else {
        if first != second { return first < second ? .orderedBefore : .orderedAfter }
        i += 1
        j += 1
        continue
      }
      let left = unsafe digits(of: a, from: &i)
      let right = unsafe digits(of: b, from: &j)
      // Without leading zeros the longer number is the larger one, at any length.
      if left.count != right.count {
        return left.count < right.count ? .orderedBefore : .orderedAfter
      }
      for (l, r) in zip(left, right) where unsafe a[l] != b[r] {
        return unsafe a[l] < b[r] ? .orderedBefore : .orderedAfter
      }
    }
    let restOfA = a.count - i
    let restOfB = b.count - j
    if restOfA == restOfB { return .same }
    return restOfA < restOfB ? .orderedBefore : .orderedAfter
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

  /// Returns where the digits at `position` are, without leading zeros, and moves `position` behind
  /// them.
  private static func digits(of bytes: Bytes, from position: inout Int) -> Range<Int> {
    while position < bytes.count, unsafe bytes[position] == 0x30 { position += 1 }
    let start = position
    while position < bytes.count, unsafe isDigit(bytes[position]) { position += 1 }
    return start..<position
  }
}
