import Analysis
import TraceModel

/// What `import` did, for a terminal.
public func importText(_ reports: [ImportReport], style: TextStyle = .plain) -> String {
  var lines: [String] = []
  for report in reports {
    let trace = report.trace
    let name = fitted(Labels.visible(trace.name), to: 48)
    let id = trace.id.map { " (#\($0))" } ?? ""
    let state = report.alreadyPresent ? " was there already" : ""
    lines.append(style.bold(name) + id + state)
    let facts =
      "\(Labels.visible(trace.format)), \(trace.kind.rawValue), "
      + "\(workersPhrase(trace.workerCount)), \(gradientsPhrase(trace.gradientCount)), "
      + TimeScale.text(trace.spanSeconds, trace.unit)
    lines += wrapped(facts, width: 78, limit: 2).map { "  " + $0 }
    for note in report.notes.prefix(20) {
      lines += wrapped(Labels.visible(note), width: 78, limit: 5).map { "  " + $0 }
    }
    lines += fileLines(report.files)
    if report.isAnonymous {
      lines += wrapped(
        "anonymous: labels and hosts are numbered in their order; paths, places, the trace's name "
          + "and the time of day are not stored",
        width: 78, limit: 3
      ).map { "  " + $0 }
    }
    lines += issueLines(trace.issues, style: style)
  }
  return lines.joined(separator: "\n") + "\n"
}

/// What was made of each file: how much was read, used and skipped, and where the first bad one is.
private func fileLines(_ files: [FileReport]) -> [String] {
  let read = files.filter { $0.format != nil }
  var lines = read.prefix(20).flatMap { file in
    let name =
      file.path == "-"
      ? "standard input" : file.path.split(separator: "/").last.map(String.init) ?? file.path
    var text = "\(Labels.cut(Labels.visible(name))): \(Numbers.count(file.read)) read, "
    text += "\(Numbers.count(file.used)) used"
    for skipped in file.skipped { text += ", \(Numbers.count(skipped.count)) \(skipped.code)" }
    if let byte = file.firstBadByte {
      text += "; first bad one at byte \(Numbers.count(Int(byte)))"
    }
    return wrapped(text, width: 78, limit: 3).map { "  " + $0 }
  }
  if read.count > 20 { lines.append("  and \(read.count - 20) more files; --json lists all") }
  return lines
}

/// The traces and replays of a database, for a terminal.
public func listText(
  traces: [Inspection.TraceSummary], replays: [ReplayListing], style: TextStyle = .plain
) -> String {
  var table = TextTable([
    .text("trace"), .number("id"), .number("workers"), .number("gradients"), .number("span"),
    .text("format"), .text("kind"),
  ])
  for trace in traces {
    table.append([
      Labels.cut(Labels.visible(trace.name)), trace.id.map { "#\($0)" } ?? "",
      Numbers.count(trace.workerCount), Numbers.count(trace.gradientCount),
      TimeScale.text(trace.spanSeconds, trace.unit), Labels.visible(trace.format),
      trace.kind.rawValue,
    ])
  }
  var lines = traces.isEmpty ? ["no traces"] : table.lines(style)
  guard !replays.isEmpty else { return lines.joined(separator: "\n") + "\n" }
  var runs = TextTable([
    .text("replay of"), .number("id"), .text("method"), .number("γ"), .number("seed"),
    .text("outcome"),
  ])
  for replay in replays {
    let method = MethodStyle(method: replay.method, rule: replay.stepsizeRule)
    runs.append([
      Labels.cut(Labels.visible(replay.traceName)), "\(replay.id)", Labels.cut(method.name),
      Numbers.significant(replay.stepsize, trimming: true), String(replay.seed),
      Labels.visible(replay.outcome),
    ])
  }
  lines += [""] + runs.lines(style)
  return lines.joined(separator: "\n") + "\n"
}
