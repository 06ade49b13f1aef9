import Kernels
import Optimization
import ReplayEngine
import Testing
import TraceModel

private func request(_ method: MethodChoice, time: Int64, seed: UInt64 = 3) -> ReplayRequest {
  ReplayRequest(
    method: method, stepsize: 0.125, smoothness: 0.5, horizon: Horizon(timeNs: time),
    batchSize: 2, seed: seed, evaluation: .ends)
}

/// What every method promises.
func checkMethod(
  _ method: (_ workerCount: Int) -> MethodChoice, sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let objective = LeastSquares(rows: smallRows, targets: smallTargets)

  // One worker is sequential SGD: 9 gradients in 18 ns, each at the newest iterate, with weight γ.
  let alone = try replay(
    makeTrace([[2]]), minimising: objective, request(method(1), time: 18))
  let x = Vector(dimension: 3)
  let values = Vector(dimension: 8)
  let stream = CounterStream(stream: .batches, seed: 3)
  var samples: [Int32] = [0, 0]
  for gradient in 0..<9 {
    samples.withUnsafeMutableBufferPointer { samples in
      guard let base = samples.baseAddress else { return }
      stream.drawSamples(count: 2, of: 4, worker: 0, gradient: gradient, into: base)
      let batch = UnsafeBufferPointer(samples)
      objective.computeGradient(of: batch, at: x.base, into: values.base, scratch: values.base)
      objective.add(-0.125, times: values.base, of: batch, to: x.base)
    }
  }
  #expect(alone.updateCount == 9, sourceLocation: sourceLocation)
  #expect(alone.finalIterate == x.entries, sourceLocation: sourceLocation)

  // The same request gives the same fingerprint; another seed, stepsize or duration another one.
  // Durations count that an arrival shows: those of who is always aborted do not.
  let durations: [[Int64]] = [[5, 9, 4], [7], [6, 30]]
  func run(
    _ durations: [[Int64]], seed: UInt64 = 3, scale: Int64 = 1,
    edit: (inout ReplayRequest) -> Void = { _ in }
  ) throws -> Run {
    var changed = request(method(3), time: 600 * scale, seed: seed)
    edit(&changed)
    return try replay(
      makeTrace(durations.map { $0.map { $0 * scale } }), minimising: objective, changed)
  }
  let first = try run(durations)
  #expect(first.fingerprint?.utf8.count == 64, sourceLocation: sourceLocation)
  #expect(try run(durations).fingerprint == first.fingerprint, sourceLocation: sourceLocation)
  let observed = try run(durations) {
    $0.evaluation = .everyUpdates(1)
    $0.tracksVirtualIterates = true
  }
  #expect(observed.fingerprint == first.fingerprint, sourceLocation: sourceLocation)
  #expect(observed.finalIterate == first.finalIterate, sourceLocation: sourceLocation)
  let other = [
    try run(durations, seed: 4), try run([[6, 9, 4], [7], [6, 30]]),
    try run(durations) { $0.stepsize = 0.125.nextUp },
  ]
  for run in other {
    #expect(run.fingerprint != first.fingerprint, sourceLocation: sourceLocation)
  }

  // In another unit of time the same happens.
  let slow = try run(durations, scale: 1_000)
  #expect(slow.finalIterate == first.finalIterate, sourceLocation: sourceLocation)
  #expect(slow.updateCount == first.updateCount, sourceLocation: sourceLocation)
  #expect(slow.timeNs == 1_000 * first.timeNs, sourceLocation: sourceLocation)

  // Work is conserved: nobody computes longer than the run, and every gradient has one fate.
  #expect(first.busyNs.allSatisfy { $0 <= first.timeNs }, sourceLocation: sourceLocation)
  #expect(
    first.gradientsPerWorker.reduce(0, +) == first.gradientCount, sourceLocation: sourceLocation)
  #expect(
    first.computedPerWorker.reduce(0, +) == first.computedCount, sourceLocation: sourceLocation)
  #expect(
    first.gradientCount + first.discardedCount <= first.computedCount,
    sourceLocation: sourceLocation)
}

@Suite("Methods")
struct MethodTests {
  static let methods: [MethodChoice] =
    StepsizeRule.allCases.map { .async(rule: $0) } + [
      .minibatch, .backup(need: 2), .rennala(collect: 2), .rennala(collect: 3, abort: true),
      .ringmaster(delayLimit: 2), .ringmaster(delayLimit: 2, abort: true), .buffered(collect: 2),
      .fastest(workers: 2), .local(steps: 1), .picky(distance: 0.3), .clipped(radius: 1e9),
      .dcAsync(lambda: 0.5), .dcAsync(lambda: 0.5, adaptive: true), .momentum(beta: 0),
    ]

  @Test("What every method promises", arguments: methods)
  func conformance(method: MethodChoice) throws {
    try checkMethod { workerCount in
      guard workerCount == 1 else { return method }
      // With one worker: batches of one gradient, rules with γ for a fresh one.
      switch method {
      case .backup: return .backup(need: 1)
      case .rennala(_, let abort): return .rennala(collect: 1, abort: abort)
      case .buffered: return .buffered(collect: 1)
      case .fastest: return .fastest(workers: 1)
      case .minibatch, .async, .ringmaster, .local, .picky, .clipped, .dcAsync, .momentum:
        return method
      }
    }
  }

  @Test("Special cases are the same run")
  func specialCases() throws {
    let trace = makeTrace([[5, 9, 4], [7], [6, 30]])
    let objective = Logistic(rows: smallRows, labels: [1, -1, 1, 1], l2: 0.01)
    func iterate(_ method: MethodChoice) throws -> [Double] {
      try replay(trace, minimising: objective, request(method, time: 500)).finalIterate
    }
    let async = try iterate(.async(rule: .constant))
    #expect(try iterate(.ringmaster(delayLimit: 1_000)) == async)
    #expect(try iterate(.buffered(collect: 1)) == async)
    #expect(try iterate(.fastest(workers: 3)) == async)
    #expect(try iterate(.async(rule: .drop, delayLimit: 1_000)) == async)
    #expect(try iterate(.picky(distance: .infinity)) == async)
    #expect(try iterate(.clipped(radius: .infinity)) == async)
    #expect(try iterate(.dcAsync(lambda: 0)) == async)
    #expect(try iterate(.momentum(beta: 0)) == async)
    #expect(try iterate(.backup(need: 3)) == iterate(.minibatch))
    #expect(try iterate(.ringmaster(delayLimit: 1)) == iterate(.rennala(collect: 1)))
  }

  @Test("The fastest are chosen by mean duration, ties by index")
  func fastest() throws {
    // Means 4, 3.5, 3.5, 3.5: of the last three the first two.
    let trace = makeTrace([[4], [3, 4], [4, 3], [7, 1, 1, 5]])
    let run = try replaySchedule(
      of: trace,
      ScheduleRequest(method: .fastest(workers: 2), horizon: Horizon(timeNs: 70)))
    #expect(run.gradientsPerWorker == [0, 20, 20, 0])
    #expect(run.busyNs == [0, 70, 70, 0])
    #expect(run.utilisation == 0.5)
    #expect(run.delays?.identityHolds == true)
  }
}
