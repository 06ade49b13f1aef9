import Optimization

// What is observed where gradients are computed and where they are used.
extension GradientReplay {
  mutating func studyRead(slot: Int, worker: Int, isPrepared: Bool) {
    let (loss, norm) = evaluator.measure(objective, at: x, updateCount: updateCount)
    let batch = UnsafeBufferPointer(
      start: samples + slot * samplesPerSlot, count: sampleCounts[slot])
    let place = values.base + slot * valuesPerSlot
    let objective = self.objective
    readPoints?.start(
      slot: slot, loss: loss, gradientNormSquared: norm, gradient: evaluator.knownGradient
    ) {
      objective.add(-1, times: place, of: batch, to: $0)
    }
    virtual?.measure(worker: worker, isPrepared: isPrepared, gradientNormSquared: norm)
  }

  /// The gradient that a worker computes will never arrive.
  mutating func forget(worker: Int) {
    deferred?.cancel(slots[worker])
    observeApplied(worker: worker, weight: 0, isCollected: false)
  }

  /// What is only observed of a gradient that is about to be added.
  @inline(__always)
  mutating func observeApplied(worker: Int, weight: Double, isCollected: Bool) {
    if appliedWeights != nil, !isRepeated[slots[worker]] { appliedWeights?.append(weight) }
    if studiesReads { studyApplied(slots[worker], weight, isCollected) }
  }

  mutating func studyApplied(_ slot: Int, _ weight: Double, _ isCollected: Bool) {
    let batch = UnsafeBufferPointer(
      start: samples + slot * samplesPerSlot, count: sampleCounts[slot])
    let place = values.base + slot * valuesPerSlot
    let objective = self.objective
    readPoints?.apply(
      slot: slot, weight: weight, isCollected: isCollected, isRepeated: isRepeated[slot]
    ) {
      objective.add($0, times: place, of: batch, to: $1)
    }
  }
}
