import Optimization
import ReplayEngine
import Reports
import TraceStore

extension PreparedReplay {
  /// Keeps runs beside their trace, each under the digest of everything that it depends on.
  ///
  /// - Parameter ledgers: of each run every gradient; nil to keep none.
  func save(_ runs: [Run], of opened: OpenedTrace, ledgers: [[LedgerRecord]]? = nil) throws {
    guard opened.isKept, let id = opened.summary.id, opened.store.mode == .readWrite else { return }
    var data = HexDigest()
    // The bytes are only lent for the call, and the digest copies what it needs.
    unsafe objective.forEachDataBlock { unsafe data.update($0) }
    let dataDigest = data.finish()
    for (place, run) in runs.enumerated() {
      let request = requestJSON(run.request)
      var digest = HexDigest()
      digest.update(request)
      digest.update("\n\(spec.description)\n\(dataDigest)\n")
      for entry in run.request.initial ?? [] { digest.update("\(entry)\n") }
      _ = try opened.store.save(
        run, traceID: id,
        record: ReplayRecord(
          objectiveKind: spec.kind.rawValue, parametersJSON: parametersJSON, dataDigest: dataDigest,
          requestJSON: request, requestDigest: digest.finish(), version: outpaceVersion),
        ledger: ledgers?[place])
    }
  }

  private var parametersJSON: String {
    JSONWriter(.compact).string([
      "spec": .string(spec.description), "seed": .string("\(job.seed)"),
    ])
  }

  /// Everything that a run depends on besides trace and objective; how it is evaluated is not.
  private func requestJSON(_ request: ReplayRequest) -> String {
    JSONWriter(.compact).string([
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
      "initial": .string(job.initialPath ?? ""),
    ])
  }
}
