import Optimization
import ReplayEngine
import Reports
import TraceStore

extension PreparedReplay {
  /// Keeps runs beside their trace, each under the digest of everything that it depends on.
  ///
  /// - Parameter ledgers: of each run every gradient; nil to keep none.
  func save(_ runs: [Run], of opened: OpenedTrace, ledgers: [[LedgerRecord]]? = nil) throws {
    try saveReplays(
      runs, of: opened, objective: objective, specification: spec, seed: job.seed,
      initialPath: job.initialPath, ledgers: ledgers)
  }
}

/// Keeps runs of one objective beside their trace; nothing if the trace is not kept, or cannot be
/// written to.
///
/// - Parameters:
///   - seed: of the objective's data.
///   - initialPath: the file of x_0, if one was given.
///   - ledgers: of each run every gradient; nil to keep none.
func saveReplays(
  _ runs: [Run], of opened: OpenedTrace, objective: any Objective, specification: ObjectiveSpec,
  seed: UInt64, initialPath: String?, ledgers: [[LedgerRecord]]? = nil
) throws {
  guard opened.isKept, let id = opened.summary.id, opened.store.mode == .readWrite else { return }
  let dataDigest = digestOfData(objective)
  for (place, run) in runs.enumerated() {
    _ = try opened.store.save(
      run, traceID: id,
      record: replayRecord(
        of: run, dataDigest: dataDigest, specification: specification, seed: seed,
        initialPath: initialPath),
      ledger: ledgers?[place])
  }
}

/// What a run is kept under: the digest of everything that it depends on.
func replayRecord(
  of run: Run, dataDigest: String, specification: ObjectiveSpec, seed: UInt64,
  initialPath: String?
) -> ReplayRecord {
  let request = requestJSON(run.request, initialPath: initialPath)
  return ReplayRecord(
    objectiveKind: specification.kind.rawValue,
    parametersJSON: JSONWriter(.compact).string([
      "spec": .string(specification.description), "seed": .string("\(seed)"),
    ]), dataDigest: dataDigest, requestJSON: request,
    requestDigest: requestDigest(
      of: request, run.request.initial ?? [], dataDigest: dataDigest,
      specification: specification),
    version: outpaceVersion)
}

/// SHA-256 of an objective's data.
func digestOfData(_ objective: any Objective) -> String {
  var data = HexDigest()
  // The bytes are only lent for the call, and the digest copies what it needs.
  unsafe objective.forEachDataBlock { unsafe data.update($0) }
  return data.finish()
}

/// The digest of everything that a run depends on besides the trace.
func requestDigest(
  of request: String, _ initial: [Double], dataDigest: String, specification: ObjectiveSpec
) -> String {
  var digest = HexDigest()
  digest.update(request)
  digest.update("\n\(specification.description)\n\(dataDigest)\n")
  for entry in initial { digest.update("\(entry)\n") }
  return digest.finish()
}

/// Everything that a run depends on besides trace and objective; how it is evaluated is not.
///
/// A server that is free has no key, so that requests of versions without one keep their digests.
private func requestJSON(_ request: ReplayRequest, initialPath: String?) -> String {
  var json: JSONValue = [
    "method": .string(request.method.text),
    "stepsize": .number(request.stepsize),
    "smoothness": .number(request.smoothness),
    "time_ns": request.horizon.timeNs.map { .integer($0) } ?? .null,
    "updates": .count(request.horizon.updateCount),
    "gradients": .count(request.horizon.gradientCount),
    "at_end": .string(request.atEnd.rawValue),
    "timing": .string(request.timing.rawValue),
    "sampling": .string(request.sampling.rawValue),
    "batch": .count(request.batchSize),
    "replacement": .bool(request.replacesSamples),
    "handout": .string(request.handout.rawValue),
    "turnaround": .string(request.turnaround.text),
    "seed": .string("\(request.seed)"),
    "initial": .string(initialPath ?? ""),
  ]
  if request.serverNs > 0 { json.append("server_ns", .integer(request.serverNs)) }
  return JSONWriter(.compact).string(json)
}
