import Analysis
import Foundation
import ReplayEngine
import Reports
import TraceModel

extension Samples {
  /// An asynchronous run that a trace foretells somewhat too fast, with delays spread over 2M.
  static func forecast(_ trace: Trace) -> ForecastReport {
    let workers = trace.workerCount
    func histogram(shift: Int) -> DelayHistogram {
      DelayHistogram(
        bins: (1...(2 * workers + shift)).map {
          .init(delay: $0, count: 1 + (7 * $0 + shift) % 23 + ($0 == workers ? 60 : 0))
        })
    }
    let delays = ForecastReport.Delays(
      forecast: histogram(shift: 0), recorded: histogram(shift: 3))
    func figure(_ name: String, _ read: (DelayHistogram) -> Double?) -> ForecastReport.Figure {
      .init(name: name, forecast: read(delays.forecast), recorded: read(delays.recorded))
    }
    var other = summary(trace)
    other.name = "recorded-async"
    var forecast = ForecastReport(
      from: summary(trace), to: other, method: "async:rule=constant", methodName: "async",
      stepsizeRule: "constant",
      figures: [
        .init(name: "updates per second", forecast: 812.5, recorded: 790),
        .init(
          name: "updates per second" + ForecastReport.equalTimes, forecast: 803.25, recorded: 790),
        figure("mean delay, updates") { $0.mean },
        figure("median delay, updates") { $0.quantile(0.5) },
        figure("p90 of the delay, updates") { $0.quantile(0.9) },
        figure("p99 of the delay, updates") { $0.quantile(0.99) },
        figure("largest delay, updates") { $0.max.map(Double.init) },
        .init(name: "one that is not known", forecast: nil, recorded: nil),
      ], sharesCores: true,
      cautions: [
        "The same workers computed 1.31× as long in recorded-async as in sample: who computes at the "
          + "same time, or what they compute, was another."
      ])
    forecast.delays = delays
    forecast.moments = (0...40).map { place in
      let x = Double(place)
      return .init(
        seconds: x * 0.25, forecastLoss: 0.2 + 0.5 / (1 + x),
        recordedLoss: 0.2 + 0.5 / (1 + 0.9 * x))
    }
    forecast.objective = "logistic:gaussian:n=2048,d=1024,noise=0.5?batch=1024,l2=0.001"
    forecast.stepsize = 0.05
    forecast.seed = 1
    return forecast
  }
}
