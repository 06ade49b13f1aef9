import Optimization
import ReplayEngine
import TraceModel

/// Writes a recorded run; where there is no room for it, as much of its beginning as fits, since a live
/// run cannot be made again.
///
/// What is written is whole: every gradient of the first k updates, with k halved until they fit.
///
/// - Parameter write: writes all of the report's trace, or leaves nothing.
/// - Returns: the report of what was written; its ending is `diskFull` if that is not all.
/// - Throws: `Failure`: that of `write` where not even one update fits, or anything but a lack of room.
public func writeFitting<Result>(
  _ report: RecordReport, _ write: (RecordReport) throws -> Result
) throws -> (report: RecordReport, result: Result) {
  var fitting = report
  while true {
    do {
      return (fitting, try write(fitting))
    } catch let failure as Failure where failure.code == .cannotWrite {
      guard let shorter = try fitting.beginning(updateCount: fitting.live.updateCount / 2) else {
        throw failure
      }
      fitting = shorter
    }
  }
}

extension RecordReport {
  /// The run as if it had ended after `updateCount` updates; nil if some worker has no gradient then.
  func beginning(updateCount: Int) throws -> RecordReport? {
    let isInRounds = live.trace.kind == .synchronous
    // The moment of the update: in rounds all workers have waited for it.
    func moment(_ timings: WorkerTimings, _ gradient: Int) -> Int64 {
      timings.startsNs[gradient] + timings.durationsNs[gradient]
        + (isInRounds ? timings.waitNs(gradient) : 0)
    }
    let moments = live.trace.workers.flatMap { timings in
      timings.startsNs.indices.map { moment(timings, $0) }
    }.sorted()
    let gradients = updateCount * (isInRounds ? request.workerCount : 1)
    guard gradients > 0, gradients <= moments.count else { return nil }
    let last = moments[gradients - 1]
    var result = self
    result.live.trace.workers = live.trace.workers.map { timings in
      timings.prefix(timings.startsNs.indices.count { moment(timings, $0) <= last })
    }
    guard result.live.trace.workers.allSatisfy({ $0.gradientCount > 0 }) else { return nil }
    result.live.ending = .diskFull
    result.live.lost = nil
    let objective = try ObjectiveSpec(parsing: objective).build(seed: request.seed)
    let replayed = try replay(result.live.trace, minimising: objective, request.replayRequest)
    result.replayed = replayed
    result.live.fingerprint = replayed.fingerprint ?? ""
    result.live.finalIterate = replayed.finalIterate
    result.live.updateCount = replayed.updateCount
    result.live.gradientCount = replayed.gradientCount
    result.live.timeNs = replayed.timeNs
    result.noteIssues()
    return result
  }
}

extension WorkerTimings {
  /// The first `count` gradients.
  fileprivate func prefix(_ count: Int) -> WorkerTimings {
    var result = self
    result.startsNs = Array(startsNs.prefix(count))
    result.durationsNs = Array(durationsNs.prefix(count))
    result.waitsNs = Array(waitsNs.prefix(count))
    result.turnaroundsNs = Array(turnaroundsNs.prefix(count))
    result.steps = Array(steps.prefix(count))
    if let samples {
      var column = SampleColumn()
      for gradient in 0..<count { column.append(samples[gradient]) }
      result.samples = column
    }
    return result
  }
}
