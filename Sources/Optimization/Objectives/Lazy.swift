import Foundation

/// A value that is computed when it is first asked for, once, whoever asks.
///
/// L and f* cost more than many replays need: a schedule wants neither.
final class Lazy<Value: Sendable>: @unchecked Sendable {
  // `value` is only touched while the lock is held: this is the proof of the `@unchecked` above.
  private let lock = NSLock()
  private var value: Value?
  private let compute: @Sendable () -> Value

  init(_ compute: @escaping @Sendable () -> Value) {
    self.compute = compute
  }

  func get() -> Value {
    lock.lock()
    defer { lock.unlock() }
    if let value { return value }
    let computed = compute()
    value = computed
    return computed
  }
}
