import Analysis

/// The result of `import` as JSON, keys in the order of the documented contract.
public func importJSON(_ reports: [ImportReport]) -> JSONValue {
  [
    "schema": .string("outpace/import/1"),
    "traces": .array(
      reports.map { traceJSON($0.trace, alreadyPresent: $0.alreadyPresent) }),
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
  inspect: Inspection, compare: Comparison?, replay: ReplayReport?
) -> JSONValue {
  [
    "schema": .string("outpace/report/1"),
    "inspect": inspectJSON(inspect),
    "compare": compare.map { compareJSON($0) } ?? .null,
    "replay": replay.map { replayJSON($0) } ?? .null,
  ]
}
