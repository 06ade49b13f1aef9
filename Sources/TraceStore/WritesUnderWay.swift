import Foundation
import GRDB
import Synchronization

/// The transactions of this process that write into a database.
///
/// A process that ended within one would leave the file grown, and beside it the journal, which whoever may not
/// write cannot undo.
package final class WritesUnderWay: Sendable {
  /// Those of all stores.
  package static let all = WritesUnderWay()

  private struct State {
    var queues: [ObjectIdentifier: DatabaseQueue] = [:]
    var isEnding = false
  }

  private let state = Mutex(State())

  package init() {}

  /// Runs a transaction; where the process ends meanwhile, it does not return.
  package func run<Value>(on queue: DatabaseQueue, _ body: () throws -> Value) throws -> Value {
    if state.withLock({ $0.isEnding }) { Self.waitForTheEnd() }
    state.withLock { $0.queues[ObjectIdentifier(queue)] = queue }
    let result = Result { try body() }
    if case .failure = result {
      // After an error of the disk SQLite leaves it to the next reader to undo what was written.
      try? queue.inDatabase { try $0.execute(sql: "SELECT count(*) FROM sqlite_schema") }
    }
    let isEnding = state.withLock { state in
      state.queues[ObjectIdentifier(queue)] = nil
      return state.isEnding
    }
    if isEnding { Self.waitForTheEnd() }
    return try result.get()
  }

  /// Breaks all of them off, and waits until each is undone, or done if nothing was missing but its end.
  ///
  /// - Parameter seconds: how long to wait at most.
  package func breakOff(within seconds: Double = 30) {
    let deadline = ContinuousClock.now + .seconds(seconds)
    state.withLock { $0.isEnding = true }
    while ContinuousClock.now < deadline {
      let queues = state.withLock { Array($0.queues.values) }
      if queues.isEmpty { return }
      // Again and again: between two statements there is nothing to interrupt.
      for queue in queues { queue.interrupt() }
      Thread.sleep(forTimeInterval: 0.005)
    }
  }

  private static func waitForTheEnd() -> Never {
    while true { Thread.sleep(forTimeInterval: 60) }
  }
}
