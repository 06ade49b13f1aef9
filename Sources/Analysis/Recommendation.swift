/// What one row of the noise table decides.
struct NoiseChoice {
  var law: NoiseLaw
  /// In the order of `PolicyName`.
  var schedules: [Schedule]
  /// nil if it cannot be told.
  var recommended: Schedule?
  /// The schedule with the smallest time.
  var best: Schedule
  /// Gradients of the shortest worker that would settle it, if more of the same would.
  var gradientsNeeded: Int?
  var row: Comparison.NoiseRow
}

extension PolicyStudy {
  /// Times above the best by no more than this are as good.
  static let tolerance = 1.03

  /// Recommends the simplest policy that is, with 97.5% confidence against each of the others, no
  /// more than 3% slower.
  ///
  /// Each other policy in turn, because the best is not known: a single policy measured as best
  /// would be as good as itself on any trace, however short, and nothing could ever be left open.
  /// Without intervals the point ratios decide, and the verdict says so; but where chance alone may
  /// have made them, only full minibatch is recommended, since nothing has to be changed for it.
  func row(_ law: NoiseLaw) -> NoiseChoice {
    let schedules = law.schedules(times, drops: drops, server: server)
    let costs = schedules.map { law.time($0, times, server: server) }
    let contenders = schedules.indices.filter { isContender(schedules[$0], law) }
    let best = contenders.min { (costs[$0], $0) < (costs[$1], $1) } ?? 0

    var recommended: Schedule?
    var needed: Double?
    if isLeftToChance {
      if let full = contenders.first(where: { schedules[$0] == .minibatch }),
        costs[full] <= Self.tolerance * costs[best]
      {
        recommended = .minibatch
      }
    }
    for contender in contenders where !isLeftToChance {
      var holds = true
      var neededHere: Double = 1
      for other in contenders where other != contender {
        let ratio = costs[contender] / costs[other]
        let upper =
          resamples?.interval(
            of: schedules[contender], over: schedules[other], estimate: ratio,
            law.time(_:roundTime:))?.upper ?? ratio
        guard upper > Self.tolerance else { continue }
        holds = false
        // The half width falls with the square root of the steps.
        let factor = (upper - ratio) / (Self.tolerance - ratio)
        neededHere = ratio < Self.tolerance ? max(neededHere, factor * factor) : .infinity
      }
      if holds {
        recommended = schedules[contender]
        break
      }
      needed = min(needed ?? .infinity, neededHere)
    }
    let shortest = Double(timings.counts.min() ?? 0)
    var gradientsNeeded = needed.flatMap { factor -> Int? in
      let count = factor * shortest
      return recommended == nil && count < 1e12 ? Int(count.rounded(.up)) : nil
    }
    if isLeftToChance, recommended == nil { gradientsNeeded = gradientsForIntervals }
    let lowest = costs.min() ?? 0
    return NoiseChoice(
      law: law, schedules: schedules, recommended: recommended, best: schedules[best],
      gradientsNeeded: gradientsNeeded,
      row: Comparison.NoiseRow(
        criticalBatchOverWorkers: law.criticalBatch / Double(law.workerCount),
        policy: isAbstaining ? nil : recommended?.name,
        parameter: isAbstaining ? nil : recommended?.parameter,
        relativeTimes: costs.map { lowest / $0 }))
  }

  /// A verdict never rests on durations that may hold waiting for others.
  var isAbstaining: Bool { inspection.trust == .wallClock }

  /// Point estimates of durations that vary, too few for an interval, on workers that chance may have
  /// made different: whichever policy looks best may do so by luck.
  var isLeftToChance: Bool {
    guard hasTooFewRounds, timings.workerCount > 1, !canTellApart else { return false }
    return !hasConstantWorkers
  }

  /// Every worker has two gradients at least, and all of its own take equally long.
  private var hasConstantWorkers: Bool {
    timings.counts.indices.allSatisfy { m in
      let begin = timings.offsets[m]
      let own = timings.durations[begin..<(begin + timings.counts[m])]
      return own.count > 1 && own.allSatisfy { $0 == own.first }
    }
  }

  /// Gradients of the shortest worker with which there would be intervals.
  ///
  /// Above 8 where windows of time do not hold all workers yet; twice as long is a guess then.
  private var gradientsForIntervals: Int {
    let shortest = timings.counts.min() ?? 0
    return shortest < BlockPlan.minimum ? BlockPlan.minimum : 2 * shortest
  }

  func isContender(_ schedule: Schedule, _ law: NoiseLaw) -> Bool {
    exclusion(of: schedule, law) == nil
  }

  /// Why a schedule is not up for recommendation; nil if it is.
  ///
  /// Draining nobody is full minibatch. Shares and drains need workers that differ, and speeds that
  /// still help on the second half of the trace when they were read off the first.
  func exclusion(of schedule: Schedule, _ law: NoiseLaw) -> String? {
    var holds: Bool { halves?.holds(schedule, law, server: server) ?? true }
    switch schedule {
    case .minibatch, .async: return nil
    case .backup(let need):
      return need < timings.workerCount ? nil : "it waits for all, which is full minibatch"
    case .subset(let drop):
      if drop == 0 {
        return canTellApart
          ? "it drains nobody, which is full minibatch" : "the workers cannot be told apart"
      }
      return holds ? nil : "chosen on the first half, it does not help on the second"
    case .rebalanced:
      if !canTellApart { return "the workers cannot be told apart" }
      if !options.allowsRebalancing { return "rebalancing was ruled out" }
      return holds ? nil : "chosen on the first half, it does not help on the second"
    }
  }
}
