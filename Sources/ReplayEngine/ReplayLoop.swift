import Kernels
import Optimization
import TraceModel

/// What a replay does with gradients, apart from deciding who arrives when.
///
/// A schedule does nothing; `GradientReplay` computes. The loop is generic over both, so that
/// there is one implementation of the order of arrivals, and nothing of it left in the other.
protocol ReplayBody: ~Copyable {
  /// The next instant at which the state is looked at; `Int64.max` for never.
  var nextInstantNs: Int64 { get }
  /// An arrival after ``nextInstantNs`` is about to change the state.
  mutating func passInstants(before timeNs: Int64, updateCount: Int, gradientCount: Int)
  /// The worker reads the current iterate for its `gradient`-th computation, or for a whole round of
  /// local steps that begins with it.
  mutating func start(worker: Int, gradient: Int)
  /// As `start`, while the worker's last gradient is still wanted, until `adoptPrepared`.
  mutating func prepare(worker: Int, gradient: Int)
  mutating func adoptPrepared(worker: Int)
  /// Whether hints of what is to come are of use.
  var anticipates: Bool { get }
  /// A hint that the worker will soon read an iterate for this computation.
  mutating func anticipate(worker: Int, gradient: Int)
  /// A gradient has arrived and been judged.
  mutating func note(_ arrival: Arrival, updateCount: Int, verdict: Verdict)
  /// ‖x − y‖² for the iterate y that the worker read; 0 where it is not kept.
  func readDistanceSquared(worker: Int) -> Double
  /// What a worker computes is aborted.
  mutating func forget(worker: Int)
  /// Subtracts weight · gradient from the iterate.
  mutating func apply(worker: Int, weight: Double)
  /// Subtracts weight · gradient from the iterate to come.
  mutating func collect(worker: Int, weight: Double)
  /// The iterate to come becomes the iterate.
  mutating func adoptCollected()
  /// An update is complete. Returns whether the replay has diverged.
  mutating func finishUpdate(_ record: HistoryRecord, gradientCount: Int, endsCollection: Bool)
    -> Bool
  /// Runs a loop with a method at this stepsize, or what stands for it.
  mutating func run<M: Method>(
    _ loop: inout ReplayLoop, stepsize: Double, _ make: (Double) -> M
  ) throws(ReplayError) -> Run.Outcome
  /// Whether some of several replays have diverged with the last update.
  var hasRetiring: Bool { get }
  /// They end here, with these counts.
  mutating func retire(_ schedule: ScheduleRun)
}

extension ReplayBody where Self: ~Copyable {
  mutating func run<M: Method>(
    _ loop: inout ReplayLoop, stepsize: Double, _ make: (Double) -> M
  ) throws(ReplayError) -> Run.Outcome {
    var method = make(stepsize)
    return try loop.run(&method, &self)
  }

  var anticipates: Bool {
    @inline(__always) get { false }
  }

  mutating func anticipate(worker: Int, gradient: Int) {}

  var hasRetiring: Bool {
    @inline(__always) get { false }
  }

  mutating func retire(_ schedule: ScheduleRun) {}
}

/// One worker in a replay.
struct WorkerState {
  /// When its computing began, or will begin after the turnaround.
  var startNs: Int64 = 0
  /// When it ends; −1 if the worker is not computing.
  var dueNs: Int64 = -1
  /// j, the updates made when it read its iterate.
  var updatesAtRead = 0
  /// The next entry of its recorded durations; that of the gradient under way is the one before.
  /// By the clock, the entry during which the gradient under way began.
  var nextEntry = 0
  var startedCount = 0
  var busyNs: Int64 = 0
  /// The last update that one of its gradients made.
  var lastUpdate = 0
  var computedCount = 0
  var appliedCount = 0
  var isInBatch = false
}

/// Feeds the arrivals of a trace to a method, in order of (time, worker).
struct ReplayLoop: ~Copyable {
  let durations: RecordedDurations
  let clock: RecordedClock
  let isByClock: Bool
  /// By worker and entry; nil unless gradients start when they were recorded.
  let recordedStarts: [[Int64]]?
  /// H for local steps, else 1.
  let gradientsPerArrival: Int
  /// In sequence, one gradient an arrival, no draws: the common case, with a short way of its own.
  let isPlain: Bool
  /// Whether there are so many workers that what is known of the next ones is fetched ahead.
  let prefetches: Bool
  let horizon: Horizon
  /// The time of the server for an update; 0 for a server that is free.
  let serverNs: Int64
  let updateLimit: Int
  let gradientLimit: Int
  let handsOutBefore: Bool
  let participants: [Int]
  let workerCount: Int
  let labels: [WorkerLabel]
  let choice: MethodChoice
  let observer: ReplayObserver
  var queue: ArrivalQueue
  let states: UnsafeMutablePointer<WorkerState>
  var delays: DelayCounter

  var nowNs: Int64 = 0
  /// When the server has made its last update; until then nothing is taken up.
  var serverFreeNs: Int64 = 0
  var updateCount = 0
  var appliedCount = 0
  var computedCount = 0
  var discardedCount = 0
  var abortedCount = 0
  var computedAtLastApplied = 0
  /// Who had begun a gradient before it is handed an iterate here; −1 for nobody.
  var earlyWorker = -1
  /// The largest delay in the update that is being collected.
  var batchDelayMax = 0
  /// The workers of the gradients collected so far, in order of arrival.
  var batch: [Int32] = []

  init(
    trace: Trace, durations: RecordedDurations, clock: RecordedClock?,
    recordedStarts: [[Int64]]?, horizon: Horizon, serverNs: Int64, handout: Handout,
    participants: [Int], choice: MethodChoice, observer: ReplayObserver
  ) {
    self.durations = durations
    self.clock = clock ?? .none
    isByClock = clock != nil
    self.recordedStarts = recordedStarts
    let gradientsPerArrival = choice.localSteps ?? 1
    self.gradientsPerArrival = gradientsPerArrival
    isPlain =
      clock == nil && recordedStarts == nil && gradientsPerArrival == 1 && durations.draw == nil
    self.horizon = horizon
    self.serverNs = max(0, serverNs)
    updateLimit = horizon.updateCount ?? .max
    gradientLimit = horizon.gradientCount ?? .max
    self.handsOutBefore = handout == .before
    self.participants = participants
    self.choice = choice
    self.observer = observer
    workerCount = trace.workerCount
    labels = trace.workers.map(\.worker.label)
    queue = ArrivalQueue(workerCount: workerCount)
    prefetches = isPlain && durations.gainsFromPrefetch
    states = allocateLarge(byteCount: workerCount * MemoryLayout<WorkerState>.stride)
      .bindMemory(to: WorkerState.self, capacity: workerCount)
    states.initialize(repeating: WorkerState(), count: workerCount)
    delays = DelayCounter(workerCount: workerCount)
  }

  deinit {
    states.deallocate()
  }

  /// Runs to the end. A loop is used once.
  mutating func run<M: Method, B: ReplayBody & ~Copyable>(
    _ method: inout M, _ body: inout B
  ) throws(ReplayError) -> Run.Outcome {
    let timeLimit = max(0, horizon.timeNs ?? .max)
    let gradientsPerUpdate = method.gradientsPerUpdate
    let collection = method.collection
    let idleLimit =
      horizon.timeNs == nil && horizon.updateCount == nil && horizon.gradientCount != nil
      ? 100_000 + 1_000 * workerCount + gradientsPerUpdate : Int.max

    guard startEverybody(&body, needed: method.workersNeeded) else { return .exhausted }
    while true {
      if earlyWorker >= 0 {
        throw .startedBefore(
          labels[earlyWorker], gradient: states[earlyWorker].startedCount - 1, method: choice.name)
      }
      if isAtLimit(gradientsPerUpdate) { return .completed }
      guard !queue.isEmpty else { return .exhausted }
      let top = queue.top
      let worker = Int(top.worker)
      let state = states + worker
      guard state.pointee.dueNs == top.time else {
        // Left behind by an abort.
        queue.removeTop()
        continue
      }
      // Arrivals wait in their order while the server is busy with an update.
      let takenNs = serverNs > 0 ? max(top.time, serverFreeNs) : top.time
      if takenNs > timeLimit {
        nowNs = timeLimit
        return .completed
      }
      if takenNs == .max { throw .timeOverflow(labels[worker]) }
      if takenNs > body.nextInstantNs {
        body.passInstants(
          before: takenNs, updateCount: updateCount, gradientCount: appliedCount)
      }
      nowNs = takenNs

      let arrival = Arrival(
        time: ReplayTime(nanoseconds: top.time), worker: worker,
        updatesAtRead: state.pointee.updatesAtRead)
      let verdict =
        M.looksAtDistance
        ? method.receive(
          arrival, updateCount: updateCount,
          distanceSquared: body.readDistanceSquared(worker: worker))
        : method.receive(arrival, updateCount: updateCount)
      var doneNs = nowNs
      if serverNs > 0, verdict.isUpdate {
        doneNs = Self.sum(nowNs, serverNs)
        if doneNs > timeLimit {
          // The update comes too late, and with it the gradient.
          nowNs = timeLimit
          return .completed
        }
        if doneNs == .max { throw .timeOverflow(labels[worker]) }
        if doneNs > body.nextInstantNs {
          body.passInstants(
            before: doneNs, updateCount: updateCount, gradientCount: appliedCount)
        }
        serverFreeNs = doneNs
      }
      state.pointee.dueNs = -1
      state.pointee.busyNs += top.time - state.pointee.startNs
      state.pointee.computedCount += gradientsPerArrival
      computedCount += gradientsPerArrival
      body.note(arrival, updateCount: updateCount, verdict: verdict)
      if let listener = observer.gradient {
        report(arrival, verdict, to: listener)
      }

      // Whom the method restarts before its own update is handed the older iterate.
      let isPrepared = handsOutBefore && verdict.restart == .arrived && start(worker)
      if isPrepared {
        body.prepare(worker: worker, gradient: state.pointee.startedCount - 1)
      }
      nowNs = doneNs
      take(arrival, verdict, collection, &body)
      if isPrepared { body.adoptPrepared(worker: worker) }
      if verdict.isUpdate {
        let isDiverged = update(arrival, verdict, collection, &body)
        if body.hasRetiring { body.retire(totals(outcome: .diverged(update: updateCount))) }
        if isDiverged { return .diverged(update: updateCount) }
      }
      if computedCount - computedAtLastApplied > idleLimit {
        throw .nothingApplied(
          method: choice.name, computedCount: computedCount - computedAtLastApplied)
      }

      switch verdict.restart {
      case .nobody:
        queue.removeTop()
      case .arrived:
        let isStarted = isPrepared || (!handsOutBefore && start(worker))
        if isStarted {
          if !isPrepared {
            body.start(worker: worker, gradient: state.pointee.startedCount - 1)
          }
          queue.replaceTop(time: state.pointee.dueNs)
          if prefetches { fetchAhead() }
          // The arrival after the next one is far enough away for its data to come in time.
          if body.anticipates, let second = queue.second {
            body.anticipate(worker: second, gradient: states[second].startedCount)
          }
        } else {
          queue.removeTop()
        }
        if verdict.abortsReadsBefore > 0 {
          restartStale(readsBefore: verdict.abortsReadsBefore, &body)
        }
      case .everybody:
        abortEverybody(&body)
        if isAtLimit(gradientsPerUpdate) { return .completed }
        guard startEverybody(&body, needed: method.workersNeeded) else { return .exhausted }
      }
    }
  }

  /// Asks for the state of the worker that is to arrive after the next one, and for the next one's duration,
  /// whose state has been asked for before.
  @inline(__always)
  private func fetchAhead() {
    if let second = queue.second {
      prefetch(states + second, byteCount: MemoryLayout<WorkerState>.stride)
      durations.prefetchStart(worker: second)
    }
    let next = Int(queue.top.worker)
    let entry = states[next].nextEntry
    durations.prefetchDuration(worker: next, entry: entry)
  }

  /// Whether a count of the horizon is reached, or another update would exceed it.
  @inline(__always)
  private func isAtLimit(_ gradientsPerUpdate: Int) -> Bool {
    updateCount >= updateLimit || appliedCount > gradientLimit - gradientsPerUpdate
  }
}
