import Optimization
import ReplayEngine
import Testing
import TraceModel

@Suite("Many workers")
struct ScaleTests {
  /// Durations 1,000 … 1,999 ns in turn.
  private func manyWorkers(_ count: Int) -> Trace {
    Trace(
      name: "many",
      workers: (0..<count).map {
        WorkerTimings(
          worker: Worker(index: $0, label: WorkerLabel("w\($0)")),
          backToBack: [Int64(1_000 + $0 * 37 % 1_000)])
      })
  }

  /// Beyond the number of workers that delays are kept for one by one.
  @Test("Tens of thousands of workers replay, each gradient once in flight")
  func replays() throws {
    let count = 20_000
    let run = try replay(
      manyWorkers(count), minimising: LeastSquares(rows: smallRows, targets: smallTargets),
      ReplayRequest(
        method: .async(rule: .scaled), stepsize: 1e-7, horizon: Horizon(updateCount: 2 * count),
        evaluation: .ends))
    #expect(run.outcome == .completed)
    #expect(run.updateCount == 2 * count)
    #expect(run.delays?.identityHolds == true)
    #expect(run.gradientsPerWorker.reduce(0, +) == 2 * count)
  }

  /// A dense gradient of 200,000 numbers a worker: 20,001 slots of 1.6 MB, and ten iterates.
  @Test("What does not fit is refused before anything is allocated, with the figure")
  func refused() {
    let objective = QuadraticObjective(chain: 200_000, noise: 0)
    var request = ReplayRequest(
      method: .async(rule: .constant), stepsize: 0.1, horizon: Horizon(updateCount: 10),
      batchSize: 0, evaluation: .ends)
    request.memoryLimitBytes = 16 << 30
    let trace = manyWorkers(20_000)
    let error = #expect(throws: ReplayError.self) {
      try replay(trace, minimising: objective, request)
    }
    guard case .memory(let needed, 17_179_869_184)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect((32_000_000_000..<32_100_000_000).contains(needed))
    #expect(error.map(String.init(describing:))?.contains("\(needed) bytes") == true)
  }
}
