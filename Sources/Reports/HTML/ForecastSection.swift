import Analysis
import ReplayEngine
import TraceModel

/// What a replay of this trace foretells of another recorded run, beside what that run did.
func forecastSection(_ input: ReportInput) -> PageSection? {
  guard let forecast = input.forecast, let first = forecast.figures.first else { return nil }
  let style = MethodStyle(method: forecast.methodName, rule: forecast.stepsizeRule)
  let message = forecastMessage(forecast, first)
  var figure = PageSection.scrolling(figureTable(forecast))
  if let delays = forecast.delays, delays.recorded.count > 0 {
    let bars = ForecastDelayBars(
      delays: delays, workerCount: forecast.to.workerCount, key: style.key,
      description: "Delays of \(style.name), recorded and foretold.")
    figure += PageSection.scrolling(bars.rendered(id: "forecast-delays"))
  }
  if forecast.moments.count > 1 {
    figure += PageSection.scrolling(lossPlot(forecast, style).rendered(id: "forecast-loss"))
  }
  return PageSection(
    id: "forecast", title: "Forecast and record", navigation: "Forecast", message: message,
    note: forecastNote(forecast), command: forecastCommand(forecast, input), figure: figure)
}

private func forecastMessage(
  _ forecast: ForecastReport, _ rate: ForecastReport.Figure
) -> String {
  let name = Labels.cut(forecast.to.name, to: 60)
  guard let foretold = rate.forecast, let recorded = rate.recorded, let error = rate.error else {
    return "What \(name) recorded is too short for a rate to set the forecast against."
  }
  let amounts =
    "\(Numbers.significant(foretold)) \(rate.name) foretold, \(Numbers.significant(recorded)) recorded"
  let size = Numbers.percent(error.magnitude)
  guard error.magnitude > 0.1 else {
    return "This trace foretells the rate of \(name) to \(size): \(amounts)."
  }
  return "The forecast of \(name) is \(size) too \(error > 0 ? "high" : "low"): \(amounts)."
}

private func figureTable(_ forecast: ForecastReport) -> String {
  var html = "<table><thead><tr>" + Markup.header("figure", left: true)
  for name in ["forecast", "recorded", "error"] { html += Markup.header(name) }
  html += "</tr></thead><tbody>\n"
  for row in forecast.figures {
    html += "<tr>" + Markup.cell(Markup.prose(row.name), left: true)
    for value in [row.forecast, row.recorded] {
      html += Markup.cell(
        value.map { Numbers.significant($0, digits: 4, trimming: true) } ?? "unknown")
    }
    html += Markup.cell(row.error.map(Numbers.change) ?? "–") + "</tr>\n"
  }
  return html + "</tbody></table>"
}

private func lossPlot(_ forecast: ForecastReport, _ style: MethodStyle) -> LinePlot {
  func curve(
    _ name: String, isDashed: Bool, _ loss: (ForecastReport.Moment) -> Double
  ) -> LossCurve {
    var style = style
    style.isDashed = isDashed
    let points = forecast.moments.prefix { loss($0).isFinite }.map { moment in
      LossCurve.Point(
        x: moment.seconds, median: loss(moment), lower: loss(moment), upper: loss(moment))
    }
    return LossCurve(
      style: style, name: name, seedCount: 1, points: points, fullCount: forecast.moments.count,
      diverged: [], isCutShort: points.count < forecast.moments.count)
  }
  let curves = [
    curve("recorded", isDashed: false, \.recordedLoss),
    curve("forecast", isDashed: true, \.forecastLoss),
  ]
  let values = curves.flatMap { $0.points.map(\.median) }
  let smallest = values.min() ?? 0
  let isLogarithmic = smallest > 0 && (values.max() ?? 1) / smallest > 20
  let time = TimeScale(for: forecast.moments.last?.seconds ?? 1, unit: forecast.to.unit)
  return LinePlot(
    title: "Loss against time, recorded and foretold",
    description: "The loss of the recorded run, and of the replay that foretells it.",
    curves: curves, horizontalKind: .linear,
    verticalKind: isLogarithmic ? .logarithmic : .linear,
    horizontalName: "time, \(time.name)",
    verticalName: "loss" + (isLogarithmic ? ", logarithmic" : ""),
    unit: { time.value($0) }, references: [], marks: [])
}

private func forecastNote(_ forecast: ForecastReport) -> String {
  var sentences = [
    "Forecast: a replay of \(Labels.cut(forecast.from.name, to: 60)) as \(forecast.method), with its "
      + "turnarounds. Recorded: \(Labels.cut(forecast.to.name, to: 60)), its rate counted while all "
      + "workers took part."
  ]
  if forecast.delays != nil {
    sentences.append("Its delays are those of its arrivals in their order.")
  }
  if forecast.figures.contains(where: { $0.name.hasSuffix(ForecastReport.equalTimes) }) {
    sentences.append(
      "Equal computing times: the same forecast with each worker's computing times scaled to their mean "
        + "in the record. What its error has less is how long computing took: the machine's pace, and who "
        + "computed at the same time.")
  }
  if let objective = forecast.objective, let stepsize = forecast.stepsize {
    sentences.append(
      "Losses on \(Labels.cut(objective, to: 120)), γ = \(Numbers.significant(stepsize, trimming: true))."
    )
  }
  sentences.append(
    forecast.sharesCores
      ? ForecastReport.sharedCores
      : "Where workers share a core, a memory bus or a network, the recorded times include contention, "
        + "which another schedule would change.")
  return (sentences + forecast.cautions).joined(separator: " ")
}

private func forecastCommand(_ forecast: ForecastReport, _ input: ReportInput) -> String {
  let other = Markup.shellArgument(Labels.cut(input.forecastArgument ?? forecast.to.name, to: 200))
  var rest = other
  if let stepsize = forecast.stepsize, let objective = forecast.objective {
    rest += " --method \(forecast.method) --stepsize \(stepsize)"
    rest += " --objective \(Markup.shellArgument(objective))"
    if let seed = forecast.seed, seed != 1 { rest += " --seed \(seed)" }
  }
  return command("forecast", input, rest)
}
