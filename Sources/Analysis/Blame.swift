import TraceModel

/// Who costs a synchronous run how much: the result of `blame`.
///
/// Three questions, since no single one finds every culprit. *Leave-one-out* asks what is gained
/// without a worker, and is blind to two equally slow ones, each of whom hides the other. The *k
/// slowest together* finds those. *Add-one-in* puts each worker alone among ideal ones, and so does
/// not depend on the other slow ones at all.
public struct Blame: Sendable {
  /// One worker, or all workers of a host.
  public struct Unit: Hashable, Sendable {
    /// The worker's label, or the host's name.
    public var label: String
    /// Who is left out together: one worker, or all of a host.
    public var workers: [WorkerLabel]
    /// Gradients per second that minibatch SGD gains without it; below 0 for who is not in the way.
    public var minibatchGain: Double
    /// The same for the best other synchronous policy, set up anew without it.
    public var bestSynchronousGain: Double?
    /// What minibatch SGD on the ideal cluster loses when this unit takes the place of ideal ones.
    public var idealLoss: Double
    /// Seconds to the target that tuned minibatch SGD gains without it; nil where it was not replayed
    /// or does not reach the target.
    public var secondsToTargetGain: Double?

    public init(
      label: String, workers: [WorkerLabel], minibatchGain: Double, bestSynchronousGain: Double?,
      idealLoss: Double, secondsToTargetGain: Double? = nil
    ) {
      self.label = label
      self.workers = workers
      self.minibatchGain = minibatchGain
      self.bestSynchronousGain = bestSynchronousGain
      self.idealLoss = idealLoss
      self.secondsToTargetGain = secondsToTargetGain
    }
  }

  /// The slowest units together.
  public struct Cumulative: Hashable, Sendable {
    /// The workers of the slowest units, slowest first.
    public var dropped: [WorkerLabel]
    /// How many workers or hosts that is.
    public var unitCount: Int
    /// Gradients per second that full minibatch gains without them.
    public var minibatchGain: Double
    /// Gradients per second of asynchronous SGD without them.
    public var asyncGradientsPerSecond: Double

    public init(
      dropped: [WorkerLabel], unitCount: Int, minibatchGain: Double,
      asyncGradientsPerSecond: Double
    ) {
      self.dropped = dropped
      self.unitCount = unitCount
      self.minibatchGain = minibatchGain
      self.asyncGradientsPerSecond = asyncGradientsPerSecond
    }
  }

  /// The synchronous policy with most gradients per second.
  public struct BestSynchronous: Hashable, Sendable {
    /// Which one.
    public var policy: PolicyName
    /// Its parameter as the table of policies prints it; nil if it has none.
    public var parameter: String?
    /// Its applied gradients per second.
    public var gradientsPerSecond: Double

    public init(policy: PolicyName, parameter: String?, gradientsPerSecond: Double) {
      self.policy = policy
      self.parameter = parameter
      self.gradientsPerSecond = gradientsPerSecond
    }
  }

  /// Whether workers or whole hosts were left out.
  public var leavesOut: LeftOut
  /// Gradients per second of full minibatch with everybody.
  public var minibatchGradientsPerSecond: Double
  /// Gradients per second of asynchronous SGD with everybody.
  public var asyncGradientsPerSecond: Double
  /// nil where no other synchronous policy is up for recommendation.
  public var bestSynchronous: BestSynchronous?
  /// M workers that always take as long as the fastest quarter does in the mean.
  public var idealGradientsPerSecond: Double
  /// Largest gain first.
  public var units: [Unit]
  /// Units that are not listed, of many.
  public var unlistedCount: Int
  /// Largest gain first.
  public var cumulative: [Cumulative]
  /// Whether the workers differ by more than chance; if not, the gains are chance too.
  public var canTellApart: Bool
  /// The target loss behind ``Unit/secondsToTargetGain``, as a fraction of the initial distance.
  public var targetFraction: Double?
  /// Tuned minibatch SGD of all workers, in seconds to that target.
  public var secondsToTarget: Double?

  public init(
    leavesOut: LeftOut, minibatchGradientsPerSecond: Double, asyncGradientsPerSecond: Double,
    bestSynchronous: BestSynchronous?, idealGradientsPerSecond: Double, units: [Unit],
    unlistedCount: Int, cumulative: [Cumulative], canTellApart: Bool, targetFraction: Double? = nil,
    secondsToTarget: Double? = nil
  ) {
    self.leavesOut = leavesOut
    self.minibatchGradientsPerSecond = minibatchGradientsPerSecond
    self.asyncGradientsPerSecond = asyncGradientsPerSecond
    self.bestSynchronous = bestSynchronous
    self.idealGradientsPerSecond = idealGradientsPerSecond
    self.units = units
    self.unlistedCount = unlistedCount
    self.cumulative = cumulative
    self.canTellApart = canTellApart
    self.targetFraction = targetFraction
    self.secondsToTarget = secondsToTarget
  }
}

/// Finds who costs a synchronous run how much.
///
/// - Parameters:
///   - inspection: that of the same trace with the same turnaround.
///   - options: as for `compare`; the best other synchronous policy is that of its noise scale, and
///     no resamples are taken.
///   - looksAtBestSynchronous: false leaves the gains of the best other synchronous policy out.
/// - Complexity: O(M log M) a round, and O(M) a round and unit where batches are rebalanced.
public func blame(
  _ trace: Trace, inspection: Inspection, options: ComparisonOptions = ComparisonOptions(),
  looksAtBestSynchronous: Bool = true
) -> Blame {
  var options = options
  options.resampleCount = 0
  let study = PolicyStudy(trace, inspection: inspection, options: options)
  return BlameStudy(study).result(looksAtBestSynchronous: looksAtBestSynchronous)
}

/// Units listed above 4,096 workers: the slowest, and others at random.
private let slowestListed = 100
private let othersListed = 1_000
/// Sets of the slowest that are looked at together.
private let cumulativeLimit = 64

private struct BlameStudy {
  let study: PolicyStudy
  let units: WorkerUnits
  let order: [Int]
  let workerCount: Int
  let policy: Schedule?
  let policyRate: Double

  init(_ study: PolicyStudy) {
    self.study = study
    units = study.units
    order = units.slowestFirst(study.timings.means)
    workerCount = study.timings.workerCount
    let law = study.law
    let others = law.schedules(study.times, drops: study.drops, server: study.server).filter {
      $0 != .minibatch && $0 != .async && study.isContender($0, law)
    }
    func time(_ schedule: Schedule) -> Double {
      law.time(schedule, study.times, server: study.server)
    }
    policy = others.min { time($0) < time($1) }
    policyRate =
      policy.map {
        1e9 * $0.gradients(workerCount: study.timings.workerCount)
          / study.times.time($0, server: study.server)
      } ?? 0
  }

  func result(looksAtBestSynchronous: Bool) -> Blame {
    let labels = study.trace.workers.map(\.worker.label)
    let full = rate(workerCount, study.times.subset[0])
    let listed = listedUnits()
    let alone = LeaveOneOut(study, units)
    let ideal = rate(workerCount, alone.idealCycle)
    let asked = looksAtBestSynchronous ? policy : nil
    let policyGains = asked.map { alone.gains(of: $0, from: policyRate, listed: listed) } ?? [:]
    let found = listed.map { unit in
      let members = units.members[unit]
      let left = workerCount - members.count
      return Blame.Unit(
        label: name(of: unit), workers: members.map { labels[$0] },
        minibatchGain: left == 0 ? -full : rate(left, alone.roundWithout(unit)) - full,
        bestSynchronousGain: policyGains[unit],
        idealLoss: ideal - rate(workerCount, alone.roundAmongIdeal(unit)))
    }
    var cumulative: [Blame.Cumulative] = []
    for (place, count) in study.setup.dropCounts.enumerated().dropFirst().prefix(cumulativeLimit) {
      cumulative.append(
        Blame.Cumulative(
          dropped: study.setup.slowestFirst.prefix(count).sorted().map { labels[$0] },
          unitCount: place,
          minibatchGain: rate(workerCount - count, study.times.subset[count]) - full,
          asyncGradientsPerSecond: asyncRate(without: count)))
    }
    return Blame(
      leavesOut: units.kind, minibatchGradientsPerSecond: full,
      asyncGradientsPerSecond: asyncRate(without: 0),
      bestSynchronous: policy.map {
        Blame.BestSynchronous(
          policy: $0.name, parameter: $0.parameter, gradientsPerSecond: policyRate)
      },
      idealGradientsPerSecond: ideal,
      units: found.enumerated().sorted {
        let (a, b) = ($0.element, $1.element)
        return (-a.minibatchGain, -a.idealLoss, $0.offset)
          < (-b.minibatchGain, -b.idealLoss, $1.offset)
      }.map(\.element),
      unlistedCount: units.members.count - listed.count,
      cumulative: cumulative.sorted {
        (-$0.minibatchGain, $0.unitCount) < (-$1.minibatchGain, $1.unitCount)
      },
      canTellApart: study.canTellApart)
  }

  private func rate(_ workers: Int, _ round: Double) -> Double {
    1e9 * Double(workers) / (round + study.server)
  }

  /// λ of all but the first `count` of the slowest.
  private func asyncRate(without count: Int) -> Double {
    let left = study.setup.slowestFirst.dropFirst(count).map { study.times.cycles[$0] }
    return 1e9 / asyncUpdateTime(cycles: left, server: study.server)
  }

  private func name(of unit: Int) -> String {
    let worker = study.trace.workers[units.members[unit][0]].worker
    return units.kind == .host ? worker.host ?? worker.label.text : worker.label.text
  }

  /// All units, or of more than 4,096 workers the slowest and some others at random.
  private func listedUnits() -> [Int] {
    guard workerCount > workerLimitOfExtras else { return Array(units.members.indices) }
    var rest = Array(order.dropFirst(slowestListed))
    var draws = Draws(
      seed: study.options.seed, purpose: .listedUnits, repetition: 0, owner: Draws.everybody)
    // The first places of a shuffle.
    let count = min(othersListed, rest.count)
    for place in 0..<count {
      rest.swapAt(place, place + draws.index(below: rest.count - place))
    }
    return (order.prefix(slowestListed) + rest.prefix(count)).sorted()
  }
}
