import ReplayEngine

/// What `forecast --json` prints.
public func forecastJSON(_ report: ForecastReport) -> JSONValue {
  [
    "schema": .string("outpace/forecast/1"),
    "from": .string(report.from.name),
    "to": .string(report.to.name),
    "method": .string(report.method),
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
      report.shownMoments.map { moment in
        [
          "time_seconds": .number(moment.seconds), "forecast": .number(moment.forecastLoss),
          "recorded": .number(moment.recordedLoss),
        ]
      }),
    "delays": report.delays.map(delaysJSON) ?? .null,
    "cores_shared": .bool(report.sharesCores),
    "cautions": .array(report.cautions.map { .string($0) }),
  ]
}

/// One row a delay that either of them has.
private func delaysJSON(_ delays: ForecastReport.Delays) -> JSONValue {
  func counts(_ histogram: DelayHistogram) -> [Int: Int] {
    Dictionary(uniqueKeysWithValues: histogram.bins.map { ($0.delay, $0.count) })
  }
  let (forecast, recorded) = (counts(delays.forecast), counts(delays.recorded))
  let all = (delays.forecast.bins + delays.recorded.bins).map(\.delay)
  return .array(
    Set(all).sorted().map { delay in
      [
        "delay": .count(delay), "forecast": .count(forecast[delay] ?? 0),
        "recorded": .count(recorded[delay] ?? 0),
      ]
    })
}
