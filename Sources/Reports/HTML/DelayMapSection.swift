import TraceModel

/// Mean delays by worker and simulated time of the run whose delays are shown.
func delayMapSection(_ replay: ReplayReport, _ input: ReportInput) -> PageSection? {
  guard let data = input.delayMap, data.gradientCount > 0, data.columnCount > 1,
    let index = replay.delayRunIndex
  else { return nil }
  let unit = input.inspection.trace.unit
  let style = replay.style(of: index)
  let message = delayMapMessage(data, unit)
  var note = "\(style.phrase.capitalisedFirst), seed \(replay.runs[index].request.seed). "
  note +=
    "\(gradientsPhrase(data.gradientCount).capitalisedFirst) in \(Numbers.count(data.rows.count)) "
  note +=
    "× \(Numbers.count(data.columnCount)) cells: each is the mean delay of the applied gradients "
  note +=
    "under way in \(TimeScale.text(data.columnSeconds, unit)). More is further from the page; "
  note += "empty: none that was under way was applied."
  if data.workerCount > 64 {
    note +=
      " \(workersPhrase(data.workerCount)) in 32 groups by speed, the slowest first, then the "
    note += "ten slowest."
  }
  return PageSection(
    id: "delays-time", title: "Delays, worker × time", navigation: "Delays × time",
    message: message, note: note,
    command: replayCommands(
      replay, groups: [.init(style: style, name: style.name, runs: [index])], input
    ) + " --history delays.csv",
    figure: PageSection.scrolling(
      Heatmap(delays: data, unit: unit, description: message).rendered(id: "delays-time")))
}

/// Who is the latest and who the freshest, and the worker that was much later than usual for a while.
func delayMapMessage(_ data: DelayMapData, _ unit: TimeUnit) -> String {
  // Of many workers the ten slowest stand in their groups, too.
  let compared = data.workerCount > 64 ? data.rows.filter { $0.label == nil } : data.rows
  let known = compared.compactMap { row in row.mean.map { (row: row, mean: $0) } }
  guard let latest = known.max(by: { $0.mean < $1.mean }),
    let freshest = known.min(by: { $0.mean < $1.mean })
  else { return "No gradient was applied." }
  func share(_ row: DelayMapData.Row) -> String {
    Numbers.percent(Double(row.count) / Double(max(1, data.gradientCount)))
  }
  let peak = peakClause(data, unit)
  let most = delayText(latest.mean)
  let staleness = "staleness \(delayText(latest.mean - 1))"
  guard latest.mean >= 1.1 * freshest.mean else {
    let least = delayText(freshest.mean)
    return "All workers' gradients are about equally late, with a mean delay "
      + (most == least ? "of \(most)" : "between \(least) and \(most)")
      + " (\(staleness)); M = \(Numbers.count(data.workerCount))\(peak)."
  }
  return "Gradients of \(Labels.cut(latest.row.name)) are the latest, with a mean delay of \(most) "
    + "(\(staleness)), and \(share(latest.row)) of all; those of \(Labels.cut(freshest.row.name)) are "
    + "the freshest, \(delayText(freshest.mean)) and \(share(freshest.row))\(peak)."
}

/// Three significant digits, but whole numbers whole: 1 580.4 less one is not 1 580.
private func delayText(_ mean: Double) -> String {
  mean < 100 ? Numbers.significant(mean) : Numbers.fixed(mean, decimals: 0)
}

/// The darkest cell of one worker, where it is half again that worker's mean or more.
private func peakClause(_ data: DelayMapData, _ unit: TimeUnit) -> String {
  var worst: (row: DelayMapData.Row, column: Int, delay: Double)?
  for row in data.rows where row.label != nil {
    guard let mean = row.mean else { continue }
    for (column, cell) in row.means.enumerated() {
      guard let cell, cell >= 1.5 * mean, cell > worst?.delay ?? 0 else { continue }
      worst = (row, column, cell)
    }
  }
  guard let worst else { return "" }
  let to = Double(worst.column + 1) * data.columnSeconds
  let time = TimeScale(for: to, unit: unit)
  return
    ". Around \(time.text(to - data.columnSeconds / 2)) those of \(Labels.cut(worst.row.name)) "
    + "reach \(delayText(worst.delay))"
}
