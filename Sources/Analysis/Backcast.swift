import ReplayEngine
import TraceModel

/// Replays the schedule that was recorded, with the turnaround that was recorded, and sets its time
/// against the recorded time.
///
/// Workers that advanced in rounds are replayed as minibatch SGD for as many rounds as the longest
/// of them has gradients, all others as asynchronous SGD for as many gradients as there are.
///
/// Both times count from when every worker has ended its first gradient: a replay starts all
/// workers at once, a cluster starts them one by one, and that difference says nothing about the
/// durations. Traces in which a worker has nothing after that moment are taken whole.
///
/// Returns nil for one worker and for back-to-back gradients: their start times follow from the
/// durations, and agreement would prove nothing. Also nil where a replay is refused.
func backcast(_ trace: Trace, _ timings: Timings) -> Inspection.Backcast? {
  guard trace.workerCount > 1, !timings.isBackToBack, trace.spanNs > 0 else { return nil }
  let settled = trace.afterEveryFirstGradient() ?? trace
  let request =
    timings.isInRounds
    ? ScheduleRequest(
      method: .minibatch,
      horizon: Horizon(updateCount: settled.workers.map(\.gradientCount).max()))
    : ScheduleRequest(
      method: .async(rule: .constant), horizon: Horizon(gradientCount: settled.gradientCount))
  let begin = settled.workers.compactMap(\.startsNs.first).min() ?? 0
  let recordedNs = settled.spanNs - begin
  guard recordedNs > 0, let run = try? replaySchedule(of: settled, request) else { return nil }
  return Inspection.Backcast(
    replayedSeconds: Double(run.timeNs) / 1e9, recordedSeconds: Double(recordedNs) / 1e9,
    ratio: Double(run.timeNs) / Double(recordedNs))
}

extension Inspection.Backcast {
  /// Whether the recorded schedule is missed by so much that every trust grade falls by one.
  package var lowersGrades: Bool { ratio < 0.9 || ratio > 1.1 }

  /// What a recording lacks that does not replay in its time.
  package var missing: String {
    ratio < 1 ? "Waiting or turnaround is missing." : "Work overlapped or was counted twice."
  }
}

extension Trace {
  /// The gradients that start once every worker has ended its first one; nil if a worker has none.
  fileprivate func afterEveryFirstGradient() -> Trace? {
    let firstEnds = workers.map { ($0.startsNs.first ?? 0) + ($0.durationsNs.first ?? 0) }
    let moment = firstEnds.max() ?? 0
    var settled = self
    for m in workers.indices {
      guard let first = workers[m].startsNs.firstIndex(where: { $0 >= moment }) else { return nil }
      settled.workers[m] = workers[m].dropping(first)
    }
    return settled
  }
}

extension WorkerTimings {
  /// Without the first `count` gradients; only the columns that a schedule needs.
  fileprivate func dropping(_ count: Int) -> WorkerTimings {
    WorkerTimings(
      worker: worker, startsNs: Array(startsNs.dropFirst(count)),
      durationsNs: Array(durationsNs.dropFirst(count)), waitsNs: Array(waitsNs.dropFirst(count)),
      turnaroundsNs: Array(turnaroundsNs.dropFirst(count)))
  }
}
