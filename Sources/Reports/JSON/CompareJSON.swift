import Analysis
import TraceModel

/// The result of `compare` as JSON, keys in the order of the documented contract.
///
/// The last noise row, B_crit = ∞, has `critical_batch_over_workers` null.
public func compareJSON(_ comparison: Comparison) -> JSONValue {
  [
    "schema": .string("outpace/compare/1"),
    "policies": .array(comparison.policies.map(policyJSON)),
    "verdict": verdictJSON(comparison),
  ]
}

private func policyJSON(_ policy: Comparison.Policy) -> JSONValue {
  [
    "policy": .string(policy.name.rawValue),
    "parameter": .text(policy.parameter),
    "gradients_per_second": .number(policy.gradientsPerSecond),
    "count_ratio": .number(policy.countRatio),
    "ci95": intervalJSON(policy.interval),
    "time_to_target_seconds": .number(policy.timeToTargetSeconds),
    "delay_p50": .number(policy.delayP50),
    "delay_p99": .number(policy.delayP99),
    "delay_max": .count(policy.delayMax),
    "discarded": .count(policy.discardedCount),
    "aborted": .count(policy.abortedCount),
    "unused_share": .number(policy.unusedShare),
    "updates_per_second": .number(policy.updatesPerSecond),
    "break_even_server_seconds": .number(policy.breakEvenServerSeconds),
    "excluded": .text(policy.exclusion),
    "time_to_target_lower_seconds": .number(policy.timeToTargetSpread?.lowerSeconds),
    "time_to_target_upper_seconds": .number(policy.timeToTargetSpread?.upperSeconds),
    "time_to_target_seeds": .count(policy.timeToTargetSpread?.seedCount),
  ]
}

private func verdictJSON(_ comparison: Comparison) -> JSONValue {
  let verdict = comparison.verdict
  return [
    "recommendation": verdict.recommendation.map(recommendationJSON) ?? .null,
    "by_noise": .array(
      verdict.byNoise.map { row in
        [
          "critical_batch_over_workers": .number(row.criticalBatchOverWorkers),
          "policy": .text(row.policy?.rawValue),
        ]
      }),
    "sentence": .string(verdict.sentence),
    "why": .string(verdict.why),
    "gain": .string(verdict.gain),
    "trust": .string(verdict.trust),
    "next": .string(verdict.next),
    "objective": .text(comparison.replays?.objective),
    "target_fraction": .number(comparison.replays?.targetFraction),
    "note": .text(comparison.note),
  ]
}

private func recommendationJSON(_ recommendation: Verdict.Recommendation) -> JSONValue {
  [
    "policy": .string(recommendation.policy.rawValue),
    "parameter": .text(recommendation.parameter),
    "workers": .array(recommendation.workers.map { .string($0.text) }),
  ]
}
