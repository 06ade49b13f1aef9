import Kernels
import Optimization
import TraceModel

/// The body of a replay that computes: iterates, gradients in flight, evaluation and fingerprint.
///
/// A gradient depends only on the iterate that was read and on its batch, so it is computed as soon
/// as a worker is handed its iterate, and kept in the worker's slot of one aligned block. No copy of
/// an iterate is kept for a worker.
struct GradientReplay<O: Objective>: ReplayBody, ~Copyable {
  let objective: O
  private var batches: BatchSource
  let x: Vector
  /// The iterate to come, for methods that put it together beside the current one; else without
  /// entries.
  private let upcoming: Vector
  private let scratch: Vector
  let values: Vector
  let valuesPerSlot: Int
  let samples: UnsafeMutablePointer<Int32>
  let samplesPerSlot: Int
  let sampleCounts: UnsafeMutablePointer<Int>
  /// The slot of each worker; the last entry is the spare one, for what is prepared.
  let slots: UnsafeMutablePointer<Int>
  private let workerCount: Int
  private let isAnticipating: Bool
  /// H; 0 for methods that send gradients.
  private let localSteps: Int
  private let localStepsize: Double
  private let localGradient: UnsafeMutablePointer<Double>
  let ruleSpace: RuleSpace
  /// nil where gradients are computed as soon as their workers read.
  var deferred: DeferredGradients?
  private let isPlain: Bool
  let keepsReads: Bool
  /// Whether `deferred`, `virtual` and `readPoints` are there: to look at them costs a call each.
  private let defers: Bool
  /// Whether every gradient is one number, whose derivative can be taken later.
  private let isScalar: Bool
  private let slopes: PendingSlopes
  /// Whether rows are brought near while others are worked on.
  private let fetchesInParts: Bool
  /// The sample of the gradient after the next one, −1 where it is not known or already near.
  private var aheadSample: Int32 = -1
  /// Whether a step waits for the next gradient, which is computed at its end in the same pass over x.
  private let defersSteps: Bool
  /// The step that waits: its scale, its slope and its sample; −1 for none.
  private var stepScale = 0.0
  private var stepSlope = 0.0
  private var stepSample: Int32 = -1
  private let followsVirtual: Bool
  let studiesReads: Bool
  /// Whether there is something to be done after every update, and not after a few of them only.
  private let followsUpdates: Bool

  var evaluator: Evaluator
  private var divergence: DivergenceRule
  private var fingerprint = Fingerprint()
  /// Whether no fingerprint is wanted.
  private let isTrial: Bool
  var virtual: VirtualIterate?
  private var virtualDistance: Double?
  var readPoints: ReadPoints?
  /// In the order of application; nil unless a second pass wants them.
  var appliedWeights: [Double]?
  /// By slot: whether its recorded batch has been used before. Without entries where nobody asks.
  var isRepeated: [Bool]
  /// k, for what is measured where a worker reads.
  var updateCount = 0
  private let update: ((HistoryRecord) -> Void)?

  /// - Parameters:
  ///   - initial: x_0.
  ///   - start: what is known at x_0, for replays that share it.
  ///   - line: where in a page x begins, for replays that are advanced together.
  init(
    _ objective: O, _ plan: ReplayPlan, batches: BatchSource, initial: [Double], spanNs: Int64,
    virtualPass: VirtualPass, readPass: ReadPointPass, observer: ReplayObserver,
    start: StartMeasurement? = nil, line: Int? = nil
  ) {
    self.objective = objective
    self.batches = batches
    workerCount = plan.workerCount
    valuesPerSlot = plan.valuesPerGradient
    samplesPerSlot = max(1, batches.largestSize)
    let slotCount = workerCount + 1
    let isAnticipating = objective.gainsFromAnticipation && batches.isForeseen
    self.isAnticipating = isAnticipating
    x = Vector(initial, line: line)
    upcoming = Vector(dimension: plan.hasUpcoming ? initial.count : 0)
    if plan.hasUpcoming, plan.localSteps == 0 {
      copy(x.base, into: upcoming.base, count: x.paddedCount)
    }
    scratch = Vector(dimension: plan.scratchCount)
    localSteps = plan.localSteps
    localStepsize = plan.parameters[0]
    localGradient = scratch.base + plan.gradientOffset
    ruleSpace = RuleSpace(plan.method, initial: initial, slotCount: slotCount)
    deferred =
      plan.defersGradients
      ? DeferredGradients(
        slotCount: slotCount, dimension: initial.count, scratchCount: plan.scratchCount,
        threads: plan.threads) : nil
    defers = plan.defersGradients
    // Locals, since an operand of && that reads a property captures what is not whole yet.
    let followsVirtual = if case .none = virtualPass { false } else { true }
    self.followsVirtual = followsVirtual
    isPlain = plan.method.gradientRule == .plain
    let isStudied = if case .none = readPass { false } else { true }
    let isScalar =
      objective.hasScalarGradients && batches.sizes == [1] && plan.localSteps == 0
      && !plan.defersGradients && !followsVirtual && !isStudied
    self.isScalar = isScalar
    slopes = PendingSlopes(slotCount: isScalar ? slotCount : 0)
    fetchesInParts = isScalar && isAnticipating && objective.fetchesInParts
    let keepsReads = plan.method.keepsReadIterates
    self.keepsReads = keepsReads
    defersSteps = isScalar && plan.method.gradientRule == .plain && !keepsReads
    values = Vector(dimension: slotCount * valuesPerSlot)
    // One more list, for what is only foreseen.
    samples = .allocate(capacity: (slotCount + 1) * samplesPerSlot)
    samples.initialize(repeating: 0, count: (slotCount + 1) * samplesPerSlot)
    sampleCounts = .allocate(capacity: slotCount)
    sampleCounts.initialize(repeating: 0, count: slotCount)
    slots = .allocate(capacity: slotCount)
    for slot in 0..<slotCount { (slots + slot).initialize(to: slot) }

    evaluator = Evaluator(
      plan.evaluation, spanNs: spanNs, dimension: initial.count,
      measuresGradient: !plan.isTrial)
    let startLoss = evaluator.start(objective, at: x, initial: initial, shared: start)
    let gradient = Vector(dimension: initial.count)
    evaluator.copyGradient(into: gradient)
    divergence = DivergenceRule(
      initial: x, loss: startLoss, gradient: gradient, lacksMinimum: objective.lacksMinimum)
    switch virtualPass {
    case .none: virtual = nil
    case .first: virtual = VirtualIterate(workerCount: workerCount, initial: x, weights: nil)
    case .second(let weights):
      virtual = VirtualIterate(workerCount: workerCount, initial: x, weights: weights)
      virtualDistance = 0
    }
    isRepeated = [Bool](repeating: false, count: isStudied ? slotCount : 0)
    switch readPass {
    case .none, .weights: studiesReads = false
    case .averages, .bias: studiesReads = true
    }
    switch readPass {
    case .none: readPoints = nil
    case .weights:
      readPoints = nil
      appliedWeights = []
    case .averages:
      readPoints = ReadPoints(
        slotCount: slotCount, dimension: initial.count, weightLists: [])
    case .bias(let lists):
      readPoints = ReadPoints(
        slotCount: slotCount, dimension: initial.count, weightLists: lists)
    }
    update = observer.update
    followsUpdates =
      followsVirtual || isStudied || observer.update != nil || plan.evaluation.choosesUpdates
    fingerprint.writeHeader(
      workerCount: workerCount, dimension: initial.count, method: plan.method,
      parameters: plan.parameters, seed: plan.seed, timing: plan.timing)
    isTrial = plan.isTrial
    fingerprint.writeIterate(x, updateCount: 0)
    if evaluator.nextInstantNs == .max {
      evaluator.append(
        objective, at: x, timeNs: 0, updateCount: 0, gradientCount: 0,
        virtualDistanceSquared: virtualDistance)
    }
  }

  deinit {
    slopes.deallocate()
    samples.deallocate()
    sampleCounts.deallocate()
    slots.deallocate()
  }

  // MARK: - Instants

  var nextInstantNs: Int64 {
    @inline(__always) get { evaluator.nextInstantNs }
  }

  mutating func passInstants(before timeNs: Int64, updateCount: Int, gradientCount: Int) {
    land()
    evaluator.passInstants(
      objective, at: x, before: timeNs, updateCount: updateCount, gradientCount: gradientCount,
      virtualDistanceSquared: virtualDistance)
  }

  // MARK: - Gradients in flight

  @inline(__always)
  mutating func start(worker: Int, gradient: Int) {
    if localSteps > 0 {
      computeLocally(worker: worker, gradient: gradient)
      return
    }
    compute(worker: worker, gradient: gradient, slot: slots[worker])
  }

  mutating func prepare(worker: Int, gradient: Int) {
    compute(worker: worker, gradient: gradient, slot: slots[workerCount], isPrepared: true)
  }

  mutating func adoptPrepared(worker: Int) {
    swap(&slots[worker], &slots[workerCount])
    virtual?.adoptPrepared(worker: worker)
  }

  var anticipates: Bool {
    @inline(__always) get { isAnticipating }
  }

  @inline(__always)
  mutating func anticipate(worker: Int, gradient: Int) {
    let list = samples + (workerCount + 1) * samplesPerSlot
    guard let count = batches.foresee(list, worker: worker, gradient: gradient) else { return }
    if fetchesInParts {
      aheadSample = list.pointee
      return
    }
    objective.anticipate(UnsafeBufferPointer(start: list, count: count))
  }

  /// - Parameter drawn: the batch, if somebody has drawn it already.
  @inline(__always)
  private mutating func compute(
    worker: Int, gradient: Int, slot: Int, isPrepared: Bool = false,
    drawn: UnsafeBufferPointer<Int32>? = nil
  ) {
    let list = samples + slot * samplesPerSlot
    let count: Int
    if let drawn {
      count = drawn.count
      for index in 0..<count { list[index] = drawn[index] }
    } else {
      count = batches.fill(list, worker: worker, gradient: gradient)
    }
    sampleCounts[slot] = count
    if isScalar {
      let prediction: Double
      if stepSample >= 0 {
        prediction = objective.add(
          stepScale, times: stepSlope, of: stepSample, to: x.base, thenPredict: list.pointee,
          fetching: aheadSample)
        stepSample = -1
      } else {
        prediction = objective.predict(list.pointee, at: x.base, fetching: aheadSample)
      }
      if slopes.append(prediction, sample: list.pointee, slot: slot) { takeSlopes() }
      if keepsReads { keepRead(slot: slot) }
      return
    }
    let batch = UnsafeBufferPointer(start: list, count: count)
    let place = values.base + slot * valuesPerSlot
    if defers {
      deferred?.put(off: slot, at: x)
    } else {
      objective.computeGradient(of: batch, at: x.base, into: place, scratch: scratch.base)
    }
    if followsVirtual {
      virtual?.start(
        objective, worker: worker, values: place, samples: batch, isPrepared: isPrepared)
    }
    if keepsReads { keepRead(slot: slot) }
    if !isRepeated.isEmpty {
      isRepeated[slot] = batches.isRepeated(worker: worker, gradient: gradient)
    }
    if studiesReads { studyRead(slot: slot, worker: worker, isPrepared: isPrepared) }
  }

  /// Takes H steps from x on the worker's own, and keeps where they end in the worker's slot.
  private mutating func computeLocally(worker: Int, gradient: Int) {
    let slot = slots[worker]
    let list = samples + slot * samplesPerSlot
    let y = values.base + slot * valuesPerSlot
    copy(x.base, into: y, count: x.paddedCount)
    for step in 0..<localSteps {
      let count = batches.fill(list, worker: worker, gradient: gradient + step)
      let batch = UnsafeBufferPointer(start: list, count: count)
      objective.computeGradient(of: batch, at: y, into: localGradient, scratch: scratch.base)
      objective.add(-localStepsize, times: localGradient, of: batch, to: y)
    }
  }

  /// Computes what has been put off, if the gradient of this slot is among it.
  @inline(__always)
  mutating func settle(_ slot: Int) {
    if isScalar {
      if slopes.contains(slot) { takeSlopes() }
    } else if defers, deferred?.isPending(slot) == true {
      computeDeferred()
    }
  }

  private func takeSlopes() {
    objective.differentiate(slopes.predictions, of: slopes.samples, count: slopes.count)
    slopes.take(into: values.base, valuesPerSlot: valuesPerSlot)
  }

  private mutating func computeDeferred() {
    let objective = self.objective
    let (perSlot, samplesPerSlot) = (valuesPerSlot, self.samplesPerSlot)
    // Read only until all are done, but for the numbers of each slot, which one thread writes.
    nonisolated(unsafe) let (samples, counts) = (self.samples, sampleCounts)
    nonisolated(unsafe) let values = self.values.base
    deferred?.computeAll { slot, x, scratch in
      objective.computeGradient(
        of: UnsafeBufferPointer(start: samples + slot * samplesPerSlot, count: counts[slot]),
        at: x, into: values + slot * perSlot, scratch: scratch)
    }
  }

  @inline(__always)
  func add(worker: Int, weight: Double, to target: borrowing Vector) {
    addGradient(worker: worker, scale: -weight, to: target)
  }

  @inline(__always)
  func addGradient(worker: Int, scale: Double, to target: borrowing Vector) {
    let slot = slots[worker]
    if isScalar {
      objective.add(
        scale, times: values.base[slot * valuesPerSlot], of: samples[slot * samplesPerSlot],
        to: target.base, fetching: aheadSample)
      return
    }
    objective.add(
      scale, times: values.base + slot * valuesPerSlot,
      of: UnsafeBufferPointer(start: samples + slot * samplesPerSlot, count: sampleCounts[slot]),
      to: target.base)
  }

  // MARK: - Several replays at once

  /// Whether gradients are numbers that x is moved by at once, so that whoever advances several replays may
  /// keep gradients and steps for all of them.
  var isJoinable: Bool { defersSteps && upcoming.dimension == 0 }

  /// Draws the one sample of a gradient that begins.
  @inline(__always)
  mutating func draw(worker: Int, gradient: Int) -> Int32 {
    let list = samples + worker * samplesPerSlot
    _ = batches.fill(list, worker: worker, gradient: gradient)
    return list.pointee
  }

  /// Whether every one of several replays has to draw for itself: where drawing leaves a mark that belongs to the
  /// result, and for several local steps.
  var drawsAlone: Bool { batches.shareSeen != nil || localSteps > 0 }

  /// The samples of the gradient that a worker began last.
  func batch(worker: Int) -> UnsafeBufferPointer<Int32> { batch(slot: slots[worker]) }

  /// The samples of what is prepared.
  var preparedBatch: UnsafeBufferPointer<Int32> { batch(slot: slots[workerCount]) }

  private func batch(slot: Int) -> UnsafeBufferPointer<Int32> {
    UnsafeBufferPointer(start: samples + slot * samplesPerSlot, count: sampleCounts[slot])
  }

  /// As `start`, with samples that another replay has drawn.
  mutating func start(worker: Int, gradient: Int, drawn: UnsafeBufferPointer<Int32>) {
    compute(worker: worker, gradient: gradient, slot: slots[worker], drawn: drawn)
  }

  /// As `prepare`, with samples that another replay has drawn.
  mutating func prepare(worker: Int, gradient: Int, drawn: UnsafeBufferPointer<Int32>) {
    compute(
      worker: worker, gradient: gradient, slot: slots[workerCount], isPrepared: true,
      drawn: drawn)
  }

  // MARK: - Updates

  /// Takes the step that waits. Whoever looks at x calls this first.
  @inline(__always)
  mutating func land() {
    guard stepSample >= 0 else { return }
    objective.add(
      stepScale, times: stepSlope, of: stepSample, to: x.base, fetching: aheadSample)
    stepSample = -1
  }

  @inline(__always)
  mutating func note(_ arrival: Arrival, updateCount: Int, verdict: Verdict) {
    note(
      ArrivalRecord(arrival, fate: verdict.fate, updateCount: updateCount),
      worker: arrival.worker, verdict: verdict)
  }

  /// The same where the record of the arrival is there.
  @inline(__always)
  mutating func note(_ record: ArrivalRecord, worker: Int, verdict: Verdict) {
    if !isTrial { fingerprint.writeArrival(record, stepsize: verdict.stepsize) }
    // What is left out has a weight too.
    if verdict.weight == 0 { observeApplied(worker: worker, weight: 0, isCollected: false) }
  }

  @inline(__always)
  mutating func apply(worker: Int, weight: Double) {
    settle(slots[worker])
    observeApplied(worker: worker, weight: weight, isCollected: false)
    if defersSteps {
      land()
      let slot = slots[worker]
      stepScale = -weight
      stepSlope = values.base[slot * valuesPerSlot]
      stepSample = samples[slot * samplesPerSlot]
      return
    }
    guard isPlain else { return applyByRule(worker: worker, weight: weight) }
    add(worker: worker, weight: weight, to: x)
    if followsVirtual { virtual?.apply(worker: worker, weight: weight) }
  }

  mutating func virtualApply(worker: Int, weight: Double) {
    virtual?.apply(worker: worker, weight: weight)
  }

  mutating func collect(worker: Int, weight: Double) {
    if localSteps > 0 {
      axpy(
        weight, values.base + slots[worker] * valuesPerSlot, to: upcoming.base,
        count: x.paddedCount)
      return
    }
    settle(slots[worker])
    observeApplied(worker: worker, weight: weight, isCollected: true)
    add(worker: worker, weight: weight, to: upcoming)
    virtual?.collect(worker: worker, weight: weight)
  }

  mutating func adoptCollected() {
    land()
    copy(upcoming.base, into: x.base, count: x.paddedCount)
    // The mean of the next round starts from nothing, a sum of gradients from x.
    if localSteps > 0 { clear(upcoming.base, count: x.paddedCount) }
    virtual?.adoptCollected()
    readPoints?.adoptCollected()
  }

  @inline(__always)
  mutating func finishUpdate(
    _ record: HistoryRecord, gradientCount: Int, endsCollection: Bool
  ) -> Bool {
    let updateCount = record.updateCount
    self.updateCount = updateCount
    // Of most updates nothing is looked at.
    guard
      followsUpdates || endsCollection || Fingerprint.includesIterate(updateCount)
        || DivergenceRule.isChecked(updateCount)
    else { return false }
    return finishFollowed(record, gradientCount: gradientCount, endsCollection: endsCollection)
  }

  @inline(never)
  private mutating func finishFollowed(
    _ record: HistoryRecord, gradientCount: Int, endsCollection: Bool
  ) -> Bool {
    let updateCount = record.updateCount
    if endsCollection, !isTrial {
      fingerprint.writeRoundEnd(timeNs: record.timeNs, updateCount: updateCount)
    }
    if Fingerprint.includesIterate(updateCount), !isTrial {
      land()
      fingerprint.writeIterate(x, updateCount: updateCount)
    }
    if followsVirtual {
      virtualDistance = virtual?.distanceSquared(to: x, updateCount: updateCount)
    }
    if studiesReads { readPoints?.finishUpdate(updateCount) }
    let isChosen = evaluator.isChosen(updateCount)
    if isChosen {
      land()
      evaluator.append(
        objective, at: x, timeNs: record.timeNs, updateCount: updateCount,
        gradientCount: gradientCount, virtualDistanceSquared: virtualDistance)
    }
    if let update { report(record, isChosen: isChosen, to: update) }
    return DivergenceRule.isChecked(updateCount) && isDiverged(updateCount)
  }

  private mutating func isDiverged(_ updateCount: Int) -> Bool {
    land()
    switch divergence.standing(objective, at: x) {
    case .sound: return false
    case .diverged: return true
    case .unknown:
      let loss = evaluator.measureLoss(objective, at: x, updateCount: updateCount)
      return divergence.isDiverged(objective, loss: loss)
    }
  }

  /// Whether `finishUpdate` will pass over the data for the sake of divergence.
  mutating func isLossNeeded(_ updateCount: Int) -> Bool {
    land()
    return if case .unknown = divergence.standing(objective, at: x) {
      evaluator.lacks(updateCount, withGradient: false)
    } else {
      false
    }
  }

  private mutating func report(
    _ record: HistoryRecord, isChosen: Bool, to update: (HistoryRecord) -> Void
  ) {
    var record = record
    if isChosen {
      let (loss, norm) = evaluator.measure(objective, at: x, updateCount: record.updateCount)
      record.loss = loss
      record.gradientNormSquared = norm
    }
    record.virtualDistanceSquared = virtualDistance
    update(record)
  }

  // MARK: - The end

  /// What is left when the loop has ended.
  consuming func finish(_ schedule: ScheduleRun) -> GradientResult {
    land()
    let isDiverged = if case .diverged = schedule.outcome { true } else { false }
    evaluator.finish(
      objective, at: x, timeNs: schedule.timeNs, updateCount: schedule.updateCount,
      gradientCount: schedule.gradientCount, virtualDistanceSquared: virtualDistance,
      isDiverged: isDiverged)
    fingerprint.writeIterate(x, updateCount: schedule.updateCount)
    let weights = virtual?.weights ?? []
    let distances = virtual?.summary
    let averages = readPoints?.result
    let bias = readPoints?.bias
    return GradientResult(
      points: evaluator.points, finalIterate: x.entries,
      fingerprint: isTrial ? nil : fingerprint.digest(),
      shareSeen: batches.shareSeen, virtualWeights: weights, appliedWeights: appliedWeights ?? [],
      readPoints: averages, delayBias: bias, virtualDistance: distances)
  }
}

/// What is left of a body when its loop has ended.
struct GradientResult {
  var points: [Run.Point]
  var finalIterate: [Double]
  var fingerprint: String?
  var shareSeen: Double?
  var virtualWeights: [Double]
  var appliedWeights: [Double]
  var readPoints: ReadPointAverages?
  var delayBias: DelayBias?
  var virtualDistance: VirtualDistance?
}
