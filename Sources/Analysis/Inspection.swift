import TraceModel

/// What is in a trace, from durations alone: the result of `inspect`.
///
/// Times are seconds (or units of a trace without physical time). A number that cannot be computed
/// is nil, never NaN.
public struct Inspection: Sendable {
  /// What a store knows of a trace without its gradients.
  public struct TraceSummary: Hashable, Sendable {
    /// Its number in the database; nil for a trace that is not stored.
    public var id: Int64?
    /// Unique in its database.
    public var name: String
    /// SHA-256 of the content, lower-case hex.
    public var digest: String
    /// What its files were read as.
    public var format: String
    /// Whether the workers advanced round by round.
    public var kind: TraceKind
    /// What one second of it means.
    public var unit: TimeUnit
    /// M
    public var workerCount: Int
    /// Recorded gradients of all workers.
    public var gradientCount: Int
    /// From the first start to the last end.
    public var spanSeconds: Double
    /// What was dubious in its files and kept.
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

  /// One worker's durations in figures, and its place among the others.
  public struct WorkerFigures: Hashable, Sendable {
    /// Label, host and grade.
    public var worker: Worker
    /// Recorded ones.
    public var gradientCount: Int
    /// s_m
    public var meanSeconds: Double
    /// Quantiles are of type 7.
    public var medianSeconds: Double
    /// 5th percentile.
    public var p5Seconds: Double
    /// 90th percentile.
    public var p90Seconds: Double
    /// 95th percentile.
    public var p95Seconds: Double
    /// 99th percentile.
    public var p99Seconds: Double
    /// The shortest recorded duration.
    public var minSeconds: Double
    /// The longest recorded duration.
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
    /// The formula on medians, which single slow gradients do not move.
    public var formulaMedian: Double
    /// Mean of the formula when durations are permuted between workers.
    public var formulaNull: Double?
    /// Share of the permutations whose formula reaches the trace's; above 0.05 the workers cannot
    /// be told apart.
    public var pEqual: Double?
    /// Interval of `formulaMean`; from 1 on where `pEqual` > 0.05.
    public var interval: Interval?
    /// With rounds that last as long as their slowest draw, entry r of every worker in round r.
    public var realised: Double
    /// Of `realised`, 95%.
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
    /// Whether turnarounds are charged however little they change.
    package var alwaysChargesTurnaround = false

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

  /// What exchanges with the server cost.
  public struct Turnaround: Hashable, Sendable {
    /// Mean over all gradients that have one.
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
    /// An update a gradient; nobody waits.
    public var asyncUpdatesPerSecond: Double
    /// M gradients a round.
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
    /// The time of the recorded schedule when it is replayed from the durations.
    public var replayedSeconds: Double
    /// The time in which it was recorded.
    public var recordedSeconds: Double
    /// Replayed over recorded; outside of 0.9 to 1.1 every grade falls by one.
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
    /// B_crit = σ²/ε of this row.
    public var criticalBatch: Double
    /// s_max(1 + B/M), in seconds per LΔ/ε.
    public var minibatch: Double
    /// h(M)(1 + B/M), in seconds per LΔ/ε.
    public var async: Double
    /// The smallest over m of h(m)(1 + B/m): the m fastest workers.
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

  /// A worker that is slow, and in which way.
  public struct Straggler: Hashable, Sendable {
    /// What a straggler's slowness looks like.
    public enum Kind: String, Hashable, Sendable {
      /// Its mean is above the others' by more than noise.
      case persistent
      /// Its 99th percentile is more than twice its median, and its mean is not.
      case transient
      /// It changed over the trace by more than a tenth.
      case drifting
    }

    /// In the order of labels.
    public var index: Int
    /// As recorded.
    public var label: WorkerLabel
    /// How it is slow; of several kinds the first.
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

  /// What it is about.
  public var trace: TraceSummary
  /// In order of index.
  public var workers: [WorkerFigures]
  /// Index of the worker with the largest mean (ties: lower index).
  public var slowest: Int
  /// Ratios of gradient counts at equal time.
  public var speedup: CountSpeedup
  /// Nil where none was recorded.
  public var turnaround: Turnaround?
  /// Rates that both algorithms would have.
  public var forecast: Forecast
  /// Nil for one worker, and for gradients that were taken as back to back.
  public var backcast: Backcast?
  /// Σ s_max/s_m: the delay to expect of the slowest worker (1 = fresh).
  public var delayEstimate: Double
  /// 1 − Σ busy / (M Σ round max): the share of a synchronous run spent waiting.
  public var synchronousWaste: Double
  /// Worst-case theory at several B_crit, constants dropped.
  public var predicted: [Predicted]
  /// Slowest first.
  public var stragglers: [Straggler]
  /// The lowest grade of any worker after the backcast.
  public var trust: TrustGrade
  /// Largest change of the formula when one gradient, or the first of each worker, is left out.
  public var influenceOfOne: Double?
  /// The change of the formula when the first gradient of each worker is left out.
  public var influenceOfWarmUp: Double?

  /// Whether the workers differ by more than chance: `p_equal` ≤ 0.05, or their speeds are a table of
  /// rates.
  package var canTellApart: Bool {
    trace.format == "rates" && workers.count > 1 && workers.allSatisfy { $0.gradientCount == 1 }
      || (speedup.pEqual ?? 1) <= 0.05
  }

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
