import Kernels
import Optimization
import TraceModel

/// Replays recorded timings through a method, on the gradients of an objective.
///
/// A discrete-event replay in whole nanoseconds: the j-th gradient that a worker starts takes its
/// j-th recorded duration (or what ``Timing/clock`` makes of it), arrivals come in order of (time, worker), and updates are applied in that
/// order on one thread. The same trace, objective and request give the same ``Run/fingerprint`` on
/// every machine.
///
/// - Parameters:
///   - trace: workers with at least one gradient each, durations above 0.
///   - objective: f; its gradients are computed when a worker is handed its iterate.
///   - request: everything else that the result depends on.
///   - observer: who is told of updates and gradients as they happen.
/// - Throws: ``ReplayError`` before the first gradient, or when the simulated time overflows.
/// - Complexity: a gradient, O(log M) and a few bytes of SHA-256 an arrival; no allocation an update.
public func replay<O: Objective>(
  _ trace: Trace, minimising objective: O, _ request: ReplayRequest,
  observer: ReplayObserver = .none
) throws(ReplayError) -> Run {
  try replay(trace, minimising: objective as any Objective, request, observer: observer)
}

/// As the generic form, for an objective whose type is not known when the caller is compiled.
public func replay(
  _ trace: Trace, minimising objective: any Objective, _ request: ReplayRequest,
  observer: ReplayObserver = .none
) throws(ReplayError) -> Run {
  try replay(trace, minimising: objective, request, batches: nil, observer: observer)
}

/// A replay with batches of its own: worker m's j-th started gradient uses entry j mod n of the m-th
/// column, whatever the number of its durations. nil for those that the request asks for.
package func replay(
  _ trace: Trace, minimising objective: any Objective, _ request: ReplayRequest,
  batches: [SampleColumn]?, observer: ReplayObserver = .none
) throws(ReplayError) -> Run {
  // A loop is compiled for each of these types. A generic one would look up every call in it.
  switch objective {
  case let objective as LeastSquares:
    try replayTyped(trace, objective, request, batches: batches, observer: observer)
  case let objective as Logistic:
    try replayTyped(trace, objective, request, batches: batches, observer: observer)
  case let objective as QuadraticObjective:
    try replayTyped(trace, objective, request, batches: batches, observer: observer)
  case let objective as Softmax:
    try replayTyped(trace, objective, request, batches: batches, observer: observer)
  case let objective as Huber:
    try replayTyped(trace, objective, request, batches: batches, observer: observer)
  case let objective as Hinge:
    try replayTyped(trace, objective, request, batches: batches, observer: observer)
  case let objective as MultilayerPerceptron:
    try replayTyped(trace, objective, request, batches: batches, observer: observer)
  default:
    try replayTyped(trace, objective, request, batches: batches, observer: observer)
  }
}

private func replayTyped<O: Objective>(
  _ trace: Trace, _ objective: O, _ request: ReplayRequest, batches lists: [SampleColumn]?,
  observer: ReplayObserver
) throws(ReplayError) -> Run {
  let setting = try ReplaySetting(request, objective: objective)
  let batches = try BatchSource(
    request, trace: trace, sampleCount: objective.sampleCount, lists: lists)
  let plan = try ReplayPlan(
    request, objective: objective, batches: batches, workerCount: trace.workerCount,
    smoothness: setting.smoothness)
  let initial = request.initial ?? objective.initialIterate(seed: request.seed)
  guard initial.count == objective.dimension else {
    throw .initialSize(count: initial.count, dimension: objective.dimension)
  }
  let spanNs = try setting.evaluationSpanNs(of: trace, request)

  let start = ContinuousClock.now
  var pass = VirtualPass.none
  var readPass = ReadPointPass.none
  if plan.localSteps == 0 {
    let tracks = request.tracksVirtualIterates && plan.method.gradientRule.keepsWeights
    let permutations: Int? = if case .bias(let count) = request.readPoints { count } else { nil }
    if request.readPoints == .averages { readPass = .averages }
    if tracks || permutations != nil {
      var blind = plan
      blind.evaluation = .ends
      var body = GradientReplay(
        objective, blind, batches: batches, initial: initial, spanNs: spanNs,
        virtualPass: tracks ? .first : .none, readPass: .weights, observer: .none)
      let schedule = try setting.run(trace, &body, observer: .none)
      let learned = body.finish(schedule)
      if tracks { pass = .second(learned.virtualWeights) }
      if let permutations {
        readPass = .bias(
          ReadPoints.permutations(
            of: learned.appliedWeights, count: permutations, seed: request.seed))
      }
    }
  }
  var body = GradientReplay(
    objective, plan, batches: batches, initial: initial, spanNs: spanNs, virtualPass: pass,
    readPass: readPass, observer: observer)
  let schedule = try setting.run(trace, &body, observer: observer)
  let result = body.finish(schedule)
  let elapsed = ContinuousClock.now - start

  return Run(
    request: request, outcome: schedule.outcome, timeNs: schedule.timeNs,
    updateCount: schedule.updateCount, gradientCount: schedule.gradientCount,
    computedCount: schedule.computedCount, discardedCount: schedule.discardedCount,
    abortedCount: schedule.abortedCount, roundCount: schedule.roundCount,
    utilisation: schedule.utilisation, fingerprint: result.fingerprint,
    delays: schedule.delays, points: result.points, finalIterate: result.finalIterate,
    wallSeconds: Double(elapsed.components.seconds)
      + Double(elapsed.components.attoseconds) * 1e-18,
    busyNs: schedule.busyNs, gradientsPerWorker: schedule.gradientsPerWorker,
    computedPerWorker: schedule.computedPerWorker, shareOfSamplesSeen: result.shareSeen,
    readPoints: result.readPoints, delayBias: result.delayBias,
    virtualDistance: result.virtualDistance)
}

extension ReplaySetting {
  fileprivate init<O: Objective>(
    _ request: ReplayRequest, objective: O
  ) throws(ReplayError) {
    guard request.stepsize > 0, request.stepsize.isFinite else {
      throw .stepsizeNotPositive(request.stepsize)
    }
    var smoothness = 1.0
    if request.method.rule == .adaptive {
      guard let known = request.smoothness ?? objective.smoothness else {
        throw .smoothnessUnknown
      }
      smoothness = known
    }
    self.init(
      method: request.method, stepsize: request.stepsize, smoothness: smoothness,
      horizon: request.horizon, atEnd: request.atEnd, turnaround: request.turnaround,
      handout: request.handout, timing: request.timing, seed: request.seed)
  }

  /// The time that instants of evaluation divide: the horizon's, or where a count or the end of the
  /// trace ends the replay, the time at which its schedule ends.
  fileprivate func evaluationSpanNs(
    of trace: Trace, _ request: ReplayRequest
  ) throws(ReplayError) -> Int64 {
    guard case .instants = request.evaluation else { return 0 }
    if let timeNs = horizon.timeNs, horizon == Horizon(timeNs: timeNs) {
      return max(0, timeNs)
    }
    return try replaySchedule(
      of: trace,
      ScheduleRequest(
        method: method, horizon: horizon, atEnd: atEnd, turnaround: turnaround, handout: handout,
        timing: timing, seed: seed)
    ).timeNs
  }
}
