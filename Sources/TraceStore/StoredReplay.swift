import ReplayEngine

/// What a replay was asked and by whom, as text: the store keeps it without understanding it.
public struct ReplayRecord: Hashable, Sendable {
  public var objectiveKind: String
  public var parametersJSON: String
  /// SHA-256 of the objective's data; empty if it has none.
  public var dataDigest: String
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
  public var id: Int64
  public var traceID: Int64
  public var record: ReplayRecord
  /// The method's name, as in `MethodChoice.name`.
  public var method: String
  public var stepsizeRule: String?
  public var stepsize: Double
  public var seed: UInt64
  public var outcome: Run.Outcome
  public var timeNs: Int64
  public var updateCount: Int
  public var gradientCount: Int
  public var computedCount: Int
  public var discardedCount: Int
  public var abortedCount: Int
  public var roundCount: Int
  public var utilisation: Double
  public var fingerprint: String?
  public var delays: DelayStatistics?
  public var points: [Run.Point]
  public var wallSeconds: Double
  /// `save` found this very result in the store, and changed nothing.
  public var alreadyPresent: Bool
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
