import ReplayEngine
import TraceModel

/// What an inspection depends on besides the trace.
public struct InspectionOptions: Hashable, Sendable {
  /// Which turnarounds are charged in ratios and forecasts.
  public var turnaround: TurnaroundPolicy
  /// Of the resamples and shuffles.
  public var seed: UInt64
  /// Bootstrap resamples; 0 for no intervals.
  public var resampleCount: Int
  /// Permutations and shuffles; 0 for no `formula_null`, `p_equal`, split and shuffled burstiness.
  public var shuffleCount: Int
  /// Whether policies and times are charged the turnarounds however little they change, as where
  /// turnarounds are what is asked about.
  public var alwaysChargesTurnaround: Bool

  public init(
    turnaround: TurnaroundPolicy = .recorded, seed: UInt64 = 1, resampleCount: Int = 1000,
    shuffleCount: Int = 200, alwaysChargesTurnaround: Bool = false
  ) {
    self.turnaround = turnaround
    self.seed = seed
    self.resampleCount = resampleCount
    self.shuffleCount = shuffleCount
    self.alwaysChargesTurnaround = alwaysChargesTurnaround
  }
}

/// Above this many workers there are no intervals, no burstiness and no trends.
let workerLimitOfExtras = 4096

/// Says what is in a trace, from its durations alone.
///
/// Deterministic: equal traces and options give equal bits. A trace with every duration multiplied
/// by a constant gives the same ratios.
///
/// The backcast replays the schedule that was recorded: rounds where the workers advanced in rounds,
/// else asynchronous SGD. Outside 0.9 … 1.1 of the recorded time, every trust grade falls by one,
/// those of `workers` included. There is none for back-to-back gradients, whose start times were
/// made up, nor for one worker.
///
/// - Precondition: Every worker has a gradient, and there is a worker.
/// - Complexity: O(shuffles · gradients + resamples · M · blocks + M · R), R up to 20 times the
///   longest worker. 0.1 s or so for 8 workers × 2,000 gradients.
public func inspect(
  _ trace: Trace, options: InspectionOptions = InspectionOptions()
) -> Inspection {
  precondition(!trace.workers.isEmpty, "an inspection of a trace without workers")
  let timings = Timings(trace, turnaround: options.turnaround)
  let backcast = backcast(trace, timings)
  let limits = WorkerFiguresLimits(
    shuffleCount: min(options.shuffleCount, max(20, 20_000_000 / timings.durations.count)),
    seed: options.seed, trendPoints: timings.workerCount <= 256 ? 128 : 32,
    hasExtras: timings.workerCount <= workerLimitOfExtras)
  let described = trace.workers.indices.map { m in
    workerFigures(trace.workers[m], timings, index: m, limits: limits)
  }
  var workers = described.map(\.figures)
  if let backcast, backcast.lowersGrades {
    for m in workers.indices { workers[m].worker.trust = workers[m].worker.trust.lowered }
  }

  let rounds = PairedRounds.fullCount(timings.counts)
  let own = PairedRounds(timings, withTurnaround: false).meanRound(count: rounds)
  let charged =
    timings.turnaround == nil
    ? own : PairedRounds(timings, withTurnaround: true).meanRound(count: rounds)
  let cycles = timings.cycles(withTurnaround: true)
  // A table of rates holds no draws that chance could have dealt otherwise.
  let equal =
    trace.holdsRates
    ? nil
    : EqualWorkers(timings, permutationCount: options.shuffleCount, seed: options.seed)
  let speedup = countSpeedup(
    trace, timings, medians: workers.map(\.medianSeconds), ownRound: own.time,
    chargedRound: charged.time, equal: equal, options: options)
  let count = Double(timings.workerCount)
  let influence = Influence(timings)
  return Inspection(
    trace: Inspection.TraceSummary(
      name: trace.name, digest: trace.digest, format: trace.format, kind: trace.kind,
      unit: trace.unit, workerCount: trace.workerCount, gradientCount: trace.gradientCount,
      spanSeconds: Double(trace.spanNs) / 1e9, issues: trace.issues + longGapIssues(trace)),
    workers: workers, slowest: slowestFirst(timings.means)[0], speedup: speedup,
    turnaround: timings.turnaround,
    forecast: Inspection.Forecast(
      asyncUpdatesPerSecond: orderFreeSum(cycles.map { 1e9 / $0 }),
      minibatchGradientsPerSecond: count * 1e9 / charged.time),
    backcast: backcast, delayEstimate: sumOfRelativeSpeeds(timings.means),
    synchronousWaste: 1 - own.busy / own.time,
    predicted: predictedTimes(
      cycleSeconds: timings.cycles(withTurnaround: speedup.turnaroundMatters).map { $0 / 1e9 }),
    stragglers: stragglers(
      workers, trendIntervals: described.map(\.trendInterval), means: timings.means,
      equal: equal, holdsRates: trace.holdsRates),
    trust: workers.map(\.worker.trust).min() ?? .wallClock, influenceOfOne: influence.ofOne,
    influenceOfWarmUp: influence.ofWarmUp)
}

/// At most one issue: by the clock a long gap is an outage where waits were recorded, and keeps the
/// speed before it elsewhere, and nothing else in a report would tell which.
private func longGapIssues(_ trace: Trace) -> [ImportIssue] {
  guard let gaps = trace.longGaps else { return [] }
  return [
    ImportIssue(
      code: "long-gap", severity: .info, count: gaps.count, firstPlace: "worker \(gaps.worker)",
      meaning: "a gap of more than ten median cycles may be an outage or waiting; "
        + "without recorded waits it counts as neither, and by the clock the speed before it lasts")
  ]
}

extension Inspection.CountSpeedup {
  /// Whether the ratio with turnaround differs from the realised one by more than 5%, or turnarounds
  /// are asked about. If so, the verdict, the policies and every time use the one with turnaround.
  ///
  /// Like is compared with like: the formula differs from both by what it cannot see.
  public var turnaroundMatters: Bool {
    guard let withTurnaround else { return false }
    return alwaysChargesTurnaround || abs(withTurnaround / realised - 1) > 0.05
  }
}

extension Inspection.CountSpeedup {
  fileprivate mutating func take(_ split: SpeedupSplit) {
    persistent = split.persistent
    random = split.random
    coinciding = split.coinciding
    realisedOfSplit = split.realised
    persistentInterval = split.persistentInterval
    randomInterval = split.randomInterval
    coincidingInterval = split.coincidingInterval
  }
}

private func countSpeedup(
  _ trace: Trace, _ timings: Timings, medians: [Double], ownRound: Double, chargedRound: Double,
  equal: EqualWorkers?, options: InspectionOptions
) -> Inspection.CountSpeedup {
  let count = Double(timings.workerCount)
  let rate = orderFreeSum(timings.means.map { 1 / $0 })
  let rateCharged = orderFreeSum(timings.cycles(withTurnaround: true).map { 1 / $0 })
  var speedup = Inspection.CountSpeedup(
    formulaMean: countFormula(timings.means), formulaMedian: countFormula(medians),
    realised: rate * ownRound / count,
    withTurnaround: timings.turnaround == nil ? nil : rateCharged * chargedRound / count)
  speedup.alwaysChargesTurnaround = options.alwaysChargesTurnaround
  var split: SpeedupSplit?
  if let equal {
    speedup.formulaNull = equal.formulaNull
    speedup.pEqual = equal.pEqual
    split = SpeedupSplit(
      trace, timings, formula: speedup.formulaMean, realised: speedup.realised, equal: equal,
      options: options)
  }
  if let split { speedup.take(split) }
  guard options.resampleCount > 0, timings.workerCount <= workerLimitOfExtras,
    let plan = BlockPlan(timings, starts: trace.workers.map(\.startsNs))
  else { return speedup }
  let sums = BlockSums(timings, plan: plan)
  let longest = sums.sums(withTurnaround: false, longestDraw)
  func estimates(_ blocks: [Int]) -> (formula: Double, realised: Double) {
    let means = sums.cycles(blocks, withTurnaround: false)
    let rate = orderFreeSum(means.map { 1 / $0 })
    return (countFormula(means), rate * sums.meanRound(longest, blocks) / count)
  }
  let center = estimates(Array(0..<plan.blockCount))
  let resampled = (0..<options.resampleCount).map {
    estimates(plan.resample($0, seed: options.seed))
  }
  speedup.interval =
    basicInterval(
      estimate: speedup.formulaMean, center: center.formula, resampled: resampled.map(\.formula),
      floor: 1, blockCount: plan.blockCount)
  // A formula of 1 means that all workers are equal, and that is what the permutations test. Near 1
  // the resamples, whose workers are never equal, see too little of the bias.
  if let interval = speedup.interval, let pEqual = speedup.pEqual, pEqual > 0.05 {
    speedup.interval = Interval(lower: 1, upper: interval.upper)
  }
  if var split {
    split.widen(
      byFormulas: resampled.map(\.formula), realised: resampled.map(\.realised),
      blockCount: plan.blockCount, pEqual: speedup.pEqual ?? 1)
    speedup.take(split)
  }
  speedup.realisedInterval =
    basicInterval(
      estimate: speedup.realised, center: center.realised, resampled: resampled.map(\.realised),
      floor: 1, blockCount: plan.blockCount)
  return speedup
}
