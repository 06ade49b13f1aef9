import Optimization
import ReplayEngine
import Testing
import TraceModel

@Suite("Local steps")
struct LocalTests {
  private let objective = LeastSquares(rows: smallRows, targets: smallTargets)

  private func run(
    _ durations: [[Int64]], _ method: MethodChoice, _ horizon: Horizon, atEnd: AtEnd = .repeat
  ) throws -> Run {
    try replay(
      makeTrace(durations), minimising: objective,
      ReplayRequest(
        method: method, stepsize: 0.125, horizon: horizon, atEnd: atEnd, batchSize: 2,
        evaluation: .ends))
  }

  @Test("One worker is sequential SGD to the last bit", arguments: [1, 2, 5])
  func alone(steps: Int) throws {
    let local = try run([[3, 4]], .local(steps: steps), Horizon(gradientCount: 20))
    let sequential = try run([[3, 4]], .async(rule: .constant), Horizon(gradientCount: 20))
    #expect(local.finalIterate == sequential.finalIterate)
    #expect(local.gradientCount == 20 && local.updateCount == 20 / steps)
    #expect(local.timeNs == sequential.timeNs)
  }

  /// Rounds of 3 gradients: 1 + 2 + 1 = 4 and 15 ns; 2 + 1 + 2 = 5 and 15 ns. At 37 ns the third is
  /// under way: worker 0 has sent its 4 ns, worker 1 computes.
  @Test("A round is MH gradients and one update, and lasts as long as the largest sum")
  func counts() throws {
    let run = try run([[1, 2], [5]], .local(steps: 3), Horizon(timeNs: 37))
    #expect(run.updateCount == 2 && run.roundCount == 2 && run.gradientCount == 12)
    #expect(run.computedCount == 15 && run.computedPerWorker == [9, 6])
    #expect(run.gradientsPerWorker == [6, 6])
    #expect(run.busyNs == [13, 37])
    #expect(run.delays == nil)
    let few = try self.run([[1, 2], [5]], .local(steps: 3), Horizon(gradientCount: 11))
    #expect(few.updateCount == 1 && few.gradientCount == 6)
  }

  @Test("With stop the last rounds need a whole set of entries")
  func stop() throws {
    let run = try run([[1, 1, 1, 1, 1], [1, 1, 1, 1]], .local(steps: 2), Horizon(), atEnd: .stop)
    #expect(run.outcome == .exhausted && run.updateCount == 2)
    #expect(throws: ReplayError.impossibleCount(option: "--local-steps", value: 0, most: 1_000_000))
    {
      _ = try self.run([[1]], .local(steps: 0), Horizon(timeNs: 1))
    }
  }
}
