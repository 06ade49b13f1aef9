import Optimization
import Reports

/// What `forecast` prints.
public func forecastText(_ report: ForecastReport) -> String {
  var lines = [
    "Forecast of \(report.method.text) from \(report.from.name), beside the recorded "
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
    for moment in report.moments.dropFirst() {
      lines.append(
        row(
          Numbers.significant(moment.seconds) + " s", Numbers.significant(moment.forecastLoss),
          Numbers.significant(moment.recordedLoss),
          Numbers.change(moment.forecastLoss / moment.recordedLoss - 1)))
    }
  }
  if !report.cautions.isEmpty { lines += [""] + report.cautions }
  return lines.map(harmless).joined(separator: "\n") + "\n"
}

private func row(_ name: String, _ forecast: String, _ recorded: String, _ error: String) -> String
{
  func right(_ text: String) -> String {
    String(repeating: " ", count: max(0, 12 - text.count)) + text
  }
  let line =
    name + String(repeating: " ", count: max(1, 26 - name.count)) + right(forecast)
    + right(recorded) + right(error)
  return line
}

/// What `forecast --json` prints.
public func forecastJSON(_ report: ForecastReport) -> JSONValue {
  [
    "schema": .string("outpace/forecast/1"),
    "from": .string(report.from.name),
    "to": .string(report.to.name),
    "method": .string(report.method.text),
    "figures": .array(
      report.figures.map { figure in
        [
          "name": .string(figure.name), "forecast": .number(figure.forecast),
          "recorded": .number(figure.recorded), "error": .number(figure.error),
        ]
      }),
    "objective": .text(report.objective),
    "stepsize": .number(report.stepsize),
    "losses": .array(
      report.moments.map { moment in
        [
          "time_seconds": .number(moment.seconds), "forecast": .number(moment.forecastLoss),
          "recorded": .number(moment.recordedLoss),
        ]
      }),
    "cautions": .array(report.cautions.map { .string($0) }),
  ]
}
