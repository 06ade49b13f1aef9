import Analysis
import Optimization
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
