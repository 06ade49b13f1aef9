/// The bytes of a plain, `.gz` or `.zst` file, or of standard input, in constant memory.
///
/// What a file is, its first bytes tell and never its name. A stream that contradicts itself (a
/// checksum that fails) is an error; one that merely stops early sets ``isTruncated``, since what
/// came before is as good as ever.
public final class ByteSource {
  /// Large enough for the operating system's read-ahead, small enough for the second-level cache.
  public static let standardBufferSize = 256 << 10

  /// As it was given; `-` is standard input.
  public let path: String
  private let input: RawInput
  /// Nil where the file is not compressed.
  private let decompressor: (any Decompressor)?
  /// Set where the decompressor runs on a thread of its own, which then also reads the file.
  private var ahead: ReadAhead?
  private var onRead: ((Int64) -> Void)?
  private var reportedBytes: Int64 = 0
  private var headBytes: [UInt8] = []
  private var headPosition = 0

  /// Opens a file, or standard input for `-`.
  public convenience init(path: String, bufferSize: Int = standardBufferSize) throws {
    let descriptor = try FileDescriptor(path: path)
    try self.init(RawInput(path: path, origin: .file(descriptor), bufferSize: bufferSize))
  }

  /// Reads what `next` returns until that is nil, as if it were a file called `path`.
  public convenience init(
    path: String, bufferSize: Int = standardBufferSize, pieces next: @escaping () -> [UInt8]?
  ) throws {
    try self.init(RawInput(path: path, origin: .pieces(next), bufferSize: bufferSize))
  }

  /// Reads bytes that are already in memory, as if they were a file called `path`.
  public convenience init(
    path: String, bytes: [UInt8], bufferSize: Int = standardBufferSize
  ) throws {
    var rest: [UInt8]? = bytes
    try self.init(path: path, bufferSize: bufferSize) {
      defer { rest = nil }
      return rest
    }
  }

  private init(_ input: RawInput) throws {
    path = input.path
    self.input = input
    // A pipe may hand over a single byte at a time.
    while input.available.count < 4, try input.refill() {}
    switch Compression(magic: UnsafeRawBufferPointer(input.available)) {
    case .none: decompressor = nil
    case .gzip: decompressor = try GzipDecompressor(input)
    case .zstd: decompressor = try ZstdDecompressor(input)
    }
  }

  /// The bytes taken from the file so far, before decompression.
  public var bytesRead: Int64 { ahead?.bytesRead ?? input.bytesRead }

  /// The size of the file, before decompression; nil for a pipe.
  public var byteSize: Int64? { input.byteSize }

  /// A compressed stream ended before it said so. True at the earliest when `read` has returned 0.
  public var isTruncated: Bool { ahead?.isTruncated ?? decompressor?.isTruncated ?? false }

  /// Decompresses on a thread of its own from here on, a megabyte ahead at most; without effect where
  /// nothing is compressed. It never changes what is read.
  public func readAhead() {
    guard let decompressor, ahead == nil else { return }
    input.onRead = nil
    ahead = ReadAhead(decompressor, input, bufferSize: ByteSource.standardBufferSize)
  }

  /// Calls `action` about once per megabyte with the bytes taken from the file so far.
  public func onRead(_ action: ((Int64) -> Void)?) {
    onRead = action
    if ahead == nil { input.onRead = action }
  }

  /// Returns how many bytes were written to `target`, 0 only at the end.
  public func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    guard headPosition < headBytes.count else { return try pull(into: target) }
    let count = min(target.count, headBytes.count - headPosition)
    headBytes.withUnsafeBytes {
      target.copyMemory(from: .init(rebasing: $0[headPosition..<headPosition + count]))
    }
    headPosition += count
    if headPosition == headBytes.count {
      headBytes = []
      headPosition = 0
    }
    return count
  }

  /// Returns the first bytes without using them up, so that standard input too can be looked at
  /// before it is read.
  ///
  /// - Precondition: Nothing has been read yet.
  /// - Complexity: O(`byteLimit`), and as much memory until they are read.
  public func head(_ byteLimit: Int) throws -> [UInt8] {
    precondition(headPosition == 0, "head after \(headPosition) bytes were read")
    while headBytes.count < byteLimit {
      let count = headBytes.count
      var more = [UInt8](repeating: 0, count: min(byteLimit - count, 64 << 10))
      let got = try more.withUnsafeMutableBytes { try pull(into: $0) }
      if got == 0 { break }
      headBytes.append(contentsOf: more.prefix(got))
    }
    return headBytes
  }

  private func pull(
    _ ahead: ReadAhead, into target: UnsafeMutableRawBufferPointer
  ) throws -> Int {
    let count = try ahead.read(into: target)
    // On the reader's thread, as without.
    if let onRead, ahead.bytesRead - reportedBytes >= 1 << 20 || count == 0 {
      reportedBytes = ahead.bytesRead
      onRead(ahead.bytesRead)
    }
    return count
  }

  private func pull(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    if let ahead { return try pull(ahead, into: target) }
    if let decompressor { return try decompressor.read(into: target) }
    let available = input.available
    guard !available.isEmpty else { return try input.readDirectly(into: target) }
    let count = min(available.count, target.count)
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: available[..<count]))
    input.consume(count)
    return count
  }
}

/// What the first bytes of a file say about it.
private enum Compression {
  case none
  case gzip
  case zstd

  init(magic bytes: UnsafeRawBufferPointer) {
    self = .none
    guard bytes.count >= 2 else { return }
    if bytes[0] == 0x1f, bytes[1] == 0x8b {
      self = .gzip
      return
    }
    guard bytes.count >= 4 else { return }
    let isFrame = bytes[0] == 0x28 && bytes[1] == 0xb5 && bytes[2] == 0x2f && bytes[3] == 0xfd
    // A skippable frame may come first; pzstd writes one.
    let isSkippable =
      bytes[0] & 0xf0 == 0x50 && bytes[1] == 0x2a && bytes[2] == 0x4d && bytes[3] == 0x18
    if isFrame || isSkippable { self = .zstd }
  }
}
