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
///
/// - Parameter threads: how many compute gradients in flight where these are dear; never changes a bit.
package func replay(
  _ trace: Trace, minimising objective: any Objective, _ request: ReplayRequest,
  batches: [SampleColumn]?, observer: ReplayObserver = .none, threads: Int = 1
) throws(ReplayError) -> Run {
  try withType(
    of: objective,
    SingleReplay(
      trace: trace, request: request, batches: batches, observer: observer, threads: threads))
}

/// One replay on one objective.
private struct SingleReplay: TypedWork {
  let trace: Trace
  let request: ReplayRequest
  let batches: [SampleColumn]?
  let observer: ReplayObserver
  let threads: Int

  func run<O: Objective>(on objective: O) throws(ReplayError) -> Run {
    let prepared = try Preparation(request, objective, trace, batches: batches, threads: threads)
    let (plan, batches) = (prepared.plan, prepared.batches)
    let (initial, spanNs) = (prepared.initial, prepared.spanNs)

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
        let schedule = try prepared.setting.run(trace, &body, observer: .none)
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
    let schedule = try prepared.setting.run(trace, &body, observer: observer)
    let result = body.finish(schedule)
    let elapsed = ContinuousClock.now - start

    return Run(request, schedule, result, elapsed: elapsed)
  }
}

extension Run {
  init(
    _ request: ReplayRequest, _ schedule: ScheduleRun, _ result: GradientResult,
    elapsed: Duration
  ) {
    self.init(
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
}
