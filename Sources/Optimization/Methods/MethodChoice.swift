/// How the stepsize of asynchronous SGD depends on the delay τ (1 = fresh).
public enum StepsizeRule: String, Hashable, Sendable, CaseIterable {
  /// γ
  case constant
  /// min{γ, 1/(c L τ)}
  case adaptive
  /// γ M / max(M, τ), what the authors of the paper ran
  case scaled
  /// γ if τ ≤ limit, else 0; still an update
  case drop
  /// γ / max(1, τ − 1)
  case inverse
}

/// A method and its own options, as they are chosen on the command line.
public enum MethodChoice: Hashable, Sendable {
  case minibatch
  /// `delayLimit` belongs to the rule `drop`, nil for its default 2M; `adaptiveConstant` is the c
  /// of the rule `adaptive`.
  case async(rule: StepsizeRule, delayLimit: Int? = nil, adaptiveConstant: Double = 4)

  public var name: String {
    switch self {
    case .minibatch: "minibatch"
    case .async: "async"
    }
  }

  public var rule: StepsizeRule? {
    switch self {
    case .minibatch: nil
    case .async(let rule, _, _): rule
    }
  }
}
