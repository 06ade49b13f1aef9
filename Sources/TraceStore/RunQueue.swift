import Dispatch
import Synchronization

/// Sorts and writes a full buffer on another thread while the next one fills.
///
/// One buffer at a time: who hands over the second one waits for the first. Runs are therefore written
/// in the order of their numbers, and memory is two buffers.
final class RunQueue: Sendable {
  /// `@unchecked`: the buffer belongs to whoever holds the box: the part that fills it, then the
  /// queue, which gives it back emptied.
  final class Box: @unchecked Sendable {
    var buffer: SpoolBuffer
    /// The memory of the run that was written last.
    var scratch = SortedTimes()

    func takeScratch() -> SortedTimes {
      var taken = SortedTimes()
      swap(&taken, &scratch)
      return taken
    }

    init(_ buffer: SpoolBuffer) {
      self.buffer = buffer
    }
  }

  private struct State {
    var spare: Box?
    var failure: (any Error)?
    var scratch = SortedTimes()
  }

  private let queue = DispatchQueue(label: "outpace.runs")
  private let state: Mutex<State>

  init(spare: SpoolBuffer) {
    state = Mutex(State(spare: Box(spare)))
  }

  /// Hands over a full buffer and returns an empty one.
  ///
  /// - Throws: What `write` threw for the buffer before.
  func exchange(
    _ full: Box, write: @escaping @Sendable (Box) throws -> Void
  ) throws -> Box {
    try wait()
    let spare = state.withLock { state in
      defer { state.spare = nil }
      swap(&full.scratch, &state.scratch)
      return state.spare
    }
    guard let spare else { preconditionFailure("a buffer was handed over twice") }
    queue.async { [self] in
      var failure: (any Error)?
      do { try write(full) } catch { failure = error }
      full.buffer.removeAll()
      // Two buffers, and one run at a time.
      let scratch = full.takeScratch()
      state.withLock { $0 = State(spare: full, failure: failure, scratch: scratch) }
    }
    return spare
  }

  /// Waits until nothing is written any more.
  func wait() throws {
    queue.sync {}
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }
}
