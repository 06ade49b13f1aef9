/// One recorded computation of a gradient, as a format reader pushes it.
///
/// Times are nanoseconds on the worker's own clock; a trace shifts them to its first start later.
public struct GradientInterval: Hashable, Sendable {
  /// When the computing began.
  public var startNs: Int64
  /// The worker's own computing, without waiting for others; above 0.
  public var durationNs: Int64
  /// Waiting for others after it; 0 if unknown.
  public var waitNs: Int64
  /// What the exchange with the server cost after it; nil if not recorded.
  public var turnaroundNs: Int64?
  /// The recorded training step.
  public var step: Int64?
  /// The data indices of its batch; empty if not recorded.
  public var samples: [Int32]

  public init(
    startNs: Int64, durationNs: Int64, waitNs: Int64 = 0, turnaroundNs: Int64? = nil,
    step: Int64? = nil, samples: [Int32] = []
  ) {
    self.startNs = startNs
    self.durationNs = durationNs
    self.waitNs = waitNs
    self.turnaroundNs = turnaroundNs
    self.step = step
    self.samples = samples
  }
}

/// Gradients of several workers of which nothing but the times is known: a column for each.
public struct GradientBatch: Sendable {
  /// On the clock of each worker.
  public var startsNs: ContiguousArray<Int64> = []
  /// Above 0.
  public var durationsNs: ContiguousArray<Int64> = []
  /// What the sink returned for the worker of each gradient.
  public var handles: ContiguousArray<Int32> = []

  public init() {}

  /// The gradients, of all workers.
  public var count: Int { handles.count }

  /// Forgets gradients behind so many, or adds ones that have yet to be written.
  public mutating func resize(to count: Int) {
    let missing = count - self.count
    if missing > 0 {
      startsNs.append(contentsOf: repeatElement(0, count: missing))
      durationsNs.append(contentsOf: repeatElement(0, count: missing))
      handles.append(contentsOf: repeatElement(0, count: missing))
    } else if missing < 0 {
      startsNs.removeLast(-missing)
      durationsNs.removeLast(-missing)
      handles.removeLast(-missing)
    }
  }

  /// Forgets the gradients, and keeps the memory for others.
  public mutating func removeAll() {
    startsNs.removeAll(keepingCapacity: true)
    durationsNs.removeAll(keepingCapacity: true)
    handles.removeAll(keepingCapacity: true)
  }
}

/// Something dubious in an input that was kept and counted, and that every report repeats.
public struct ImportIssue: Hashable, Sendable {
  /// Whether an issue may change a result.
  public enum Severity: String, Hashable, Sendable, CaseIterable {
    /// Worth knowing; no result is in doubt.
    case info
    /// Refused under `--strict`.
    case warning
  }

  /// Stable, as `looks-synchronous`.
  public var code: String
  /// Whether a result may be in doubt.
  public var severity: Severity
  /// How often it was met.
  public var count: Int
  /// File and line, byte or event of the first one; empty if it has no place.
  public var firstPlace: String
  /// What it means for the result, in one sentence.
  public var meaning: String

  public init(
    code: String, severity: Severity, count: Int = 1, firstPlace: String, meaning: String
  ) {
    self.code = code
    self.severity = severity
    self.count = count
    self.firstPlace = firstPlace
    self.meaning = meaning
  }
}
