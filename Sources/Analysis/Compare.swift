import ReplayEngine
import TraceModel

/// What a comparison depends on besides the trace and its inspection.
public struct ComparisonOptions: Hashable, Sendable {
  /// B_crit = σ²/ε, the gradients at one point that are worth averaging; nil for M.
  public var noiseScale: Double?
  /// Seconds the server needs for an update, one update at a time.
  public var serverSeconds: Double
  /// False leaves `rebalanced` in the table and never recommends it.
  public var allowsRebalancing: Bool
  /// Seconds of each gradient that do not grow with the batch.
  public var fixedCostSeconds: Double
  /// The same as the inspection's.
  public var turnaround: TurnaroundPolicy
  /// Of resamples and permutations.
  public var seed: UInt64
  /// Bootstrap resamples; 0 for no intervals.
  public var resampleCount: Int
  /// What a subset leaves out as one; nil for hosts where they matter.
  public var leavesOut: LeftOut?

  public init(
    noiseScale: Double? = nil, serverSeconds: Double = 0, allowsRebalancing: Bool = true,
    fixedCostSeconds: Double = 0, turnaround: TurnaroundPolicy = .recorded, seed: UInt64 = 1,
    resampleCount: Int = 1000, leavesOut: LeftOut? = nil
  ) {
    self.noiseScale = noiseScale
    self.serverSeconds = serverSeconds
    self.allowsRebalancing = allowsRebalancing
    self.fixedCostSeconds = fixedCostSeconds
    self.turnaround = turnaround
    self.seed = seed
    self.resampleCount = resampleCount
    self.leavesOut = leavesOut
  }
}

/// Sets the policies side by side on one trace, and says which of them to use.
///
/// From durations alone: `minibatch`, `subset`, `rebalanced`, `backup` and `async`, and from replays
/// without gradients `buffered`, `rennala` and `ringmaster`, with the power of two that suits the
/// noise scale best. Turnarounds are
/// charged where they change the ratio by more than 5%. Every synchronous policy is timed on the
/// same paired rounds, a backup round by its N-th order statistic, which is what a replay in
/// sequence does, since an aborted gradient uses up its entry; where clock timing makes backup
/// rounds longer, that figure counts. Rates of asynchronous SGD are λ = Σ 1/s_m, its delays those of
/// a replay.
///
/// At most as many workers are drained as are named persistent stragglers, and none are, nor are
/// batches rebalanced, where the workers cannot be told apart. Where hosts hold several workers, whole
/// hosts are drained, each with a persistent straggler among its workers.
///
/// - Parameter inspection: that of the same trace with the same turnaround.
/// - Precondition: noise scale, server time and fixed cost are not negative.
/// - Complexity: O(M log M) a round over at most 20 rounds for each gradient of the longest worker,
///   and O(resamples · M · blocks).
public func compare(
  _ trace: Trace, inspection: Inspection, options: ComparisonOptions = ComparisonOptions()
) -> Comparison {
  precondition((options.noiseScale ?? 0) >= 0, "a noise scale below 0")
  precondition(
    options.serverSeconds >= 0 && options.fixedCostSeconds >= 0, "a cost below 0 seconds")
  let study = PolicyStudy(trace, inspection: inspection, options: options)
  let rows = study.laws.map { study.row($0) }
  let choice = study.row(study.law)
  var policies = study.policies(choice.schedules)
  let replayed = replayedPolicies(
    trace, study.timings, withTurnaround: study.withTurnaround, turnaround: options.turnaround,
    server: study.server)
  let asyncInterval = policies.first { $0.name == .async }?.interval
  policies += study.best(of: replayed, study.law).map {
    study.policy($0, asyncInterval: asyncInterval)
  }
  // The law of the table is for rounds and for asynchronous SGD; a replay without gradients has none.
  let byNoise = rows.map { entry in
    var row = entry.row
    row.relativeTimes += [Double?](
      repeating: nil, count: policies.count - row.relativeTimes.count)
    return row
  }
  return Comparison(
    policies: policies,
    verdict: study.verdict(policies: policies, choice: choice, byNoise: byNoise),
    criticalBatchOverWorkers: study.law.criticalBatch / Double(study.timings.workerCount),
    note: trace.workerCount > workerLimitOfExtras
      ? "Above \(Wording.grouped(workerLimitOfExtras)) workers buffered, rennala and ringmaster are "
        + "left out, as their schedules are replayed for every parameter." : nil)
}

/// Everything that the rows of a comparison share.
struct PolicyStudy {
  let trace: Trace
  let inspection: Inspection
  let options: ComparisonOptions
  let timings: Timings
  let withTurnaround: Bool
  let setup: Setup
  let times: RoundTimes
  let halves: Halves?
  let resamples: ScheduleResamples?
  /// Too few rounds for an interval, however many resamples are asked for.
  let hasTooFewRounds: Bool
  let server: Double
  /// The most workers that may be drained: each of the slowest units has a persistent straggler.
  let dropLimit: Int
  let units: WorkerUnits
  /// Whether the workers differ by more than chance.
  let canTellApart: Bool
  /// The law at the noise scale of the recommendation.
  let law: NoiseLaw
  /// The laws of the table, by rising noise.
  let laws: [NoiseLaw]

  init(_ trace: Trace, inspection: Inspection, options: ComparisonOptions) {
    self.trace = trace
    self.inspection = inspection
    self.options = options
    let timings = Timings(trace, turnaround: options.turnaround)
    self.timings = timings
    let workerCount = timings.workerCount
    withTurnaround = inspection.speedup.turnaroundMatters
    server = options.serverSeconds * 1e9
    units = WorkerUnits(trace, leavesOut: options.leavesOut)
    var setup = Setup(
      means: timings.means, units: units, fixedCost: options.fixedCostSeconds * 1e9)
    let inSequence = RoundTimes(
      timings, runs: timings.counts.map { 0..<$0 }, withTurnaround: withTurnaround, setup: setup)
    setup.backupPenalties = backupPenalties(
      trace, timings, withTurnaround: withTurnaround, inSequence: inSequence.backup)
    self.setup = setup
    times = inSequence.charged(setup.backupPenalties)
    halves = Halves(timings, withTurnaround: withTurnaround, units: units, setup: setup)
    canTellApart = inspection.canTellApart
    dropLimit = canTellApart ? Self.dropLimit(setup, inspection) : 0

    let count = Double(workerCount)
    law = NoiseLaw(criticalBatch: options.noiseScale ?? count, workerCount: workerCount)
    var batches = [0, count / 4, count, 4 * count, .infinity]
    if !batches.contains(law.criticalBatch) { batches.append(law.criticalBatch) }
    laws = batches.sorted().map { NoiseLaw(criticalBatch: $0, workerCount: workerCount) }
    let limit = dropLimit
    let drops = setup.dropCounts.filter { $0 <= limit }
    var schedules: [Schedule] = []
    for law in laws {
      for schedule in law.schedules(times, drops: drops, server: server)
      where !schedules.contains(schedule) {
        schedules.append(schedule)
      }
    }
    let plan = BlockPlan(timings, starts: trace.workers.map(\.startsNs))
    hasTooFewRounds = plan == nil
    resamples = ScheduleResamples(
      timings, plan: plan, schedules: schedules, setup: setup,
      withTurnaround: withTurnaround, server: server,
      resampleCount: options.resampleCount, seed: options.seed)
  }

  /// How many workers may be drained.
  var drops: [Int] { setup.dropCounts.filter { $0 <= dropLimit } }

  private static func dropLimit(_ setup: Setup, _ inspection: Inspection) -> Int {
    let persistent = Set(inspection.stragglers.filter { $0.kind == .persistent }.map(\.index))
    var limit = 0
    for count in setup.dropCounts.dropFirst() {
      guard setup.slowestFirst[limit..<count].contains(where: persistent.contains) else { break }
      limit = count
    }
    return limit
  }

  func dropped(_ schedule: Schedule) -> [WorkerLabel] {
    guard case .subset(let drop) = schedule else { return [] }
    return setup.slowestFirst.prefix(drop).sorted().map { trace.workers[$0].worker.label }
  }

  /// One line of the table for each of the schedules.
  func policies(_ schedules: [Schedule]) -> [Comparison.Policy] {
    let rate = NoiseLaw(criticalBatch: .infinity, workerCount: timings.workerCount)
    let full = rate.time(.minibatch, times, server: server)
    let outOfTime = halves?.countRatios(law, dropLimit: dropLimit, server: server)
    let delays = asyncDelays()
    return schedules.enumerated().map { place, schedule in
      let time = times.time(schedule, server: server)
      let gradients = schedule.gradients(workerCount: timings.workerCount)
      let ratio = full / rate.time(schedule, times, server: server)
      let isAsync = schedule == .async
      var aborted = 0
      if case .backup(let need) = schedule { aborted = timings.workerCount - need }
      return Comparison.Policy(
        name: schedule.name, parameter: schedule.parameter, dropped: dropped(schedule),
        gradientsPerSecond: 1e9 * gradients / time, countRatio: ratio,
        interval: resamples?.interval(of: .minibatch, over: schedule, estimate: ratio) {
          rate.time($0, roundTime: $1)
        },
        countRatioOutOfTime: outOfTime?[place],
        delayP50: isAsync ? delays?.quantile(0.5) : 1,
        delayP99: isAsync ? delays?.quantile(0.99) : 1, delayMax: isAsync ? delays?.max : 1,
        unusedShare: Double(aborted) / Double(timings.workerCount),
        discardedCount: aborted * (timings.counts.max() ?? 0),
        abortedCount: aborted * (timings.counts.max() ?? 0), updatesPerSecond: 1e9 / time,
        breakEvenServerSeconds: breakEvenServer(schedule),
        secondsPerRound: law.time(schedule, roundTime: time) / 1e9, gradientsPerUpdate: gradients,
        exclusion: exclusion(of: schedule, law))
    }
  }

  /// The server time σ at which the policy makes as many gradients as full minibatch.
  ///
  /// Rounds of t with b gradients: b/(t + σ) = M/(T + σ) at σ = (bT − Mt)/(M − b). Asynchronous SGD
  /// is that with t = 0 and b = 1, since at that point the server is what limits it: a cycle is at
  /// most T, so the workers alone would reach Σ 1/(cycle + σ) ≥ M/(T + σ).
  private func breakEvenServer(_ schedule: Schedule) -> Double? {
    let count = Double(timings.workerCount)
    let gradients = schedule.gradients(workerCount: timings.workerCount)
    guard gradients < count else { return nil }
    let full = times.time(.minibatch, server: 0)
    let own = schedule == .async ? 0 : times.time(schedule, server: 0)
    return max(0, (gradients * full - count * own) / (count - gradients)) / 1e9
  }

  /// Delays over two passes through the trace, at most a million arrivals.
  private func asyncDelays() -> DelayHistogram? {
    let request = ScheduleRequest(
      method: .async(rule: .constant),
      horizon: Horizon(gradientCount: min(1_000_000, 2 * trace.gradientCount)),
      turnaround: withTurnaround ? options.turnaround : .none)
    return (try? replaySchedule(of: trace, request))?.delays?.overall
  }
}
