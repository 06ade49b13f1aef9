/// Recorded timings of M workers, sorted and shifted to the first start, in memory.
public struct Trace: Sendable {
  /// Unique in its database.
  public var name: String
  /// SHA-256 in lower-case hex; empty for a trace that was never stored.
  public var digest: String
  /// What its files were read as.
  public var format: String
  /// Whether the workers advanced round by round.
  public var kind: TraceKind
  /// What one second of it means.
  public var unit: TimeUnit
  /// Unix time of the first start in nanoseconds, if known.
  public var startUnixNs: Int64?
  /// In order of index.
  public var workers: [WorkerTimings]
  /// What was dubious in its files and kept.
  public var issues: [ImportIssue]

  public init(
    name: String, digest: String = "", format: String = "csv", kind: TraceKind = .independent,
    unit: TimeUnit = .seconds, startUnixNs: Int64? = nil, workers: [WorkerTimings],
    issues: [ImportIssue] = []
  ) {
    self.name = name
    self.digest = digest
    self.format = format
    self.kind = kind
    self.unit = unit
    self.startUnixNs = startUnixNs
    self.workers = workers
    self.issues = issues
  }

  /// M
  public var workerCount: Int { workers.count }

  /// Recorded gradients of all workers.
  public var gradientCount: Int { workers.reduce(0) { $0 + $1.gradientCount } }

  /// From the first start to the last end, in nanoseconds.
  public var spanNs: Int64 { workers.map(\.lastEndNs).max() ?? 0 }

  /// Whether it is a table of rates, one a worker: means that were told as such, not draws that chance
  /// could have dealt otherwise.
  public var holdsRates: Bool {
    format == "rates" && workers.allSatisfy { $0.gradientCount == 1 }
  }

  /// The lowest grade of any worker: a verdict is not better than its worst worker.
  public var trust: TrustGrade { workers.map(\.worker.trust).min() ?? .wallClock }
}

/// The gradients of one worker as columns, in order of start.
public struct WorkerTimings: Sendable {
  /// Whose gradients these are.
  public var worker: Worker
  /// From the first start of the trace.
  public var startsNs: [Int64]
  /// Own computing, above 0.
  public var durationsNs: [Int64]
  /// One entry a gradient, or empty if none waited.
  public var waitsNs: [Int64]
  /// One entry a gradient, or empty if none was recorded. A −1 is a single unknown one.
  public var turnaroundsNs: [Int64]
  /// One entry a gradient, or empty if none was recorded. `Int64.min` is a single unknown one.
  public var steps: [Int64]
  /// The batches, or nil if none was recorded.
  public var samples: SampleColumn?

  public init(
    worker: Worker, startsNs: [Int64], durationsNs: [Int64], waitsNs: [Int64] = [],
    turnaroundsNs: [Int64] = [], steps: [Int64] = [], samples: SampleColumn? = nil
  ) {
    self.worker = worker
    self.startsNs = startsNs
    self.durationsNs = durationsNs
    self.waitsNs = waitsNs
    self.turnaroundsNs = turnaroundsNs
    self.steps = steps
    self.samples = samples
  }

  /// A worker whose gradients follow one another without a gap.
  public init(worker: Worker, backToBack durationsNs: [Int64]) {
    var starts: [Int64] = []
    starts.reserveCapacity(durationsNs.count)
    var time: Int64 = 0
    for duration in durationsNs {
      starts.append(time)
      time += duration
    }
    self.init(worker: worker, startsNs: starts, durationsNs: durationsNs)
  }

  /// n, the length of every column.
  public var gradientCount: Int { durationsNs.count }

  /// The latest end, which with overlaps need not be that of the last gradient; 0 without
  /// gradients.
  public var lastEndNs: Int64 {
    zip(startsNs, durationsNs).reduce(0) { max($0, $1.0 + $1.1) }
  }
}

/// Lists of data indices of different lengths, one list a gradient, end to end.
public struct SampleColumn: Hashable, Sendable {
  /// The list of gradient j is `indices[offsets[j] ..< offsets[j + 1]]`.
  public var offsets: [Int]
  /// All lists, end to end.
  public var indices: [Int32]

  public init(offsets: [Int] = [0], indices: [Int32] = []) {
    self.offsets = offsets
    self.indices = indices
  }

  /// Adds the list of the next gradient.
  public mutating func append(_ samples: some Collection<Int32>) {
    indices.append(contentsOf: samples)
    offsets.append(indices.count)
  }

  /// The list of one gradient.
  public subscript(gradient: Int) -> ArraySlice<Int32> {
    indices[offsets[gradient]..<offsets[gradient + 1]]
  }
}
