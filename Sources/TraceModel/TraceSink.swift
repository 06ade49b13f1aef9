/// Where a format reader pushes what it finds. A reader never holds a whole trace.
///
/// Gradients may come in any order; the sink sorts them by (start, position) within their worker.
public protocol TraceSink: AnyObject {
  /// Returns a dense handle, in order of first sight, for the worker with this label.
  ///
  /// Called once per distinct label and source; handles are no worker indices, which depend on the
  /// order of labels and are only known at the end.
  func worker(labelled label: WorkerLabel, host: String?, trust: TrustGrade) throws -> Int

  /// Takes one gradient of the worker with this handle.
  func append(_ gradient: GradientInterval, worker handle: Int) throws

  /// Takes many gradients, in their order. A sink that has no faster way takes them one by one.
  func append(_ gradients: GradientBatch) throws

  /// Counts an issue; issues with the same code are added up, and the first place is kept.
  func report(_ issue: ImportIssue)
}

extension TraceSink {
  public func append(_ gradients: GradientBatch) throws {
    for index in gradients.handles.indices {
      try append(
        GradientInterval(
          startNs: gradients.startsNs[index], durationNs: gradients.durationsNs[index]),
        worker: Int(gradients.handles[index]))
    }
  }
}

/// What a reader knows of a trace once it has read all of it.
public struct TraceFacts: Hashable, Sendable {
  /// How exchanges with the server are to be read off the sorted gradients of a trace.
  public enum TurnaroundRule: Hashable, Sendable {
    /// As the reader recorded them with each gradient, or unknown.
    case recorded
    /// From the gaps between a worker's gradients (Ray, Spark): the gap to the next start in a
    /// trace of an asynchronous job; where the workers advance in rounds, the smallest gap of a
    /// round, and the rest of each gap is waiting.
    case gaps
  }

  /// What its files were read as.
  public var format: String
  /// Whether the workers advanced round by round.
  public var kind: TraceKind
  /// What one second of it means.
  public var unit: TimeUnit
  /// Unix time of the clock's zero in nanoseconds, if the recorded times are absolute: the trace
  /// began at this plus its first start.
  public var unixNsOfZero: Int64?
  /// Where turnarounds come from.
  public var turnaround: TurnaroundRule
  /// Whether the source gave start times; if not, the gradients were taken as back to back and
  /// only their durations can be compared between workers.
  public var startsRecorded: Bool
  /// Whether the source itself said how far each worker can be trusted, so that nobody has to guess.
  public var trustRecorded: Bool
  /// What was read, used and skipped, as lines for people.
  public var notes: [String]
  /// Workers that were asked to be left out, and that the reader has left out.
  public var skippedWorkers: Set<String> = []
  /// What was made of each file, in order.
  public var files: [FileReport] = []
  /// What a store already knew of the trace; nil for all formats but our native one.
  public var record: TraceRecord?

  public init(
    format: String, kind: TraceKind, unit: TimeUnit = .seconds, unixNsOfZero: Int64? = nil,
    turnaround: TurnaroundRule = .recorded, startsRecorded: Bool = true,
    trustRecorded: Bool = false, notes: [String] = []
  ) {
    self.format = format
    self.kind = kind
    self.unit = unit
    self.unixNsOfZero = unixNsOfZero
    self.turnaround = turnaround
    self.startsRecorded = startsRecorded
    self.trustRecorded = trustRecorded
    self.notes = notes
  }
}
