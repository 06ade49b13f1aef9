import Dispatch
import Kernels
import Optimization
import Synchronization

/// Gradients in flight that are computed when one of them is first wanted, all that are under way at once on
/// several threads.
///
/// A gradient depends on nothing but the iterate that its worker read, so a copy of that iterate is kept, and
/// neither the moment nor the thread can change a bit. Updates stay one story on one thread. What is aborted
/// before it is wanted is never computed.
///
/// It pays where gradients are dear: a fork and join costs some 10 to 30 µs, so that two gradients of 80 µs
/// gain a quarter and those of milliseconds nearly all. Independent replays (seeds, stepsizes) go to threads
/// of their own without any of this, and that is preferred.
struct DeferredGradients: ~Copyable {
  /// Multiplications in a gradient from which it is taken to last 80 µs: 256 rows of 784 numbers, twice.
  static let leastOperations = 400_000

  private let threads: Int
  /// By slot: the iterate that was read.
  private let snapshots: Vector
  private let stride: Int
  private let scratch: Vector
  private let scratchStride: Int
  /// By slot: whether its gradient is still to be computed.
  private var isPending: [Bool]
  private var pending: [Int] = []

  init(slotCount: Int, dimension: Int, scratchCount: Int, threads: Int) {
    self.threads = threads
    stride = Vector.paddedCount(dimension)
    snapshots = Vector(dimension: slotCount * stride)
    scratchStride = Vector.paddedCount(max(8, scratchCount))
    scratch = Vector(dimension: threads * scratchStride)
    isPending = [Bool](repeating: false, count: slotCount)
    pending.reserveCapacity(slotCount)
  }

  /// Notes that a slot's gradient is one at x.
  mutating func put(off slot: Int, at x: borrowing Vector) {
    copy(x.base, into: snapshots.base + slot * stride, count: stride)
    isPending[slot] = true
  }

  /// A slot's gradient will not be wanted.
  mutating func cancel(_ slot: Int) {
    isPending[slot] = false
  }

  func isPending(_ slot: Int) -> Bool { isPending[slot] }

  /// Computes everything that has been put off. `compute` gets a slot, the iterate and scratch space, writes
  /// to the slot's own numbers and is called for different slots at once.
  mutating func computeAll(
    _ compute: @Sendable (Int, UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
  ) {
    pending.removeAll(keepingCapacity: true)
    for slot in isPending.indices where isPending[slot] {
      pending.append(slot)
      isPending[slot] = false
    }
    let crew = min(threads, pending.count)
    let next = Atomic<Int>(0)
    let slots = pending
    let (stride, scratchStride) = (self.stride, self.scratchStride)
    // Every slot is taken by one thread, and every thread has scratch space of its own; nobody touches the
    // snapshots until all are done.
    nonisolated(unsafe) let snapshots = self.snapshots.base
    nonisolated(unsafe) let scratch = self.scratch.base
    DispatchQueue.concurrentPerform(iterations: crew) { member in
      while true {
        let turn = next.add(1, ordering: .relaxed).oldValue
        guard turn < slots.count else { return }
        compute(
          slots[turn], snapshots + slots[turn] * stride, scratch + member * scratchStride)
      }
    }
  }
}
