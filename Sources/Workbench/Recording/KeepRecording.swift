import Optimization
import Reports
import TraceStore

/// Puts the trace of a live run into a database, and beside it the replay that equals the run.
///
/// - Throws: `Failure`.
public func keepRecording(_ report: RecordReport, in databasePath: String) throws -> ImportReport {
  let kept = try keepTrace(
    report.live.trace, source: "outpace record --method \(report.request.method.text)",
    in: databasePath)
  guard let id = kept.trace.id else { return kept }
  let opened = try openTraces(
    ["#\(id)"], databasePath: databasePath, reading: ReadingChoices(), keepsReplays: true)
  try Failure.mapping {
    guard let first = opened.first else { return }
    let spec = try ObjectiveSpec(parsing: report.objective)
    try saveReplays(
      [report.replayed], of: first, objective: spec.build(seed: report.request.seed),
      specification: spec, seed: report.request.seed, initialPath: nil)
  }
  return kept
}
