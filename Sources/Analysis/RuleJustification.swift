import Optimization
import ReplayEngine

/// What recorded batches say of the assumption that noise and delay are independent.
public enum DelayIndependence: Hashable, Sendable {
  /// These batches were drawn after the fact.
  case notTestable
  /// The trace has batches of its own that were not used, since they belong to other data.
  case notTested
  /// b̂ of each rule on the recorded batches.
  case tested([RuleBias])

  /// What one stepsize rule's weights do to the gradient noise.
  public struct RuleBias: Hashable, Sendable {
    /// The rule that was tried.
    public var rule: StepsizeRule
    /// b̂ under it, beside b̂ with permuted stepsizes.
    public var bias: DelayBias
    /// Above what chance gives in 95% of cases to the largest of all rules together.
    public var isTied: Bool

    public init(rule: StepsizeRule, bias: DelayBias, isTied: Bool) {
      self.rule = rule
      self.bias = bias
      self.isTied = isTied
    }
  }

  /// Judges several rules at once: each at a level of 5% over their number, so that one in twenty
  /// traces is accused for nothing, and not one a rule.
  public static func judging(_ biases: [(rule: StepsizeRule, bias: DelayBias)]) -> Self {
    let level = 0.05 / Double(max(1, biases.count))
    return .tested(
      biases.map { rule, bias in
        let isTied =
          bias.permuted.count >= 20
          && bias.value > Sample(bias.permuted).quantile(1 - level)
        return RuleBias(rule: rule, bias: bias, isTied: isTied)
      })
  }

  /// The rules that were tried; empty where nothing could be.
  public var tested: [RuleBias] {
    if case .tested(let rows) = self { rows } else { [] }
  }

  /// The rules that give some of the noise less weight, in their order.
  public var biasedRules: [StepsizeRule] {
    tested.filter(\.isTied).map(\.rule)
  }
}

/// Whether the theory stands behind a stepsize rule of asynchronous SGD on this trace and objective.
public struct RuleJustification: Hashable, Sendable {
  /// Whether the theory covers a rule here.
  public enum Answer: String, Hashable, Sendable {
    /// It does.
    case yes
    /// It does not.
    case no
    /// It does if something holds that nobody can measure here.
    case onlyIf = "only-if"
  }

  /// Why a rule is justified or not.
  public enum Reason: Hashable, Sendable {
    /// ‖∇f‖ is bounded everywhere.
    case boundedGradients(String)
    /// It is not, but was so far on this run.
    case boundedAlongRun(least: Double, largest: Double)
    /// The run diverged, so its gradients say nothing.
    case diverged(update: Int)
    /// No run was measured.
    case notMeasured
    /// Noise and delay are tied: this rule's bias is beyond chance.
    case tiedToDelay(StepsizeRule)
    /// Its own weights leave out nothing here, but those of another rule do.
    case tiedElsewhere(StepsizeRule)
    /// b̂ is what it is by chance.
    case notTied
    /// The batches were drawn after the fact.
    case notTestable
    /// The trace has recorded batches, and the replay drew others.
    case recordedUnused
    /// The objective of this kind has no L.
    case notSmooth(String)
    /// The objective of this kind has only a local estimate of L.
    case localSmoothness(String)
    /// γ is at most this: 1/(2LM) for `adaptive`, and of its order for the others.
    case stepsizeAtMost(Double, isExact: Bool)
    /// No bound of ours covers the rule, whatever the noise.
    case uncovered
  }

  /// The rule that is judged.
  public var rule: StepsizeRule
  /// Whether the theory covers it.
  public var answer: Answer
  /// Why.
  public var reasons: [Reason]

  public init(rule: StepsizeRule, answer: Answer, reasons: [Reason]) {
    self.rule = rule
    self.answer = answer
    self.reasons = reasons
  }
}

extension RuleJustification {
  /// All rules, in their order.
  ///
  /// The constant stepsize needs bounded gradients and nothing of delays; every rule that discounts late
  /// gradients needs a smooth function, and noise that is independent of delays.
  public static func all(
    facts: ProblemFacts, workerCount: Int, checks: [TheoryCheck], divergedConstant: Int?,
    independence: DelayIndependence
  ) -> [RuleJustification] {
    StepsizeRule.allCases.map { rule in
      rule == .constant
        ? constant(facts, checks, divergedConstant)
        : discounting(rule, facts, workerCount, independence)
    }
  }

  private static func constant(
    _ facts: ProblemFacts, _ checks: [TheoryCheck], _ divergedAt: Int?
  ) -> RuleJustification {
    func make(_ answer: Answer, _ reason: Reason) -> RuleJustification {
      RuleJustification(rule: .constant, answer: answer, reasons: [reason])
    }
    if let divergedAt { return make(.no, .diverged(update: divergedAt)) }
    if facts.hasBoundedGradients { return make(.yes, .boundedGradients(facts.kind)) }
    let own = checks.first { $0.method.rule == .constant } ?? checks.first
    guard let norms = own?.norms else { return make(.onlyIf, .notMeasured) }
    return make(.onlyIf, .boundedAlongRun(least: norms.least, largest: norms.largest))
  }

  private static func discounting(
    _ rule: StepsizeRule, _ facts: ProblemFacts, _ workerCount: Int,
    _ independence: DelayIndependence
  ) -> RuleJustification {
    if case .none = facts.smoothness {
      return RuleJustification(rule: rule, answer: .no, reasons: [.notSmooth(facts.kind)])
    }
    let biased = independence.biasedRules
    if biased.contains(rule) {
      return RuleJustification(rule: rule, answer: .no, reasons: [.tiedToDelay(rule)])
    }
    if let other = biased.first {
      // Delays shorten the steps of `adaptive` as those of the others once γ is large enough for it.
      let isTested = independence.tested.contains { $0.rule == rule }
      return RuleJustification(
        rule: rule, answer: isTested ? .onlyIf : .no,
        reasons: [isTested ? .tiedElsewhere(other) : .tiedToDelay(other)])
    }
    var answer = Answer.yes
    var reasons: [Reason] = []
    switch independence {
    case .tested: reasons.append(.notTied)
    case .notTestable:
      answer = .onlyIf
      reasons.append(.notTestable)
    case .notTested:
      answer = .onlyIf
      reasons.append(.recordedUnused)
    }
    if case .local = facts.smoothness {
      answer = .onlyIf
      reasons.append(.localSmoothness(facts.kind))
    }
    if case .known(let smoothness) = facts.smoothness, rule != .inverse {
      reasons.append(
        .stepsizeAtMost(
          1 / (2 * smoothness * Double(workerCount)), isExact: rule == .adaptive))
    }
    if rule == .inverse {
      answer = .onlyIf
      reasons.append(.uncovered)
    }
    return RuleJustification(rule: rule, answer: answer, reasons: reasons)
  }
}
