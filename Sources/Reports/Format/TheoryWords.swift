import Analysis
import ReplayEngine

// The theory in words: one wording for terminals, JSON and pages.

extension BoundCheck.Kind {
  /// What the theorem assumes, which is how people tell the bounds apart.
  var assumption: String {
    switch self {
    case .lipschitz: "bounded gradients"
    case .convex: "convex, smooth"
    case .nonconvex: "smooth"
    }
  }

  /// What it bounds: never the last iterate.
  var average: String {
    switch self {
    case .lipschitz: "mean of f(y) − f*"
    case .convex: "weighted mean of f(y) − f*"
    case .nonconvex: "weighted mean of ‖∇f(y)‖²"
    }
  }
}

extension BoundObstacle {
  var text: String {
    switch self {
    case .diverged(let update): "the run diverged at update \(Numbers.count(update))"
    case .nothingApplied: "no gradient was applied"
    case .minimumUnknown: "f* and x* are not known"
    case .notConvex(let kind): "\(kind) is not convex"
    case .notSmooth(let kind): "\(kind) is not smooth: it has no L"
    case .localSmoothness(let kind): "an L of \(kind) holds near one point only"
    case .smoothnessUnderstated(let given, let own):
      "the L given, \(figure(given)), is below the objective's own \(figure(own))"
    case .stepsizeAbove(let limit, _):
      "γ is above \(figure(limit)), the largest stepsize of the proof"
    case .constantAboveRule(let limit, _):
      "γ is above 1/(4Lτ_max) = \(figure(limit)): late gradients keep a weight that the proof takes "
        + "from them"
    case .notConstant: "proved for a constant stepsize"
    case .adaptiveConstant(let constant): "proved for c = 4, not for c = \(figure(constant))"
    case .notProved(let what): "no proof of ours covers \(what)"
    case .handoutBefore: "proved for workers that are handed the iterate after their own update"
    case .recordedBatches:
      "recorded batches come again and may be tied to delays; the proof wants fresh samples"
    }
  }

  private func figure(_ value: Double) -> String { Numbers.significant(value, trimming: true) }
}

extension RuleJustification.Answer {
  var words: String { self == .onlyIf ? "only if" : rawValue }
}

extension RuleJustification.Reason {
  var text: String {
    switch self {
    case .boundedGradients(let kind): "gradients of \(kind) are bounded; delays may be any"
    case .boundedAlongRun(let least, let largest):
      "gradients stay bounded: ‖∇f‖ was \(Numbers.significant(least)) to "
        + "\(Numbers.significant(largest)) where gradients were computed"
    case .diverged(let update):
      "gradients did not stay bounded: a run diverged at update \(Numbers.count(update))"
    case .notMeasured: "gradients stay bounded, which was not measured"
    case .tiedToDelay(let rule):
      "late gradients carry other noise, and the weights of \(rule.rawValue) leave it out: b̂ is "
        + "above what chance gives"
    case .tiedElsewhere(let rule):
      "no step is shortened much: at this γ its own weights show no bias, those of \(rule.rawValue) do"
    case .notTied: "noise and delay look independent: b̂ is what chance gives"
    case .notTestable: "noise and delay are independent; \(notTestableSentence)"
    case .recordedUnused:
      "noise and delay are independent; the trace has batches of its own, which --objective with "
        + "their data would test"
    case .notSmooth(let kind): "the theorems need a smooth f, which \(kind) is not"
    case .localSmoothness(let kind): "the L of \(kind) held everywhere"
    case .stepsizeAtMost(let limit, let isExact):
      isExact
        ? "γ is at most 1/(2LM) = \(Numbers.significant(limit))"
        : "γ is of the order of 1/(2LM) = \(Numbers.significant(limit)) or below"
    case .uncovered: "no bound of ours covers it: its weights may sum to M times less"
    }
  }
}

/// Why seeded batches cannot show whether noise depends on delay.
let notTestableSentence = "not testable: these batches were drawn after the fact"

/// How G and σ² were found.
let estimateSentence =
  "σ² and G² are estimates from the one run: σ² the largest mean of ‖g − ∇f(y)‖² over a tenth of it, "
  + "G² the largest ‖∇f(y)‖² and σ²"

extension DelayIndependence {
  /// One sentence on noise and delay.
  var sentence: String {
    switch self {
    case .notTestable: "Independence of noise and delay is \(notTestableSentence)."
    case .notTested:
      "Independence of noise and delay was not tested: the trace has batches of its own, which "
        + "--objective with their data would test."
    case .tested:
      biasedRules.isEmpty
        ? "On the recorded batches noise and delay look independent."
        : "The recorded batches tie noise to delay: weights by delay "
          + "(\(biasedRules.map(\.rawValue).joined(separator: ", "))) are biased, and so is what "
          + "leaves late gradients out (backup, rennala, ringmaster); a constant stepsize, minibatch "
          + "and buffered are not."
    }
  }
}

/// What speaks against rules that discount late gradients, for the card; nil where nothing does.
public func theoryDoubt(_ theory: TheoryReport) -> String? {
  let rules = theory.independence.biasedRules
  guard !rules.isEmpty else { return nil }
  return
    "Recorded batches tie noise to delay: \(rules.map(\.rawValue).joined(separator: ", ")) and "
    + "discarding are biased, constant is not."
}

extension TheoryReport {
  /// Rules of which the same is said, together.
  var groupedRules: [(names: String, answer: RuleJustification.Answer, reason: String)] {
    var groups: [(names: String, answer: RuleJustification.Answer, reason: String)] = []
    for rule in rules {
      let reason = rule.reasons.map(\.text).joined(separator: "; ")
      if let last = groups.indices.last, groups[last].answer == rule.answer,
        groups[last].reason == reason
      {
        groups[last].names += ", " + rule.rule.rawValue
      } else {
        groups.append((rule.rule.rawValue, rule.answer, reason))
      }
    }
    return groups
  }
}

extension ReplayReport {
  /// How the run behind a check looks, and what it is called.
  func style(of check: TheoryCheck) -> MethodStyle {
    if let index = check.replayIndex, runs.indices.contains(index) { return style(of: index) }
    return MethodStyle(method: check.method.name, rule: check.method.rule?.rawValue)
  }
}

extension DelayBias {
  /// The mean and the 95th percentile of what chance gives; nil without permutations.
  var byChance: (mean: Double, p95: Double)? {
    guard !permuted.isEmpty else { return nil }
    let sorted = permuted.sorted()
    let position = 0.95 * Double(sorted.count - 1)
    let below = sorted[Int(position)]
    let above = sorted[min(Int(position) + 1, sorted.count - 1)]
    return (
      permuted.reduce(0, +) / Double(permuted.count),
      below + (above - below) * (position - position.rounded(.down))
    )
  }
}
