import Analysis

/// What tuning tried, one object a method.
///
/// `weight_lm` is γ/b in units of 1/(LM), or of 1/M where `smoothness` is null. Times of the grid are
/// read at 40 instants, in the order of `targets`.
func tuningJSON(_ scan: StepsizeScan) -> JSONValue {
  [
    "method": .string(scan.method),
    "stepsize_rule": .text(scan.stepsizeRule),
    "adaptive_constant": .number(scan.adaptiveConstant),
    "gradients_per_update": .count(scan.gradientsPerUpdate),
    "smoothness": .number(scan.smoothness),
    "seeds": .count(scan.seedCount),
    "targets": .array(scan.targets.map { .number($0) }),
    "winners": .array(
      scan.winners.enumerated().map { index, winner in
        [
          "target": .number(scan.targets.indices.contains(index) ? scan.targets[index] : nil),
          "stepsize": .number(winner.stepsize),
          "weight_lm": .number(winner.weight),
          "place": .string(winner.place.rawValue),
        ]
      }),
    "grid": .array(
      scan.points.map { point in
        [
          "stepsize": .number(point.stepsize),
          "weight_lm": .number(point.weight),
          "seconds": .array(point.seconds.map { .number($0) }),
          "final_gap": .number(point.finalGap),
          "diverged": .bool(point.hasDiverged),
        ]
      }),
  ]
}

/// The built-in objective at one noise level; nothing was replayed where `exclusion` says why.
func noiseLevelJSON(_ level: NoiseLevel) -> JSONValue {
  [
    "level": .string(level.name.rawValue),
    "objective": .string(level.objective),
    "sigma_squared": .number(level.sigmaSquared),
    "critical_batch_over_workers": .number(level.criticalBatchOverWorkers),
    "time_to_target": .array(level.timeToTarget.map(timeToTargetJSON)),
    "soonest": .text(level.soonest?.method),
    "soonest_parameter": .text(level.soonest?.ruleParameter),
    "exclusion": .text(level.exclusion),
  ]
}
