import Optimization
import TraceModel

/// How a member of a lockstep ended.
struct LockstepEnding {
  var schedule: ScheduleRun
  var result: GradientResult
}

/// Several replays that share their schedule and their samples, as the one body of a loop.
///
/// What it hands on goes through a table of functions, which were compiled for the type of the objective: a
/// loop compiled for every method and objective would double the size of this module, and such a call is
/// little beside the work of several members.
struct LockstepReplay: ReplayBody {
  let members: LockstepCalls
  let board: VerdictBoard
  let stepsizes: [Double]

  /// The method at every member's stepsize.
  mutating func run<M: Method>(
    _ loop: inout ReplayLoop, stepsize: Double, _ make: (Double) -> M
  ) throws(ReplayError) -> Run.Outcome {
    var methods = LockstepMethod(stepsizes.map(make), board: board)
    return try loop.run(&methods, &self)
  }

  var nextInstantNs: Int64 { members.nextInstantNs() }

  func passInstants(before timeNs: Int64, updateCount: Int, gradientCount: Int) {
    members.passInstants(timeNs, updateCount, gradientCount)
  }

  func start(worker: Int, gradient: Int) { members.start(worker, gradient) }
  func prepare(worker: Int, gradient: Int) { members.prepare(worker, gradient) }
  func adoptPrepared(worker: Int) { members.adoptPrepared(worker) }
  var anticipates: Bool { members.anticipates }
  func anticipate(worker: Int, gradient: Int) { members.anticipate(worker, gradient) }

  func note(_ arrival: Arrival, updateCount: Int, verdict: Verdict) {
    members.note(arrival, updateCount, verdict)
  }

  func readDistanceSquared(worker: Int) -> Double { 0 }
  func forget(worker: Int) { members.forget(worker) }
  func apply(worker: Int, weight: Double) { members.apply(worker) }
  func collect(worker: Int, weight: Double) { members.collect(worker) }
  func adoptCollected() { members.adoptCollected() }

  func finishUpdate(
    _ record: HistoryRecord, gradientCount: Int, endsCollection: Bool
  ) -> Bool {
    members.finishUpdate(record, gradientCount, endsCollection)
  }

  var hasRetiring: Bool { members.hasRetiring() }
  func retire(_ schedule: ScheduleRun) { members.retire(schedule) }
}

/// The functions of the members of a lockstep, whatever their objective.
struct LockstepCalls {
  let nextInstantNs: () -> Int64
  let passInstants: (_ timeNs: Int64, _ updateCount: Int, _ gradientCount: Int) -> Void
  let start: (_ worker: Int, _ gradient: Int) -> Void
  let prepare: (_ worker: Int, _ gradient: Int) -> Void
  let adoptPrepared: (_ worker: Int) -> Void
  let anticipates: Bool
  let anticipate: (_ worker: Int, _ gradient: Int) -> Void
  let note: (Arrival, _ updateCount: Int, Verdict) -> Void
  let forget: (_ worker: Int) -> Void
  let apply: (_ worker: Int) -> Void
  let collect: (_ worker: Int) -> Void
  let adoptCollected: () -> Void
  let finishUpdate: (HistoryRecord, _ gradientCount: Int, _ endsCollection: Bool) -> Bool
  let hasRetiring: () -> Bool
  let retire: (ScheduleRun) -> Void

  /// Called where the type of the objective is known, so that each of these is compiled for it.
  @inline(__always)
  init<O: Objective>(_ members: TypedLockstep<O>) {
    nextInstantNs = { members.nextInstantNs }
    passInstants = { members.passInstants(before: $0, updateCount: $1, gradientCount: $2) }
    start = { members.start(worker: $0, gradient: $1) }
    prepare = { members.prepare(worker: $0, gradient: $1) }
    adoptPrepared = { members.adoptPrepared(worker: $0) }
    anticipates = members.anticipates
    anticipate = { members.anticipate(worker: $0, gradient: $1) }
    note = { members.note($0, updateCount: $1, verdict: $2) }
    forget = { members.forget(worker: $0) }
    apply = { members.apply(worker: $0) }
    collect = { members.collect(worker: $0) }
    adoptCollected = { members.adoptCollected() }
    finishUpdate = { members.finishUpdate($0, gradientCount: $1, endsCollection: $2) }
    hasRetiring = { members.hasRetiring }
    retire = { members.retire($0) }
  }
}
