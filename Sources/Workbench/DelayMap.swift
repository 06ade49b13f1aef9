import ReplayEngine
import Reports
import TraceModel

extension ReplayReport {
  /// Delays by worker and simulated time of the run whose delays a page shows; nil without one.
  ///
  /// Its schedule is replayed once more, without gradients, and binned on the way: it is the same to
  /// the nanosecond, takes a fraction of the time of one replay on gradients, and nothing has to be
  /// kept for the many runs that no page shows.
  func delayMap(of trace: Trace) throws -> DelayMapData? {
    guard let index = delayRunIndex else { return nil }
    let run = runs[index]
    let request = run.request
    var horizon = request.horizon
    // A run that diverged has ended early.
    if case .diverged(let update) = run.outcome { horizon.updateCount = update }
    var map = DelayMapData(
      trace, spanNs: run.timeNs, gradientLimit: run.gradientsPerWorker.max() ?? .max)
    _ = try replaySchedule(
      of: trace,
      ScheduleRequest(of: request, horizon: horizon),
      observer: ReplayObserver(gradient: { record in
        guard record.fate == .applied || record.fate == .collected else { return }
        map.add(
          worker: record.worker, delay: record.updateCount + 1 - record.updatesAtRead,
          startNs: record.startNs, endNs: record.endNs)
      }))
    return map
  }
}
