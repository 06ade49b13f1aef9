import Kernels

/// The entries of an object that a scanner took at once. Valid until the next call of anything.
///
/// There is nothing odd in its strings: no escape, no control character, only ASCII.
public struct JSONObject {
  @usableFromInline let text: UnsafeRawPointer
  @usableFromInline let entries: UnsafePointer<ObjectEntry>
  /// The number of entries.
  public let count: Int
  /// Where the object begins in the (decompressed) text.
  public let byteOffset: Int64

  /// The key of entry `index`, without its quotes.
  @inlinable @inline(__always)
  public func key(_ index: Int) -> UnsafeRawBufferPointer {
    let entry = entries[index]
    return UnsafeRawBufferPointer(
      start: text + Int(entry.key), count: Int(entry.key_end) - Int(entry.key))
  }

  /// The value of entry `index` as it is written, a string with its quotes.
  @inlinable @inline(__always)
  public func value(_ index: Int) -> UnsafeRawBufferPointer {
    let entry = entries[index]
    return UnsafeRawBufferPointer(
      start: text + Int(entry.value), count: Int(entry.value_end) - Int(entry.value))
  }

  /// Where the value of entry `index` begins in the text.
  @inlinable
  public func valueOffset(_ index: Int) -> Int64 { byteOffset + Int64(entries[index].value) }
}

extension JSONScanner {
  /// Objects with more entries are taken entry by entry.
  static let entryLimit = 64

  /// Takes the object that comes next with all its entries, if that is easily done: if the whole of it
  /// is at hand and its strings need no second look. Otherwise returns nil and takes nothing, and
  /// ``enterObject()`` does the same work step by step.
  ///
  /// - Complexity: O(size of the object), some 64 bytes at a time.
  public mutating func takeObject() throws -> JSONObject? {
    guard try peek() == 0x7b, depth < JSONScanner.depthLimit else { return nil }
    let start = bytes + position
    var count = 0
    let size = findEntries(
      in: start, byteCount: end - position, depthLimit: JSONScanner.depthLimit - depth - 1,
      into: entries, capacity: JSONScanner.entryLimit, count: &count)
    guard size > 0 else { return nil }
    let object = JSONObject(
      text: start, entries: UnsafePointer(entries), count: count, byteOffset: byteOffset)
    position += size
    return object
  }
}
