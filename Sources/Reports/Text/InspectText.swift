import Analysis
import TraceModel

/// The result of `inspect` for a terminal.
public func inspectText(_ inspection: Inspection, style: TextStyle = .plain) -> String {
  let trace = inspection.trace
  let speedup = inspection.speedup
  var lines = [
    style.bold(fitted(Labels.visible(trace.name), to: 40))
      + ": \(workersPhrase(trace.workerCount)), "
      + "\(gradientsPhrase(trace.gradientCount)), "
      + TimeScale.text(trace.spanSeconds, trace.unit),
    style.dim(kindPhrase(inspection)),
    "",
  ]
  lines += workerTable(inspection).lines(style)
  if inspection.workers.count > 20 {
    lines.append(
      style.dim(
        "the ten slowest and the three fastest of \(workersPhrase(inspection.workers.count))"))
  }
  lines.append("")
  let ordered = inspection.workers.sorted {
    (-$0.meanSeconds, $0.worker.index) < (-$1.meanSeconds, $1.worker.index)
  }
  lines += wrapped(workersMessage(inspection, ordered), width: 80, limit: 3)
  func figure(_ name: String, _ value: Double?, _ interval: Interval? = nil) -> String? {
    value.map {
      padded(name, to: 34) + Numbers.ratio($0)
        + (interval.map { "  " + Numbers.interval($0.lower, $0.upper) } ?? "")
    }
  }
  lines += [
    figure("count speed-up, formula", speedup.formulaMean, speedup.interval),
    figure("count speed-up, realised", speedup.realised, speedup.realisedInterval),
    figure("count speed-up, with turnaround", speedup.withTurnaround),
    splitLine(speedup),
    speedup.pEqual.map { padded("p that all workers are equal", to: 34) + Numbers.significant($0) },
    padded("waiting in the synchronous run", to: 34)
      + Numbers.percent(inspection.synchronousWaste),
    padded("delay τ to expect of the slowest", to: 34)
      + delay(inspection.delayEstimate)
      + " (1 = fresh; staleness \(delay(max(0, inspection.delayEstimate - 1))))",
  ].compactMap { $0 }
  if let turnaround = inspection.turnaround {
    lines.append(
      padded("turnaround", to: 34) + TimeScale.text(turnaround.meanSeconds, trace.unit)
        + ", \(Numbers.percent(turnaround.shareOfCycle)) of a cycle")
  }
  if let backcast = inspection.backcast {
    lines.append(
      padded("backcast, replayed over recorded", to: 34) + Numbers.significant(backcast.ratio))
  }
  for straggler in inspection.stragglers.prefix(5) {
    lines.append(
      "\(straggler.kind.rawValue) straggler: \(Labels.short(straggler.label)); without it the "
        + "formula is \(Numbers.ratio(straggler.formulaWithout))")
  }
  lines += wrapped(trustPhrase(inspection), width: 80, limit: 3)
  lines += issueLines(trace.issues, style: style)
  return lines.joined(separator: "\n") + "\n"
}

/// The three parts of what the realised ratio has above 1.
private func splitLine(_ speedup: Inspection.CountSpeedup) -> String? {
  guard let persistent = speedup.persistent, let random = speedup.random,
    let coinciding = speedup.coinciding
  else { return nil }
  // For independent workers the parts add up to the ratio by the clock, not to the one above.
  let sum = 1 + persistent + random + coinciding
  let byClock =
    abs(sum - speedup.realised) > 0.005 * speedup.realised
    ? ", by the clock \(Numbers.ratio(speedup.realisedOfSplit ?? sum))" : ""
  func part(_ value: Double) -> String {
    (value < 0 ? "" : "+") + Numbers.fixed(value, decimals: 2)
  }
  return
    "  above 1\(byClock): persistent \(part(persistent)), random \(part(random)), coinciding \(part(coinciding))"
}

/// A delay in full from 100 up, so that it differs from its staleness.
private func delay(_ value: Double) -> String {
  value.isFinite && value >= 100 && value < 1e15
    ? Numbers.count(Int(value.rounded())) : Numbers.significant(value)
}

/// Slowest first; of more than 20 the ten slowest and the three fastest.
private func workerTable(_ inspection: Inspection) -> TextTable {
  let ordered = inspection.workers.sorted {
    (-$0.meanSeconds, $0.worker.index) < (-$1.meanSeconds, $1.worker.index)
  }
  let shown = ordered.count > 20 ? Array(ordered.prefix(10)) + Array(ordered.suffix(3)) : ordered
  let largest = shown.map(\.p95Seconds).max() ?? 0
  let time = TimeScale(for: largest, unit: inspection.trace.unit)
  var table = TextTable([
    .text("worker"), .number("gradients"), .number("mean, \(time.name)"), .number("median"),
    .number("p95"), .number("s_m/fastest"), .text("trust"),
  ])
  for (position, figures) in shown.enumerated() {
    if ordered.count > 20, position == 10 {
      table.append(["…", "", "", "", "", "", ""])
    }
    table.append([
      Labels.short(figures.worker.label), Numbers.count(figures.gradientCount),
      time.number(figures.meanSeconds), time.number(figures.medianSeconds),
      time.number(figures.p95Seconds), Numbers.ratio(figures.slowdown),
      figures.worker.trust.rawValue,
    ])
  }
  return table
}

/// What the import found dubious, one issue a line or two.
func issueLines(_ issues: [ImportIssue], style: TextStyle) -> [String] {
  issues.prefix(20).flatMap { issue in
    let place = issue.firstPlace.isEmpty ? "" : ", first \(Labels.visible(issue.firstPlace))"
    let head =
      "\(issue.severity.rawValue): \(Labels.visible(issue.code)), "
      + "\(timesPhrase(issue.count))\(place)"
    return [style.bold(fitted(head, to: 80))]
      + wrapped(Labels.visible(issue.meaning), width: 78, limit: 8).map { "  " + $0 }
  } + (issues.count > 20 ? ["and \(Numbers.count(issues.count - 20)) more kinds of issue"] : [])
}
