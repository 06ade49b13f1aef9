import Analysis
import Foundation
import Optimization
import Reports
import TraceStore

/// Puts the trace of a live run into a database, and beside it the replay that equals the run.
///
/// - Throws: `Failure`.
public func keepRecording(_ report: RecordReport, in databasePath: String) throws -> ImportReport {
  let kept = try keepTrace(
    report.live.trace, source: source(of: report), in: databasePath)
  guard let id = kept.trace.id else { return kept }
  let opened = try openTraces(
    ["#\(id)"], databasePath: databasePath, reading: ReadingChoices(), keepsReplays: true)
  try Failure.mapping {
    if let first = opened.first { try keepReplay(of: report, beside: first) }
  }
  return kept
}

/// Writes the trace of a live run. The native format takes along the replay that equals the run, so that
/// whoever imports it can verify it.
///
/// - Parameter write: takes pieces of about 1 MiB, in order.
/// - Throws: `Failure`.
public func exportRecording(
  _ report: RecordReport, as format: ExportFormat, to write: (Data) throws -> Void
) throws {
  guard format == .native else {
    return try exportTrace(report.live.trace, as: format, to: write)
  }
  try Failure.mapping {
    let store = try TraceStore.temporary()
    let stored = try keep(report.live.trace, source: source(of: report), in: store)
    let opened = OpenedTrace(
      trace: try store.load(id: stored.id), summary: Inspection.TraceSummary(stored),
      importNotes: [], argument: stored.name, isKept: true, store: store)
    try keepReplay(of: report, beside: opened)
    try exportTrace(opened, as: format, to: write)
  }
}

private func source(of report: RecordReport) -> String {
  "outpace record --method \(report.request.method.text)"
}

private func keepReplay(of report: RecordReport, beside opened: OpenedTrace) throws {
  let spec = try ObjectiveSpec(parsing: report.objective)
  try saveReplays(
    [report.replayed], of: opened, objective: spec.build(seed: report.request.seed),
    specification: spec, seed: report.request.seed, initialPath: nil)
}
