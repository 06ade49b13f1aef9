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
  /// Without intervals the point ratios decide, and the verdict says so.
  func row(_ law: NoiseLaw) -> NoiseChoice {
    let schedules = law.schedules(times, dropLimit: dropLimit, server: server)
    let costs = schedules.map { law.time($0, times, server: server) }
    let contenders = schedules.indices.filter { isContender(schedules[$0], law) }
    let best = contenders.min { (costs[$0], $0) < (costs[$1], $1) } ?? 0

    var recommended: Schedule?
    var needed: Double?
    for contender in contenders {
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
    let gradientsNeeded = needed.flatMap { factor -> Int? in
      let count = factor * shortest
      return recommended == nil && count < 1e12 ? Int(count.rounded(.up)) : nil
    }
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

  /// Draining nobody is full minibatch. Shares and drains need workers that differ, and speeds that
  /// still help on the second half of the trace when they were read off the first.
  func isContender(_ schedule: Schedule, _ law: NoiseLaw) -> Bool {
    switch schedule {
    case .minibatch, .async: true
    case .backup(let need): need < timings.workerCount
    case .subset(let drop):
      drop > 0 && (halves?.holds(schedule, law, server: server) ?? true)
    case .rebalanced:
      canTellApart && options.allowsRebalancing
        && (halves?.holds(schedule, law, server: server) ?? true)
    }
  }
}
