import Optimization
import ReplayEngine
import TraceStore

extension ForecastJob {
  /// A forecast of a recorded run: what is not said is taken from the replay that `record` stored beside
  /// it, and else what `record` does by itself.
  ///
  /// - Parameters:
  ///   - recorded: the run that is to be foretold.
  ///   - method: as on the command line; nil to tell it from the trace: rounds are minibatch.
  ///   - stepsize: γ of the run, for its losses.
  ///   - objective: what it minimised.
  ///   - seed: of its data and batches, unless the database knows them.
  /// - Throws: `Failure`.
  public init(
    of recorded: OpenedTrace, method: String?, stepsize: Double? = nil, objective: String?,
    turnaround: TurnaroundPolicy = .recorded, seed: UInt64 = 1
  ) throws {
    let stored =
      method == nil && stepsize == nil && objective == nil ? try recorded.recording() : nil
    self.init(
      objective: objective ?? stored?.objective ?? defaultRecordedObjective,
      turnaround: turnaround, seed: stored?.seed ?? seed)
    let name = method ?? stored?.method
    self.method = try MethodSpec.parse(
      [name ?? (recorded.trace.kind == .synchronous ? "minibatch" : "async")],
      defaults: MethodOptions(stepsize: (stepsize ?? stored?.stepsize).map { .value($0) })
    ).first
  }
}

extension OpenedTrace {
  /// What `record` was asked for, from the replay in the recorded order that it stored; nil for a trace
  /// that came from a file.
  fileprivate func recording() throws -> (
    method: String, stepsize: Double, objective: String, seed: UInt64
  )? {
    guard let id = summary.id else { return nil }
    let replays = try Failure.mapping { try store.replays(of: id) }
    for replay in replays {
      guard let (request, objective) = replay.record.decoded, let seed = UInt64(request.seed),
        request.timing == Timing.recorded.rawValue
      else { continue }
      return (request.method, request.stepsize, objective.spec, seed)
    }
    return nil
  }
}
