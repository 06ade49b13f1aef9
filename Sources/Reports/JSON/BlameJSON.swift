import Analysis
import TraceModel

/// The result of `blame` as JSON, keys in the order of the documented contract.
public func blameJSON(_ blame: Blame) -> JSONValue {
  [
    "schema": .string("outpace/blame/1"),
    "workers": .array(blame.units.map(unitJSON)),
    "cumulative": .array(
      blame.cumulative.map { entry in
        [
          "dropped": .array(entry.dropped.map { .string($0.text) }),
          "gradients_per_second_gain": .number(entry.minibatchGain),
        ]
      }),
    "by": .string(blame.leavesOut.rawValue),
    "minibatch_gradients_per_second": .number(blame.minibatchGradientsPerSecond),
    "best_synchronous": [
      "policy": .text(blame.bestSynchronous?.policy.rawValue),
      "parameter": .text(blame.bestSynchronous?.parameter),
      "gradients_per_second": .number(blame.bestSynchronous?.gradientsPerSecond),
    ],
    "ideal_gradients_per_second": .number(blame.idealGradientsPerSecond),
    "told_apart": .bool(blame.canTellApart),
    "unlisted": .count(blame.unlistedCount),
    "target_fraction": .number(blame.targetFraction),
    "seconds_to_target": .number(blame.secondsToTarget),
  ]
}

private func unitJSON(_ unit: Blame.Unit) -> JSONValue {
  [
    "label": .string(unit.label),
    "gradients_per_second_gain": .number(unit.minibatchGain),
    "seconds_to_target_gain": .number(unit.secondsToTargetGain),
    "best_synchronous_gain": .number(unit.bestSynchronousGain),
    "ideal_loss": .number(unit.idealLoss),
    "members": .array(unit.workers.map { .string($0.text) }),
  ]
}
