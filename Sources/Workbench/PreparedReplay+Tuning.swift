import Analysis
import Optimization
import ReplayEngine
import TraceModel

/// Methods that were tuned for the same targets.
struct TunedMethods: Sendable {
  var methods: [TunedMethod]
  /// nil where nothing was tuned.
  var aim: Tuner.Aim?
}

extension PreparedReplay {
  /// Tunes methods for the fixed targets under the common horizon.
  ///
  /// - Parameter optimum: f*, or what stands for it; nil to find it by ``bestLoss(of:)``.
  func tuneAll(_ choices: [MethodChoice], optimum: Double? = nil) throws -> TunedMethods {
    guard !choices.isEmpty else { return TunedMethods(methods: [], aim: nil) }
    let optimum = try optimum ?? objective.minimum ?? bestLoss(of: choices)
    guard let optimum, initialLoss > optimum else {
      // x_0 is as good as any point found: there is nothing to reach, so the loss at the end counts.
      return TunedMethods(methods: try choices.map(lossSearch().tune), aim: nil)
    }
    let aim = Tuner.Aim(
      optimum: optimum, initialDistance: initialLoss - optimum, horizonNs: try horizonNs(),
      fractions: targetFractions)
    return TunedMethods(methods: try choices.map(tuner(aim).tune), aim: aim)
  }

  /// The lowest loss that any of the methods reaches at the end of the horizon, which stands for f*
  /// where that is unknown; nil if all of them diverge.
  func bestLoss(of choices: [MethodChoice]) throws -> Double? {
    let search = try lossSearch()
    let losses = try choices.flatMap { choice in
      try search.tune(choice).winners.flatMap { $0.runs.compactMap(\.points.last?.loss) }
    }
    return losses.filter(\.isFinite).min()
  }

  private func lossSearch() throws -> Tuner {
    tuner(Tuner.Aim(optimum: 0, initialDistance: 1, horizonNs: try horizonNs(), fractions: []))
  }

  /// The times at which each group of runs (one method, one stepsize, several seeds) reaches the
  /// targets.
  ///
  /// A tuned group counts for the target that it was tuned for; its rows come target by target.
  func timesToTargets(of groups: [[Run]], tuned: TunedMethods) -> [TimeToTarget] {
    guard let aim = tuned.aim ?? untunedAim(of: groups) else { return [] }
    var rows: [TimeToTarget] = []
    for method in tuned.methods where tuned.aim != nil {
      for (winner, fraction) in zip(method.winners, targetFractions) {
        rows += timesToTarget(
          winner.runs, optimum: aim.optimum, initialDistance: aim.initialDistance,
          horizonNs: aim.horizonNs, fractions: [fraction], instantCount: Tuner.finalInstants
        ).map { row in
          var row = row
          row.place = winner.place
          row.weight = knownSmoothness == nil ? nil : winner.weight
          return row
        }
      }
    }
    for group in groups where group.count == 1 {
      rows += timesToTarget(
        group, optimum: aim.optimum, initialDistance: aim.initialDistance,
        horizonNs: aim.horizonNs, instantCount: Tuner.finalInstants
      ).map { row in
        var row = row
        row.weight = group.first.flatMap { weight(of: $0.request) }
        return row
      }
    }
    return rows
  }

  /// γ/b of a request in units of 1/(LM); nil without an L.
  private func weight(of request: ReplayRequest) -> Double? {
    knownSmoothness.map {
      StepsizeGrid(method: request.method, workerCount: trace.workerCount, smoothness: $0)
        .weight(stepsize: request.stepsize)
    }
  }

  /// The targets of replays with given stepsizes.
  private func untunedAim(of groups: [[Run]]) -> Tuner.Aim? {
    let losses = groups.flatMap { $0.flatMap { $0.points.map(\.loss) } }.filter(\.isFinite)
    guard let optimum = objective.minimum ?? losses.min(), initialLoss > optimum,
      let horizonNs = base.horizon.timeNs ?? groups.flatMap({ $0.map(\.timeNs) }).max(),
      horizonNs > 0
    else { return nil }
    return Tuner.Aim(
      optimum: optimum, initialDistance: initialLoss - optimum, horizonNs: horizonNs,
      fractions: targetFractions)
  }

  private func tuner(_ aim: Tuner.Aim) -> Tuner {
    var fixed = base
    fixed.horizon = Horizon(timeNs: aim.horizonNs)
    fixed.tracksVirtualIterates = false
    return Tuner(
      trace: trace, objective: objective, base: fixed, seeds: job.tuningSeeds,
      smoothness: knownSmoothness, threads: job.threads, aim: aim)
  }

  /// A common time for all methods, from a horizon that may be a count.
  func horizonNs() throws -> Int64 {
    if let timeNs = base.horizon.timeNs { return timeNs }
    guard let method = job.methods.first?.choice else { return 1 }
    let run = try replaySchedule(
      of: trace,
      ScheduleRequest(of: base, method: method))
    return max(1, run.timeNs)
  }
}
