import CKernels

/// Where a key and a value of a JSON object stand, in bytes from the bracket that opens the object: `key`,
/// `key_end`, `value`, `value_end`. A key goes without its quotes, a value with them.
public typealias ObjectEntry = outpace_json_entry

/// Finds the entries of the JSON object that opens at the first byte of a text, 64 bytes at a time. The
/// reference is the scanner that takes the same object entry by entry.
///
/// - Parameters:
///   - text: Up to `byteCount` bytes, of which only whole blocks of 64 are looked at.
///   - depthLimit: How deep brackets may be nested in a value.
///   - entries: Room for `capacity` entries.
///   - count: Set to the number of entries.
/// - Returns: The size of the object in bytes, or 0 for one that needs a careful look: that has no end in
///   these blocks, breaks JSON's rules outside of nested values, has more entries or deeper brackets than
///   allowed, or holds a backslash, a control character or a byte above 127 in a string, or a capital N or I
///   or a '!' outside of one. In nested values only brackets count.
/// - Complexity: O(size of the object).
@inline(__always)
public func findEntries(
  in text: UnsafeRawPointer, byteCount: Int, depthLimit: Int,
  into entries: UnsafeMutablePointer<ObjectEntry>, capacity: Int, count: inout Int
) -> Int {
  outpace_json_object(
    text.assumingMemoryBound(to: UInt8.self), byteCount, depthLimit, entries, capacity, &count)
}
