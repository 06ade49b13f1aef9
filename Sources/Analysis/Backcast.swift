import ReplayEngine
import TraceModel

/// Replays the schedule that was recorded, with the turnaround that was recorded, and sets its time
/// against the recorded time.
///
/// Workers that advanced in rounds are replayed as minibatch SGD for as many rounds as the longest
/// of them has gradients, all others as asynchronous SGD for as many gradients as there are.
///
/// Returns nil for one worker and for back-to-back gradients: their start times follow from the
/// durations, and agreement would prove nothing. Also nil where a replay is refused.
func backcast(_ trace: Trace, _ timings: Timings) -> Inspection.Backcast? {
  guard trace.workerCount > 1, !timings.isBackToBack, trace.spanNs > 0 else { return nil }
  let request =
    timings.isInRounds
    ? ScheduleRequest(method: .minibatch, horizon: Horizon(updateCount: timings.counts.max()))
    : ScheduleRequest(
      method: .async(rule: .constant), horizon: Horizon(gradientCount: trace.gradientCount))
  guard let run = try? replaySchedule(of: trace, request) else { return nil }
  return Inspection.Backcast(
    replayedSeconds: Double(run.timeNs) / 1e9, recordedSeconds: Double(trace.spanNs) / 1e9,
    ratio: Double(run.timeNs) / Double(trace.spanNs))
}
