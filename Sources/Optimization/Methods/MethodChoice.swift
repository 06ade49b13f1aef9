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
  /// Synchronous rounds of all workers.
  case minibatch
  /// `delayLimit` belongs to the rule `drop`, nil for its default 2M; `adaptiveConstant` is the c
  /// of the rule `adaptive`.
  case async(rule: StepsizeRule, delayLimit: Int? = nil, adaptiveConstant: Double = 4)
  /// Synchronous rounds of the first `need` gradients; the rest of the round is aborted.
  case backup(need: Int)
  /// `collect` gradients computed at the current iterate make an update; `abort` restarts the
  /// other workers at each update.
  case rennala(collect: Int, abort: Bool = false)
  /// Gradients with τ above `delayLimit` are discarded; `abort` restarts a worker as soon as its
  /// gradient could only be discarded.
  case ringmaster(delayLimit: Int, abort: Bool = false)
  /// The mean of the next `collect` gradients, however stale, makes an update.
  case buffered(collect: Int)
  /// Asynchronous with a constant stepsize on the `workers` fastest workers by mean duration; ties
  /// go to the lower index.
  case fastest(workers: Int)
  /// Every worker makes `steps` steps on its own; the mean of where they end is the next iterate.
  case local(steps: Int)
  /// Asynchronous; a gradient is discarded if the iterate is farther than `distance` from where it was
  /// computed.
  case picky(distance: Double)
  /// Asynchronous with gradients of at most the norm `radius`.
  case clipped(radius: Double)
  /// Asynchronous with delay compensation of strength `lambda`; if adaptive, over the root of the running
  /// mean of each entry's squares.
  case dcAsync(lambda: Double, adaptive: Bool = false)
  /// Asynchronous with heavy-ball momentum `beta`.
  case momentum(beta: Double)

  /// As `--method` takes it, without options.
  public var name: String {
    switch self {
    case .minibatch: "minibatch"
    case .async: "async"
    case .backup: "backup"
    case .rennala: "rennala"
    case .ringmaster: "ringmaster"
    case .buffered: "buffered"
    case .fastest: "fastest"
    case .local: "local"
    case .picky: "picky"
    case .clipped: "clipped"
    case .dcAsync: "dc-async"
    case .momentum: "momentum"
    }
  }

  /// How the stepsize depends on the delay; nil for methods whose stepsize does not.
  public var rule: StepsizeRule? {
    switch self {
    case .async(let rule, _, _): rule
    default: nil
    }
  }

  /// H, the gradients that a worker computes before it sends anything; nil for methods that send
  /// each gradient.
  public var localSteps: Int? {
    if case .local(let steps) = self { steps } else { nil }
  }
}
