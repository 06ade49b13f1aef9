import Optimization
import TraceModel

/// What a request comes to on a trace and an objective, checked before anything is computed.
struct Preparation {
  var setting: ReplaySetting
  var batches: BatchSource
  var plan: ReplayPlan
  /// x_0
  var initial: [Double]
  /// The time that instants of evaluation divide.
  var spanNs: Int64

  /// - Parameter lists: batches by worker, nil for those of the request.
  init<O: Objective>(
    _ request: ReplayRequest, _ objective: O, _ trace: Trace, batches lists: [SampleColumn]? = nil,
    threads: Int = 1
  ) throws(ReplayError) {
    setting = try ReplaySetting(request, objective: objective)
    batches = try BatchSource(
      request, trace: trace, sampleCount: objective.sampleCount, lists: lists)
    plan = try ReplayPlan(
      request, objective: objective, batches: batches, workerCount: trace.workerCount,
      smoothness: setting.smoothness, threads: threads)
    initial = request.initial ?? objective.initialIterate(seed: request.seed)
    guard initial.count == objective.dimension else {
      throw .initialSize(count: initial.count, dimension: objective.dimension)
    }
    spanNs = try setting.evaluationSpanNs(of: trace, request)
  }
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
      serverNs: request.serverNs, handout: request.handout, timing: request.timing,
      seed: request.seed)
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
    return try replaySchedule(of: trace, ScheduleRequest(of: request)).timeNs
  }
}
