import Analysis
import ReplayEngine
import Reports
import TraceModel
import TraceStore

/// Puts a trace that is in memory into a database, as an import of its rows would.
///
/// - Parameters:
///   - source: where it came from, for people.
///   - databasePath: created if it is not there.
///   - optionsJSON: what it was made with, as one JSON object.
public func keepTrace(
  _ trace: Trace, source: String, in databasePath: String, optionsJSON: String = "{}"
) throws -> ImportReport {
  try keepTrace(
    trace, source: source, in: databasePath, optionsJSON: optionsJSON, replayed: nil)
}

/// - Parameter replayed: a replay of it that is kept with it, or neither is.
func keepTrace(
  _ trace: Trace, source: String, in databasePath: String, optionsJSON: String,
  replayed: (run: Run, record: ReplayRecord)?
) throws -> ImportReport {
  try Failure.mapping {
    try withDatabase(databasePath) {
      let store = try TraceStore(path: databasePath, mode: .readWrite)
      let stored = try keep(
        trace, source: source, in: store, optionsJSON: optionsJSON, replayed: replayed)
      return ImportReport(
        trace: Inspection.TraceSummary(stored), alreadyPresent: stored.alreadyPresent, notes: [])
    }
  }
}

/// - Parameters:
///   - startUnixNs: when the trace began, if that is to be kept.
///   - replayed: a replay of it that is kept with it, or neither is.
func keep(
  _ trace: Trace, source: String, in store: TraceStore, optionsJSON: String = "{}",
  startUnixNs: Int64? = nil, replayed: (run: Run, record: ReplayRecord)? = nil
) throws -> StoredTrace {
  let spool = try store.spool()
  defer { spool.close() }
  for issue in trace.issues { spool.report(issue) }
  for timings in trace.workers { try append(timings, to: spool) }
  if let replayed { spool.keep(replayed.run, record: replayed.record) }
  return try spool.finish(
    facts: TraceFacts(
      format: trace.format, kind: trace.kind, unit: trace.unit, unixNsOfZero: startUnixNs,
      trustRecorded: true),
    options: ImportOptions(name: trace.name, source: source, optionsJSON: optionsJSON))
}

private func append(_ timings: WorkerTimings, to spool: TraceSpool) throws {
  let worker = timings.worker
  let handle = try spool.worker(labelled: worker.label, host: worker.host, trust: worker.trust)
  for gradient in 0..<timings.gradientCount {
    try spool.append(
      GradientInterval(
        startNs: timings.startsNs[gradient], durationNs: timings.durationsNs[gradient],
        waitNs: timings.waitNs(gradient), turnaroundNs: timings.turnaroundNs(gradient),
        step: timings.step(gradient), samples: Array(timings.batch(gradient))),
      worker: handle)
  }
}
