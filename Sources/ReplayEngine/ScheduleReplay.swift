import Optimization
import TraceModel

/// A replay without gradients: who arrives when, and with which delay.
///
/// Only `picky` looks at iterates, and counts every distance as 0 here; of all others one schedule serves
/// all stepsizes, seeds and objectives.
public struct ScheduleRequest: Hashable, Sendable {
  /// With its own options.
  public var method: MethodChoice
  /// When it ends.
  public var horizon: Horizon
  /// What happens when recorded durations are used up.
  public var atEnd: AtEnd
  /// What exchanges with the server cost.
  public var turnaround: TurnaroundPolicy
  /// The time of the server for an update, one update at a time.
  public var serverNs: Int64
  /// Which iterate a worker that arrives is handed.
  public var handout: Handout
  /// How recorded durations are read.
  public var timing: Timing
  /// Of the entries that ``AtEnd/resample`` draws; nothing else in a schedule is random.
  public var seed: UInt64

  public init(
    method: MethodChoice, horizon: Horizon, atEnd: AtEnd = .repeat,
    turnaround: TurnaroundPolicy = .recorded, handout: Handout = .after,
    timing: Timing = .sequence, seed: UInt64 = 1, serverNs: Int64 = 0
  ) {
    self.method = method
    self.horizon = horizon
    self.atEnd = atEnd
    self.turnaround = turnaround
    self.handout = handout
    self.timing = timing
    self.seed = seed
    self.serverNs = serverNs
  }

  /// The schedule of a replay, or of another method or horizon that is replayed as it is.
  ///
  /// - Parameters:
  ///   - method: nil for that of the request.
  ///   - horizon: nil for that of the request.
  package init(
    of request: ReplayRequest, method: MethodChoice? = nil, horizon: Horizon? = nil
  ) {
    self.init(
      method: method ?? request.method, horizon: horizon ?? request.horizon,
      atEnd: request.atEnd, turnaround: request.turnaround, handout: request.handout,
      timing: request.timing, seed: request.seed, serverNs: request.serverNs)
  }
}

/// One finished schedule.
public struct ScheduleRun: Hashable, Sendable {
  /// Never `diverged`.
  public var outcome: Run.Outcome
  /// The horizon's time if that ended the replay, else the time of the last arrival.
  public var timeNs: Int64
  /// Updates at the end.
  public var updateCount: Int
  /// Gradients applied with positive weight.
  public var gradientCount: Int
  /// Gradients whose work had ended, applied or not.
  public var computedCount: Int
  /// Gradients that the method threw away.
  public var discardedCount: Int
  /// Gradients that were stopped before they ended.
  public var abortedCount: Int
  /// Synchronous rounds; 0 for methods without rounds.
  public var roundCount: Int
  /// All 1 for synchronous rounds and rennala; nil for local steps.
  public var delays: DelayStatistics?
  /// Computing time inside the run, aborted and unfinished work included, by position in the trace.
  public var busyNs: [Int64]
  /// Gradients applied, by position in the trace.
  public var gradientsPerWorker: [Int]
  /// Gradients whose work had ended, by position in the trace.
  public var computedPerWorker: [Int]

  /// Computing time of all workers over workerCount · time; 0 for an empty run.
  public var utilisation: Double {
    guard timeNs > 0, !busyNs.isEmpty else { return 0 }
    return busyNs.reduce(0.0) { $0 + Double($1) } / (Double(timeNs) * Double(busyNs.count))
  }
}

/// Replays a trace without computing any gradient.
///
/// The stepsize does not matter, except that gradients which a method leaves out (drop, ringmaster,
/// rennala) do not count as applied.
///
/// - Complexity: O(log M) an arrival, no allocation per arrival.
public func replaySchedule(
  of trace: Trace, _ request: ScheduleRequest, observer: ReplayObserver = .none
) throws(ReplayError) -> ScheduleRun {
  let setting = ReplaySetting(
    method: request.method, stepsize: 1, smoothness: 1, horizon: request.horizon,
    atEnd: request.atEnd, turnaround: request.turnaround, serverNs: request.serverNs,
    handout: request.handout, timing: request.timing, seed: request.seed)
  var body = ScheduleBody(observer: observer)
  return try setting.run(trace, &body, observer: observer)
}

/// A body that computes nothing.
private struct ScheduleBody: ReplayBody {
  let observer: ReplayObserver

  var nextInstantNs: Int64 { .max }
  func passInstants(before timeNs: Int64, updateCount: Int, gradientCount: Int) {}
  func start(worker: Int, gradient: Int) {}
  func prepare(worker: Int, gradient: Int) {}
  func adoptPrepared(worker: Int) {}
  func note(_ arrival: Arrival, updateCount: Int, verdict: Verdict) {}
  func readDistanceSquared(worker: Int) -> Double { 0 }
  func forget(worker: Int) {}
  func apply(worker: Int, weight: Double) {}
  func collect(worker: Int, weight: Double) {}
  func adoptCollected() {}

  @inline(__always)
  func finishUpdate(_ record: HistoryRecord, gradientCount: Int, endsCollection: Bool) -> Bool {
    if let listener = observer.update { listener(record) }
    return false
  }
}
