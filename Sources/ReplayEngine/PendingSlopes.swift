/// Gradients in flight of which only the prediction is known yet.
///
/// Where a gradient is one number ℓ′(prediction), nobody needs that number before the gradient is applied, some M
/// arrivals later. Many derivatives at once take little more than one: what a derivative takes is waiting for the
/// steps of a long chain.
struct PendingSlopes {
  /// How many are kept at the most: of vectors of eight, several go through their chains at once.
  static let limit = 32

  let predictions: UnsafeMutablePointer<Double>
  let samples: UnsafeMutablePointer<Int32>
  let slots: UnsafeMutablePointer<Int>
  // Pointers only, so that nothing is counted or checked on the way; whoever makes one gives it back.
  private let used: UnsafeMutablePointer<Int>
  /// By slot: whether its derivative is still to be taken.
  private let isPending: UnsafeMutablePointer<Bool>

  init(slotCount: Int) {
    used = .allocate(capacity: 1)
    used.initialize(to: 0)
    predictions = .allocate(capacity: Self.limit)
    predictions.initialize(repeating: 0, count: Self.limit)
    samples = .allocate(capacity: Self.limit)
    samples.initialize(repeating: 0, count: Self.limit)
    slots = .allocate(capacity: Self.limit)
    slots.initialize(repeating: 0, count: Self.limit)
    isPending = .allocate(capacity: max(1, slotCount))
    isPending.initialize(repeating: false, count: max(1, slotCount))
  }

  func deallocate() {
    used.deallocate()
    predictions.deallocate()
    samples.deallocate()
    slots.deallocate()
    isPending.deallocate()
  }

  /// Keeps a slot's prediction. Returns whether there is no room for another one.
  @inline(__always)
  func append(_ prediction: Double, sample: Int32, slot: Int) -> Bool {
    let count = used.pointee
    predictions[count] = prediction
    samples[count] = sample
    slots[count] = slot
    isPending[slot] = true
    used.pointee = count &+ 1
    return count &+ 1 == Self.limit
  }

  var count: Int { used.pointee }

  @inline(__always)
  func contains(_ slot: Int) -> Bool { isPending[slot] }

  /// Writes what `predictions` have become to their slots, and forgets them. A slot that is there twice was
  /// aborted and started anew: the later one stays.
  func take(into values: UnsafeMutablePointer<Double>, valuesPerSlot: Int) {
    for place in 0..<count {
      values[slots[place] * valuesPerSlot] = predictions[place]
      isPending[slots[place]] = false
    }
    used.pointee = 0
  }
}
