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

  /// Whether the workers were processes.
  public var usesProcesses: Bool

  /// Whether the replay made the very same updates.
  public var isEqual: Bool { replayed.fingerprint == live.fingerprint }

  /// Whether workers had to share cores. Who sleeps for most of a gradient needs little of one.
  public var isContended: Bool {
    let needed = (0..<request.workerCount).reduce(0.0) { sum, worker in
      guard case .sleep(let factor)? = request.slowdowns[worker] else { return sum + 1 }
      return sum + 1 / factor
    }
    return needed > Double(coreCount)
  }

  /// Updates per second of the live run; nil for a run of no time.
  public var updatesPerSecond: Double? {
    live.timeNs > 0 ? Double(live.updateCount) / (Double(live.timeNs) * 1e-9) : nil
  }
}

/// Runs SGD for real, and replays what was recorded.
///
/// - Parameters:
///   - program: the path of `outpace`, which workers run that are processes; not needed for threads.
///   - isStopped: asked ten times a second; true ends the run, whole up to then.
///   - progress: told as often.
/// - Throws: `Failure`.
public func recordTraining(
  _ job: RecordJob, program: String = "", isStopped: () -> Bool = { false },
  progress: (LiveProgress) -> Void = { _ in }
) throws -> RecordReport {
  try Failure.mapping {
    let (spec, objective, request) = try job.prepare()
    let worker =
      job.usesProcesses ? WorkerProgram(path: program) { job.workerArguments($0) } : nil
    let live = try trainLive(
      objective, request, program: worker, isStopped: isStopped, progress: progress)
    let replayed = try replay(live.trace, minimising: objective, request.replayRequest)
    var report = RecordReport(
      live: live, request: request, objective: spec.description, replayed: replayed,
      coreCount: ProcessInfo.processInfo.activeProcessorCount, usesProcesses: job.usesProcesses)
    report.noteIssues()
    return report
  }
}

/// The life of a worker's process: computes gradients for the server of a recorded run, which started
/// it, until that is gone.
///
/// - Parameters:
///   - worker: its index.
///   - hungUp: ends the process, whatever it is doing.
/// - Throws: `Failure`.
public func workForRecording(
  _ job: RecordJob, worker: Int, hungUp: @escaping @Sendable () -> Void
) throws {
  try Failure.mapping {
    var job = job
    // Only the server needs it, and it need not follow from an L.
    job.method.stepsize = .value(1)
    let (_, objective, request) = try job.prepare()
    try workLive(
      objective, request, worker: worker, descriptor: WorkerProgram.descriptor, hungUp: hungUp)
  }
}

/// The code of the issue of a trace whose workers shared cores.
let sharedCoresCode = "cores-shared"

extension RecordReport {
  /// What a report on the trace has to say of how it was recorded.
  mutating func noteIssues() {
    live.trace.issues = []
    if isContended {
      live.trace.issues.append(
        ImportIssue(
          code: sharedCoresCode, severity: .info, count: request.workerCount,
          firstPlace: "\(coreCount) cores",
          meaning: "\(request.workerCount) workers shared \(coreCount) cores: the recorded times "
            + "include contention, which another schedule would change"))
    }
    if live.ending != .completed {
      live.trace.issues.append(
        ImportIssue(
          code: "recording-ended", severity: .info, count: 1,
          firstPlace: "update \(live.updateCount)",
          meaning: "the recording \(live.endingPhrase); every gradient before that is there"))
    }
  }
}

extension LiveRun {
  /// `was interrupted`, behind "the recording".
  var endingPhrase: String {
    switch ending {
    case .completed: "reached its horizon"
    case .interrupted: "was interrupted"
    case .diverged: "ended where the iterate diverged"
    case .workerLost:
      lost.map { "ended with the process of worker \($0.worker), \($0.how)" } ?? "lost a worker"
    case .diskFull: "is kept as far as there was room for it"
    }
  }
}

extension RecordReport {
  /// The command that makes the run again from the trace, as a shell takes it.
  ///
  /// - Parameters:
  ///   - trace: the file or the name that it was kept under.
  ///   - database: where that is a name, its database.
  public func replayCommand(of trace: String, in database: String? = nil) -> String {
    var words = ["outpace", "replay", trace]
    if let database { words += ["--db", database] }
    words += [
      "--order", "recorded", "--method", request.method.text, "--stepsize", "\(request.stepsize)",
      "--objective", objective,
    ]
    if request.batchSize > 0 { words += ["--sampling", "recorded"] }
    if let smoothness = request.smoothness { words += ["--smoothness", "\(smoothness)"] }
    if request.seed != 1 { words += ["--seed", "\(request.seed)"] }
    words += ["--check", live.fingerprint]
    return words.map { Markup.shellArgument($0) }.joined(separator: " ")
  }
}
