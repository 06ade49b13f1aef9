/// How far a worker's durations can be trusted to be its own computing.
public enum TrustGrade: String, Hashable, Sendable, Comparable, CaseIterable {
  /// The durations cannot be told apart from waiting for others.
  case wallClock = "wall-clock"
  /// The own time was separated from the waiting by the rule of own time.
  case separated
  /// Own intervals were recorded.
  case measured

  public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rank < rhs.rank }

  /// The grade below this one; `wallClock` is the lowest.
  public var lowered: TrustGrade {
    switch self {
    case .measured: .separated
    case .separated, .wallClock: .wallClock
    }
  }

  private var rank: Int {
    switch self {
    case .wallClock: 0
    case .separated: 1
    case .measured: 2
    }
  }
}

/// What the workers of a trace had to do with one another.
public enum TraceKind: String, Hashable, Sendable, CaseIterable {
  /// Nobody waited for anybody.
  case independent
  /// All workers advanced together, round by round.
  case synchronous
}

/// One source of gradients.
public struct Worker: Hashable, Sendable {
  /// Position in the order of labels, `0 ..< workerCount`.
  public var index: Int
  /// As recorded.
  public var label: WorkerLabel
  /// Where the worker ran, if known.
  public var host: String?
  /// How far its durations are its own computing.
  public var trust: TrustGrade

  public init(index: Int, label: WorkerLabel, host: String? = nil, trust: TrustGrade = .measured) {
    self.index = index
    self.label = label
    self.host = host
    self.trust = trust
  }
}
