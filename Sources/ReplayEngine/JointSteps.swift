import Optimization

/// Gradients in flight and steps to come of several replays that share schedule and samples, where every gradient is
/// one number.
///
/// A gradient is applied some M arrivals after its worker has read, so the steps of the next few arrivals are known
/// before their predictions are asked for. A few of both are kept back and then done at once: each part of an iterate
/// takes all steps while it is near, and all derivatives are taken together. An entry of an iterate sees the same
/// operations in the same order as with each step alone, so nothing changes but the time.
///
/// Whoever looks at an iterate calls ``settle()`` first.
struct JointSteps<O: Objective> {
  /// The most steps that are kept back.
  private static var limit: Int { 8 }
  /// The steps that are then done at once; the rows of the others are brought near meanwhile.
  private static var groupSize: Int { 4 }

  private let objective: O
  /// Of numbers by slot: the members that there were at first.
  private let stride: Int
  // Pointers only, so that nothing is counted or checked on the way; whoever makes one gives it back.
  private let state: UnsafeMutablePointer<State>
  /// The members that are still running, ascending, and their iterates.
  private let places: UnsafeMutablePointer<Int>
  private let iterates: UnsafeMutablePointer<UnsafeMutablePointer<Double>>
  /// By slot and member: ℓ′ of the gradient in flight.
  private let slopes: UnsafeMutablePointer<Double>
  /// By slot: its sample, and whether its prediction is among what is kept back.
  private let samples: UnsafeMutablePointer<Int32>
  private let isKept: UnsafeMutablePointer<Bool>
  private let slotCount: Int
  /// By worker; the last one is for what is prepared.
  private let slots: UnsafeMutablePointer<Int>
  /// The step that waits for a prediction to go with, by turn.
  private let waitingScales: UnsafeMutablePointer<Double>
  // What is kept back, by step, and by step and turn.
  private let steppedSamples: UnsafeMutablePointer<Int32>
  private let predictedSamples: UnsafeMutablePointer<Int32>
  private let predictedSlots: UnsafeMutablePointer<Int>
  private let scales: UnsafeMutablePointer<Double>
  private let predictions: UnsafeMutablePointer<Double>
  private let sampleOfPrediction: UnsafeMutablePointer<Int32>

  private struct State {
    var memberCount: Int
    var keptCount = 0
    /// −1 where no step waits.
    var waitingSample: Int32 = -1
  }

  init(_ objective: O, workerCount: Int, iterates all: [UnsafeMutablePointer<Double>]) {
    func allocate<T>(_ count: Int, _ value: T) -> UnsafeMutablePointer<T> {
      let pointer = UnsafeMutablePointer<T>.allocate(capacity: count)
      pointer.initialize(repeating: value, count: count)
      return pointer
    }
    self.objective = objective
    let count = all.count
    stride = count
    slotCount = workerCount + 1
    state = allocate(1, State(memberCount: count))
    places = allocate(count, 0)
    iterates = .allocate(capacity: count)
    for (place, iterate) in all.enumerated() {
      places[place] = place
      (iterates + place).initialize(to: iterate)
    }
    slopes = allocate(slotCount * count, 0)
    samples = allocate(slotCount, 0)
    isKept = allocate(slotCount, false)
    slots = allocate(slotCount, 0)
    for slot in 0..<slotCount { slots[slot] = slot }
    waitingScales = allocate(count, 0)
    steppedSamples = allocate(Self.limit, 0)
    predictedSamples = allocate(Self.limit, 0)
    predictedSlots = allocate(Self.limit, 0)
    scales = allocate(Self.limit * count, 0)
    predictions = allocate(Self.limit * count, 0)
    sampleOfPrediction = allocate(Self.limit * count, 0)
  }

  func deallocate() {
    state.deallocate()
    places.deallocate()
    iterates.deallocate()
    slopes.deallocate()
    samples.deallocate()
    isKept.deallocate()
    slots.deallocate()
    waitingScales.deallocate()
    steppedSamples.deallocate()
    predictedSamples.deallocate()
    predictedSlots.deallocate()
    scales.deallocate()
    predictions.deallocate()
    sampleOfPrediction.deallocate()
  }

  /// A member has ended. Nothing may be kept back.
  func remove(turn: Int) {
    assert(state.pointee.keptCount == 0 && state.pointee.waitingSample < 0, "steps are left")
    state.pointee.memberCount -= 1
    for later in turn..<state.pointee.memberCount {
      places[later] = places[later + 1]
      iterates[later] = iterates[later + 1]
    }
  }

  /// A worker reads, and begins a gradient of this sample.
  @inline(__always)
  func start(worker: Int, sample: Int32) {
    let slot = slots[worker]
    samples[slot] = sample
    let stepped = state.pointee.waitingSample
    guard stepped >= 0 else { return predict(slot: slot) }
    state.pointee.waitingSample = -1
    let step = state.pointee.keptCount
    let count = state.pointee.memberCount
    steppedSamples[step] = stepped
    predictedSamples[step] = sample
    predictedSlots[step] = slot
    isKept[slot] = true
    let own = scales + step &* count
    for turn in 0..<count { own[turn] = waitingScales[turn] }
    state.pointee.keptCount = step &+ 1
    if step &+ 1 == Self.limit { complete(Self.groupSize) }
  }

  /// As `start`, while the worker's last gradient is still wanted.
  func prepare(sample: Int32) {
    settle()
    samples[slots[slotCount - 1]] = sample
    predict(slot: slots[slotCount - 1])
  }

  func adoptPrepared(worker: Int) {
    swap(&slots[worker], &slots[slotCount - 1])
  }

  /// Makes the worker's gradient, times its member's weight, the step to come.
  @inline(__always)
  func apply(worker: Int, verdicts: UnsafeMutablePointer<Verdict>) {
    let slot = slots[worker]
    while isKept[slot] { complete(min(Self.groupSize, state.pointee.keptCount)) }
    if state.pointee.waitingSample >= 0 { settle() }
    let own = slopes + slot &* stride
    for turn in 0..<state.pointee.memberCount {
      let place = places[turn]
      waitingScales[turn] = -verdicts[place].weight * own[place]
    }
    state.pointee.waitingSample = samples[slot]
  }

  /// Takes all steps.
  @inline(__always)
  func settle() {
    if state.pointee.keptCount > 0 { complete(state.pointee.keptCount) }
    if state.pointee.waitingSample >= 0 { land() }
  }

  @inline(never)
  private func land() {
    for turn in 0..<state.pointee.memberCount {
      objective.add(
        waitingScales[turn], times: 1, of: state.pointee.waitingSample, to: iterates[turn],
        fetching: -1)
    }
    state.pointee.waitingSample = -1
  }

  /// Does the first of what is kept back.
  @inline(never)
  private func complete(_ steps: Int) {
    let count = state.pointee.memberCount
    let rest = state.pointee.keptCount &- steps
    state.pointee.keptCount = rest
    objective.add(
      scales, of: UnsafeBufferPointer(start: steppedSamples, count: steps), to: iterates,
      thenPredict: predictedSamples, into: predictions, count: count,
      fetching: UnsafeBufferPointer(start: predictedSamples + steps, count: rest))
    for step in 0..<steps {
      for turn in 0..<count { sampleOfPrediction[step &* count &+ turn] = predictedSamples[step] }
    }
    objective.differentiate(predictions, of: sampleOfPrediction, count: steps &* count)
    for step in 0..<steps { keep(predictions + step &* count, slot: predictedSlots[step]) }
    for step in 0..<rest {
      steppedSamples[step] = steppedSamples[steps &+ step]
      predictedSamples[step] = predictedSamples[steps &+ step]
      predictedSlots[step] = predictedSlots[steps &+ step]
      // Aborted and started anew, it may have been among both.
      isKept[predictedSlots[step]] = true
    }
    for place in 0..<(rest &* count) { scales[place] = scales[steps &* count &+ place] }
  }

  /// The gradients at the iterates as they are.
  @inline(never)
  private func predict(slot: Int) {
    settle()
    let count = state.pointee.memberCount
    for turn in 0..<count {
      predictions[turn] = objective.predict(samples[slot], at: iterates[turn], fetching: -1)
      sampleOfPrediction[turn] = samples[slot]
    }
    objective.differentiate(predictions, of: sampleOfPrediction, count: count)
    keep(predictions, slot: slot)
  }

  @inline(__always)
  private func keep(_ numbers: UnsafeMutablePointer<Double>, slot: Int) {
    isKept[slot] = false
    let own = slopes + slot &* stride
    for turn in 0..<state.pointee.memberCount { own[places[turn]] = numbers[turn] }
  }
}
