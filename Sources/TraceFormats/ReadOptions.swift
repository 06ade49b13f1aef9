import ByteStreams
import TraceModel

/// What a column of a table, or a key of a JSON line, is for.
public enum ColumnRole: String, Hashable, Sendable, CaseIterable {
  /// Whose gradient it is.
  case worker
  /// When it started.
  case start
  /// How long it was computed.
  case duration
  /// When it ended, instead of a duration.
  case end
  /// Waiting for others after it.
  case wait
  /// The exchange with the server after it.
  case turnaround
  /// The recorded training step.
  case step
  /// The data indices of its batch.
  case samples
  /// Where the worker ran.
  case host
  /// How far the worker's durations can be trusted; the lowest of its rows counts.
  case trust
  /// What the workers had to do with one another. Not `kind`, which many tables have for the machine.
  case kind = "trace_kind"
  /// Gradients per second, of the format `rates`.
  case rate
}

/// What one unit in a column of times means.
public enum ColumnUnit: String, Hashable, Sendable, CaseIterable {
  /// 10⁹ ns
  case seconds = "s"
  /// 10⁶ ns
  case milliseconds = "ms"
  /// 10³ ns
  case microseconds = "us"
  /// As they are stored.
  case nanoseconds = "ns"
  /// No physical time: one unit is stored as one second.
  case relative

  /// The power of ten that turns this unit into nanoseconds.
  var scale: Int {
    switch self {
    case .seconds, .relative: 9
    case .milliseconds: 6
    case .microseconds: 3
    case .nanoseconds: 0
    }
  }
}

/// How a trace is to be read where its content does not say.
public struct ReadOptions: Sendable {
  /// Nil: told from the content.
  public var format: TraceFormat?
  /// Names of columns (CSV) or keys (NDJSON) by role. The roles that are not named here are still
  /// found by our own names: `step`, `wait_ms` and so on.
  public var columns: [ColumnRole: String]
  /// The unit of the columns in ``columns``. Nil: by the ending of their name (`perf_ms`), else
  /// seconds. Our own columns say their unit themselves. `relative` applies to the whole trace.
  public var unit: ColumnUnit?
  /// The Ray task whose executions are gradients. Nil: the one with the most total time.
  public var task: String?
  /// A regular expression for the names of the slices of a Chrome trace that are gradients. It may
  /// match anywhere in a name.
  public var event: String?
  /// What tells the ranks of a Chrome trace apart. Empty: the process.
  public var rankBy: [SliceKey]
  /// What tells its replicas apart, if ranks share the work of a gradient; needs `stepBy`.
  public var replicaBy: [SliceKey]
  /// Which ranks of a profile or Chrome trace compute one gradient together. Nil: each rank its own,
  /// unless a profile shows that models are divided, which is refused.
  public var map: ReplicaMap?
  /// The key in a slice's `args` that has the number of its step. Nil: each slice is a gradient.
  public var stepBy: String?
  /// The Spark stage whose tasks are gradients. Nil: of the stages with most executors the one with
  /// most tasks.
  public var stage: Int64?
  /// A regular expression for the lines of a text log, with the named groups `worker`, `time`,
  /// `duration` and `step`; `time` or `duration` is needed.
  public var pattern: String?
  /// Finds the rank in the name of a file that does not tell it: the first group, else the whole
  /// match.
  public var rankRegex: String?
  /// The labels of workers that are left out and counted.
  public var skippedWorkers: Set<String>
  /// Overrides the grade that the format would give.
  public var trust: TrustGrade?
  /// All files are one trace, also where each holds a whole job.
  public var join: Bool
  /// Bytes that are read at once; results do not depend on it.
  public var bufferSize: Int
  /// Set while several files are read at once.
  var gate: LargeFileGate?

  public init(
    format: TraceFormat? = nil, columns: [ColumnRole: String] = [:], unit: ColumnUnit? = nil,
    task: String? = nil, event: String? = nil, rankBy: [SliceKey] = [],
    replicaBy: [SliceKey] = [], map: ReplicaMap? = nil, stepBy: String? = nil, stage: Int64? = nil,
    pattern: String? = nil, rankRegex: String? = nil, skippedWorkers: Set<String> = [],
    trust: TrustGrade? = nil, join: Bool = false,
    bufferSize: Int = ByteSource.standardBufferSize
  ) {
    self.format = format
    self.columns = columns
    self.unit = unit
    self.task = task
    self.event = event
    self.rankBy = rankBy
    self.replicaBy = replicaBy
    self.map = map
    self.stepBy = stepBy
    self.stage = stage
    self.pattern = pattern
    self.rankRegex = rankRegex
    self.skippedWorkers = skippedWorkers
    self.trust = trust
    self.join = join
    self.bufferSize = bufferSize
  }

  /// Reads `worker=uuid,duration=perf` as it stands on a command line.
  ///
  /// A name may contain `=` but no comma.
  public static func columns(
    parsing text: String
  ) throws(TraceFormatError) -> [ColumnRole: String] {
    var columns: [ColumnRole: String] = [:]
    for entry in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = entry.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let role = ColumnRole(rawValue: String(parts[0])),
        columns[role] == nil, !parts[1].isEmpty
      else {
        throw TraceFormatError(reason: .badColumns(String(entry)), path: "--columns")
      }
      columns[role] = String(parts[1])
    }
    return columns
  }
}
