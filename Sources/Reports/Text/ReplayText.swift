import Analysis
import ReplayEngine
import TraceModel

/// The result of `replay` for a terminal: the runs, their delays, and the times to the targets.
public func replayText(_ report: ReplayReport, style: TextStyle = .plain) -> String {
  let unit = report.trace.unit
  let time = TimeScale(for: report.horizonSeconds, unit: unit)
  let loss = report.minimumLoss == nil ? "loss" : "loss − f*"
  var runs = TextTable([
    .text("method"), .number("γ"), .number("seed"), .number("time, \(time.name)"),
    .number("updates"), .number("gradients"), .number(loss), .text("outcome"),
  ])
  for index in report.runs.indices.prefix(60) {
    let run = report.runs[index]
    let method = report.style(of: index)
    runs.append(
      [
        Labels.cut(method.shortName), Numbers.significant(run.request.stepsize, trimming: true),
        String(run.request.seed), time.number(Double(run.timeNs) / 1e9),
        Numbers.count(run.updateCount), Numbers.count(run.gradientCount),
        run.points.last.map { Numbers.significant($0.loss - (report.minimumLoss ?? 0)) }
          ?? "unknown",
        run.outcome.text,
      ], method: method)
  }
  var lines = runs.lines(style)
  if report.runs.count > 60 {
    lines.append(style.dim("60 of \(Numbers.count(report.runs.count)) replays shown"))
  }
  if let measured = report.countSpeedupMeasured {
    lines.append("measured count speed-up \(Numbers.ratio(measured))")
  }
  lines += delayLines(report, style: style)
  lines += targetLines(report, time: time, style: style)
  lines += virtualLines(report, style: style)
  lines += report.theory.map { theoryLines($0, of: report, style: style) } ?? []
  return lines.joined(separator: "\n") + "\n"
}

private func delayLines(_ report: ReplayReport, style: TextStyle) -> [String] {
  var table = TextTable([
    .text("delay τ (1 = fresh)"), .number("mean"), .number("median"), .number("p90"),
    .number("p99"), .number("max"), .number("staleness max"), .number("above M"),
  ])
  for group in report.groups {
    let index = group.runs[0]
    // In synchronous rounds every delay is 1.
    guard report.runs[index].roundCount == 0, !group.style.isSynchronous,
      let delays = report.runs[index].delays?.overall, let mean = delays.mean,
      let largest = delays.max
    else { continue }
    func quantile(_ p: Double) -> String {
      delays.quantile(p).map { Numbers.significant($0, trimming: true) } ?? "unknown"
    }
    table.append(
      [
        Labels.cut(group.name), Numbers.significant(mean), quantile(0.5), quantile(0.9),
        quantile(0.99), Numbers.count(largest), Numbers.count(largest - 1),
        delays.shareAbove(report.trace.workerCount).map(Numbers.percent) ?? "unknown",
      ], method: group.style)
  }
  return table.rows.isEmpty ? [] : [""] + table.lines(style)
}

private func targetLines(
  _ report: ReplayReport, time: TimeScale, style: TextStyle
) -> [String] {
  guard !report.timeToTarget.isEmpty else { return [] }
  let word = report.minimumLoss == nil ? "target loss" : "target − f*"
  var table = TextTable([
    .text("method"), .number("γ"), .number(word), .number("time, \(time.name)"),
    .number("seeds' range"), .number("seeds"),
  ])
  for row in report.timeToTarget.prefix(60) {
    let method = MethodStyle(method: row.method, rule: row.stepsizeRule)
    let range: String =
      if let lower = row.lowerSeconds, let upper = row.upperSeconds {
        "[\(time.number(lower)), \(time.number(upper))]"
      } else { "" }
    table.append(
      [
        Labels.cut(method.shortName), Numbers.significant(row.stepsize, trimming: true),
        Numbers.significant(row.target - (report.minimumLoss ?? 0), trimming: true),
        row.seconds.map(time.number) ?? "more than horizon", range,
        Numbers.count(row.seeds.count),
      ], method: method)
  }
  return [""] + table.lines(style)
}
