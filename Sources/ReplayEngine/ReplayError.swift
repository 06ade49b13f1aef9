import TraceModel

/// A replay that cannot be made: what is wrong with the request or the trace, and the remedy.
///
/// An algorithm that fails is no error but a finding, ``Run/Outcome``.
public enum ReplayError: Error, Hashable, Sendable {
  /// A trace without workers.
  case noWorkers
  /// A worker that nothing was recorded of.
  case workerWithoutGradients(WorkerLabel)
  /// A recorded duration of 0 or less.
  case durationNotPositive(WorkerLabel, gradient: Int, durationNs: Int64)
  /// Nothing would ever end the replay.
  case noHorizon
  /// The next arrival lies beyond 2^63 nanoseconds.
  case timeOverflow(WorkerLabel)
  /// A count of a method is below 1 or above what the trace has.
  case impossibleCount(option: String, value: Int, most: Int)
  /// A number of a method is not one that it is defined for.
  case impossibleNumber(option: String, value: Double)
  /// With a horizon in applied gradients only, and a method that applies none of them.
  case nothingApplied(method: String, computedCount: Int)
  /// Drawn gradients belong to no moment of the recorded time.
  case resampleByClock
  /// The recorded order was asked for, and is that of another method: the worker had begun this gradient
  /// before the method hands it an iterate.
  case startedBefore(WorkerLabel, gradient: Int, method: String)
  /// Only minibatch and asynchronous SGD run live.
  case notLive(method: String)
  /// An option names a worker that a live run does not have.
  case noSuchWorker(option: String, worker: Int, workerCount: Int)
  /// A worker's process could not be started, or ended before it could compute.
  case workerNotStarted(worker: Int, reason: String)
  /// A worker's process ended before every worker had sent a gradient: this one had sent none.
  case workerLost(worker: Int, how: String, silent: Int)
  /// The run was asked to end, and this worker had sent no gradient.
  case stoppedEarly(worker: Int)
  /// A stepsize that is 0, negative or no number.
  case stepsizeNotPositive(Double)
  /// The rule `adaptive` on an objective without L.
  case smoothnessUnknown
  /// A starting point of another dimension.
  case initialSize(count: Int, dimension: Int)
  /// A negative batch.
  case batchSize(Int)
  /// Recorded batches were asked for, and this gradient has none.
  case samplesMissing(WorkerLabel, gradient: Int)
  /// A recorded index beyond the objective's samples.
  case sampleOutOfRange(WorkerLabel, gradient: Int, index: Int, sampleCount: Int)
  /// Gradients in flight that would not fit.
  case memory(neededBytes: Int, limitBytes: Int)
}

extension ReplayError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noWorkers:
      "the trace has no workers; name another one"
    case .workerWithoutGradients(let label):
      "worker \(label) has no gradients; leave it out with --skip-worker \(label)"
    case .durationNotPositive(let label, let gradient, let duration):
      "gradient \(gradient) of worker \(label) takes \(duration) ns; durations are above 0"
    case .noHorizon:
      "nothing ends this replay: give --time, --updates, --gradients or --at-end stop"
    case .timeOverflow(let label):
      "worker \(label) next arrives after 2^63 ns, which is 292 years; give an earlier --time"
    case .impossibleCount(let option, let value, let most):
      "\(option) \(value) is not possible here: it must lie between 1 and \(most)"
    case .impossibleNumber(let option, let value):
      "\(option)=\(value) is not possible: distance and radius are above 0, lambda is from 0 on, and "
        + "beta from 0 to below 1"
    case .nothingApplied(let method, let count):
      "\(method) applied none of the last \(count) gradients, so a horizon in gradients is never "
        + "reached; raise its limit, or give --time or --updates"
    case .resampleByClock:
      "--at-end resample draws gradients one by one, and --timing clock has none; "
        + "take --timing sequence, or --at-end repeat"
    case .startedBefore(let label, let gradient, let method):
      "worker \(label) had begun gradient \(gradient) before \(method) hands it an iterate: the "
        + "recorded order is that of another method; name the one that was recorded, or leave out "
        + "--order recorded"
    case .notLive(let method):
      "\(method) cannot be recorded live; take minibatch, or async with any of its rules"
    case .noSuchWorker(let option, let worker, let count):
      "\(option) \(worker)=…: there is no worker \(worker); "
        + (count == 1 ? "the only one is 0" : "they are 0 to \(count - 1)")
    case .workerNotStarted(let worker, let reason):
      "the process of worker \(worker) did not start to compute: \(reason); see what it printed, or "
        + "leave out --processes"
    case .workerLost(let worker, let how, let silent):
      "the process of worker \(worker) ended (\(how)) before worker \(silent) had sent a gradient, so "
        + "that there is no trace; run the command again"
    case .stoppedEarly(let worker):
      "stopped before worker \(worker) had sent a gradient, so that there is no trace; let it run longer"
    case .stepsizeNotPositive(let stepsize):
      "the stepsize is \(stepsize); it must be a finite number above 0"
    case .smoothnessUnknown:
      "the rule adaptive needs L, which this objective does not have; give --smoothness"
    case .initialSize(let count, let dimension):
      "the initial point has \(count) numbers; this objective has \(dimension) parameters"
    case .batchSize(let size):
      "a batch of \(size) samples is not possible; give 0 for the exact gradient, else at least 1"
    case .samplesMissing(let label, let gradient):
      "gradient \(gradient) of worker \(label) has no recorded samples; use --sampling seeded"
    case .sampleOutOfRange(let label, let gradient, let index, let count):
      "gradient \(gradient) of worker \(label) used sample \(index), and the objective has "
        + "\(count); is it the data set of the recorded run?"
    case .memory(let needed, let limit):
      "the gradients in flight need \(needed) bytes and \(limit) may be used; "
        + "take fewer workers, fewer parameters or a smaller batch"
    }
  }
}
