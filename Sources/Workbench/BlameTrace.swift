import Analysis
import Optimization
import ReplayEngine
import Reports
import TraceModel

/// How many of the largest gains are replayed with `--objective`: each is a tuning of its own.
private let replayedUnits = 8

/// Finds who costs a synchronous run how much, from durations alone, or with an objective also in
/// seconds to a target.
///
/// The target is the tightest one that tuned minibatch SGD of all workers reaches. Without a unit,
/// minibatch SGD is tuned anew under the same horizon.
///
/// - Parameter objective: nil to replay nothing.
public func blameTrace(
  _ opened: OpenedTrace, inspection: Inspection, _ choices: AnalysisChoices = AnalysisChoices(),
  objective: String? = nil, threads: Int? = nil
) throws -> Blame {
  try Failure.mapping {
    var result = blame(
      opened.trace, inspection: inspection, options: try choices.comparisonOptions())
    guard let objective else { return result }
    var job = ReplayJob(
      methods: [.init(choice: .minibatch)], objective: objective, seed: choices.seed,
      threads: threads)
    job.turnaround = chargedTurnaround(inspection, choices.turnaround)
    job.serverNs = choices.serverNs
    job.gradientLimit = 200_000
    let prepared = try PreparedReplay(opened.trace, job)
    guard let optimum = try prepared.objective.minimum ?? prepared.bestLoss(of: [.minibatch])
    else { return result }
    let full = try prepared.tuneAll([.minibatch], optimum: optimum)
    guard let target = full.tightestTarget, let seconds = full.seconds(target: target) else {
      return result
    }
    result.targetFraction = targetFractions[target]
    result.secondsToTarget = seconds
    for place in result.units.indices.prefix(replayedUnits) {
      let left = Set(result.units[place].workers)
      var reduced = prepared
      reduced.trace.workers.removeAll { left.contains($0.worker.label) }
      guard !reduced.trace.workers.isEmpty else { continue }
      let without = try reduced.tuneAll([.minibatch], optimum: optimum)
      result.units[place].secondsToTargetGain =
        without.seconds(target: target).map { seconds - $0 }
    }
    return result
  }
}

extension TunedMethods {
  /// The tightest target that the first method reaches.
  var tightestTarget: Int? {
    methods.first?.winners.indices.last { seconds(target: $0) != nil }
  }

  /// When the first method reaches a target, as tuned for it.
  func seconds(target: Int) -> Double? {
    guard let method = methods.first, let aim, method.winners.indices.contains(target) else {
      return nil
    }
    return timesToTarget(
      method.winners[target].runs, optimum: aim.optimum, initialDistance: aim.initialDistance,
      horizonNs: aim.horizonNs, fractions: [targetFractions[target]],
      instantCount: Tuner.finalInstants, resampleCount: 0
    ).first?.seconds
  }
}

extension PreparedReplay {
  /// Gradients that the replays of a page's blame may cost in all.
  private static let blameLimit = 1_000_000

  /// Gives the largest gains of a page their seconds to the target, without tuning anew: each is replayed
  /// at the weight per gradient that was tuned for all workers and one step of the grid to either side,
  /// and the soonest counts.
  ///
  /// - Parameters:
  ///   - replay: the tuned replays of the page, among them minibatch SGD of all workers.
  ///   - target: the index of the target that the page reads.
  func addTimes(to blame: inout Blame, from replay: ReplayReport, target: Int) throws {
    let fraction = targetFractions[target]
    let row = replay.timeToTarget.first {
      $0.method == PolicyName.minibatch.rawValue && $0.fraction == fraction
    }
    // Until when the replays of all workers went.
    let horizonNs = replay.runs.first { $0.request.method == .minibatch }?.request.horizon.timeNs
    guard let row, let seconds = row.seconds, let horizonNs, fraction < 1 else { return }
    let reading = TargetReading(
      optimum: (row.target - fraction * initialLoss) / (1 - fraction),
      initialDistance: (initialLoss - row.target) / (1 - fraction), horizonNs: horizonNs,
      fraction: fraction, instantCount: Tuner.finalInstants)
    let stepsizes = [1 / 2.0.squareRoot(), 1, 2.0.squareRoot()].map { $0 * row.stepsize }
    let gradients = replay.runs.first { $0.request.method == .minibatch }?.gradientCount ?? 1
    let samples = spec.batchSize == 0 ? objective.sampleCount : spec.batchSize
    let (cost, overflow) = max(1, gradients * stepsizes.count * job.tuningSeeds.count)
      .multipliedReportingOverflow(by: max(1, samples))
    let count = overflow ? 0 : min(3, Self.blameLimit / cost)
    // Who is not in the way gains nothing that a few seeds could tell from 0.
    let places = blame.units.indices.prefix(count).filter { blame.units[$0].minibatchGain > 0 }
    guard !places.isEmpty else { return }
    blame.targetFraction = fraction
    blame.secondsToTarget = seconds
    for place in places {
      let left = Set(blame.units[place].workers)
      var reduced = trace
      reduced.workers.removeAll { left.contains($0.worker.label) }
      guard !reduced.workers.isEmpty else { continue }
      let requests = stepsizes.flatMap { stepsize in
        job.tuningSeeds.map { seed in
          var request = base
          request.method = .minibatch
          request.stepsize = stepsize
          request.seed = seed
          request.horizon = Horizon(timeNs: reading.horizonNs)
          request.evaluation = .instants(Tuner.finalInstants)
          return request
        }
      }
      let runs = try Parallel.map(count: requests.count, threads: job.threads) {
        [objective, reduced] in
        try ReplayEngine.replay(reduced, minimising: objective, requests[$0])
      }
      let seedCount = job.tuningSeeds.count
      let times = stepsizes.indices.compactMap {
        reading.seconds(Array(runs[($0 * seedCount)..<(($0 + 1) * seedCount)]))
      }
      blame.units[place].secondsToTargetGain = times.min().map { seconds - $0 }
    }
  }
}
