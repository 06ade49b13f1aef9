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
  /// The options with which the trace is read, as words of a command line, for the commands on the
  /// page.
  public var readingWords: [String] = []

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
    replayJob.timeNs = job.timeNs
    replayJob.gradientLimit = 200_000
    let prepared = try PreparedReplay(opened.trace, replayJob)
    let study = try ReplayStudy(prepared, comparison: comparison)
    var (replay, fraction) = try study.report(on: opened.summary)
    replay.theory = try prepared.theory(
      of: replay, comparison: comparison, isOwnObjective: job.objective != nil)
    comparison.verdict.add(
      ReplayAgreement(replay, fraction: fraction), unit: opened.summary.unit)
    comparison.verdict.addDoubt(of: replay.theory)
    var input = ReportInput(
      inspection: inspection, comparison: comparison, replay: replay,
      heatmap: HeatmapData(opened.trace), gantt: GanttData(opened.trace),
      traceArgument: opened.argument, importNotes: opened.importNotes,
      manifest: manifest(opened, prepared, job), commands: job.command.isEmpty ? [] : [job.command])
    input.readingWords = job.readingWords
    return TraceReport(input: input, comparison: comparison, replay: replay)
  }
}

extension Analysis.Verdict {
  /// Doubts come first under Trust; what bears the recommendation out stands first under Gain.
  fileprivate mutating func add(_ agreement: ReplayAgreement, unit: TimeUnit) {
    guard let (isDoubt, text) = agreement.sentence(recommended: recommendation?.policy, unit: unit)
    else { return }
    if isDoubt {
      trust = text + " " + trust
    } else {
      gain = text + " " + gain
    }
  }
}

/// Turnarounds are charged where they change the ratio by more than 5%.
func chargedTurnaround(
  _ inspection: Inspection, _ policy: TurnaroundPolicy
) -> TurnaroundPolicy {
  guard let with = inspection.speedup.withTurnaround else { return .none }
  let without = inspection.speedup.realised
  return abs(with - without) > 0.05 * without ? policy : .none
}

private func manifest(
  _ opened: OpenedTrace, _ prepared: PreparedReplay, _ job: ReportJob
) -> [ReportInput.ManifestEntry] {
  [
    .init("outpace", outpaceVersion),
    .init("trace digest (SHA-256)", opened.summary.digest),
    .init("objective", prepared.spec.description),
    .init(
      "horizon",
      (prepared.base.horizon.timeNs.map { "\($0) ns" } ?? "a count")
        + (prepared.isShortened
          ? ", shortened so that hundreds of replays stay feasible; --time sets it" : "")),
    .init("turnaround", prepared.base.turnaround.text),
    .init("seeds", prepared.job.tuningSeeds.map { "\($0)" }.joined(separator: ", ")),
  ]
}
