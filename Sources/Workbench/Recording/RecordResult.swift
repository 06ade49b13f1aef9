import Foundation
import ReplayEngine
import Reports
import TraceModel

/// What `record` prints of a live run.
///
/// - Parameters:
///   - place: the file or the name under which the trace was kept; nil if it was not.
///   - database: where that is a name, its database.
public func recordText(
  _ report: RecordReport, place: String?, database: String? = nil
) -> String {
  let live = report.live
  var lines: [String] = []
  let seconds = Double(live.timeNs) * 1e-9
  var head =
    "\(report.request.method.text), γ = \(Numbers.significant(report.request.stepsize, trimming: true)), "
    + "\(report.request.workerCount) \(report.usesProcesses ? "processes" : "workers"): "
    + "\(live.updateCount) updates of "
    + "\(live.gradientCount) gradients in \(Numbers.significant(seconds)) s"
  if let rate = report.updatesPerSecond { head += ", \(Numbers.significant(rate)) updates/s" }
  switch live.ending {
  case .completed: lines.append(head + ".")
  case .interrupted: lines.append(head + "; interrupted, whole up to there.")
  case .diverged: lines.append(head + "; it diverged there. Take a smaller --stepsize.")
  case .workerLost, .diskFull: lines.append(head + "; it \(live.endingPhrase), whole up to there.")
  }
  lines.append("")
  lines.append("worker  gradients  mean computing  mean exchange")
  for timings in live.trace.workers {
    let count = timings.gradientCount
    let mean = Double(timings.durationsNs.reduce(0, +)) / Double(max(1, count)) * 1e-9
    let exchanges = timings.turnaroundsNs.filter { $0 >= 0 }
    let exchange =
      exchanges.isEmpty
      ? "–" : time(Double(exchanges.reduce(0, +)) / Double(exchanges.count) * 1e-9)
    var line =
      padded(timings.worker.label.text, 6, right: false) + "  " + padded("\(count)", 9) + "  "
      + padded(time(mean), 14) + "  " + padded(exchange, 13)
    switch report.request.slowdowns[timings.worker.index] {
    case .busy(let factor):
      line += "  slowed \(Numbers.significant(factor, trimming: true))× by computing again"
    case .sleep(let factor):
      line += "  slowed \(Numbers.significant(factor, trimming: true))× by sleeping"
    case nil: break
    }
    lines.append(line)
  }
  lines.append("")
  if report.isContended {
    lines.append(
      "\(report.request.workerCount) workers shared \(report.coreCount) cores: their times hold the "
        + "time in which others had the core, which another schedule would change.")
  }
  lines.append(
    report.isEqual
      ? "The replay in the recorded order makes the same iterates, bit for bit:"
      : "The replay in the recorded order makes OTHER iterates:")
  lines.append("  fingerprint \(live.fingerprint)")
  if let place {
    lines += ["", "Replay it:", "  " + report.replayCommand(of: place, in: database)]
  }
  return lines.joined(separator: "\n") + "\n"
}

/// What `record --json` prints.
///
/// - Parameters:
///   - place: the file or the name under which the trace was kept; nil if it was not.
///   - database: where that is a name, its database.
///   - kept: what the database has of it.
///   - path: the file.
public func recordJSON(
  _ report: RecordReport, place: String?, database: String? = nil, kept: ImportReport?,
  path: String?
) -> JSONValue {
  let live = report.live
  let workers = live.trace.workers.map { timings -> JSONValue in
    let count = timings.gradientCount
    let slowdown = report.request.slowdowns[timings.worker.index]
    var how: String?
    if case .busy = slowdown { how = "busy" }
    if case .sleep = slowdown { how = "sleep" }
    return [
      "label": .string(timings.worker.label.text), "gradients": .count(count),
      "mean_seconds": .number(
        Double(timings.durationsNs.reduce(0, +)) / Double(max(1, count)) * 1e-9),
      "slowed": .number(slowdown?.factor), "slowed_by": .text(how),
    ]
  }
  return [
    "schema": .string("outpace/record/1"),
    "method": .string(report.request.method.text),
    "stepsize": .number(report.request.stepsize),
    "objective": .string(report.objective),
    "seed": .unsigned(report.request.seed),
    "ending": .string(live.ending.rawValue),
    "processes": .bool(report.usesProcesses),
    "lost_worker": live.lost.map { .string("\($0.worker)") } ?? .null,
    "lost_how": .text(live.lost?.how),
    "time_seconds": .number(Double(live.timeNs) * 1e-9),
    "updates": .count(live.updateCount),
    "gradients": .count(live.gradientCount),
    "updates_per_second": .number(report.updatesPerSecond),
    "final_loss": .number(report.replayed.points.last?.loss),
    "fingerprint": .string(live.fingerprint),
    "replay_fingerprint": .text(report.replayed.fingerprint),
    "replay_equals_run": .bool(report.isEqual),
    "cores": .count(report.coreCount),
    "cores_shared": .bool(report.isContended),
    "workers": .array(workers),
    "written": .text(path),
    "id": kept.flatMap { $0.trace.id }.map { .integer($0) } ?? .null,
    "name": .text(kept?.trace.name),
    "digest": .text(kept?.trace.digest),
    "replay_command": .text(place.map { report.replayCommand(of: $0, in: database) }),
  ]
}

private func time(_ seconds: Double) -> String {
  TimeScale(for: seconds, unit: .seconds).text(seconds)
}

private func padded(_ text: String, _ width: Int, right: Bool = true) -> String {
  let spaces = String(repeating: " ", count: max(0, width - text.count))
  return right ? spaces + text : text + spaces
}
