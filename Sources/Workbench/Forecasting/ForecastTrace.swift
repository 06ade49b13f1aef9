import Analysis
import Optimization
import ReplayEngine
import Reports
import TraceModel

/// What a forecast is asked for.
public struct ForecastJob: Sendable {
  /// `minibatch` or `async`; nil to tell it from the second trace: rounds are minibatch.
  public var method: MethodSpec?
  /// As on the command line.
  public var objective: String
  /// What exchanges with the server cost in the forecast.
  public var turnaround: TurnaroundPolicy
  /// Of batches and data.
  public var seed: UInt64

  public init(
    method: MethodSpec? = nil, objective: String = defaultRecordedObjective,
    turnaround: TurnaroundPolicy = .recorded, seed: UInt64 = 1
  ) {
    self.method = method
    self.objective = objective
    self.turnaround = turnaround
    self.seed = seed
  }
}

/// Foretells from one recorded run how another one went, and sets it against the record.
///
/// The rate of the record counts from when every worker has ended its first gradient to when the first
/// worker has ended its last: before and after that not all of them take part. The delays of the record
/// are those of its arrivals in their order.
///
/// - Throws: `Failure` where the two have different numbers of workers.
public func forecast(
  _ from: OpenedTrace, _ to: OpenedTrace, _ job: ForecastJob
) throws -> ForecastReport {
  try Failure.mapping {
    guard from.trace.workerCount == to.trace.workerCount else {
      throw Failure(
        .usage,
        "\(from.summary.name) has \(from.trace.workerCount) workers and \(to.summary.name) "
          + "\(to.trace.workerCount), and a forecast is of the same workers. Name two traces of one job, or "
          + "leave workers out with --skip-worker.")
    }
    let isInRounds = to.trace.kind == .synchronous
    let method =
      job.method?.choice
      ?? (isInRounds ? .minibatch : .async(rule: .constant, delayLimit: nil, adaptiveConstant: 4))
    let inRounds = method == .minibatch
    let distributions = inRounds ? nil : try delays(method, from.trace, to.trace, job)
    let name = inRounds ? "gradients per second" : "updates per second"
    let recorded = to.trace.settledRate
    var figures = [
      ForecastReport.Figure(
        name: name, forecast: rate(inRounds: inRounds, of: from.trace, job), recorded: recorded)
    ]
    if let scaled = from.trace.computing(asLongAs: to.trace) {
      figures.append(
        ForecastReport.Figure(
          name: name + ForecastReport.equalTimes,
          forecast: rate(inRounds: inRounds, of: scaled, job), recorded: recorded))
    }
    if let distributions { figures += delayFigures(distributions) }
    var report = ForecastReport(
      from: from.summary, to: to.summary, method: method.text, methodName: method.name,
      stepsizeRule: method.rule?.rawValue, figures: figures,
      sharesCores: [from, to].contains { $0.summary.sharesCores },
      cautions: cautions(from.trace, to.trace))
    report.delays = distributions
    if case .value(let stepsize)? = job.method?.stepsize {
      try report.addLosses(method, stepsize, from.trace, to.trace, job)
    }
    return report
  }
}

private func rate(inRounds: Bool, of trace: Trace, _ job: ForecastJob) -> Double {
  let forecast = inspect(
    trace,
    options: InspectionOptions(turnaround: job.turnaround, resampleCount: 0, shuffleCount: 0)
  ).forecast
  return inRounds ? forecast.minibatchGradientsPerSecond : forecast.asyncUpdatesPerSecond
}

private func delays(
  _ method: MethodChoice, _ from: Trace, _ to: Trace, _ job: ForecastJob
) throws -> ForecastReport.Delays {
  let foretold = try replaySchedule(
    of: from,
    ScheduleRequest(
      method: method, horizon: Horizon(updateCount: to.gradientCount), turnaround: job.turnaround)
  ).delays?.overall
  let recorded = try replaySchedule(
    of: to, ScheduleRequest(method: method, horizon: Horizon(), timing: .recorded)
  ).delays?.overall
  return ForecastReport.Delays(
    forecast: foretold ?? DelayHistogram(), recorded: recorded ?? DelayHistogram())
}

private func delayFigures(_ delays: ForecastReport.Delays) -> [ForecastReport.Figure] {
  func figure(_ name: String, _ read: (DelayHistogram) -> Double?) -> ForecastReport.Figure {
    ForecastReport.Figure(
      name: name, forecast: read(delays.forecast), recorded: read(delays.recorded))
  }
  return [
    figure("mean delay, updates") { $0.mean },
    figure("median delay, updates") { $0.quantile(0.5) },
    figure("p90 of the delay, updates") { $0.quantile(0.9) },
    figure("p99 of the delay, updates") { $0.quantile(0.99) },
    figure("largest delay, updates") { $0.max.map(Double.init) },
  ]
}

private func cautions(_ from: Trace, _ to: Trace) -> [String] {
  var result: [String] = []
  if !from.workers.contains(where: { $0.turnaroundsNs.contains { $0 >= 0 } }) {
    result.append(
      "\(from.name) has no turnarounds: exchanges with the server count as free, and the forecast is "
        + "too fast where they are not.")
  }
  for trace in [from, to] where trace.exchangeShare > 0.1 {
    result.append(
      "Exchanges with the server take \(Numbers.percent(trace.exchangeShare)) of a cycle in "
        + "\(trace.name): they cost one method more than the other, and a forecast is no better than "
        + "that.")
  }
  let ratios = zip(to.workers, from.workers).map { $0.meanNs / $1.meanNs }.sorted()
  let middle = ratios[ratios.count / 2]
  if middle < 0.9 || middle > 1.1 {
    result.append(
      "The same workers computed \(Numbers.ratio(middle)) as long in \(to.name) as in \(from.name): "
        + "who computes at the same time, or what they compute, was another.")
  }
  return result
}

extension Inspection.TraceSummary {
  /// Whether it was recorded by more workers than there were cores for them.
  fileprivate var sharesCores: Bool { issues.contains { $0.code == sharedCoresCode } }
}

extension ForecastReport {
  /// Moments at which losses are looked at, the start among them.
  private static let momentCount = 41

  /// Losses of both from the start to the end of the record.
  fileprivate mutating func addLosses(
    _ method: MethodChoice, _ stepsize: Double, _ from: Trace, _ to: Trace, _ job: ForecastJob
  ) throws {
    let spec = try ObjectiveSpec(parsing: job.objective)
    let objective = try spec.build(seed: job.seed)
    let span = to.spanNs
    func points(_ trace: Trace, _ timing: Timing) throws -> [Run.Point] {
      var request = ReplayRequest(
        method: method, stepsize: stepsize, horizon: Horizon(timeNs: span), timing: timing,
        batchSize: spec.batchSize, turnaround: job.turnaround, seed: job.seed,
        initial: objective.initialIterate(seed: job.seed), evaluation: .instants(Self.momentCount),
        replacesSamples: spec.replacesSamples)
      let isKnown = trace.workers.allSatisfy { !($0.samples?.indices.isEmpty ?? true) }
      if timing == .recorded, isKnown, spec.batchSize > 0 { request.sampling = .recorded }
      return try replay(trace, minimising: objective, request).points
    }
    let foretold = try points(from, .sequence)
    let recorded = try points(to, .recorded)
    moments = zip(foretold, recorded).map { forecast, record in
      Moment(
        seconds: Double(record.timeNs) * 1e-9, forecastLoss: forecast.loss,
        recordedLoss: record.loss)
    }
    self.objective = spec.description
    self.stepsize = stepsize
    seed = job.seed
  }
}

extension Trace {
  /// The turnarounds over turnarounds and computing; 0 where none was recorded.
  fileprivate var exchangeShare: Double {
    var (exchange, computing) = (0.0, 0.0)
    for timings in workers {
      for (turnaround, duration) in zip(timings.turnaroundsNs, timings.durationsNs)
      where turnaround >= 0 {
        exchange += Double(turnaround)
        computing += Double(duration)
      }
    }
    return exchange > 0 ? exchange / (exchange + computing) : 0
  }

  /// Gradients per second while all workers take part; nil where that is no time.
  fileprivate var settledRate: Double? {
    func end(_ timings: WorkerTimings, _ gradient: Int) -> Int64 {
      timings.startsNs[gradient] + timings.durationsNs[gradient] + timings.waitNs(gradient)
    }
    var begin: Int64 = 0
    var last: Int64 = .max
    for timings in workers {
      guard timings.gradientCount > 1 else { return nil }
      begin = max(begin, end(timings, 0))
      last = min(last, end(timings, timings.gradientCount - 1))
    }
    guard last > begin else { return nil }
    var count = 0
    for timings in workers {
      for gradient in 0..<timings.gradientCount {
        let moment = end(timings, gradient)
        if moment > begin, moment <= last { count += 1 }
      }
    }
    return Double(count) / (Double(last - begin) * 1e-9)
  }
}
