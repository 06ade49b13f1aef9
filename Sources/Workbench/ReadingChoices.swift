import TraceFormats
import TraceModel
import TraceStore

/// How recorded files are read, as it stands on a command line.
public struct ReadingChoices: Sendable {
  /// `--format`; nil to tell it from the content.
  public var format: String?
  /// `--columns`, as `worker=uuid,duration=perf`.
  public var columns: String?
  /// `--unit` of mapped columns.
  public var unit: String?
  /// `--task` of a Ray timeline.
  public var task: String?
  /// `--event`, a regular expression.
  public var event: String?
  /// `--rank-by` of a Chrome trace.
  public var rankBy: String?
  /// `--replica-by` of a Chrome trace.
  public var replicaBy: String?
  /// `--step-by` of a Chrome trace.
  public var stepBy: String?
  /// `--map`: a file, `dp` or `rank`.
  public var map: String?
  /// `--stage` of a Spark log.
  public var stage: Int64?
  /// `--pattern` of a text log.
  public var pattern: String?
  /// `--rank-regex`, for ranks in files' names.
  public var rankRegex: String?
  /// `--trust`, for every worker.
  public var trust: String?
  /// `--skip`: the first gradients of every worker that are dropped.
  public var skip = 0
  /// `--steps`, as `10:59`.
  public var steps: String?
  /// `--skip-worker`, labels that are left out.
  public var skipWorkers: [String] = []
  /// `--strict`: warnings refuse the trace.
  public var strict = false
  /// Several paths are the ranks of one trace.
  public var join = false
  /// Files that are finished are kept beside the database until the import succeeds.
  public var resume = false
  /// Stores neutral names in the place of labels and hosts, and nothing that tells the origin.
  public var anonymize = false
  /// How many files of a trace are read at once; nil for as many as there are processors. Never
  /// changes what is stored.
  public var threads: Int?

  public init() {}

  /// What decides how files are read, in a fixed order: what was kept for other words is of no use.
  var readingText: String {
    let options: [(String, String?)] = [
      ("--format", format), ("--columns", columns), ("--unit", unit), ("--task", task),
      ("--event", event), ("--rank-by", rankBy), ("--replica-by", replicaBy), ("--step-by", stepBy),
      ("--map", map), ("--stage", stage.map { "\($0)" }), ("--pattern", pattern),
      ("--rank-regex", rankRegex), ("--trust", trust),
    ]
    var words: [String] = options.flatMap { name, value in value.map { [name, $0] } ?? [] }
    words += skipWorkers.sorted().flatMap { ["--skip-worker", $0] }
    if join { words.append("--join") }
    return words.joined(separator: " ")
  }

  /// What the readers need.
  func readOptions() throws -> ReadOptions {
    var options = ReadOptions()
    options.format = try format.map {
      try Self.choice(TraceFormat.self, named: $0, option: "--format", what: "format")
    }
    if let columns {
      options.columns = try Failure.mapping { try ReadOptions.columns(parsing: columns) }
    }
    options.unit = try unit.map {
      try Self.choice(ColumnUnit.self, named: $0, option: "--unit", what: "unit")
    }
    options.task = task
    options.rankRegex = rankRegex
    options.event = event
    options.pattern = pattern
    options.stage = stage
    try Failure.mapping {
      options.rankBy = try rankBy.map { try SliceKey.list(parsing: $0, option: "--rank-by") } ?? []
      options.replicaBy =
        try replicaBy.map { try SliceKey.list(parsing: $0, option: "--replica-by") } ?? []
      options.stepBy = try stepBy.map { try SliceKey.step(parsing: $0) }
      options.map = try map.map { try ReplicaMap(parsing: $0) }
    }
    options.trust = try trustGrade()
    options.join = join
    options.skippedWorkers = Set(skipWorkers)
    return options
  }

  /// What the store needs.
  func importOptions(name: String, source: String) throws -> ImportOptions {
    guard skip >= 0 else {
      throw Failure(.usage, "--skip \(skip): the number of gradients to drop is 0 or more.")
    }
    return ImportOptions(
      name: name, source: source, skip: skip, steps: try stepRange(),
      skipWorkers: Set(skipWorkers.map { WorkerLabel($0) }), trustOverride: try trustGrade(),
      strict: strict, anonymize: anonymize)
  }

  /// The same once the files have been read: workers that the reader left out are not looked for
  /// again, and a native file says itself what its trace is called and where it came from.
  func importOptions(_ options: ImportOptions, after facts: TraceFacts) -> ImportOptions {
    var options = options
    if let record = facts.record {
      options.name = record.name
      options.source = record.source
      options.optionsJSON = record.optionsJSON
    }
    options.skipWorkers = options.skipWorkers.filter { !facts.skippedWorkers.contains($0.text) }
    return options
  }

  private func trustGrade() throws -> TrustGrade? {
    try trust.map {
      try Self.choice(TrustGrade.self, named: $0, option: "--trust", what: "trust grade")
    }
  }

  private func stepRange() throws -> ClosedRange<Int64>? {
    guard let steps else { return nil }
    let ends = steps.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
    guard ends.count == 2, let first = ends[0], let last = ends[1], first <= last else {
      throw Failure(.usage, "--steps \(steps): write the first and the last step, as in 10:59.")
    }
    return first...last
  }

  private static func choice<Choice: RawRepresentable & CaseIterable>(
    _ type: Choice.Type, named name: String, option: String, what: String
  ) throws -> Choice where Choice.RawValue == String {
    guard let choice = Choice(rawValue: name) else {
      let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(.usage, "\(option) \(name): there is no such \(what). There are: \(names).")
    }
    return choice
  }
}
