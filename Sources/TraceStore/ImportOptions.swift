import TraceModel

/// What an import does besides what the reader found.
public struct ImportOptions: Hashable, Sendable {
  /// The trace's name, `-2` and so on added if it is taken; empty for "trace".
  public var name: String
  /// The paths as they were given.
  public var source: String
  /// The options of the command as one JSON object.
  public var optionsJSON: String
  /// Drops the first so many gradients of every worker.
  public var skip: Int
  /// Keeps the gradients of these steps, both ends included. A gradient without a recorded step
  /// counts as that of its place in its worker, from 0, before anything is skipped.
  public var steps: ClosedRange<Int64>?
  /// Leaves these workers out.
  public var skipWorkers: Set<WorkerLabel>
  /// Grades every worker, whatever the reader said and whatever the durations look like.
  public var trustOverride: TrustGrade?
  /// Refuses a trace that has an issue of severity warning.
  public var strict: Bool
  /// Stores neutral names in the place of labels and hosts, and nothing that tells where the trace
  /// comes from.
  public var anonymize: Bool

  public init(
    name: String, source: String = "", optionsJSON: String = "{}", skip: Int = 0,
    steps: ClosedRange<Int64>? = nil, skipWorkers: Set<WorkerLabel> = [],
    trustOverride: TrustGrade? = nil, strict: Bool = false, anonymize: Bool = false
  ) {
    self.name = name
    self.source = source
    self.optionsJSON = optionsJSON
    self.skip = skip
    self.steps = steps
    self.skipWorkers = skipWorkers
    self.trustOverride = trustOverride
    self.strict = strict
    self.anonymize = anonymize
  }

  /// Whether what is stored may be other gradients, labels or grades than those that were read.
  var changesContent: Bool {
    skip > 0 || steps != nil || !skipWorkers.isEmpty || trustOverride != nil || anonymize
  }
}

/// What the store knows of a trace without unpacking it.
public struct StoredTrace: Hashable, Sendable {
  /// Its number, `#id` on a command line.
  public var id: Int64
  /// Unique in its database.
  public var name: String
  /// SHA-256 of the content in lower-case hex.
  public var digest: String
  /// What its files were read as.
  public var format: String
  /// Whether the workers advanced round by round.
  public var kind: TraceKind
  /// What one second of it means.
  public var unit: TimeUnit
  /// M
  public var workerCount: Int
  /// Recorded gradients of all workers.
  public var gradientCount: Int
  /// From the first start to the last end.
  public var spanNs: Int64
  /// Unix time of the first start; nil if the source had no absolute times.
  public var startUnixNs: Int64?
  /// UTC, ISO 8601.
  public var importedAt: String
  /// The paths as they were given.
  public var source: String
  /// The options of the import as one JSON object.
  public var optionsJSON: String
  /// An import found the same content in the store, and changed nothing.
  public var alreadyPresent: Bool
  /// What was dubious in its files and kept.
  public var issues: [ImportIssue]
}
