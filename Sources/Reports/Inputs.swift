import Analysis
import ReplayEngine
import TraceModel

/// What one command `replay` found.
public struct ReplayReport: Sendable {
  /// The trace that was replayed.
  public var trace: Inspection.TraceSummary
  /// The objective as on the command line.
  public var objectiveDescription: String
  /// f*, if known; plots then show f − f*.
  public var minimumLoss: Double?
  /// Finished runs, method by method.
  public var runs: [Run]
  /// Which policy each run belongs to, one entry a run; empty to go by the run's method. It is how
  /// minibatch on a subset of the workers is told from minibatch on all.
  public var runPolicies: [PolicyName]
  /// The number of workers that each run left out, one entry a run; empty if none did.
  public var runDroppedCounts: [Int]
  /// Applied gradients of asynchronous over minibatch SGD at minibatch's last round; nil below ten
  /// rounds or without both.
  public var countSpeedupMeasured: Double?
  /// One row a method and target.
  public var timeToTarget: [TimeToTarget]
  /// What tuning tried, one entry a method; empty if nothing was tuned.
  public var tuning: [StepsizeScan]
  /// The built-in objective at three noise levels, from none up; empty for an objective that was
  /// given.
  public var noiseLevels: [NoiseLevel] = []
  /// The target that a report shows, as a fraction of the initial distance.
  public var shownFraction: Double?
  /// What the theory assumes and guarantees; nil if it was not asked for.
  public var theory: TheoryReport?
  /// Bounds on the virtual distance, one entry a run; empty if it was not tracked.
  public var virtualBounds: [VirtualBound?] = []

  public init(
    trace: Inspection.TraceSummary, objectiveDescription: String, minimumLoss: Double? = nil,
    runs: [Run], runPolicies: [PolicyName] = [], runDroppedCounts: [Int] = [],
    countSpeedupMeasured: Double? = nil, timeToTarget: [TimeToTarget] = [],
    tuning: [StepsizeScan] = []
  ) {
    self.trace = trace
    self.objectiveDescription = objectiveDescription
    self.minimumLoss = minimumLoss
    self.runs = runs
    self.runPolicies = runPolicies
    self.runDroppedCounts = runDroppedCounts
    self.countSpeedupMeasured = countSpeedupMeasured
    self.timeToTarget = timeToTarget
    self.tuning = tuning
  }
}

/// What one command `import` did with one trace.
public struct ImportReport: Sendable {
  /// What was imported.
  public var trace: Inspection.TraceSummary
  /// Whether the same content was in the database before.
  public var alreadyPresent: Bool
  /// What was read, used and skipped, as lines for people.
  public var notes: [String]
  /// What was made of each file.
  public var files: [FileReport]
  /// Whether neutral names were stored in the place of labels and hosts.
  public var isAnonymous: Bool

  public init(
    trace: Inspection.TraceSummary, alreadyPresent: Bool, notes: [String] = [],
    files: [FileReport] = [], isAnonymous: Bool = false
  ) {
    self.trace = trace
    self.alreadyPresent = alreadyPresent
    self.notes = notes
    self.files = files
    self.isAnonymous = isAnonymous
  }
}

/// One replay in the list of a database.
public struct ReplayListing: Hashable, Sendable {
  /// Its number in the database.
  public var id: Int64
  /// Of the trace that was replayed.
  public var traceName: String
  /// As on the command line.
  public var objective: String
  /// Its name, without options.
  public var method: String
  /// Nil for methods without one.
  public var stepsizeRule: String?
  /// γ
  public var stepsize: Double
  /// Of batches and noise.
  public var seed: UInt64
  /// `completed`, `exhausted` or `diverged(812)`
  public var outcome: String
  /// Nil for a schedule without gradients.
  public var fingerprint: String?

  public init(
    id: Int64, traceName: String, objective: String, method: String, stepsizeRule: String? = nil,
    stepsize: Double, seed: UInt64, outcome: String, fingerprint: String? = nil
  ) {
    self.id = id
    self.traceName = traceName
    self.objective = objective
    self.method = method
    self.stepsizeRule = stepsizeRule
    self.stepsize = stepsize
    self.seed = seed
    self.outcome = outcome
    self.fingerprint = fingerprint
  }
}

/// Everything a page is made of. Sections whose data is nil or empty are left out.
public struct ReportInput: Sendable {
  /// A fact that the page depends on.
  public struct ManifestEntry: Hashable, Sendable {
    /// What it is.
    public var name: String
    /// As it is printed.
    public var value: String

    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// What durations alone say.
  public var inspection: Inspection
  /// Policies side by side; nil leaves their sections out.
  public var comparison: Comparison?
  /// Finished replays; nil leaves their sections out.
  public var replay: ReplayReport?
  /// Speeds over time; nil leaves the section out.
  public var heatmap: HeatmapData?
  /// Both schedules on one axis; nil leaves the section out.
  public var gantt: GanttData?
  /// Delays by worker and time of the run whose delays are shown; nil leaves the section out.
  public var delayMap: DelayMapData?
  /// Who costs a synchronous run how much; nil leaves the section out.
  public var blame: Blame?
  /// On what the rates hang; nil leaves the section out.
  public var effects: EditEffects?
  /// What this trace foretells of another recorded run; nil leaves the section out.
  public var forecast: ForecastReport?
  /// How that other run is named in the commands of the page; nil for its name.
  public var forecastArgument: String?
  /// How the trace is named in the commands of the page.
  public var traceArgument: String
  /// The options of the report, for those commands.
  public var options = ReportOptions()
  /// Whether the trace has turnarounds, charged or not, so that a command has to say which it takes.
  public var hasRecordedTurnaround = true
  /// What the import read, used and skipped, as lines for people.
  public var importNotes: [String]
  /// Facts for the appendix. No dates and no wall-clock figures: the same input has the same page.
  public var manifest: [ManifestEntry]
  /// The commands that made the page, as typed.
  public var commands: [String]

  public init(
    inspection: Inspection, comparison: Comparison? = nil, replay: ReplayReport? = nil,
    heatmap: HeatmapData? = nil, gantt: GanttData? = nil, traceArgument: String? = nil,
    importNotes: [String] = [], manifest: [ManifestEntry] = [], commands: [String] = []
  ) {
    self.inspection = inspection
    self.comparison = comparison
    self.replay = replay
    self.heatmap = heatmap
    self.gantt = gantt
    self.traceArgument = traceArgument ?? inspection.trace.name
    self.importNotes = importNotes
    self.manifest = manifest
    self.commands = commands
  }
}

extension ReplayReport {
  /// How run `index` looks in figures and what it is called.
  func style(of index: Int) -> MethodStyle {
    let request = runs[index].request
    guard runPolicies.indices.contains(index),
      runPolicies[index].rawValue != request.method.name
    else {
      return MethodStyle(request)
    }
    let dropped = runDroppedCounts.indices.contains(index) ? runDroppedCounts[index] : 0
    return MethodStyle(runPolicies[index], parameter: nil, droppedCount: dropped)
  }
}

extension ReplayReport {
  /// The run whose delays are shown: asynchronous with a constant stepsize if there is one. Never a
  /// synchronous one, whose delays are all 1.
  package var delayRunIndex: Int? {
    let candidates = runs.indices.filter {
      runs[$0].roundCount == 0 && !style(of: $0).isSynchronous
        && (runs[$0].delays?.overall.count ?? 0) > 0
    }
    return candidates.first { runs[$0].request.method.rule == .constant } ?? candidates.first
  }
}

extension Run.Outcome {
  /// As in JSON and in tables.
  var text: String {
    switch self {
    case .completed: "completed"
    case .exhausted: "exhausted"
    case .diverged(let update): "diverged(\(update))"
    }
  }
}
