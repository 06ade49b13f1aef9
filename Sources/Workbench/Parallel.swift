import Dispatch
import Foundation
import Synchronization

/// Independent work on several threads, results placed by index: the same on one thread as on many.
enum Parallel {
  /// Returns `work(0), …, work(count − 1)`. The error of the lowest index that failed is thrown.
  static func map<Result: Sendable>(
    count: Int, threads: Int, _ work: @Sendable (Int) throws -> Result
  ) throws -> [Result] {
    guard threads > 1, count > 1 else { return try (0..<count).map(work) }
    let results = Mutex<[Swift.Result<Result, any Error>?]>(Array(repeating: nil, count: count))
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in
      while true {
        let index = next.add(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        let result = Swift.Result { try work(index) }
        results.withLock { $0[index] = result }
      }
    }
    return try results.withLock { $0 }.map { result in
      guard let result else { preconditionFailure("no result of a piece of work") }
      return try result.get()
    }
  }
}

/// As many threads as were asked for, else as there are processors.
func threadCount(_ asked: Int?) throws -> Int {
  guard let asked else { return ProcessInfo.processInfo.activeProcessorCount }
  guard asked > 0 else {
    throw Failure(.usage, "--threads \(asked): the number of threads is 1 or more.")
  }
  return asked
}
