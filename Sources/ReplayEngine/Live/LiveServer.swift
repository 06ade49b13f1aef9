import Foundation
import Kernels
import Optimization
import Synchronization
import TraceModel

/// The parameter server of a live run: one iterate behind one lock.
///
/// It keeps what a replay needs to make the same updates: who arrived when, in an order without ties,
/// and which batch each gradient was of. It shares no loop with the replays, only methods, kernels
/// and the form of the fingerprint, so that comparing the two says something.
final class LiveServer<O: Objective, M: Method>: @unchecked Sendable {
  /// What a worker lends while the server has not let it go on.
  struct Delivery {
    var startNs: Int64
    var endNs: Int64
    var values: UnsafePointer<Double>
    var batch: UnsafeBufferPointer<Int32>
  }

  private struct State {
    var updatesAtRead = 0
    /// When it was let go on: after that begins what the exchange costs.
    var releasedNs: Int64 = 0
    var delivery: Delivery?
    var timings: WorkerTimings
  }

  /// Drawn before the lock is asked for: who comes first is served first, and nobody is passed over by
  /// a worker that happens to have the lock.
  private let nextTicket = Atomic<Int>(0)
  // One lock for all that follows; workers read nothing without it.
  private let condition = NSCondition()
  private let objective: O
  private var method: M
  private let horizon: Horizon
  private let keepsBatches: Bool
  private let x: Vector
  private var states: [State]
  private var fingerprint = Fingerprint()
  private var divergence: DivergenceRule
  private let zero = ContinuousClock.now
  /// The first start of all, once everybody has started.
  private var origin: Int64 = .max
  /// The ticket that is served next.
  private var servedTicket = 0
  private var presentCount = 0
  private var startedCount = 0
  private var endedCount = 0
  private var updateCount = 0
  private var appliedCount = 0
  private var lastEndNs: Int64 = -1
  /// The workers of this round, in order of arrival.
  private var round: [Int] = []
  private var ending: LiveEnding?
  /// Somebody asked it to end: it does as soon as every worker has sent a gradient.
  private var isStopping = false

  init(_ objective: O, _ method: M, _ request: LiveRequest, smoothness: Double) {
    self.objective = objective
    self.method = method
    horizon = request.horizon
    keepsBatches = request.batchSize > 0
    let workerCount = request.workerCount
    let initial = request.initial ?? objective.initialIterate(seed: request.seed)
    x = Vector(initial)
    states = (0..<workerCount).map { index in
      State(
        timings: WorkerTimings(
          worker: Worker(index: index, label: WorkerLabel("\(index)"), trust: .measured),
          startsNs: [], durationsNs: [],
          samples: request.batchSize > 0 ? SampleColumn() : nil))
    }
    let gradient = Vector(dimension: initial.count)
    let loss = objective.lossAndGradient(at: x.base, into: gradient.base)
    divergence = DivergenceRule(initial: x, loss: loss, gradient: gradient)
    fingerprint.writeHeader(
      workerCount: workerCount, dimension: initial.count, method: request.method,
      parameters: request.method.fingerprintParameters(
        stepsize: request.stepsize, smoothness: smoothness, workerCount: workerCount),
      seed: request.seed, timing: .recorded)
    fingerprint.writeIterate(x, updateCount: 0)
  }

  /// Nanoseconds on the clock of this run.
  func now() -> Int64 {
    let (seconds, attoseconds) = (ContinuousClock.now - zero).components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }

  private func locked<Result>(_ body: () -> Result) -> Result {
    condition.lock()
    defer { condition.unlock() }
    return body()
  }

  // MARK: - The workers' side

  /// Waits until all workers are there, so that the first gradients start together.
  func enter() {
    locked {
      presentCount += 1
      if presentCount == states.count { condition.broadcast() }
      while presentCount < states.count { condition.wait() }
    }
  }

  /// The worker's first gradient has started.
  func noteFirstStart(at startNs: Int64) {
    locked {
      origin = min(origin, startNs)
      startedCount += 1
      if startedCount == states.count { condition.broadcast() }
    }
  }

  /// Takes a gradient, and hands the newest iterate out once its worker may go on.
  ///
  /// - Returns: false if the run is over, and nothing was handed out.
  func receive(_ delivery: Delivery, of worker: Int, handing y: borrowing Vector) -> Bool {
    let ticket = nextTicket.wrappingAdd(1, ordering: .relaxed).oldValue
    condition.lock()
    defer { condition.unlock() }
    while ticket != servedTicket || startedCount < states.count { condition.wait() }
    servedTicket += 1
    condition.broadcast()
    guard ending == nil, !isAtTimeLimit(delivery) else { return false }

    var delivery = delivery
    // No two arrive at once, whatever their clocks say.
    delivery.endNs = max(delivery.endNs, lastEndNs + 1)
    lastEndNs = delivery.endNs
    let arrival = Arrival(
      time: ReplayTime(nanoseconds: delivery.endNs - origin), worker: worker,
      updatesAtRead: states[worker].updatesAtRead)
    let verdict = method.receive(arrival, updateCount: updateCount)
    states[worker].delivery = delivery
    if method.collection == .single {
      take(worker, verdict)
      finishUpdate(endsRoundAt: nil)
      release(worker, at: delivery.endNs)
    } else {
      round.append(worker)
      if verdict.isUpdate {
        takeRound(verdict)
        condition.broadcast()
      } else {
        let before = updateCount
        while updateCount == before, ending == nil { condition.wait() }
        guard updateCount > before else { return false }
      }
    }
    guard ending == nil else { return false }
    copy(x.base, into: y.base, count: x.paddedCount)
    return true
  }

  /// A worker has left.
  func leave() {
    locked {
      endedCount += 1
      condition.broadcast()
    }
  }

  // MARK: - Updates

  /// Hashes and applies one gradient, and keeps it as a row.
  private func take(_ worker: Int, _ verdict: Verdict) {
    guard let delivery = states[worker].delivery else { return }
    hash(worker, delivery, verdict)
    apply(delivery, verdict)
    keep(worker, delivery)
  }

  /// The gradients of a round in order of arrival into the fingerprint, in order of worker into x.
  private func takeRound(_ verdict: Verdict) {
    for worker in round {
      if let delivery = states[worker].delivery { hash(worker, delivery, verdict) }
    }
    for worker in states.indices {
      guard let delivery = states[worker].delivery else { continue }
      apply(delivery, verdict)
      keep(worker, delivery)
    }
    finishUpdate(endsRoundAt: lastEndNs - origin)
    for worker in round { release(worker, at: lastEndNs) }
    round.removeAll(keepingCapacity: true)
  }

  private func hash(_ worker: Int, _ delivery: Delivery, _ verdict: Verdict) {
    fingerprint.writeArrival(
      fate: verdict.fate.rawValue, timeNs: delivery.endNs - origin, worker: worker,
      updatesAtRead: states[worker].updatesAtRead, updateCount: updateCount,
      stepsize: verdict.stepsize)
  }

  private func apply(_ delivery: Delivery, _ verdict: Verdict) {
    guard verdict.weight != 0 else { return }
    objective.add(-verdict.weight, times: delivery.values, of: delivery.batch, to: x.base)
    appliedCount += 1
  }

  private func finishUpdate(endsRoundAt roundEndNs: Int64?) {
    updateCount += 1
    if let roundEndNs {
      fingerprint.writeRoundEnd(timeNs: roundEndNs, updateCount: updateCount)
    }
    if Fingerprint.includesIterate(updateCount) {
      fingerprint.writeIterate(x, updateCount: updateCount)
    }
    if DivergenceRule.isChecked(updateCount), isDiverged {
      ending = .diverged
    } else if isAtCountLimit || isStopping, isComplete {
      ending = isStopping ? .interrupted : .completed
    }
    if ending != nil { condition.broadcast() }
  }

  private var isDiverged: Bool {
    switch divergence.standing(objective, at: x) {
    case .sound: false
    case .diverged: true
    case .unknown: divergence.isDiverged(objective, loss: objective.loss(at: x.base))
    }
  }

  /// Whether every worker has sent a gradient: a trace without one of them would be another one.
  private var isComplete: Bool { states.allSatisfy { $0.timings.gradientCount > 0 } }

  private var isAtCountLimit: Bool {
    updateCount >= horizon.updateCount ?? .max
      || appliedCount > (horizon.gradientCount ?? .max) - method.gradientsPerUpdate
  }

  /// Whether the gradient came too late. Nobody's first one does.
  private func isAtTimeLimit(_ delivery: Delivery) -> Bool {
    guard let limit = horizon.timeNs, delivery.endNs - origin > limit, isComplete else {
      return false
    }
    ending = .completed
    condition.broadcast()
    return true
  }

  private func release(_ worker: Int, at timeNs: Int64) {
    states[worker].delivery = nil
    states[worker].updatesAtRead = updateCount
    states[worker].releasedNs = timeNs
  }

  // MARK: - The record

  /// The exchange after a gradient is known when the next one starts.
  private func keep(_ worker: Int, _ delivery: Delivery) {
    let releasedNs = states[worker].releasedNs
    // An arrival that was moved behind another one may have ended after its worker went on.
    let startNs = max(delivery.startNs, releasedNs)
    withTimings(of: worker) { timings in
      if let last = timings.durationsNs.indices.last {
        timings.turnaroundsNs[last] = startNs - releasedNs
      }
      timings.startsNs.append(startNs)
      timings.durationsNs.append(max(1, delivery.endNs - startNs))
      timings.turnaroundsNs.append(-1)
      if method.collection != .single {
        timings.waitsNs.append(lastEndNs - delivery.endNs)
        timings.steps.append(Int64(updateCount))
      }
      if keepsBatches { timings.samples?.append(delivery.batch) }
    }
  }

  private func withTimings(of worker: Int, _ body: (inout WorkerTimings) -> Void) {
    body(&states[worker].timings)
  }

  // MARK: - The other side

  /// Watches until everybody has left.
  ///
  /// - Parameters:
  ///   - isStopped: asked ten times a second; true ends the run with the gradients so far.
  ///   - progress: told as often.
  func watch(isStopped: () -> Bool, progress: (LiveProgress) -> Void) {
    condition.lock()
    defer { condition.unlock() }
    while endedCount < states.count {
      _ = condition.wait(until: Date(timeIntervalSinceNow: 0.1))
      let state = LiveProgress(
        timeNs: max(0, lastEndNs - min(origin, max(0, lastEndNs))), updateCount: updateCount,
        gradientCount: appliedCount)
      let isOver = ending != nil
      // Neither may hold the workers up.
      condition.unlock()
      if !isOver { progress(state) }
      let stops = isStopped()
      condition.lock()
      isStopping = isStopping || stops
      if isStopping, ending == nil, isComplete {
        ending = .interrupted
        condition.broadcast()
      }
    }
  }

  /// What there is when everybody has left. Called once.
  func result(name: String) -> LiveRun {
    locked {
      fingerprint.writeIterate(x, updateCount: updateCount)
      let isInRounds = method.collection != .single
      let workers = states.map { state in
        var timings = state.timings
        timings.startsNs = timings.startsNs.map { $0 - origin }
        return timings
      }
      return LiveRun(
        ending: ending ?? .interrupted,
        trace: Trace(
          name: name, format: "ndjson", kind: isInRounds ? .synchronous : .independent,
          workers: workers),
        updateCount: updateCount, gradientCount: appliedCount,
        fingerprint: fingerprint.digest(), finalIterate: x.entries,
        timeNs: workers.map(\.lastEndNs).max() ?? 0)
    }
  }
}
