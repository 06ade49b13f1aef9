import Foundation

/// One end of the connection between the server and a worker process: a pair of connected sockets of
/// this machine, nothing that a network could reach.
///
/// What goes over it, every number in the order of the machine's bytes, since both ends are the same
/// program on the same machine:
///
/// | from | message | bytes |
/// | --- | --- | --- |
/// | worker | it is ready | magic u64, d i64, values in a gradient i64 |
/// | server | an iterate | d times f64; the first one starts all workers |
/// | worker | its first gradient has started | start i64, in nanoseconds of the steady clock |
/// | worker | a gradient | start i64, end i64, samples in its batch i64, their indices i32, its values f64 |
///
/// Iterates and gradients alternate, so that neither end ever writes while the other one writes too.
/// Closing the connection ends the worker.
struct LiveChannel {
  /// The number that a worker says first; another version of the messages has another one.
  static let magic: UInt64 = 0x3145_4341_5054_554f

  /// A socket.
  let descriptor: Int32

  /// Sends all of it, or returns false: the other end is gone.
  func send(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = UnsafeRawBufferPointer(rebasing: rest)
      // Without the signal that would end this process.
      let count = Foundation.send(descriptor, piece.baseAddress, piece.count, noSignal)
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count == 0 || errno != EINTR {
        return false
      }
    }
    return true
  }

  /// Fills all of it, or returns false: the other end is gone.
  func receive(_ bytes: UnsafeMutableRawBufferPointer) -> Bool {
    var filled = 0
    while filled < bytes.count {
      let count = recv(descriptor, bytes.baseAddress.map { $0 + filled }, bytes.count - filled, 0)
      if count > 0 {
        filled += count
      } else if count == 0 || errno != EINTR {
        return false
      }
    }
    return true
  }

  /// Sends a few whole numbers.
  func send(_ numbers: [Int64]) -> Bool {
    numbers.withUnsafeBytes { send($0) }
  }

  /// As many whole numbers, or nil: the other end is gone.
  func receive(count: Int) -> [Int64]? {
    var numbers = [Int64](repeating: 0, count: count)
    return numbers.withUnsafeMutableBytes { receive($0) } ? numbers : nil
  }

  /// Ends the connection for both ends, also for who waits in it; the descriptor stays open.
  func hangUp() {
    shutdown(descriptor, Int32(SHUT_RDWR))
  }

  /// Returns when the other end is gone, whoever else reads here.
  func waitForHangUp() {
    var request = pollfd(fd: descriptor, events: 0, revents: 0)
    while poll(&request, 1, -1) < 0, errno == EINTR {}
  }
}

private let noSignal = Int32(MSG_NOSIGNAL)
