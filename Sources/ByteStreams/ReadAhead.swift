import Foundation

/// Runs a decompressor on a thread of its own, a few buffers ahead of whoever reads them.
///
/// The bytes are those that the decompressor would have given without; so is an error, which comes
/// behind the bytes before it.
final class ReadAhead {
  /// What is shared with the thread.
  ///
  /// `@unchecked`: what changes is only touched while `condition` is locked; a buffer belongs to the
  /// thread while it is filled, then to the reader; the decompressor belongs to the thread.
  private final class Lane: @unchecked Sendable {
    let condition = NSCondition()
    let decompressor: any Decompressor
    let input: RawInput
    var free: [UnsafeMutableRawBufferPointer]
    var full: [Piece] = []
    var isStopped = false

    init(_ decompressor: any Decompressor, _ input: RawInput, bufferSize: Int) {
      self.decompressor = decompressor
      self.input = input
      free = (0..<ReadAhead.bufferCount).map { _ in
        .allocate(byteCount: bufferSize, alignment: 16)
      }
    }

    deinit {
      for buffer in free + full.compactMap(\.buffer) { buffer.deallocate() }
    }
  }

  private struct Piece {
    /// Nil behind the last one.
    var buffer: UnsafeMutableRawBufferPointer?
    var count = 0
    var bytesRead: Int64
    var isTruncated: Bool
    var failure: (any Error)?
  }

  private static let bufferCount = 4

  private let lane: Lane
  private var piece: Piece?
  private var position = 0
  /// The bytes that were taken from the file for what has been read.
  private(set) var bytesRead: Int64
  private(set) var isTruncated = false

  init(_ decompressor: any Decompressor, _ input: RawInput, bufferSize: Int) {
    lane = Lane(decompressor, input, bufferSize: bufferSize)
    bytesRead = input.bytesRead
    let lane = lane
    Thread.detachNewThread { ReadAhead.fill(lane) }
  }

  deinit {
    lane.condition.lock()
    lane.isStopped = true
    lane.condition.broadcast()
    lane.condition.unlock()
    giveBack()
  }

  private static func fill(_ lane: Lane) {
    while true {
      lane.condition.lock()
      while lane.free.isEmpty, !lane.isStopped { lane.condition.wait() }
      let buffer = lane.isStopped ? nil : lane.free.popLast()
      lane.condition.unlock()
      guard let buffer else { return }
      var count = 0
      var failure: (any Error)?
      do {
        // A piece that is not full would only be handed over more often.
        while count < buffer.count {
          let more = try lane.decompressor.read(
            into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...]))
          if more == 0 { break }
          count += more
        }
      } catch { failure = error }
      let isLast = failure != nil || count < buffer.count
      lane.condition.lock()
      lane.full.append(
        Piece(
          buffer: buffer, count: count, bytesRead: lane.input.bytesRead,
          isTruncated: lane.decompressor.isTruncated))
      if isLast {
        lane.full.append(
          Piece(
            bytesRead: lane.input.bytesRead, isTruncated: lane.decompressor.isTruncated,
            failure: failure))
      }
      lane.condition.broadcast()
      lane.condition.unlock()
      if isLast { return }
    }
  }

  func read(into target: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let piece = piece ?? takePiece()
      self.piece = piece
      guard let buffer = piece.buffer else {
        isTruncated = piece.isTruncated
        bytesRead = piece.bytesRead
        if let failure = piece.failure { throw failure }
        return 0
      }
      let count = min(target.count, piece.count - position)
      if count > 0 {
        target.copyMemory(from: .init(rebasing: buffer[position..<position + count]))
        position += count
        bytesRead = piece.bytesRead
        return count
      }
      if target.isEmpty { return 0 }
      giveBack()
    }
  }

  private func takePiece() -> Piece {
    lane.condition.lock()
    defer { lane.condition.unlock() }
    while lane.full.isEmpty { lane.condition.wait() }
    position = 0
    return lane.full.removeFirst()
  }

  private func giveBack() {
    guard let buffer = piece?.buffer else { return }
    piece = nil
    lane.condition.lock()
    lane.free.append(buffer)
    lane.condition.broadcast()
    lane.condition.unlock()
  }
}
