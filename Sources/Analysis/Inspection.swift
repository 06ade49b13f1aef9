import TraceModel

/// What is in a trace, from durations alone: the result of `inspect`.
///
/// Times are seconds (or units of a trace without physical time). A number that cannot be computed
/// is nil, never NaN.
public struct Inspection: Sendable {
  public struct TraceSummary: Hashable, Sendable {
    public var id: Int64?
    public var name: String
    public var digest: String
    public var format: String
    public var kind: TraceKind
    public var unit: TimeUnit
    public var workerCount: Int
    public var gradientCount: Int
    public var spanSeconds: Double
    public var issues: [ImportIssue]

    public init(
      id: Int64? = nil, name: String, digest: String, format: String, kind: TraceKind,
      unit: TimeUnit, workerCount: Int, gradientCount: Int, spanSeconds: Double,
      issues: [ImportIssue]
    ) {
      self.id = id
      self.name = name
      self.digest = digest
      self.format = format
      self.kind = kind
      self.unit = unit
      self.workerCount = workerCount
      self.gradientCount = gradientCount
      self.spanSeconds = spanSeconds
      self.issues = issues
    }
  }

  public struct WorkerFigures: Hashable, Sendable {
    public var worker: Worker
    public var gradientCount: Int
    /// s_m
    public var meanSeconds: Double
    public var medianSeconds: Double
    public var p5Seconds: Double
    public var p90Seconds: Double
    public var p95Seconds: Double
    public var p99Seconds: Double
    public var minSeconds: Double
    public var maxSeconds: Double
    /// With n − 1; nil for one gradient.
    public var stdSeconds: Double?
    /// Mean waiting for others after a gradient.
    public var waitSeconds: Double
    /// Mean turnaround after a gradient; nil if none was recorded.
    public var turnaroundSeconds: Double?
    /// s_m / min s
    public var slowdown: Double
    /// s_max / s_m, this worker's term of the formula.
    public var relativeSpeed: Double
    /// Share of its excess over the median that lies in its worst contiguous tenth.
    public var burstiness: Double?
    /// Mean of `burstiness` over 200 shuffles of its durations.
    public var burstinessShuffled: Double?
    /// Theil–Sen slope over the whole trace as a share of the median.
    public var trend: Double?

    public init(
      worker: Worker, gradientCount: Int, meanSeconds: Double, medianSeconds: Double,
      p5Seconds: Double, p90Seconds: Double, p95Seconds: Double, p99Seconds: Double,
      minSeconds: Double, maxSeconds: Double, stdSeconds: Double? = nil, waitSeconds: Double,
      turnaroundSeconds: Double? = nil, slowdown: Double, relativeSpeed: Double,
      burstiness: Double? = nil, burstinessShuffled: Double? = nil, trend: Double? = nil
    ) {
      self.worker = worker
      self.gradientCount = gradientCount
      self.meanSeconds = meanSeconds
      self.medianSeconds = medianSeconds
      self.p5Seconds = p5Seconds
      self.p90Seconds = p90Seconds
      self.p95Seconds = p95Seconds
      self.p99Seconds = p99Seconds
      self.minSeconds = minSeconds
      self.maxSeconds = maxSeconds
      self.stdSeconds = stdSeconds
      self.waitSeconds = waitSeconds
      self.turnaroundSeconds = turnaroundSeconds
      self.slowdown = slowdown
      self.relativeSpeed = relativeSpeed
      self.burstiness = burstiness
      self.burstinessShuffled = burstinessShuffled
      self.trend = trend
    }
  }

  /// Ratios of gradient counts at equal time, asynchronous over minibatch SGD.
  public struct CountSpeedup: Hashable, Sendable {
    /// (1/M) Σ s_max/s_m on means: the formula of the talk.
    public var formulaMean: Double
    public var formulaMedian: Double
    /// Mean of the formula when durations are permuted between workers.
    public var formulaNull: Double?
    public var pEqual: Double?
    /// Interval of `formulaMean`; from 1 on where `pEqual` > 0.05.
    public var interval: Interval?
    /// With rounds that last as long as their slowest draw, entry r of every worker in round r.
    public var realised: Double
    public var realisedInterval: Interval?
    /// `realised` with turnarounds charged on both sides; nil where none was recorded.
    public var withTurnaround: Double?
    /// The means differ: formula − `formulaNull`.
    public var persistent: Double?
    /// Whoever is slow changes: what shuffled workers have above the formula without its bias.
    public var random: Double?
    /// Negative when slow moments hit all workers together.
    public var coinciding: Double?
    /// 1 plus the three parts: `realised` where the workers advanced in rounds, for independent
    /// workers the ratio by the clock.
    public var realisedOfSplit: Double?
    /// Holds 0 where equal workers show as much; nil below 40 permutations.
    public var persistentInterval: Interval?
    /// Nil below 40 permutations, without resamples, and for independent workers, whose random part is
    /// taken by the clock, which resamples of blocks say nothing about.
    public var randomInterval: Interval?
    /// Holds 0 where chance makes slow moments meet as often; nil below 40 shuffles.
    public var coincidingInterval: Interval?

    public init(
      formulaMean: Double, formulaMedian: Double, formulaNull: Double? = nil, pEqual: Double? = nil,
      interval: Interval? = nil, realised: Double, realisedInterval: Interval? = nil,
      withTurnaround: Double? = nil, persistent: Double? = nil, random: Double? = nil,
      coinciding: Double? = nil, realisedOfSplit: Double? = nil,
      persistentInterval: Interval? = nil, randomInterval: Interval? = nil,
      coincidingInterval: Interval? = nil
    ) {
      self.formulaMean = formulaMean
      self.formulaMedian = formulaMedian
      self.formulaNull = formulaNull
      self.pEqual = pEqual
      self.interval = interval
      self.realised = realised
      self.realisedInterval = realisedInterval
      self.withTurnaround = withTurnaround
      self.persistent = persistent
      self.random = random
      self.coinciding = coinciding
      self.realisedOfSplit = realisedOfSplit
      self.persistentInterval = persistentInterval
      self.randomInterval = randomInterval
      self.coincidingInterval = coincidingInterval
    }
  }

  public struct Turnaround: Hashable, Sendable {
    public var meanSeconds: Double
    /// Turnaround over turnaround + own computing.
    public var shareOfCycle: Double

    public init(
      meanSeconds: Double, shareOfCycle: Double
    ) {
      self.meanSeconds = meanSeconds
      self.shareOfCycle = shareOfCycle
    }
  }

  /// The rates that each schedule would reach on these workers, with the turnaround where recorded.
  public struct Forecast: Hashable, Sendable {
    public var asyncUpdatesPerSecond: Double
    public var minibatchGradientsPerSecond: Double

    public init(
      asyncUpdatesPerSecond: Double, minibatchGradientsPerSecond: Double
    ) {
      self.asyncUpdatesPerSecond = asyncUpdatesPerSecond
      self.minibatchGradientsPerSecond = minibatchGradientsPerSecond
    }
  }

  /// The recorded schedule replayed, against the recorded time.
  public struct Backcast: Hashable, Sendable {
    public var replayedSeconds: Double
    public var recordedSeconds: Double
    public var ratio: Double

    public init(
      replayedSeconds: Double, recordedSeconds: Double, ratio: Double
    ) {
      self.replayedSeconds = replayedSeconds
      self.recordedSeconds = recordedSeconds
      self.ratio = ratio
    }
  }

  /// Worst-case theory, constants dropped: seconds per LΔ/ε at one B_crit = σ²/ε.
  public struct Predicted: Hashable, Sendable {
    public var criticalBatch: Double
    public var minibatch: Double
    public var async: Double
    public var optimal: Double
    /// m*, the workers that the optimum uses.
    public var optimalWorkers: Int

    public init(
      criticalBatch: Double, minibatch: Double, async: Double, optimal: Double, optimalWorkers: Int
    ) {
      self.criticalBatch = criticalBatch
      self.minibatch = minibatch
      self.async = async
      self.optimal = optimal
      self.optimalWorkers = optimalWorkers
    }
  }

  public struct Straggler: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
      case persistent
      case transient
      case drifting
    }

    public var index: Int
    public var label: WorkerLabel
    public var kind: Kind
    /// The formula without this worker.
    public var formulaWithout: Double

    public init(
      index: Int, label: WorkerLabel, kind: Kind, formulaWithout: Double
    ) {
      self.index = index
      self.label = label
      self.kind = kind
      self.formulaWithout = formulaWithout
    }
  }

  public var trace: TraceSummary
  /// In order of index.
  public var workers: [WorkerFigures]
  /// Index of the worker with the largest mean (ties: lower index).
  public var slowest: Int
  public var speedup: CountSpeedup
  public var turnaround: Turnaround?
  public var forecast: Forecast
  public var backcast: Backcast?
  /// Σ s_max/s_m: the delay to expect of the slowest worker (1 = fresh).
  public var delayEstimate: Double
  /// 1 − Σ busy / (M Σ round max): the share of a synchronous run spent waiting.
  public var synchronousWaste: Double
  public var predicted: [Predicted]
  public var stragglers: [Straggler]
  /// The lowest grade of any worker after the backcast.
  public var trust: TrustGrade
  /// Largest change of the formula when one gradient, or the first of each worker, is left out.
  public var influenceOfOne: Double?
  public var influenceOfWarmUp: Double?

  public init(
    trace: TraceSummary, workers: [WorkerFigures], slowest: Int, speedup: CountSpeedup,
    turnaround: Turnaround? = nil, forecast: Forecast, backcast: Backcast? = nil,
    delayEstimate: Double, synchronousWaste: Double, predicted: [Predicted],
    stragglers: [Straggler], trust: TrustGrade, influenceOfOne: Double? = nil,
    influenceOfWarmUp: Double? = nil
  ) {
    self.trace = trace
    self.workers = workers
    self.slowest = slowest
    self.speedup = speedup
    self.turnaround = turnaround
    self.forecast = forecast
    self.backcast = backcast
    self.delayEstimate = delayEstimate
    self.synchronousWaste = synchronousWaste
    self.predicted = predicted
    self.stragglers = stragglers
    self.trust = trust
    self.influenceOfOne = influenceOfOne
    self.influenceOfWarmUp = influenceOfWarmUp
  }
}
