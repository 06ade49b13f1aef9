import Analysis
import Foundation
import Optimization
import ReplayEngine
import Reports
import TraceStore

/// Puts the trace of a live run into a database, and with it the replay that equals the run.
///
/// The options of the trace tell what it was recorded with: version, platform, arguments and the digest of
/// the objective's data.
///
/// - Throws: `Failure`, and then neither of them is there.
public func keepRecording(_ report: RecordReport, in databasePath: String) throws -> ImportReport {
  let facts = try Failure.mapping { try RecordingFacts(report) }
  return try keepTrace(
    report.live.trace, source: facts.source, in: databasePath, optionsJSON: facts.optionsJSON,
    replayed: (report.replayed, facts.record))
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
    let facts = try RecordingFacts(report)
    let store = try TraceStore.temporary()
    let stored = try keep(
      report.live.trace, source: facts.source, in: store, optionsJSON: facts.optionsJSON,
      replayed: (report.replayed, facts.record))
    try exportTrace(
      OpenedTrace(
        trace: try store.load(id: stored.id), summary: Inspection.TraceSummary(stored),
        importNotes: [], argument: stored.name, isKept: true, store: store), as: format, to: write)
  }
}

/// What is kept with the trace of a live run.
private struct RecordingFacts {
  var source: String
  var optionsJSON: String
  /// Of the replay that equals the run.
  var record: ReplayRecord

  init(_ report: RecordReport) throws {
    let specification = try ObjectiveSpec(parsing: report.objective)
    let seed = report.request.seed
    let dataDigest = digestOfData(try specification.build(seed: seed))
    source = "outpace record --method \(report.request.method.text)"
    optionsJSON = manifest(of: report, dataDigest: dataDigest)
    record = replayRecord(
      of: report.replayed, dataDigest: dataDigest, specification: specification, seed: seed,
      initialPath: nil)
  }
}

/// What a live run was made with, for `options_json`.
private func manifest(of report: RecordReport, dataDigest: String) -> String {
  let request = report.request
  let slowdowns = request.slowdowns.sorted { $0.key < $1.key }.map { worker, slowdown in
    var how = "busy"
    if case .sleep = slowdown { how = "sleep" }
    return JSONValue.string("\(worker)=\(slowdown.factor)x:\(how)")
  }
  return JSONWriter(.compact).string([
    "record": [
      "outpace": .string(outpaceVersion),
      "platform": .string(outpacePlatform),
      "cores": .count(report.coreCount),
      "processes": .bool(report.usesProcesses),
      "workers": .count(request.workerCount),
      "method": .string(request.method.text),
      "stepsize": .number(request.stepsize),
      "smoothness": .number(request.smoothness),
      "objective": .string(report.objective),
      "seed": .string("\(request.seed)"),
      "slow": .array(slowdowns),
      "time_ns": request.horizon.timeNs.map { .integer($0) } ?? .null,
      "updates": .count(request.horizon.updateCount),
      "gradients": .count(request.horizon.gradientCount),
      "data_digest": .string(dataDigest),
    ]
  ])
}
