import Analysis
import ReplayEngine

/// What one recorded run says of another one, beside what that one did.
public struct ForecastReport: Sendable {
  /// A figure of the run that was foretold.
  public struct Figure: Hashable, Sendable {
    /// As it is printed: `updates per second`.
    public var name: String
    /// From the first trace; nil where it cannot be had.
    public var forecast: Double?
    /// From the second trace.
    public var recorded: Double?

    public init(name: String, forecast: Double?, recorded: Double?) {
      self.name = name
      self.forecast = forecast
      self.recorded = recorded
    }

    /// Forecast over recorded, less 1.
    public var error: Double? {
      guard let forecast, let recorded, recorded != 0 else { return nil }
      return forecast / recorded - 1
    }
  }

  /// Behind the name of the rate, where each worker's computing times were scaled to their mean in the
  /// second trace before it was foretold: how long computing took is then no part of the error.
  public static let equalTimes = ", equal computing times"

  /// The loss at one moment of the run that was foretold.
  public struct Moment: Hashable, Sendable {
    /// Since its start, in seconds.
    public var seconds: Double
    /// f of the forecast's replay.
    public var forecastLoss: Double
    /// f of the replay in the recorded order.
    public var recordedLoss: Double

    public init(seconds: Double, forecastLoss: Double, recordedLoss: Double) {
      self.seconds = seconds
      self.forecastLoss = forecastLoss
      self.recordedLoss = recordedLoss
    }
  }

  /// The delays of as many updates, foretold and as they were.
  public struct Delays: Hashable, Sendable {
    /// Of a replay of the first trace.
    public var forecast: DelayHistogram
    /// Of the second trace's arrivals in their order.
    public var recorded: DelayHistogram

    public init(forecast: DelayHistogram, recorded: DelayHistogram) {
      self.forecast = forecast
      self.recorded = recorded
    }
  }

  /// The trace that foretells.
  public var from: Inspection.TraceSummary
  /// The trace that it is compared with.
  public var to: Inspection.TraceSummary
  /// What the second trace is a record of, as `--method` takes it.
  public var method: String
  /// Its name alone: `minibatch` or `async`.
  public var methodName: String
  /// nil for methods without one.
  public var stepsizeRule: String?
  /// Rates and delays.
  public var figures: [Figure]
  /// nil for rounds, in which every delay is 1.
  public var delays: Delays? = nil
  /// From the start to the end of the record; empty where the stepsize is not known.
  public var moments: [Moment] = []
  /// The objective as on the command line; nil where no loss is shown.
  public var objective: String? = nil
  /// γ; nil where no loss is shown.
  public var stepsize: Double? = nil
  /// Of the batches; nil where no loss is shown.
  public var seed: UInt64? = nil
  /// Whether one of the two was recorded by more workers than there were cores for them.
  public var sharesCores: Bool
  /// What keeps the two from being alike, as sentences.
  public var cautions: [String]

  public init(
    from: Inspection.TraceSummary, to: Inspection.TraceSummary, method: String, methodName: String,
    stepsizeRule: String? = nil, figures: [Figure], sharesCores: Bool = false,
    cautions: [String] = []
  ) {
    self.from = from
    self.to = to
    self.method = method
    self.methodName = methodName
    self.stepsizeRule = stepsizeRule
    self.figures = figures
    self.sharesCores = sharesCores
    self.cautions = cautions
  }

  /// What is said where workers shared cores.
  static let sharedCores =
    "These workers shared cores: the recorded times include contention, which another schedule would "
    + "change, and no forecast from them can know how."

  /// Eleven of the moments, for tables.
  var shownMoments: [Moment] {
    let step = max(1, (moments.count - 1) / 10)
    return moments.indices.filter { $0 % step == 0 }.map { moments[$0] }
  }
}
