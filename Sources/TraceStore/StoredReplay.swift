import ReplayEngine

/// What a replay was asked and by whom, as text: the store keeps it without understanding it.
public struct ReplayRecord: Hashable, Sendable {
  /// The kind of the objective, as `logistic`.
  public var objectiveKind: String
  /// The objective as on the command line, and the seed of its data.
  public var parametersJSON: String
  /// SHA-256 of the objective's data; empty if it has none.
  public var dataDigest: String
  /// Everything but trace and objective that the run depends on.
  public var requestJSON: String
  /// Digest of everything the result depends on besides the trace: request and objective.
  public var requestDigest: String
  /// Of the program.
  public var version: String

  public init(
    objectiveKind: String, parametersJSON: String, dataDigest: String = "", requestJSON: String,
    requestDigest: String, version: String
  ) {
    self.objectiveKind = objectiveKind
    self.parametersJSON = parametersJSON
    self.dataDigest = dataDigest
    self.requestJSON = requestJSON
    self.requestDigest = requestDigest
    self.version = version
  }
}

/// A replay as it is stored: everything of a `Run` but its request as a value and its iterate.
public struct StoredReplay: Sendable {
  /// Its number in the database.
  public var id: Int64
  /// Of the trace that was replayed.
  public var traceID: Int64
  /// What it was asked for with.
  public var record: ReplayRecord
  /// The method's name, as in `MethodChoice.name`.
  public var method: String
  /// Nil for methods without one.
  public var stepsizeRule: String?
  /// γ
  public var stepsize: Double
  /// Of batches and noise.
  public var seed: UInt64
  /// How it ended.
  public var outcome: Run.Outcome
  /// Simulated time.
  public var timeNs: Int64
  /// k at the end.
  public var updateCount: Int
  /// Applied gradients.
  public var gradientCount: Int
  /// Gradients whose work ended.
  public var computedCount: Int
  /// Gradients that the method threw away.
  public var discardedCount: Int
  /// Gradients that were stopped before they ended.
  public var abortedCount: Int
  /// 0 for methods without rounds.
  public var roundCount: Int
  /// Computing time over M times the duration.
  public var utilisation: Double
  /// Nil for a schedule without gradients.
  public var fingerprint: String?
  /// Nil where there are none, as of `local`.
  public var delays: DelayStatistics?
  /// At the instants of evaluation, in order.
  public var points: [Run.Point]
  /// Time spent in the replay itself; not a result.
  public var wallSeconds: Double
  /// `save` found this very result in the store, and changed nothing.
  public var alreadyPresent: Bool

  /// `completed`, `exhausted` or `diverged(812)`.
  public var outcomeText: String { outcome.storedText }
}

extension Run.Outcome {
  /// `completed`, `exhausted` or `diverged(812)`.
  var storedText: String {
    switch self {
    case .completed: "completed"
    case .exhausted: "exhausted"
    case .diverged(let update): "diverged(\(update))"
    }
  }

  init?(storedText text: String) {
    switch text {
    case "completed": self = .completed
    case "exhausted": self = .exhausted
    default:
      guard text.hasPrefix("diverged("), text.hasSuffix(")"),
        let update = Int(text.dropFirst("diverged(".count).dropLast())
      else { return nil }
      self = .diverged(update: update)
    }
  }
}
