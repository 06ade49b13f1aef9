/// The bytes of a file as they lie on the disk, with a buffer in front of a decompressor.
final class RawInput {
  /// Where the bytes come from.
  enum Origin: ~Copyable {
    case file(FileDescriptor)
    /// Returns the next bytes, nil at the end; for streams that are made up on the way.
    case pieces(() -> [UInt8]?)

    var byteSize: Int64? {
      switch self {
      case .file(let descriptor): descriptor.byteSize
      case .pieces: nil
      }
    }
  }

  let path: String
  let byteSize: Int64?
  private(set) var bytesRead: Int64 = 0
  /// Called now and then with the number of bytes read so far.
  var onRead: ((Int64) -> Void)?

  private let origin: Origin
  private let buffer: UnsafeMutableRawBufferPointer
  private var piece: [UInt8] = []
  private var piecePosition = 0
  private(set) var position = 0
  private(set) var end = 0
  private var reportedBytes: Int64 = 0

  init(path: String, origin: consuming Origin, bufferSize: Int) {
    self.path = path
    byteSize = origin.byteSize
    self.origin = origin
    buffer = .allocate(byteCount: max(bufferSize, 16), alignment: 16)
  }

  deinit {
    buffer.deallocate()
  }

  /// What is buffered and not yet consumed.
  var available: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: buffer[position..<end])
  }

  func consume(_ count: Int) {
    precondition(count <= end - position, "consumed \(count) of \(end - position) bytes")
    position += count
  }

  /// Adds bytes behind those that are buffered. Returns false at the end.
  func refill() throws -> Bool {
    if position == end {
      position = 0
      end = 0
    }
    let count = try pull(into: UnsafeMutableRawBufferPointer(rebasing: buffer[end...]))
    end += count
    return count > 0
  }

  /// Reads past the buffer; only when that is empty.
  func readDirectly(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    precondition(position == end, "\(end - position) bytes are still buffered")
    return try pull(into: target)
  }

  private func pull(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    guard !target.isEmpty else { return 0 }
    let count: Int
    switch origin {
    case .file(let descriptor):
      count = try descriptor.read(into: target, path: path)
    case .pieces(let next):
      while piecePosition == piece.count {
        guard let following = next() else { return 0 }
        piece = following
        piecePosition = 0
      }
      count = min(target.count, piece.count - piecePosition)
      piece.withUnsafeBytes {
        target.copyMemory(from: .init(rebasing: $0[piecePosition..<piecePosition + count]))
      }
      piecePosition += count
    }
    bytesRead += Int64(count)
    // A megabyte is a few tenths of a millisecond: often enough for a progress bar.
    if let onRead, bytesRead - reportedBytes >= 1 << 20 || count == 0 {
      reportedBytes = bytesRead
      onRead(bytesRead)
    }
    return count
  }
}
