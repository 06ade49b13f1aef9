/// The lines of a file, one at a time, in constant memory.
public struct LineReader: ~Copyable {
  /// A longer line is an error: the file is no text, or somebody wants our memory.
  public static let standardByteSizeLimit = 64 << 20

  /// The number of the line that `next()` returned last, counted from 1, as editors do.
  public private(set) var lineNumber = 0
  /// The line that `next()` returned last has no LF: it is the end of the file, perhaps cut.
  public private(set) var isUnterminated = false

  private let source: ByteSource
  private let byteSizeLimit: Int
  private var buffer: UnsafeMutableRawBufferPointer
  private var position = 0
  private var end = 0
  private var hasEnded = false
  /// How many bytes of the text lie before the buffer.
  private var bytesBefore: Int64 = 0
  private var lineStart = 0

  /// Opens a plain, `.gz` or `.zst` file (told from its content), or standard input for `-`.
  public init(path: String) throws {
    self.init(source: try ByteSource(path: path))
  }

  /// Reads the lines of `source`, starting with a buffer of `bufferSize` bytes that grows with the
  /// longest line, at most to `byteSizeLimit`.
  public init(
    source: ByteSource, bufferSize: Int = ByteSource.standardBufferSize,
    byteSizeLimit: Int = standardByteSizeLimit
  ) {
    self.source = source
    self.byteSizeLimit = max(byteSizeLimit, 1)
    buffer = .allocate(byteCount: max(bufferSize, 1), alignment: 16)
  }

  deinit {
    buffer.deallocate()
  }

  /// Of the file that is read.
  public var path: String { source.path }

  /// Where the line that `next()` returned last begins, in bytes of the decompressed text, counted
  /// from 0.
  public var byteOffset: Int64 { bytesBefore + Int64(lineStart) }

  /// A compressed file ended early. Known once `next()` has returned nil.
  public var isTruncated: Bool { source.isTruncated }

  /// Returns the next line without its terminator (LF or CRLF), or nil at the end. The bytes are
  /// valid until the next call. A byte order mark before the first line is dropped.
  public mutating func next() throws -> UnsafeRawBufferPointer? {
    var scanned = position
    while true {
      let fresh = UnsafeRawBufferPointer(rebasing: buffer[scanned..<end])
      if let found = firstIndex(of: 0x0a, in: fresh) {
        let line = position..<scanned + found
        position = line.upperBound + 1
        return finishLine(line, isUnterminated: false)
      }
      scanned = end
      if hasEnded {
        guard position < end else { return nil }
        let line = position..<end
        position = end
        return finishLine(line, isUnterminated: true)
      }
      try makeRoom(&scanned)
      let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
      end += count
      hasEnded = count == 0
    }
  }

  /// Hands over what is buffered behind the last line, so that many lines are taken at once.
  ///
  /// - Parameter body: returns how many whole lines it has used up, ends included, and their bytes.
  mutating func takeLines(
    _ body: (UnsafeRawBufferPointer) -> (lineCount: Int, byteCount: Int)
  ) {
    let (lineCount, byteCount) = body(UnsafeRawBufferPointer(rebasing: buffer[position..<end]))
    guard lineCount > 0 else { return }
    position += byteCount
    lineNumber += lineCount
    isUnterminated = false
  }

  private mutating func finishLine(
    _ line: Range<Int>, isUnterminated: Bool
  ) -> UnsafeRawBufferPointer {
    lineNumber += 1
    lineStart = line.lowerBound
    self.isUnterminated = isUnterminated
    var line = line
    if lineNumber == 1, line.count >= 3, buffer[line.lowerBound] == 0xef,
      buffer[line.lowerBound + 1] == 0xbb, buffer[line.lowerBound + 2] == 0xbf
    {
      line = line.lowerBound + 3..<line.upperBound
    }
    if let last = line.last, buffer[last] == 0x0d { line = line.lowerBound..<last }
    return UnsafeRawBufferPointer(rebasing: buffer[line])
  }

  /// Moves the unfinished line to the front, and doubles the buffer if it fills it.
  private mutating func makeRoom(_ scanned: inout Int) throws {
    if position > 0 {
      let count = end - position
      if count > 0, let base = buffer.baseAddress {
        base.copyMemory(from: base + position, byteCount: count)
      }
      bytesBefore += Int64(position)
      position = 0
      end = count
      scanned = count
    }
    guard end == buffer.count else { return }
    guard buffer.count < byteSizeLimit else {
      throw ByteStreamError(
        reason: .lineTooLong(line: lineNumber + 1, byteSizeLimit: byteSizeLimit), path: path)
    }
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(buffer.count * 2, byteSizeLimit), alignment: 16)
    larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[..<end]))
    buffer.deallocate()
    buffer = larger
  }
}
