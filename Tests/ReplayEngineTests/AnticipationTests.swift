import Kernels
import Optimization
import ReplayEngine
import Testing
import TraceModel

@Suite("Data that outgrow the caches")
struct AnticipationTests {
  private static let gradientCount = 600

  /// 1,000 rows of 160 numbers are 1.28 MB, so their rows are asked for ahead of time; 3 rows are
  /// not. The batches that seeded sampling draws, written down as a recording, are never foreseen.
  @Test("Asking for rows ahead of time changes no bit", arguments: [3, 1_000])
  func noBit(rowCount: Int) throws {
    let objective = try ObjectiveSpec(
      parsing: "logistic:gaussian:n=\(rowCount),d=160"
    ).build(seed: 1)
    let trace = makeTrace([[2, 5, 3], [7, 4], [3, 3, 3, 9], [11]])
    var request = ReplayRequest(
      method: .async(rule: .constant), stepsize: 0.05, horizon: Horizon(updateCount: 600))
    let foreseen = try replay(trace, minimising: objective, request)

    let draws = CounterStream(stream: .batches, seed: request.seed)
    var recorded = trace
    for (position, timings) in trace.workers.enumerated() {
      let durations = (0..<Self.gradientCount).map {
        timings.durationsNs[$0 % timings.gradientCount]
      }
      var column = SampleColumn()
      for gradient in 0..<Self.gradientCount {
        let word = draws.word(worker: position, gradient: gradient, index: 0)
        column.append([Int32((UInt64(word) &* UInt64(rowCount)) >> 32)])
      }
      recorded.workers[position] = WorkerTimings(worker: timings.worker, backToBack: durations)
      recorded.workers[position].samples = column
    }
    request.sampling = .recorded
    let unforeseen = try replay(recorded, minimising: objective, request)
    #expect(foreseen.finalIterate == unforeseen.finalIterate)
    #expect(foreseen.updateCount == 600)

    // Virtual iterates want every gradient at once, so that no derivative is put off.
    request.sampling = .seeded
    request.tracksVirtualIterates = true
    let observed = try replay(trace, minimising: objective, request)
    #expect(observed.fingerprint == foreseen.fingerprint)
  }

  /// The slots of aborted gradients are used anew while their derivatives are put off.
  @Test(
    "Derivatives that are put off change no bit",
    arguments: [
      .async(rule: .constant), .minibatch, .ringmaster(delayLimit: 2, abort: true),
      .rennala(collect: 5, abort: true), .buffered(collect: 3), .clipped(radius: 0.05),
      .picky(distance: 0.01), .momentum(beta: 0.5),
    ] as [MethodChoice],
    ["logistic:gaussian:n=50,d=9", "least-squares:gaussian:n=50,d=9", "hinge:gaussian:n=50,d=9"])
  func putOff(method: MethodChoice, objective name: String) throws {
    let objective = try ObjectiveSpec(parsing: name).build(seed: 1)
    var request = ReplayRequest(
      method: method, stepsize: 0.05, horizon: Horizon(updateCount: 300))
    let trace = makeTrace([[2, 5, 3], [7, 4], [3, 3, 3, 9], [11], [2, 2, 40]])
    let putOff = try replay(trace, minimising: objective, request)
    request.tracksVirtualIterates = true
    let atOnce = try replay(trace, minimising: objective, request)
    #expect(putOff.fingerprint == atOnce.fingerprint)
    #expect(putOff.updateCount == 300)
  }
}
