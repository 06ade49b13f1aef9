import Analysis
import ReplayEngine

/// What the theory assumes and guarantees, beside what was measured.
func theoryJSON(_ theory: TheoryReport) -> JSONValue {
  let facts = theory.facts
  let smoothness: Double? = if case .known(let known) = facts.smoothness { known } else { nil }
  return [
    "smoothness": .number(smoothness),
    "initial_distance": .number(facts.distance),
    "initial_gap": .number(facts.gap),
    "checks": .array(theory.checks.map(checkJSON)),
    "estimated": .string(estimateSentence + "."),
    "independence": .string(theory.independence.sentence),
    "rule_biases": .array(
      theory.independence.tested.map {
        ["rule": .string($0.rule.rawValue), "delay_bias": biasJSON($0.bias, isTied: $0.isTied)]
      }),
    "same_data": .string("assumed"),
    "rules": .array(
      theory.rules.map {
        [
          "rule": .string($0.rule.rawValue),
          "justified": .string($0.answer.rawValue),
          "because": .array($0.reasons.map { .string($0.text) }),
        ]
      }),
  ]
}

private func checkJSON(_ check: TheoryCheck) -> JSONValue {
  [
    "replay": .count(check.replayIndex),
    "method": .string(check.method.name),
    "stepsize_rule": .text(check.method.rule?.rawValue),
    "stepsize": .number(check.stepsize),
    "seed": .seed(check.seed),
    "read_points": .count(check.readCount),
    "shortened": .bool(check.isShortened),
    "gradient_norm": [
      "min": .number(check.norms?.least),
      "max": .number(check.norms?.largest),
      "last": .number(check.norms?.last),
    ],
    "noise_squared": .number(check.noiseSquared),
    "gradient_bound_squared": .number(check.gradientBoundSquared),
    "delay_bias": biasJSON(check.bias, isTied: check.bias?.isTiedToDelay),
    "bounds": .array(check.bounds.map(boundJSON)),
  ]
}

private func biasJSON(_ bias: DelayBias?, isTied: Bool?) -> JSONValue {
  [
    "value": .number(bias?.value),
    "by_chance_mean": .number(bias?.byChance?.mean),
    "by_chance_p95": .number(bias?.byChance?.p95),
    "permutations": .count(bias?.permuted.count),
    "tied_to_delay": isTied.map { .bool($0) } ?? .null,
  ]
}

private func boundJSON(_ bound: BoundCheck) -> JSONValue {
  var reason: String?
  if case .doesNotApply(let obstacle) = bound.finding { reason = obstacle.text }
  return [
    "bound": .string(bound.kind.rawValue),
    "on": .string(bound.kind.average),
    "applies": .bool(bound.figures != nil),
    "reason": .text(reason),
    "count": .count(bound.figures?.count),
    "measured": .number(bound.figures?.measured),
    "limit": .number(bound.figures?.bound),
  ]
}

/// ‖x − x̂‖² of one replay beside its bounds; null if it was not tracked.
func virtualDistanceJSON(_ report: ReplayReport, _ index: Int) -> JSONValue {
  guard let distance = report.runs[index].virtualDistance else { return .null }
  let bound = report.virtualBounds.indices.contains(index) ? report.virtualBounds[index] : nil
  return [
    "mean_squared": .number(distance.meanSquared),
    "max_squared": .number(distance.maxSquared),
    "max_update": .count(distance.maxUpdate),
    "limit_squared": .number(bound?.constant),
    "limit_mean_squared_unbounded": .number(bound?.unbounded),
  ]
}
