import Analysis
import Optimization
import ReplayEngine
import TraceModel

/// The tuned replays behind a comparison with an objective.
struct TunedComparison {
  /// A policy at its tuned stepsize.
  private struct Entry {
    var place: Int
    var replay: PolicyReplay
    var timing: Timing
    var choice: MethodChoice
    var stepsize: Double
    var runs: [Run]
    /// The grid point that the stepsize was refined from.
    var winner: TunedMethod.Winner
    /// What was tried for all variants of the policy under this timing.
    var scans: [StepsizeScan]
  }

  /// Seeds that choose between a grid point and its neighbours.
  static let refiningSeedCount = 10

  /// Seeds of the runs at the tuned stepsize, from which times and their intervals are read, at first;
  /// with the five of the search an interval would tell little.
  static let firstSeedCount = 40

  /// So many where the first seeds leave open whether a policy is as soon as the soonest, and fewer than
  /// these would tell. The second look is the last one, so that intervals stay what they are.
  static let seedLimit = 320

  /// Operations that all further runs together may take, some seconds of a core.
  private static let furtherOperations = 4e9

  private let opened: OpenedTrace
  private let inspection: Inspection
  private let choices: AnalysisChoices
  private let prepared: PreparedReplay
  private let optimum: Double
  private let comparison: Comparison
  /// As many seeds as were asked for; nil for 40, or 320 where those leave it open.
  private let givenSeedCount: Int?

  /// Returns nil where x_0 is as good as any point that is found: there is nothing to reach.
  init?(
    _ opened: OpenedTrace, _ inspection: Inspection, _ comparison: Comparison,
    _ choices: AnalysisChoices, objective: String, timeNs: Int64? = nil, seedCount: Int? = nil,
    threads: Int?
  ) throws {
    givenSeedCount = seedCount
    self.opened = opened
    self.inspection = inspection
    self.choices = choices
    var job = ReplayJob(
      methods: [.init(choice: .minibatch), .init(choice: .async(rule: .constant))],
      objective: objective, seed: choices.seed, threads: threads)
    job.turnaround = chargedTurnaround(inspection, choices.turnaround)
    job.serverNs = choices.serverNs
    job.gradientLimit = 200_000
    job.timeNs = timeNs
    prepared = try PreparedReplay(opened.trace, job)
    let found = try prepared.objective.minimum ?? prepared.bestLoss(of: job.methods.map(\.choice))
    guard let found, prepared.initialLoss > found else { return nil }
    optimum = found
    let hasSmoothness = prepared.objective.smoothness != nil
    self.comparison = comparison.withRules(
      StepsizeRule.allCases.filter { $0 != .adaptive || hasSmoothness })
  }

  /// The comparison with times to target, a verdict that rests on them, and the replays behind it.
  ///
  /// - Returns: nil where nothing could be tuned.
  /// - Parameter resampledTraces: how many traces of resampled blocks stand behind the intervals of
  ///   the ratios; 0 for the seeds alone.
  func study(resampledTraces: Int) throws -> TunedStudy? {
    let hasSmoothness = prepared.objective.smoothness != nil
    let replays = comparison.policies.map {
      PolicyReplay($0, fixedCostNs: choices.fixedCostNs, hasSmoothness: hasSmoothness)
    }
    // The tightest target that full minibatch reaches; where it reaches none, the loosest. Everything is
    // tuned for it until twice the time that full minibatch takes: with the instants of a search spread
    // over a horizon many times as long, stepsizes could not be told apart.
    let whole = try prepared.tuneAll([.minibatch], optimum: optimum)
    guard let aim = whole.aim else { return nil }
    let target = whole.tightestTarget ?? 0
    var focused = prepared
    focused.base.horizon = Horizon(timeNs: aim.horizonNs)
    if let seconds = whole.seconds(target: target), seconds > 0 {
      focused.base.horizon.timeNs = min(aim.horizonNs, Int64((2e9 * seconds).rounded(.up)))
    }
    var tuned: [(place: Int, replay: PolicyReplay, timing: Timing, methods: TunedMethods)] = []
    for (place, replay) in replays.enumerated() {
      guard let replay else { continue }
      for timing in replay.timings {
        var changed = focused
        changed.trace = replay.change(prepared.trace)
        changed.base.timing = timing
        let methods = try changed.tuneAll(replay.choices, optimum: optimum)
        tuned.append((place, replay, timing, methods))
      }
    }
    var reading = TargetReading(
      optimum: aim.optimum, initialDistance: aim.initialDistance,
      horizonNs: focused.base.horizon.timeNs ?? aim.horizonNs, fraction: targetFractions[target],
      instantCount: Tuner.finalInstants)

    var entries: [Entry] = []
    for place in comparison.policies.indices {
      let own = tuned.filter { $0.place == place }
      let each = own.compactMap { entry -> Entry? in
        let soonest = entry.methods.methods.min {
          Self.time($0, target, reading) < Self.time($1, target, reading)
        }
        guard let soonest else { return nil }
        let winner = soonest.winners[min(target, soonest.winners.count - 1)]
        return Entry(
          place: place, replay: entry.replay, timing: entry.timing, choice: soonest.choice,
          stepsize: winner.stepsize, runs: winner.runs, winner: winner,
          scans: entry.methods.methods.map(\.scan))
      }
      func time(_ entry: Entry) -> Double { reading.seconds(entry.runs) ?? .infinity }
      if let latest = each.max(by: { time($0) < time($1) }) { entries.append(latest) }
    }
    // The common instants of the search are far apart beside a target that is reached early. The times
    // that count are read at as many instants, up to a quarter beyond the last policy that reaches it.
    let latest = entries.compactMap { reading.seconds($0.runs) }.max()
    if let latest, latest > 0 {
      reading.horizonNs = min(reading.horizonNs, Int64((1.25e9 * latest).rounded(.up)))
    }
    try refine(&entries, reading)
    try evaluate(&entries, reading, seedCount: givenSeedCount ?? Self.firstSeedCount)
    if givenSeedCount == nil, resampledTraces == 0,
      let seedCount = moreSeeds(entries, reading)
    {
      try evaluate(&entries, reading, from: Self.firstSeedCount, seedCount: seedCount)
    }

    var result = comparison
    result.policies = entries.map(policy)
    let places = Set(entries.map(\.place))
    let left = comparison.policies.indices.filter { !places.contains($0) }
    result.policies += left.map { comparison.policies[$0] }
    for row in result.verdict.byNoise.indices {
      let times = comparison.verdict.byNoise[row].relativeTimes
      result.verdict.byNoise[row].relativeTimes =
        entries.map { times[$0.place] } + left.map { times[$0] }
    }
    let ratios = try self.ratios(entries, leftCount: left.count, reading, resampledTraces)
    result.replays = Comparison.TunedReplays(
      objective: prepared.spec.description, targetFraction: reading.fraction,
      seedCount: entries.first?.runs.count ?? 0, resampledTraceCount: resampledTraces)
    for (place, entry) in entries.enumerated() where ratios.seconds[place] != nil {
      let interval = ratios.interval(of: place)
      result.policies[place].timeToTargetSpread = TimeSpread(
        lowerSeconds: interval?.lower, upperSeconds: interval?.upper, seedCount: entry.runs.count)
    }
    let decided = result.decided(
      by: ratios, unit: opened.summary.unit, abstains: inspection.trust == .wallClock)
    return TunedStudy(
      comparison: decided,
      entries: entries.enumerated().map { place, entry in
        TunedStudy.Entry(
          policy: decided.policies[place], winner: entry.winner, scans: entry.scans,
          runs: entry.runs)
      }, prepared: focused, reading: reading, target: target)
  }

  private func request(_ entry: Entry, _ reading: TargetReading, seed: UInt64) -> ReplayRequest {
    var request = prepared.base
    request.horizon = Horizon(timeNs: reading.horizonNs)
    request.evaluation = .instants(Tuner.finalInstants)
    request.method = entry.choice
    request.stepsize = entry.stepsize
    request.timing = entry.timing
    request.seed = seed
    return request
  }

  /// Moves each stepsize to a neighbour of its grid, 2^(±1/4) of it, where the target is then reached
  /// sooner.
  ///
  /// The search reads times at instants that are far apart, so that neighbours tie: methods that are one
  /// and the same may end at different ones, and their times be a tenth apart for no other reason.
  /// Every policy is refined alike.
  private func refine(_ entries: inout [Entry], _ reading: TargetReading) throws {
    let quarter = 2.0.squareRoot().squareRoot()
    let factors = [1, 1 / quarter, quarter]
    let traces = entries.map { $0.replay.change(prepared.trace) }
    let requests = entries.map { entry in
      factors.flatMap { factor in
        (0..<Self.refiningSeedCount).map { seed in
          var request = request(entry, reading, seed: prepared.job.seed &+ UInt64(seed))
          request.stepsize = factor * entry.stepsize
          return request
        }
      }
    }
    let objective = prepared.objective
    let perEntry = factors.count * Self.refiningSeedCount
    let runs = try Parallel.map(
      count: entries.count * perEntry, threads: prepared.job.threads
    ) { job in
      try replay(
        traces[job / perEntry], minimising: objective, requests[job / perEntry][job % perEntry])
    }
    for place in entries.indices {
      let times = factors.indices.map { factor in
        let first = place * perEntry + factor * Self.refiningSeedCount
        return reading.seconds(Array(runs[first..<(first + Self.refiningSeedCount)])) ?? .infinity
      }
      // Equal times stay with the grid.
      let best = factors.indices.min { (times[$0], $0) < (times[$1], $1) } ?? 0
      entries[place].stepsize *= factors[best]
    }
  }

  /// How many seeds to take in all; nil where the first ones leave nothing open, where more than there may
  /// be would be needed, and where they would take too long.
  private func moreSeeds(_ entries: [Entry], _ reading: TargetReading) -> Int? {
    var candidates = comparison
    candidates.policies = entries.map(policy)
    let ratios = TimeRatios(
      entries.map(\.runs), reading, seconds: entries.map { reading.seconds($0.runs) },
      seed: prepared.job.seed)
    guard let factor = candidates.seedFactor(by: ratios) else { return nil }
    guard factor * Double(Self.firstSeedCount) <= Double(Self.seedLimit) else { return nil }
    let gradients = entries.reduce(0.0) { $0 + Double($1.runs.first?.computedCount ?? 0) }
    let perGradient = prepared.objective.operations(batchSize: prepared.spec.batchSize)
    let more = Double(Self.seedLimit - Self.firstSeedCount)
    return gradients * Double(perGradient) * more <= Self.furtherOperations
      ? Self.seedLimit : nil
  }

  /// The row of a policy that was replayed.
  private func policy(_ entry: Entry) -> Comparison.Policy {
    var policy = comparison.policies[entry.place]
    policy.isReplayed = true
    if policy.name == .buffered || policy.name == .rennala || policy.name == .ringmaster {
      policy.exclusion = nil
    }
    return policy
  }

  /// Runs every policy at its stepsize, with as many seeds in all as are given.
  ///
  /// - Parameter first: how many seeds there are already; 0 for runs of the search, which do not count.
  private func evaluate(
    _ entries: inout [Entry], _ reading: TargetReading, from first: Int = 0, seedCount: Int
  ) throws {
    let traces = entries.map { $0.replay.change(prepared.trace) }
    let count = seedCount - first
    let requests = entries.map { entry in
      (first..<seedCount).map {
        request(entry, reading, seed: prepared.job.seed &+ UInt64($0))
      }
    }
    let objective = prepared.objective
    let runs = try Parallel.map(
      count: entries.count * count, threads: prepared.job.threads
    ) { job in
      try replay(
        traces[job / count], minimising: objective, requests[job / count][job % count])
    }
    for place in entries.indices {
      let own = runs[(place * count)..<((place + 1) * count)]
      entries[place].runs = (first == 0 ? [] : entries[place].runs) + own
    }
  }

  private static func time(
    _ method: TunedMethod, _ target: Int, _ reading: TargetReading
  ) -> Double {
    guard method.winners.indices.contains(target) else { return .infinity }
    return reading.seconds(method.winners[target].runs) ?? .infinity
  }

  private func ratios(
    _ entries: [Entry], leftCount: Int, _ reading: TargetReading, _ traceCount: Int
  ) throws -> TimeRatios {
    // What was not replayed has runs of nothing: it reaches no target.
    let seconds =
      entries.map { reading.seconds($0.runs) } + [Double?](repeating: nil, count: leftCount)
    guard traceCount > 0 else {
      return TimeRatios(
        entries.map(\.runs), reading, seconds: seconds, seed: prepared.job.seed)
    }
    guard let blockCount = opened.trace.resampledBlockCount else {
      throw Failure(
        .usage,
        "--trace-bootstrap \(traceCount): this trace has too few rounds, fewer than 8 blocks to draw "
          + "from. Leave it out, or record a longer run.")
    }
    let traces = (0..<traceCount).compactMap {
      opened.trace.resampled($0, seed: prepared.job.seed)
    }
    let requests = entries.map { entry in
      prepared.job.tuningSeeds.map { request(entry, reading, seed: $0) }
    }
    let objective = prepared.objective
    let times = try Parallel.map(
      count: traces.count * entries.count, threads: prepared.job.threads
    ) { job -> Double? in
      let entry = entries[job % entries.count]
      let changed = entry.replay.change(traces[job / entries.count])
      let runs = try requests[job % entries.count].map {
        try replay(changed, minimising: objective, $0)
      }
      return reading.seconds(runs)
    }
    let rest = [Double?](repeating: nil, count: leftCount)
    return TimeRatios(
      seconds: seconds,
      onResampledTraces: traces.indices.map { trace in
        Array(times[(trace * entries.count)..<((trace + 1) * entries.count)]) + rest
      }, blockCount: blockCount)
  }
}

extension Comparison {
  /// Asynchronous SGD as a row a stepsize rule: durations cannot tell rules apart, times to target
  /// can.
  fileprivate func withRules(_ rules: [StepsizeRule]) -> Comparison {
    guard let index = policies.firstIndex(where: { $0.name == .async }) else { return self }
    var result = self
    let copies = rules.map { rule in
      var policy = policies[index]
      policy.parameter = "rule=\(rule.rawValue)"
      return policy
    }
    result.policies.replaceSubrange(index...index, with: copies)
    for row in verdict.byNoise.indices
    where verdict.byNoise[row].relativeTimes.indices.contains(index) {
      let law = verdict.byNoise[row].relativeTimes[index]
      result.verdict.byNoise[row].relativeTimes.replaceSubrange(
        index...index, with: copies.map { _ in law })
    }
    return result
  }
}

/// Sets the policies side by side on one trace with tuned replays on an objective; the verdict then
/// rests on tuned time to target.
///
/// - Parameters:
///   - objective: a spec, as `--objective` takes it.
///   - resampledTraces: how many traces of resampled blocks stand behind the intervals of the ratios;
///     0 for the seeds alone.
///   - seedCount: the seeds behind each time; nil for 40, or 320 where those leave open who is first
///     and that many would tell.
public func compareTrace(
  _ opened: OpenedTrace, inspection: Inspection, _ choices: AnalysisChoices = AnalysisChoices(),
  objective: String, resampledTraces: Int = 0, seedCount: Int? = nil, threads: Int? = nil
) throws -> Comparison {
  try Failure.mapping {
    var comparison = try compareTrace(opened, inspection: inspection, choices)
    let tuned = try TunedComparison(
      opened, inspection, comparison, choices, objective: objective, seedCount: seedCount,
      threads: threads)
    guard let tuned else {
      comparison.note =
        "No method gets below the loss of the initial point within the horizon, so there is no target."
      return comparison
    }
    return try tuned.study(resampledTraces: resampledTraces)?.comparison ?? comparison
  }
}
