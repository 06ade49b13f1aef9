import Foundation

/// A lock with one condition, that can also be taken by polling for it.
///
/// Foundation's `NSCondition` has no way to ask for its lock without sleeping where it is held, and
/// being woken takes some 30 µs: more than a short gradient.
final class PollingLock: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    mutex.initialize(to: pthread_mutex_t())
    condition.initialize(to: pthread_cond_t())
    // Fails only for want of memory.
    let results = [pthread_mutex_init(mutex, nil), pthread_cond_init(condition, nil)]
    precondition(results == [0, 0], "no lock could be made")
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Takes the lock, and sleeps while somebody else has it.
  func lock() { pthread_mutex_lock(mutex) }

  /// Takes the lock if nobody has it.
  func tryLock() -> Bool { pthread_mutex_trylock(mutex) == 0 }

  /// Gives the lock back.
  func unlock() { pthread_mutex_unlock(mutex) }

  /// Gives the lock back, sleeps until ``broadcast()`` or for no reason, and takes it again.
  func wait() { pthread_cond_wait(condition, mutex) }

  /// Wakes all who wait.
  func broadcast() { pthread_cond_broadcast(condition) }
}
