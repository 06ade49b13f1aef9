import Optimization
import TraceModel

/// What decides a schedule, and the way from a method's name to its algorithm.
struct ReplaySetting {
  var method: MethodChoice
  var stepsize: Double
  /// L for the rule `adaptive`.
  var smoothness: Double
  var horizon: Horizon
  var atEnd: AtEnd
  var turnaround: TurnaroundPolicy
  /// The time of the server for an update.
  var serverNs: Int64
  var handout: Handout
  var timing: Timing
  /// Of the entries that are drawn at the end.
  var seed: UInt64

  func run<B: ReplayBody & ~Copyable>(
    _ trace: Trace, _ body: inout B, observer: ReplayObserver
  ) throws(ReplayError) -> ScheduleRun {
    guard timing != .clock || atEnd != .resample else { throw .resampleByClock }
    // What was recorded is done once.
    let atEnd = timing == .recorded ? .stop : atEnd
    let durations = try RecordedDurations(
      of: trace, atEnd: atEnd, turnaround: turnaround, seed: seed)
    try checkCounts(workerCount: trace.workerCount)
    guard horizon != Horizon() || atEnd == .stop else { throw .noHorizon }
    var participants = Array(0..<trace.workerCount)
    if case .fastest(let workers) = method { participants = trace.fastestWorkers(workers) }
    var loop = ReplayLoop(
      trace: trace, durations: durations,
      clock: timing == .clock ? RecordedClock(trace, repeats: atEnd == .repeat) : nil,
      recordedStarts: timing == .recorded ? trace.recordedStarts : nil,
      horizon: horizon, serverNs: timing == .recorded ? 0 : serverNs, handout: handout,
      participants: participants, choice: method, observer: observer)
    let outcome = try run(&loop, &body)
    return loop.totals(outcome: outcome)
  }

  /// One call for each method, so that each loop is compiled for its method.
  private func run<B: ReplayBody & ~Copyable>(
    _ loop: inout ReplayLoop, _ body: inout B
  ) throws(ReplayError) -> Run.Outcome {
    let workerCount = loop.participants.count
    switch method {
    case .minibatch:
      return try body.run(&loop, stepsize: stepsize) {
        MinibatchSGD(stepsize: $0, workerCount: workerCount)
      }
    case .async(let rule, let delayLimit, let adaptiveConstant):
      return try body.run(&loop, stepsize: stepsize) {
        AsynchronousSGD(
          rule: rule, stepsize: $0, workerCount: workerCount, smoothness: smoothness,
          adaptiveConstant: adaptiveConstant, delayLimit: delayLimit)
      }
    case .fastest:
      return try body.run(&loop, stepsize: stepsize) {
        AsynchronousSGD(rule: .constant, stepsize: $0, workerCount: workerCount)
      }
    case .backup(let need):
      return try body.run(&loop, stepsize: stepsize) { BackupWorkers(stepsize: $0, need: need) }
    case .rennala(let collect, let abort):
      return try body.run(&loop, stepsize: stepsize) {
        RennalaSGD(stepsize: $0, collect: collect, aborts: abort)
      }
    case .ringmaster(let delayLimit, let abort):
      return try body.run(&loop, stepsize: stepsize) {
        RingmasterASGD(stepsize: $0, delayLimit: delayLimit, aborts: abort)
      }
    case .buffered(let collect):
      return try body.run(&loop, stepsize: stepsize) { BufferedSGD(stepsize: $0, collect: collect) }
    case .local(let steps):
      return try body.run(&loop, stepsize: stepsize) {
        LocalSGD(stepsize: $0, workerCount: workerCount, steps: steps)
      }
    case .picky(let distance):
      return try body.run(&loop, stepsize: stepsize) { PickySGD(stepsize: $0, distance: distance) }
    case .clipped:
      return try body.run(&loop, stepsize: stepsize) { ClippedASGD(stepsize: $0) }
    case .dcAsync:
      return try body.run(&loop, stepsize: stepsize) { DelayCompensatedASGD(stepsize: $0) }
    case .momentum:
      return try body.run(&loop, stepsize: stepsize) { MomentumASGD(stepsize: $0) }
    }
  }

  private func checkCounts(workerCount: Int) throws(ReplayError) {
    func check(_ option: String, _ value: Int, most: Int = .max) throws(ReplayError) {
      guard value >= 1, value <= most else {
        throw .impossibleCount(option: option, value: value, most: most)
      }
    }
    func checkNumber(
      _ option: String, _ value: Double, _ isPossible: Bool
    ) throws(ReplayError) {
      guard isPossible else { throw .impossibleNumber(option: option, value: value) }
    }
    switch method {
    case .minibatch: break
    case .async(_, let delayLimit, _):
      if let delayLimit { try check("--delay-limit", delayLimit) }
    case .backup(let need): try check("--need", need, most: workerCount)
    case .rennala(let collect, _), .buffered(let collect): try check("--collect", collect)
    case .ringmaster(let delayLimit, _): try check("--delay-limit", delayLimit)
    case .fastest(let workers): try check("--workers", workers, most: workerCount)
    // Beyond this many steps a round is a run of its own, and M·H must stay a number.
    case .local(let steps): try check("--local-steps", steps, most: 1_000_000)
    case .picky(let distance): try checkNumber("distance", distance, distance > 0)
    case .clipped(let radius): try checkNumber("radius", radius, radius > 0)
    case .dcAsync(let lambda, _):
      try checkNumber("lambda", lambda, lambda >= 0 && lambda.isFinite)
    case .momentum(let beta): try checkNumber("beta", beta, (0..<1).contains(beta))
    }
  }
}

extension ReplayLoop {
  /// The counts of a loop that has run.
  func totals(outcome: Run.Outcome) -> ScheduleRun {
    var busyNs: [Int64] = []
    busyNs.reserveCapacity(workerCount)
    for worker in 0..<workerCount {
      let state = states[worker]
      let unfinished = state.dueNs >= 0 ? max(0, min(nowNs, state.dueNs) - state.startNs) : 0
      busyNs.append(state.busyNs + unfinished)
    }
    let isSynchronous: Bool
    switch choice {
    case .minibatch, .backup, .local: isSynchronous = true
    default: isSynchronous = false
    }
    return ScheduleRun(
      outcome: outcome, timeNs: nowNs, updateCount: updateCount, gradientCount: appliedCount,
      computedCount: computedCount, discardedCount: discardedCount, abortedCount: abortedCount,
      roundCount: isSynchronous ? updateCount : 0, delays: delayStatistics,
      busyNs: busyNs, gradientsPerWorker: (0..<workerCount).map { states[$0].appliedCount },
      computedPerWorker: (0..<workerCount).map { states[$0].computedCount })
  }

  private var delayStatistics: DelayStatistics? {
    let isPlain: Bool
    switch choice {
    case .local: return nil
    case .minibatch, .backup, .rennala: return freshDelays
    case .async, .fastest, .clipped, .dcAsync, .momentum: isPlain = true
    case .ringmaster, .buffered, .picky: isPlain = false
    }
    let (overall, perWorker) = delays.histograms()
    return DelayStatistics(
      overall: overall, perWorker: perWorker,
      identityHolds: isPlain ? identityHolds(delaySum: overall.sum) : nil)
  }

  /// Rounds apply nothing but fresh gradients: τ = 1, whatever the identity says of others.
  private var freshDelays: DelayStatistics {
    func histogram(_ count: Int) -> DelayHistogram {
      DelayHistogram(bins: count > 0 ? [.init(delay: 1, count: count)] : [])
    }
    let workers = workerCount <= DelayCounter.workerLimit ? workerCount : 0
    return DelayStatistics(
      overall: histogram(appliedCount),
      perWorker: (0..<workers).map { histogram(states[$0].appliedCount) }, identityHolds: nil)
  }

  /// Whether Σ τ + Σ_m (K − last(m)) = M K (D2); for `--handout before`, where every gradient but
  /// the first of a worker is read one update earlier, = M K + K − #{m : last(m) > 0} (D2').
  private func identityHolds(delaySum: Int) -> Bool {
    let missing = participants.reduce(0) { $0 + updateCount - states[$1].lastUpdate }
    let product = participants.count * updateCount
    guard handsOutBefore else { return delaySum + missing == product }
    let arrived = participants.count { states[$0].lastUpdate > 0 }
    return delaySum + missing == product + updateCount - arrived
  }
}
