import Analysis
import Optimization
import ReplayEngine
import Reports
import TraceModel

/// A whole report of one trace, not yet rendered.
public struct TraceReport: Sendable {
  /// What the page is made of.
  public var input: ReportInput
  /// What durations alone say.
  public var inspection: Inspection { input.inspection }
  /// Policies side by side, and the verdict.
  public var comparison: Comparison
  /// The replays behind it.
  public var replay: ReplayReport
  /// What the trace foretells of another recorded run, if one was named.
  public var forecast: ForecastReport? { input.forecast }
}

/// What `report` does besides reading a trace.
public struct ReportJob: Sendable {
  /// nil for the built-in generated logistic regression.
  public var objective: String?
  /// What the analysis of durations depends on.
  public var analysis: AnalysisChoices
  /// Simulated time of the replays; nil for that of minibatch's default horizon.
  public var timeNs: Int64?
  /// Never changes a result; nil for all cores.
  public var threads: Int?
  /// The command that gives the page again, for its appendix.
  public var command: String
  /// The same options as words of a command line, for the commands on the page.
  public var options = ReportOptions()
  /// A recorded run that the trace is to foretell, for a section of its own.
  public var foretold: Foretold?

  /// Another recorded run of the same workers.
  public struct Foretold: Sendable {
    /// The run.
    public var trace: OpenedTrace
    /// What it is a record of.
    public var job: ForecastJob

    public init(trace: OpenedTrace, job: ForecastJob) {
      self.trace = trace
      self.job = job
    }
  }

  public init(
    objective: String? = nil, analysis: AnalysisChoices = AnalysisChoices(), timeNs: Int64? = nil,
    threads: Int? = nil, command: String = ""
  ) {
    self.objective = objective
    self.analysis = analysis
    self.timeNs = timeNs
    self.threads = threads
    self.command = command
  }
}

/// The main job: compares the policies on a trace, replays the most promising ones on real
/// gradients with tuned stepsizes, and collects all of it for a page.
public func reportTrace(_ opened: OpenedTrace, _ job: ReportJob) throws -> TraceReport {
  try Failure.mapping {
    let inspection = inspectTrace(opened, job.analysis)
    var comparison = try compareTrace(opened, inspection: inspection, job.analysis)
    let charged = chargedTurnaround(inspection, job.analysis.turnaround)
    var replayJob = ReplayJob(
      methods: [.init(choice: .minibatch), .init(choice: .async(rule: .constant))],
      objective: job.objective ?? ObjectiveSpec.builtIn.description, seed: job.analysis.seed,
      threads: job.threads)
    replayJob.turnaround = charged
    replayJob.serverNs = job.analysis.serverNs
    replayJob.timeNs = job.timeNs
    replayJob.gradientLimit = 200_000
    let prepared = try PreparedReplay(opened.trace, replayJob)
    let own = try job.objective.flatMap {
      try TunedComparison(
        opened, inspection, comparison, job.analysis, objective: $0, timeNs: job.timeNs,
        threads: job.threads)?.study(resampledTraces: 0)
    }
    var replay: ReplayReport
    let target: Int
    if let own {
      // The verdict rests on these replays, and says so itself.
      comparison = own.comparison
      replay = try own.report(on: opened.summary)
      target = own.target
    } else {
      (replay, target) = try replayDefault(prepared, &comparison, opened, job)
    }
    replay.theory = try prepared.theory(
      of: replay, comparison: comparison, isOwnObjective: job.objective != nil)
    comparison.verdict.addDoubt(of: replay.theory)
    var input = ReportInput(
      inspection: inspection, comparison: comparison, replay: replay,
      heatmap: HeatmapData(opened.trace), gantt: GanttData(opened.trace),
      traceArgument: opened.argument, importNotes: opened.importNotes,
      manifest: manifest(opened, prepared, job), commands: job.command.isEmpty ? [] : [job.command])
    input.delayMap = try replay.delayMap(of: opened.trace)
    input.options = job.options
    input.hasRecordedTurnaround = opened.trace.workers.contains { !$0.turnaroundsNs.isEmpty }
    if let foretold = job.foretold {
      input.forecast = try forecast(opened, foretold.trace, foretold.job)
      input.forecastArgument = foretold.trace.argument
    }
    try addBlame(to: &input, opened, own?.prepared ?? prepared, job, target: target)
    return TraceReport(input: input, comparison: comparison, replay: replay)
  }
}

/// The replays of the built-in objective at three noise levels, which say where the recommendation of the
/// law holds; or those of an objective on which nothing is reached.
private func replayDefault(
  _ prepared: PreparedReplay, _ comparison: inout Comparison, _ opened: OpenedTrace,
  _ job: ReportJob
) throws -> (replay: ReplayReport, target: Int) {
  let study = try ReplayStudy(prepared, comparison: comparison)
  let (studied, target) = try study.report(on: opened.summary)
  var replay = studied
  let levels =
    job.objective != nil
    ? []
    : try NoiseStudy(
      prepared: prepared, comparison: comparison, summary: opened.summary, target: target
    ).levels(high: replay)
  replay.noiseLevels = levels
  replay.shownFraction = targetFractions[target]
  comparison.setTimes(from: replay, fraction: targetFractions[target])
  let recommended = comparison.verdict.recommendation?.policy
  // Of one worker every policy is the same, whatever a replay reaches.
  if opened.summary.workerCount > 1 {
    comparison.verdict.add(
      levels.isEmpty ? [replay.onlyLevel(prepared.spec)] : levels, isGiven: levels.isEmpty,
      restsOnReplays: comparison.restsOnReplays,
      isReplayed: comparison.policies.contains { $0.name == recommended && $0.isReplayed })
  }
  return (replay, target)
}

/// Who costs the synchronous run how much, and on what the rates hang.
private func addBlame(
  to input: inout ReportInput, _ opened: OpenedTrace, _ prepared: PreparedReplay, _ job: ReportJob,
  target: Int
) throws {
  guard opened.trace.workerCount > 1, let comparison = input.comparison, let replay = input.replay
  else { return }
  let options = try job.analysis.comparisonOptions()
  var result = blame(
    opened.trace, inspection: input.inspection, options: options, looksAtBestSynchronous: false)
  try prepared.addTimes(to: &result, from: replay, target: target)
  input.blame = result
  input.effects = editEffects(
    opened.trace, inspection: input.inspection, comparison: comparison, options: options)
}

extension ReplayReport {
  /// The replays of an objective that was given, whose noise is as it is.
  fileprivate func onlyLevel(_ spec: ObjectiveSpec) -> NoiseLevel {
    NoiseLevel(
      name: .high, objective: spec.description, batchSize: spec.batchSize, sigmaSquared: nil,
      criticalBatchOverWorkers: nil, fraction: shownFraction ?? 0, timeToTarget: timeToTarget,
      droppedCount: runDroppedCounts.max() ?? 0)
  }
}

/// To the nanosecond; units of traces without physical time are no nanoseconds.
private func exactTime(_ ns: Int64, _ unit: TimeUnit) -> String {
  guard unit == .relative else { return "\(ns) ns" }
  let (whole, rest) = ns.quotientAndRemainder(dividingBy: 1_000_000_000)
  return rest == 0 ? "\(whole) units" : "\(Double(ns) / 1e9) units"
}

/// Turnarounds are charged where they change the ratio by more than 5%, or are asked about.
func chargedTurnaround(
  _ inspection: Inspection, _ policy: TurnaroundPolicy
) -> TurnaroundPolicy {
  inspection.speedup.turnaroundMatters ? policy : .none
}

private func manifest(
  _ opened: OpenedTrace, _ prepared: PreparedReplay, _ job: ReportJob
) -> [ReportInput.ManifestEntry] {
  [
    .init("outpace", outpaceVersion),
    .init(
      "horizon",
      (prepared.base.horizon.timeNs.map { exactTime($0, opened.summary.unit) } ?? "a count")
        + (prepared.isShortened
          ? ", shortened so that hundreds of replays stay feasible; --time sets it" : "")),
    .init("turnaround", prepared.base.turnaround.text),
    .init("seeds", prepared.job.tuningSeeds.map { "\($0)" }.joined(separator: ", ")),
  ]
}
