import TraceModel

/// The policies of a comparison, in the order of simplicity: the simplest that is as good as the
/// best is recommended.
public enum PolicyName: String, Hashable, Sendable, CaseIterable {
  /// Rounds of all workers; each lasts as long as its slowest gradient.
  case minibatch
  /// Minibatch SGD without the k slowest workers (or hosts).
  case subset
  /// Worker m's batch is proportional to 1/s_m.
  case rebalanced
  /// Rounds that end with the first N of M gradients.
  case backup
  /// An update an arrival; nobody waits.
  case async
  /// The mean of the next B arrivals, however stale, makes an update.
  case buffered
  /// B gradients computed at the current iterate make an update.
  case rennala
  /// Asynchronous, without gradients whose delay is above a limit.
  case ringmaster
}

/// Policies side by side on one trace, and the verdict: the result of `compare`.
public struct Comparison: Sendable {
  /// One way to use these workers, as durations alone show it.
  public struct Policy: Hashable, Sendable {
    /// Which way, under the name that results print.
    public var name: PolicyName
    /// What was chosen for it, as on the command line (`drop=1`, `need=7`, `rule=scaled`); nil if
    /// it has no parameter.
    public var parameter: String?
    /// Workers that it leaves out.
    public var dropped: [WorkerLabel]
    /// Applied gradients per second of simulated time.
    public var gradientsPerSecond: Double
    /// Count ratio to full minibatch.
    public var countRatio: Double
    /// Of `countRatio`, 95%; nil where rounds are too few for blocks.
    public var interval: Interval?
    /// The count ratio when parameters chosen on the first half of the trace are scored on the
    /// second; nil if the trace is too short.
    public var countRatioOutOfTime: Double?
    /// Whether it was replayed on an objective: a nil time is then a target that it did not reach.
    public var isReplayed: Bool
    /// Tuned time to the target; nil without replays.
    public var timeToTargetSeconds: Double?
    /// Of the time to the target; nil without one.
    public var timeToTargetSpread: TimeSpread?
    /// Median delay of its schedule in updates; 1, fresh, where updates are rounds.
    public var delayP50: Double?
    /// 99th percentile of the delays.
    public var delayP99: Double?
    /// The largest delay.
    public var delayMax: Int?
    /// Gradients discarded or aborted, as a share of those started.
    public var unusedShare: Double
    /// Gradients of one pass through the trace that are computed and not used, aborted ones included.
    public var discardedCount: Int
    /// Those of them that are stopped before they arrive.
    public var abortedCount: Int
    /// What the server has to bear.
    public var updatesPerSecond: Double
    /// Seconds of server time per update above which it is slower than full minibatch by count.
    public var breakEvenServerSeconds: Double?
    /// Seconds per update of b gradients at B_crit: the law t(1 + B_crit/b) or its asynchronous form.
    public var secondsPerRound: Double
    /// b of the law of times: how many gradients an update averages.
    public var gradientsPerUpdate: Double
    /// Why it cannot be recommended, as a clause ("rebalancing was ruled out"); nil for a candidate.
    public var exclusion: String?

    /// Whether it can be recommended. A recommendation, and whatever is called the best of its kind,
    /// is chosen from candidates only.
    public var isCandidate: Bool { exclusion == nil }

    public init(
      name: PolicyName, parameter: String? = nil, dropped: [WorkerLabel],
      gradientsPerSecond: Double, countRatio: Double, interval: Interval? = nil,
      countRatioOutOfTime: Double? = nil, isReplayed: Bool = false,
      timeToTargetSeconds: Double? = nil, timeToTargetSpread: TimeSpread? = nil,
      delayP50: Double? = nil, delayP99: Double? = nil, delayMax: Int? = nil, unusedShare: Double,
      discardedCount: Int, abortedCount: Int = 0, updatesPerSecond: Double,
      breakEvenServerSeconds: Double? = nil,
      secondsPerRound: Double, gradientsPerUpdate: Double, exclusion: String? = nil
    ) {
      self.name = name
      self.parameter = parameter
      self.dropped = dropped
      self.gradientsPerSecond = gradientsPerSecond
      self.countRatio = countRatio
      self.interval = interval
      self.countRatioOutOfTime = countRatioOutOfTime
      self.isReplayed = isReplayed
      self.timeToTargetSeconds = timeToTargetSeconds
      self.timeToTargetSpread = timeToTargetSpread
      self.delayP50 = delayP50
      self.delayP99 = delayP99
      self.delayMax = delayMax
      self.unusedShare = unusedShare
      self.discardedCount = discardedCount
      self.abortedCount = abortedCount
      self.updatesPerSecond = updatesPerSecond
      self.breakEvenServerSeconds = breakEvenServerSeconds
      self.secondsPerRound = secondsPerRound
      self.gradientsPerUpdate = gradientsPerUpdate
      self.exclusion = exclusion
    }
  }

  /// The recommendation at one B_crit.
  public struct NoiseRow: Hashable, Sendable {
    /// B_crit / M; infinity for the last row.
    public var criticalBatchOverWorkers: Double
    /// nil if it cannot be told from this trace.
    public var policy: PolicyName?
    /// As on the command line (`drop=1`); nil for policies without one.
    public var parameter: String?
    /// Time of the best over time of each policy, by the law; in the order of `policies`.
    public var relativeTimes: [Double?]

    public init(
      criticalBatchOverWorkers: Double, policy: PolicyName? = nil, parameter: String? = nil,
      relativeTimes: [Double?]
    ) {
      self.criticalBatchOverWorkers = criticalBatchOverWorkers
      self.policy = policy
      self.parameter = parameter
      self.relativeTimes = relativeTimes
    }
  }

  /// All of them, in order of simplicity.
  public var policies: [Policy]
  /// What to do, in words and as a value.
  public var verdict: Verdict
  /// B_crit/M of the recommendation.
  public var criticalBatchOverWorkers: Double
  /// What was left out, as a sentence.
  public var note: String?
  /// The tuned replays behind the times to target; nil where there are none.
  public var replays: TunedReplays?

  /// What the policies were replayed on.
  public struct TunedReplays: Hashable, Sendable {
    /// The objective as a specification that can be given again.
    public var objective: String
    /// The target loss as a fraction of the initial distance.
    public var targetFraction: Double
    /// The seeds behind each time.
    public var seedCount: Int
    /// Resampled traces behind the intervals; 0 for those of the seeds alone.
    public var resampledTraceCount: Int

    public init(
      objective: String, targetFraction: Double, seedCount: Int, resampledTraceCount: Int = 0
    ) {
      self.objective = objective
      self.targetFraction = targetFraction
      self.seedCount = seedCount
      self.resampledTraceCount = resampledTraceCount
    }
  }

  /// Whether times to a target stand for predicted times: one is known, and what is recommended was
  /// replayed.
  public var restsOnReplays: Bool {
    guard policies.contains(where: { $0.timeToTargetSeconds != nil }) else { return false }
    guard let name = verdict.recommendation?.policy else { return true }
    return policies.contains { $0.name == name && $0.isReplayed }
  }

  public init(
    policies: [Policy], verdict: Verdict, criticalBatchOverWorkers: Double = 1,
    note: String? = nil, replays: TunedReplays? = nil
  ) {
    self.policies = policies
    self.verdict = verdict
    self.criticalBatchOverWorkers = criticalBatchOverWorkers
    self.note = note
    self.replays = replays
  }
}

/// What to do, in at most 12 lines.
public struct Verdict: Sendable {
  /// What to do: the simplest policy that is not clearly slower than another one.
  public struct Recommendation: Hashable, Sendable {
    /// Which way to use the workers.
    public var policy: PolicyName
    /// As on the command line; nil for policies without one.
    public var parameter: String?
    /// Labels to drop.
    public var workers: [WorkerLabel]

    public init(
      policy: PolicyName, parameter: String? = nil, workers: [WorkerLabel]
    ) {
      self.policy = policy
      self.parameter = parameter
      self.workers = workers
    }
  }

  /// nil when the verdict abstains.
  public var recommendation: Recommendation?
  /// The recommendation at each B_crit, so that one sees where it changes.
  public var byNoise: [Comparison.NoiseRow]
  /// One sentence: what to do and by how much.
  public var sentence: String
  /// What decides it.
  public var why: String
  /// The size of the gain, with its interval.
  public var gain: String
  /// What the verdict rests on, doubts first.
  public var trust: String
  /// What to try or record next.
  public var next: String

  public init(
    recommendation: Recommendation? = nil, byNoise: [Comparison.NoiseRow], sentence: String,
    why: String, gain: String, trust: String, next: String
  ) {
    self.recommendation = recommendation
    self.byNoise = byNoise
    self.sentence = sentence
    self.why = why
    self.gain = gain
    self.trust = trust
    self.next = next
  }
}
