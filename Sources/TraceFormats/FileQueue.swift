import Foundation

/// The files of a trace, handed out in order to the threads that read them and taken back in order.
///
/// A thread that is ahead of the others waits: what was read and not yet taken is bounded.
///
/// `@unchecked`: all that changes is only touched while `condition` is locked.
final class FileQueue<Outcome: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private let count: Int
  private let window: Int
  private var next = 0
  private var taken = 0
  private var outcomes: [Int: Outcome] = [:]
  private var isStopped = false

  init(count: Int, window: Int) {
    self.count = count
    self.window = window
  }

  /// The next file to read; nil if there is none, or no need for one.
  func nextFile() -> Int? {
    condition.lock()
    defer { condition.unlock() }
    while !isStopped, next < count, next - taken >= window { condition.wait() }
    guard !isStopped, next < count else { return nil }
    next += 1
    return next - 1
  }

  func deliver(_ outcome: Outcome, of file: Int) {
    condition.lock()
    defer { condition.unlock() }
    outcomes[file] = outcome
    condition.broadcast()
  }

  /// Takes what came of a file, in order. `idle` is called ten times a second while waiting.
  func take(_ file: Int, idle: () -> Void) -> Outcome {
    condition.lock()
    while true {
      if let outcome = outcomes.removeValue(forKey: file) {
        taken = file + 1
        condition.broadcast()
        condition.unlock()
        return outcome
      }
      if !condition.wait(until: Date(timeIntervalSinceNow: 0.1)) {
        condition.unlock()
        idle()
        condition.lock()
      }
    }
  }

  /// Hands out no more files.
  func stop() {
    condition.lock()
    defer { condition.unlock() }
    isStopped = true
    condition.broadcast()
  }
}

/// Lets one file at a time be large, so that memory does not grow with the number of threads.
///
/// Who is inside never waits for anybody, so nobody waits for ever.
package final class LargeFileGate: Sendable {
  private let semaphore = DispatchSemaphore(value: 1)

  package init() {}

  func enter() { semaphore.wait() }

  func leave() { semaphore.signal() }
}

/// What one file has to show at the gate: it enters once, and leaves with the last reference.
final class GateTicket {
  private let gate: LargeFileGate?
  private var isInside = false

  init(_ gate: LargeFileGate?) {
    self.gate = gate
  }

  deinit {
    if isInside { gate?.leave() }
  }

  func enter() {
    guard let gate, !isInside else { return }
    gate.enter()
    isInside = true
  }
}
