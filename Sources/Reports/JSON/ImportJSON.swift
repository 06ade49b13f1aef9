import Analysis
import TraceModel

/// The result of `import` as JSON, keys in the order of the documented contract.
public func importJSON(_ reports: [ImportReport]) -> JSONValue {
  [
    "schema": .string("outpace/import/1"),
    "traces": .array(reports.map(importedJSON)),
  ]
}

private func importedJSON(_ report: ImportReport) -> JSONValue {
  guard case .object(var members) = traceJSON(report.trace, alreadyPresent: report.alreadyPresent)
  else { preconditionFailure("a trace is an object") }
  members.append(JSONValue.Member("files", .array(report.files.map(fileJSON))))
  return .object(members)
}

private func fileJSON(_ file: FileReport) -> JSONValue {
  [
    "path": .string(file.path),
    "format": .text(file.format),
    "read": .count(file.read),
    "used": .count(file.used),
    "skipped": .array(
      file.skipped.map { ["code": .string($0.code), "count": .count($0.count)] }),
    "first_bad_byte": file.firstBadByte.map { .integer($0) } ?? .null,
  ]
}

/// The result of `list` as JSON: the traces as `import` shows them, then the replays.
public func listJSON(
  traces: [Inspection.TraceSummary], replays: [ReplayListing]
) -> JSONValue {
  [
    "schema": .string("outpace/list/1"),
    "traces": .array(traces.map { traceJSON($0, alreadyPresent: true) }),
    "replays": .array(
      replays.map { replay in
        [
          "id": .integer(replay.id),
          "trace": .string(replay.traceName),
          "objective": .string(replay.objective),
          "method": .string(replay.method),
          "stepsize_rule": .text(replay.stepsizeRule),
          "stepsize": .number(replay.stepsize),
          "seed": .seed(replay.seed),
          "outcome": .string(replay.outcome),
          "fingerprint": .text(replay.fingerprint),
        ]
      }),
  ]
}

/// The result of `report` as JSON: its parts, each whole with its own schema.
public func reportJSON(
  inspect: Inspection, compare: Comparison?, replay: ReplayReport?,
  forecast: ForecastReport? = nil
) -> JSONValue {
  [
    "schema": .string("outpace/report/1"),
    "inspect": inspectJSON(inspect),
    "compare": compare.map { compareJSON($0) } ?? .null,
    "replay": replay.map { replayJSON($0) } ?? .null,
    "forecast": forecast.map { forecastJSON($0) } ?? .null,
  ]
}
