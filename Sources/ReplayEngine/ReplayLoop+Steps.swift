import Optimization
import TraceModel

// The steps of the loop: taking a gradient, making an update, starting and aborting workers.
extension ReplayLoop {
  @inline(__always)
  mutating func take<B: ReplayBody & ~Copyable>(
    _ arrival: Arrival, _ verdict: Verdict, _ collection: CollectionOrder, _ body: inout B
  ) {
    let worker = arrival.worker
    switch verdict.fate {
    case .discarded, .aborted:
      discardedCount += 1
    case .applied:
      let delay = updateCount + 1 - arrival.updatesAtRead
      delays.count(worker: worker, delay: delay)
      guard verdict.weight != 0 else { return }
      body.apply(worker: worker, weight: verdict.weight)
      states[worker].appliedCount += 1
      appliedCount += 1
      computedAtLastApplied = computedCount
    case .collected:
      let delay = updateCount + 1 - arrival.updatesAtRead
      delays.count(worker: worker, delay: delay)
      batchDelayMax = max(batchDelayMax, delay)
      switch collection {
      case .single, .byWorker, .meanOfIterates:
        states[worker].isInBatch = true
      case .byArrival:
        body.collect(worker: worker, weight: verdict.weight)
        batch.append(Int32(truncatingIfNeeded: worker))
      }
    }
  }

  /// Makes the update that this arrival completes. Returns whether the replay has diverged.
  @inline(__always)
  mutating func update<B: ReplayBody & ~Copyable>(
    _ arrival: Arrival, _ verdict: Verdict, _ collection: CollectionOrder, _ body: inout B
  ) -> Bool {
    var recordedWorker = arrival.worker
    var recordedDelay = updateCount + 1 - arrival.updatesAtRead
    switch collection {
    case .single:
      break
    case .byWorker:
      for worker in participants where states[worker].isInBatch {
        states[worker].isInBatch = false
        states[worker].appliedCount += 1
        body.apply(worker: worker, weight: verdict.weight)
        appliedCount += 1
      }
      recordedWorker = -1
      recordedDelay = 1
    case .meanOfIterates:
      for worker in participants where states[worker].isInBatch {
        states[worker].isInBatch = false
        states[worker].appliedCount += gradientsPerArrival
        body.collect(worker: worker, weight: verdict.weight)
        appliedCount += gradientsPerArrival
      }
      body.adoptCollected()
      recordedWorker = -1
      recordedDelay = 1
    case .byArrival:
      body.adoptCollected()
      for worker in batch { states[Int(worker)].appliedCount += 1 }
      appliedCount += batch.count
      batch.removeAll(keepingCapacity: true)
      recordedDelay = batchDelayMax
    }
    computedAtLastApplied = collection == .single ? computedAtLastApplied : computedCount
    batchDelayMax = 0
    updateCount += 1
    states[arrival.worker].lastUpdate = updateCount
    let record = HistoryRecord(
      updateCount: updateCount, timeNs: nowNs, worker: recordedWorker, delay: recordedDelay,
      stepsize: verdict.stepsize)
    return body.finishUpdate(
      record, gradientCount: appliedCount, endsCollection: collection != .single)
  }

  /// Takes the worker's next entry, and hands it the current iterate. Returns false if its entries
  /// are used up: then it falls silent.
  @inline(__always)
  mutating func start(_ worker: Int) -> Bool {
    guard isPlain else { return startAnyway(worker) }
    let state = states + worker
    let count = durations.count(worker: worker)
    var entry = state.pointee.nextEntry
    if entry == count {
      guard !durations.stops else { return false }
      entry = 0
    }
    var startNs = nowNs
    if state.pointee.startedCount > 0 {
      let turnaround = durations.turnaroundNs(
        worker: worker, entry: state.pointee.nextEntry - 1)
      startNs = Self.sum(nowNs, turnaround)
    }
    state.pointee.startNs = startNs
    state.pointee.dueNs = Self.sum(startNs, durations.durationNs(worker: worker, entry: entry))
    state.pointee.nextEntry = entry + 1
    state.pointee.startedCount += 1
    state.pointee.updatesAtRead = updateCount
    return true
  }

  /// The same by the clock, for several gradients at once, or with drawn entries.
  private mutating func startAnyway(_ worker: Int) -> Bool {
    let startNs = startTime(worker)
    guard canStart(worker, at: startNs) else { return false }
    if startNs < nowNs { earlyWorker = worker }
    let state = states + worker
    state.pointee.startNs = startNs
    var endNs = startNs
    for _ in 0..<gradientsPerArrival {
      if isByClock {
        endNs =
          endNs == .max
          ? .max : clock.end(worker: worker, from: endNs, hint: &state.pointee.nextEntry)
      } else {
        var entry = state.pointee.nextEntry
        if let draw = durations.draw {
          entry = draw.entry(worker: worker, gradient: state.pointee.startedCount)
        } else if entry == durations.count(worker: worker) {
          entry = 0
        }
        endNs = Self.sum(endNs, durations.durationNs(worker: worker, entry: entry))
        state.pointee.nextEntry = entry + 1
      }
      state.pointee.startedCount += 1
    }
    state.pointee.dueNs = endNs
    state.pointee.updatesAtRead = updateCount
    return true
  }

  /// When the worker would begin to compute, if it were handed its iterate now.
  private func startTime(_ worker: Int) -> Int64 {
    let state = states[worker]
    if let recordedStarts {
      return state.nextEntry < recordedStarts[worker].count
        ? recordedStarts[worker][state.nextEntry] : nowNs
    }
    guard state.startedCount > 0 else { return nowNs }
    let entry =
      isByClock
      ? clock.entry(worker: worker, before: nowNs, hint: state.nextEntry) : state.nextEntry - 1
    return Self.sum(nowNs, durations.turnaroundNs(worker: worker, entry: entry))
  }

  /// Whether the worker has something left to compute with, from this moment on.
  private func canStart(_ worker: Int, at startNs: Int64) -> Bool {
    guard durations.stops else { return true }
    if isByClock { return !clock.isOver(worker: worker, at: startNs) }
    let left = durations.count(worker: worker) - states[worker].nextEntry
    return left >= gradientsPerArrival
  }

  /// A time beyond 2^63 ns is kept as the largest one, and is an error only if it is reached: a
  /// worker that never comes back must not stop the others.
  @inline(__always)
  static func sum(_ a: Int64, _ b: Int64) -> Int64 {
    let (result, overflow) = a.addingReportingOverflow(b)
    return overflow ? .max : result
  }

  /// Starts all workers at once. Returns false, and starts nobody, if fewer than `needed` can.
  mutating func startEverybody<B: ReplayBody & ~Copyable>(
    _ body: inout B, needed: Int
  ) -> Bool {
    queue.beginFilling()
    if durations.stops {
      let able = participants.count { canStart($0, at: startTime($0)) }
      guard able >= needed else { return false }
    }
    for worker in participants where start(worker) {
      body.start(
        worker: worker, gradient: states[worker].startedCount - gradientsPerArrival)
      queue.add(ArrivalQueue.Entry(time: states[worker].dueNs, worker: Int32(worker)))
    }
    queue.finishFilling()
    return true
  }

  mutating func abortEverybody<B: ReplayBody & ~Copyable>(_ body: inout B) {
    for worker in participants where states[worker].dueNs >= 0 { abort(worker, &body) }
  }

  /// Aborts and restarts who read an iterate before x_`limit`.
  mutating func restartStale<B: ReplayBody & ~Copyable>(
    readsBefore limit: Int, _ body: inout B
  ) {
    for worker in participants {
      guard states[worker].dueNs >= 0, states[worker].updatesAtRead < limit else { continue }
      abort(worker, &body)
      guard start(worker) else { continue }
      body.start(worker: worker, gradient: states[worker].startedCount - 1)
      queue.push(ArrivalQueue.Entry(time: states[worker].dueNs, worker: Int32(worker)))
    }
  }

  private mutating func abort<B: ReplayBody & ~Copyable>(_ worker: Int, _ body: inout B) {
    body.forget(worker: worker)
    let state = states + worker
    // Its gradient may be complete, and wait for the server.
    let endNs = min(nowNs, state.pointee.dueNs)
    if let listener = observer.gradient {
      listener(
        LedgerRecord(
          startNs: state.pointee.startNs, endNs: endNs, worker: worker,
          updatesAtRead: state.pointee.updatesAtRead, updateCount: updateCount, fate: .aborted,
          stepsize: 0))
    }
    state.pointee.busyNs += max(0, endNs - state.pointee.startNs)
    state.pointee.dueNs = -1
    abortedCount += 1
  }

  func report(
    _ arrival: Arrival, _ verdict: Verdict, to listener: (LedgerRecord) -> Void
  ) {
    listener(
      LedgerRecord(
        startNs: states[arrival.worker].startNs, endNs: arrival.time.nanoseconds,
        worker: arrival.worker,
        updatesAtRead: arrival.updatesAtRead, updateCount: updateCount, fate: verdict.fate,
        stepsize: verdict.stepsize))
  }
}
