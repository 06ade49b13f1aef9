/// What `forecast` prints.
public func forecastText(_ report: ForecastReport) -> String {
  let width = max(26, report.figures.map { $0.name.count + 1 }.max() ?? 0)
  func row(_ name: String, _ cells: String...) -> String {
    let gap = String(repeating: " ", count: max(1, width - name.count))
    return name + gap + cells.map(right).joined()
  }
  var lines = [
    "Forecast of \(report.method) from \(report.from.name), beside the recorded "
      + report.to.name, "",
    row("", "forecast", "recorded", "error"),
  ]
  for figure in report.figures {
    lines.append(
      row(
        figure.name, figure.forecast.map { Numbers.significant($0, digits: 4) } ?? "unknown",
        figure.recorded.map { Numbers.significant($0, digits: 4) } ?? "unknown",
        figure.error.map(Numbers.change) ?? "–"))
  }
  if !report.moments.isEmpty {
    lines += ["", row("loss at", "forecast", "recorded", "difference")]
    for moment in report.shownMoments.dropFirst() {
      lines.append(
        row(
          Numbers.significant(moment.seconds) + " s", Numbers.significant(moment.forecastLoss),
          Numbers.significant(moment.recordedLoss),
          Numbers.change(moment.forecastLoss / moment.recordedLoss - 1)))
    }
  }
  let cautions = (report.sharesCores ? [ForecastReport.sharedCores] : []) + report.cautions
  if !cautions.isEmpty { lines += [""] + cautions }
  return lines.map(harmless).joined(separator: "\n") + "\n"
}

private func right(_ text: String) -> String {
  String(repeating: " ", count: max(0, 12 - text.count)) + text
}
