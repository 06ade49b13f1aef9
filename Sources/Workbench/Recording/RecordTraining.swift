import Foundation
import Optimization
import ReplayEngine
import Reports
import TraceModel

/// A live run, and the replay that has to equal it.
public struct RecordReport: Sendable {
  /// The run and its trace.
  public var live: LiveRun
  /// What was run, as the replay of it is asked for.
  public var request: LiveRequest
  /// The objective as on the command line.
  public var objective: String
  /// The replay in the recorded order.
  public var replayed: Run
  /// Cores that the process may use.
  public var coreCount: Int

  /// Whether the replay made the very same updates.
  public var isEqual: Bool { replayed.fingerprint == live.fingerprint }

  /// Whether workers had to share cores. Who sleeps needs none.
  public var isContended: Bool { request.workerCount > coreCount }

  /// Updates per second of the live run; nil for a run of no time.
  public var updatesPerSecond: Double? {
    live.timeNs > 0 ? Double(live.updateCount) / (Double(live.timeNs) * 1e-9) : nil
  }
}

/// Runs SGD for real, and replays what was recorded.
///
/// - Parameters:
///   - isStopped: asked ten times a second; true ends the run, whole up to then.
///   - progress: told as often.
/// - Throws: `Failure`.
public func recordTraining(
  _ job: RecordJob, isStopped: () -> Bool = { false }, progress: (LiveProgress) -> Void = { _ in }
) throws -> RecordReport {
  try Failure.mapping {
    let (spec, objective, request) = try job.prepare()
    let live = try trainLive(objective, request, isStopped: isStopped, progress: progress)
    let replayed = try replay(live.trace, minimising: objective, request.replayRequest)
    return RecordReport(
      live: live, request: request, objective: spec.description, replayed: replayed,
      coreCount: ProcessInfo.processInfo.activeProcessorCount)
  }
}

extension RecordReport {
  /// The command that makes the run again from the trace.
  ///
  /// - Parameter trace: the file or the name that it was kept under.
  public func replayCommand(of trace: String) -> String {
    var words = [
      "outpace", "replay", trace, "--order", "recorded", "--method", request.method.text,
      "--stepsize", "\(request.stepsize)", "--objective", "'\(objective)'",
    ]
    if request.batchSize > 0 { words += ["--sampling", "recorded"] }
    if let smoothness = request.smoothness { words += ["--smoothness", "\(smoothness)"] }
    if request.seed != 1 { words += ["--seed", "\(request.seed)"] }
    return (words + ["--check", live.fingerprint]).joined(separator: " ")
  }
}
