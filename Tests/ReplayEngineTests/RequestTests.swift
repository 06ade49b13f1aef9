import Optimization
import ReplayEngine
import Testing
import TraceModel

private let objective = LeastSquares(rows: smallRows, targets: smallTargets)

private func error(
  _ trace: Trace, _ change: (inout ReplayRequest) -> Void
) -> ReplayError? {
  var request = ReplayRequest(
    method: .async(rule: .constant), stepsize: 0.125, horizon: Horizon(timeNs: 100))
  change(&request)
  do {
    _ = try replay(trace, minimising: objective, request)
    return nil
  } catch {
    return error
  }
}

@Suite("Requests")
struct RequestTests {
  private let two = makeTrace([[2], [3]])

  @Test("What cannot be replayed is refused with its reason")
  func refusals() {
    let label = WorkerLabel("w1")
    #expect(error(Trace(name: "none", workers: [])) { _ in } == .noWorkers)
    #expect(error(makeTrace([[1], []])) { _ in } == .workerWithoutGradients(label))
    #expect(
      error(makeTrace([[1], [4, 0]])) { _ in }
        == .durationNotPositive(label, gradient: 1, durationNs: 0))
    #expect(error(two) { $0.horizon = Horizon() } == .noHorizon)
    #expect(error(two) { $0.stepsize = 0 } == .stepsizeNotPositive(0))
    #expect(error(two) { $0.batchSize = -1 } == .batchSize(-1))
    #expect(
      error(two) {
        $0.batchSize = 5
        $0.replacesSamples = false
      } == .batchSize(5))
    #expect(error(two) { $0.initial = [1] } == .initialSize(count: 1, dimension: 3))
    #expect(
      error(two) { $0.method = .backup(need: 3) }
        == .impossibleCount(option: "--need", value: 3, most: 2))
    #expect(
      error(two) { $0.method = .rennala(collect: 0) }
        == .impossibleCount(option: "--collect", value: 0, most: .max))
    #expect(
      error(two) { $0.sampling = .recorded } == .samplesMissing(WorkerLabel("w0"), gradient: 0))
    if case .memory(let needed, 1_000)? = error(two, { $0.memoryLimitBytes = 1_000 }) {
      #expect(needed > 1_000)
    } else {
      Issue.record("1,000 bytes were enough")
    }
  }

  @Test("Time that overflows is an error only when it is reached")
  func overflow() {
    let far = makeTrace([[2], [.max]])
    #expect(error(far) { _ in } == nil)
    #expect(error(far) { $0.horizon = Horizon(updateCount: 60) } == nil)
    // Twice 2^62 ns: the second gradient ends beyond the last nanosecond.
    #expect(
      error(makeTrace([[1 << 62]])) { $0.horizon = Horizon(updateCount: 2) }
        == .timeOverflow(WorkerLabel("w0")))
  }

  /// With a limit of 1 and equal workers every gradient but the first is late, for ever.
  @Test("A horizon in gradients that is never reached is an error")
  func nothingApplied() {
    let refusal = error(makeTrace([[2], [2]])) {
      $0.method = .async(rule: .drop, delayLimit: 1)
      $0.horizon = Horizon(gradientCount: 10)
    }
    guard case .nothingApplied("async", _)? = refusal else {
      Issue.record("\(String(describing: refusal))")
      return
    }
  }

  @Test("A count is never exceeded, a round never begun for it")
  func counts() throws {
    func run(_ method: MethodChoice, _ horizon: Horizon, _ atEnd: AtEnd = .repeat) throws
      -> ScheduleRun
    {
      try replaySchedule(
        of: makeTrace([[2], [3], [4, 4]]),
        ScheduleRequest(method: method, horizon: horizon, atEnd: atEnd))
    }
    let minibatch = try run(.minibatch, Horizon(gradientCount: 8))
    #expect(minibatch.gradientCount == 6)
    #expect(minibatch.outcome == .completed)
    #expect(minibatch.timeNs == 8)
    let async = try run(.async(rule: .constant), Horizon(gradientCount: 8))
    #expect(async.gradientCount == 8)
    #expect(try run(.minibatch, Horizon(updateCount: 0)).timeNs == 0)
    // Two entries for the last worker only: one round, and the second has nobody to fill it.
    let ended = try run(.minibatch, Horizon(updateCount: 5), .stop)
    #expect(ended.outcome == .exhausted)
    #expect(ended.updateCount == 1)
    #expect(try run(.minibatch, Horizon(updateCount: 1), .stop).outcome == .completed)
    #expect(try run(.async(rule: .constant), Horizon(), .stop).updateCount == 4)
  }

  @Test("Recorded batches go with their durations, and the share seen is told")
  func recorded() throws {
    var trace = makeTrace([[2, 5], [3]])
    trace.workers[0].samples = SampleColumn(offsets: [0, 2, 3], indices: [0, 1, 1])
    trace.workers[1].samples = SampleColumn(offsets: [0, 1], indices: [2])
    var request = ReplayRequest(
      method: .async(rule: .constant), stepsize: 0.125, horizon: Horizon(timeNs: 50),
      sampling: .recorded, evaluation: .ends)
    let run = try replay(trace, minimising: objective, request)
    #expect(run.shareOfSamplesSeen == 0.75)
    request.seed = 99
    #expect(try replay(trace, minimising: objective, request).finalIterate == run.finalIterate)
    trace.workers[1].samples = SampleColumn(offsets: [0, 1], indices: [4])
    #expect(
      error(trace) { $0.sampling = .recorded }
        == .sampleOutOfRange(WorkerLabel("w1"), gradient: 0, index: 4, sampleCount: 4))
  }

  /// A worker keeps its batches when others are taken out of the trace.
  @Test("Batches follow the worker's index in the original trace")
  func originalIndex() throws {
    var alone = makeTrace([[3]])
    alone.workers[0].worker.index = 1
    let request = ReplayRequest(
      method: .async(rule: .constant), stepsize: 0.125, horizon: Horizon(timeNs: 50),
      evaluation: .ends)
    let pair = makeTrace([[1_000], [3]])
    let expected = try replay(pair, minimising: objective, request).finalIterate
    #expect(try replay(alone, minimising: objective, request).finalIterate == expected)
  }
}
