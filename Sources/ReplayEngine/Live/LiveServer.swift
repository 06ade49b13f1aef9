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
  private struct State {
    var updatesAtRead = 0
    /// When it was let go on: after that begins what the exchange costs.
    var releasedNs: Int64 = 0
    var delivery: LiveDelivery?
    var timings: WorkerTimings
  }

  /// Drawn before the lock is asked for: who comes first is served first, and nobody is passed over by
  /// a worker that happens to have the lock.
  private let nextTicket = Atomic<Int>(0)
  // One lock for all that follows; workers read nothing without it.
  private let condition = PollingLock()
  private let objective: O
  private var method: M
  private let horizon: Horizon
  private let keepsBatches: Bool
  private let x: Vector
  private var states: [State]
  private var fingerprint = Fingerprint()
  private var divergence: DivergenceRule
  /// The first start of all, once everybody has started.
  private var origin: Int64 = .max
  /// The ticket that is served now; written with the lock held.
  private let servedTicket = Atomic<Int>(0)
  /// k, or the largest number once the run has ended; written with the lock held.
  private let published = Atomic<Int>(0)
  /// How long a worker polls for what it waits for before it sleeps. Waking a thread takes some 30 µs,
  /// which would be most of what a round of short gradients costs; libraries of collectives poll for
  /// the same reason. 0 where workers share cores.
  private let pollNs: Int64
  /// Who sleeps until its turn comes. Nobody else is woken for it: workers that wait for a round to end
  /// would take the cores from those that compute.
  private var queuedCount = 0
  /// Who sleeps until the round ends.
  private var waitingCount = 0
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
  /// The worker whose process is gone, and whether it had been ready to compute.
  private var lost: (worker: Int, wasReady: Bool)?
  /// Wakes ``watch(isStopped:progress:ended:)``, which has no part in the lock's traffic.
  private let changed = DispatchSemaphore(value: 0)

  /// - Parameter polls: whether every worker has a core to itself, on which it may wait.
  init(
    _ objective: O, _ method: M, _ request: LiveRequest, smoothness: Double, polls: Bool
  ) {
    self.objective = objective
    pollNs = polls ? 200_000 : 0
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
    divergence = DivergenceRule(
      initial: x, loss: loss, gradient: gradient, lacksMinimum: objective.lacksMinimum)
    fingerprint.writeHeader(
      workerCount: workerCount, dimension: initial.count, method: request.method,
      parameters: request.method.fingerprintParameters(
        stepsize: request.stepsize, smoothness: smoothness, workerCount: workerCount),
      seed: request.seed, timing: .recorded)
    fingerprint.writeIterate(x, updateCount: 0)
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
      while presentCount < states.count, ending == nil { condition.wait() }
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
  func receive(_ delivery: LiveDelivery, of worker: Int, handing y: borrowing Vector) -> Bool {
    let ticket = nextTicket.wrappingAdd(1, ordering: .relaxed).oldValue
    poll { servedTicket.load(ordering: .acquiring) == ticket }
    takeLock()
    defer { condition.unlock() }
    while ticket != servedTicket.load(ordering: .relaxed)
      || (startedCount < states.count && ending == nil)
    {
      queuedCount += 1
      condition.wait()
      queuedCount -= 1
    }
    var hasTurn = true
    func passTurn() {
      guard hasTurn else { return }
      hasTurn = false
      servedTicket.store(ticket + 1, ordering: .releasing)
      if queuedCount > 0 { condition.broadcast() }
    }
    defer { passTurn() }
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
        if waitingCount > 0 { condition.broadcast() }
      } else {
        let before = updateCount
        passTurn()
        condition.unlock()
        poll { published.load(ordering: .acquiring) > before }
        takeLock()
        while updateCount == before, ending == nil {
          waitingCount += 1
          condition.wait()
          waitingCount -= 1
        }
        guard updateCount > before else { return false }
      }
    }
    guard ending == nil else { return false }
    copy(x.base, into: y.base, count: x.paddedCount)
    return true
  }

  /// Looks for a while whether something has come true, without the lock.
  private func poll(_ isTrue: () -> Bool) {
    guard pollNs > 0, !isTrue() else { return }
    let endNs = steadyNs() + pollNs
    while !isTrue(), steadyNs() < endNs {}
  }

  /// The lock without sleeping for it: who has it lets it go within microseconds.
  private func takeLock() {
    var isTaken = false
    poll {
      isTaken = condition.tryLock()
      return isTaken
    }
    if !isTaken { condition.lock() }
  }

  /// A worker's process is gone; nothing happens if the run has ended, which is why it would be.
  func lose(_ worker: Int, wasReady: Bool) {
    locked {
      guard ending == nil else { return }
      lost = (worker, wasReady)
      end(.workerLost)
    }
  }

  /// A worker has left.
  func leave() {
    locked { endedCount += 1 }
    changed.signal()
  }

  private func end(_ how: LiveEnding) {
    ending = how
    published.store(.max, ordering: .releasing)
    condition.broadcast()
    changed.signal()
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

  private func hash(_ worker: Int, _ delivery: LiveDelivery, _ verdict: Verdict) {
    let arrival = Arrival(
      time: ReplayTime(nanoseconds: delivery.endNs - origin), worker: worker,
      updatesAtRead: states[worker].updatesAtRead)
    fingerprint.writeArrival(
      ArrivalRecord(arrival, fate: verdict.fate, updateCount: updateCount),
      stepsize: verdict.stepsize)
  }

  private func apply(_ delivery: LiveDelivery, _ verdict: Verdict) {
    guard verdict.weight != 0 else { return }
    objective.add(-verdict.weight, times: delivery.values, of: delivery.batch, to: x.base)
    appliedCount += 1
  }

  private func finishUpdate(endsRoundAt roundEndNs: Int64?) {
    updateCount += 1
    published.store(updateCount, ordering: .releasing)
    if let roundEndNs {
      fingerprint.writeRoundEnd(timeNs: roundEndNs, updateCount: updateCount)
    }
    if Fingerprint.includesIterate(updateCount) {
      fingerprint.writeIterate(x, updateCount: updateCount)
    }
    if DivergenceRule.isChecked(updateCount), isDiverged {
      end(.diverged)
    } else if isAtCountLimit || isStopping, isComplete {
      end(isStopping ? .interrupted : .completed)
    }
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
  private func isAtTimeLimit(_ delivery: LiveDelivery) -> Bool {
    guard let limit = horizon.timeNs, delivery.endNs - origin > limit, isComplete else {
      return false
    }
    end(.completed)
    return true
  }

  private func release(_ worker: Int, at timeNs: Int64) {
    states[worker].delivery = nil
    states[worker].updatesAtRead = updateCount
    states[worker].releasedNs = timeNs
  }

  // MARK: - The record

  /// The exchange after a gradient is known when the next one starts.
  private func keep(_ worker: Int, _ delivery: LiveDelivery) {
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

  /// How long a run that was asked to end waits for the first gradients of all workers.
  private static var patienceNs: Int64 { 5_000_000_000 }

  /// Watches until everybody has left, or until nobody can be expected to.
  ///
  /// - Parameters:
  ///   - isStopped: asked ten times a second; true ends the run with the gradients so far.
  ///   - progress: told as often.
  ///   - ended: told once that the run is over, and that whoever still computes may be cut short; nil
  ///     where they cannot be, and are then left behind if the run was asked to end.
  func watch(
    isStopped: () -> Bool, progress: (LiveProgress) -> Void, ended: (() -> Void)? = nil
  ) {
    var stoppedNs: Int64?
    var isTold = false
    while true {
      _ = changed.wait(timeout: .now() + 0.1)
      let (state, isOver, isEmpty) = locked {
        (
          LiveProgress(
            timeNs: max(0, lastEndNs - min(origin, max(0, lastEndNs))), updateCount: updateCount,
            gradientCount: appliedCount), ending != nil, endedCount == states.count
        )
      }
      if isEmpty { return }
      if !isOver { progress(state) }
      if isOver, !isTold {
        isTold = true
        ended?()
      }
      guard stoppedNs != nil || isStopped() else { continue }
      let sinceNs = stoppedNs ?? steadyNs()
      stoppedNs = sinceNs
      let isLate = steadyNs() - sinceNs > Self.patienceNs
      locked {
        isStopping = true
        if ending == nil, isComplete || isLate { end(.interrupted) }
      }
      if isLate, ended == nil { return }
    }
  }

  /// What there is when everybody has left. Called once.
  ///
  /// - Parameter processEnding: how a worker's process ended, as words.
  /// - Throws: ``ReplayError`` where a worker has sent nothing: a trace without it would be another one.
  func result(
    name: String, processEnding: (Int) -> String = { _ in "" }
  ) throws(ReplayError) -> LiveRun {
    condition.lock()
    defer { condition.unlock() }
    let lostWorker = lost.map {
      LiveRun.LostWorker(worker: $0.worker, how: processEnding($0.worker))
    }
    if let silent = states.firstIndex(where: { $0.timings.gradientCount == 0 }) {
      guard let lostWorker, let lost else { throw .stoppedEarly(worker: silent) }
      throw lost.wasReady
        ? .workerLost(worker: lost.worker, how: lostWorker.how, silent: silent)
        : .workerNotStarted(worker: lost.worker, reason: lostWorker.how)
    }
    fingerprint.writeIterate(x, updateCount: updateCount)
    let isInRounds = method.collection != .single
    let workers = states.map { state in
      var timings = state.timings
      timings.startsNs = timings.startsNs.map { $0 - origin }
      return timings
    }
    return LiveRun(
      ending: ending ?? .interrupted, lost: lostWorker,
      trace: Trace(
        name: name, format: "ndjson", kind: isInRounds ? .synchronous : .independent,
        workers: workers),
      updateCount: updateCount, gradientCount: appliedCount,
      fingerprint: fingerprint.digest(), finalIterate: x.entries,
      timeNs: workers.map(\.lastEndNs).max() ?? 0)
  }
}
