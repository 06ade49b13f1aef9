import Analysis
import Foundation
import Reports
import TraceStore

/// What a database holds.
public struct DatabaseListing: Sendable {
  /// In order of number.
  public var traces: [Inspection.TraceSummary]
  /// Trace by trace.
  public var replays: [ReplayListing]
}

/// Lists the traces of a database and the replays that were made of them. Opens it read-only.
public func listDatabase(_ path: String) throws -> DatabaseListing {
  try Failure.mapping {
    let store = try TraceStore(path: path, mode: .readOnly)
    let traces = try store.list()
    let replays = try traces.flatMap { trace in
      try store.replays(of: trace.id).map { replay in
        ReplayListing(
          id: replay.id, traceName: trace.name, objective: objective(of: replay.record),
          method: replay.method, stepsizeRule: replay.stepsizeRule, stepsize: replay.stepsize,
          seed: replay.seed, outcome: replay.outcomeText, fingerprint: replay.fingerprint)
      }
    }
    return DatabaseListing(traces: traces.map { Inspection.TraceSummary($0) }, replays: replays)
  }
}

/// The objective as on the command line; its kind where an other program wrote the record.
private func objective(of record: ReplayRecord) -> String {
  struct Parameters: Decodable { var spec: String }
  let parameters = try? JSONDecoder().decode(
    Parameters.self, from: Data(record.parametersJSON.utf8))
  return parameters?.spec ?? record.objectiveKind
}
