import Reports

/// What `verify` prints.
public func verifyText(_ verification: Verification, database: String) -> String {
  var lines: [String] = []
  let traces = verification.traceCount == 1 ? "1 trace" : "\(verification.traceCount) traces"
  let chunks = verification.chunkCount == 1 ? "1 chunk" : "\(verification.chunkCount) chunks"
  lines.append(
    "\(database): \(traces), \(chunks), \(Numbers.count(verification.gradientCount)) gradients: "
      + (verification.problems.isEmpty
        ? "every checksum and digest holds." : "\(verification.problems.count) damaged."))
  lines += verification.problems.map { "  " + $0 }
  let equal = verification.replays.count { $0.finding == .equal }
  if verification.replays.isEmpty {
    lines.append("No replays are stored with them.")
  } else {
    lines.append(
      (verification.replays.count == 1 ? "1 replay" : "\(verification.replays.count) replays")
        + " made again: \(equal) with the fingerprint that was "
        + "stored.")
  }
  for replay in verification.replays {
    let name = "  replay #\(replay.id) of \(replay.traceName), \(replay.method): "
    switch replay.finding {
    case .equal: continue
    case .differs(let found):
      lines.append(
        name + "fingerprint \(found), stored \(replay.fingerprint) by version \(replay.version)")
    case .notRepeatable(let reason):
      lines.append(name + "cannot be made again: \(reason)")
    }
  }
  lines.append("Verified by outpace \(outpaceVersion) on \(outpacePlatform).")
  return lines.map(harmless).joined(separator: "\n") + "\n"
}

/// What `verify --json` prints.
///
/// - Parameter arguments: of the command, for the manifest.
public func verifyJSON(
  _ verification: Verification, database: String, arguments: [String] = []
) -> JSONValue {
  [
    "schema": .string("outpace/verify/1"),
    "database": .string(database),
    "traces": .count(verification.traceCount),
    "chunks": .count(verification.chunkCount),
    "gradients": .count(verification.gradientCount),
    "problems": .array(verification.problems.map { .string($0) }),
    "replays": .array(
      verification.replays.map { replay in
        var found: String?
        var reason: String?
        switch replay.finding {
        case .equal: found = replay.fingerprint
        case .differs(let other): found = other
        case .notRepeatable(let why): reason = why
        }
        return [
          "id": .integer(replay.id), "trace": .string(replay.traceName),
          "method": .string(replay.method), "stored": .string(replay.fingerprint),
          "found": .text(found), "equal": .bool(replay.finding == .equal),
          "not_repeatable": .text(reason), "version": .string(replay.version),
          "objective": .text(replay.objective), "data_digest": .string(replay.dataDigest),
        ]
      }),
    "holds": .bool(verification.holds),
    "manifest": [
      "outpace": .string(outpaceVersion),
      "platform": .string(outpacePlatform),
      "arguments": .array(arguments.map { .string($0) }),
      "traces": .array(
        verification.traces.map { trace in
          [
            "name": .string(trace.name), "digest": .string(trace.digest),
            "source": .string(trace.source), "options_json": .string(trace.optionsJSON),
          ]
        }),
    ],
  ]
}
