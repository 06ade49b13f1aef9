import CKernels

/// A row of a table as programs write it: a name, and one or two numbers.
///
/// `first` is 0 where rows have no such number. `last` is above 0, or above `first` where the shape says so.
public typealias PlainRow = outpace_plain_row

extension PlainRow {
  /// A row of which all is known; the name's bytes are not copied.
  @inline(__always)
  public init(name: UnsafeRawBufferPointer, nameWord: UInt64, first: Int64, last: Int64) {
    self.init(
      name_start: name.baseAddress, name_size: name.count, name_word: nameWord, first: first,
      last: last)
  }

  /// The bytes of the name; valid until the next rows are asked for.
  @inline(__always)
  public var name: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: name_start, count: name_size)
  }

  /// The first eight bytes of the name as a little-endian number.
  @inline(__always)
  public var nameWord: UInt64 { name_word }
}

/// Rows of a name and one or two numbers with nothing beside them, as our own tables have them, found many at
/// once. The reference is the reader that takes the same rows field by field.
public struct BareRows: Sendable {
  private let shape: outpace_row_shape

  /// - Parameters:
  ///   - firstScale, lastScale: The power of ten that turns each number into a whole one, 0 to 9; nil for rows
  ///     without a first number.
  ///   - isSpan: The last number has to be above the first one; else above 0.
  public init(separator: UInt8, firstScale: Int?, lastScale: Int, isSpan: Bool) {
    precondition(
      (0...9).contains(firstScale ?? 0) && (0...9).contains(lastScale), "10^9 is the most")
    shape = outpace_row_shape(
      first_scale: UInt8(firstScale ?? 0), last_scale: UInt8(lastScale), separator: separator,
      has_first: firstScale == nil ? 0 : 1, is_span: isSpan ? 1 : 0)
  }

  /// Takes rows from the front of a text until one may not be plain, or none has room.
  ///
  /// - Returns: The size in bytes of the rows that were taken. The rows of the last 80 bytes are not among them.
  /// - Complexity: O(bytes of the rows).
  @inline(__always)
  public func take(
    from text: UnsafeRawPointer, byteCount: Int, into rows: UnsafeMutablePointer<PlainRow>,
    capacity: Int, count: inout Int
  ) -> Int {
    withUnsafePointer(to: shape) {
      outpace_plain_rows(
        text.assumingMemoryBound(to: UInt8.self), byteCount, $0, rows, capacity, &count)
    }
  }
}
