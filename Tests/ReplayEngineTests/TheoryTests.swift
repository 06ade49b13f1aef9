import Kernels
import Optimization
import ReplayEngine
import Testing
import TraceModel

@Suite("Theory")
struct TheoryTests {
  /// All orders of workers, so that the slowest is once first and once last among ties.
  static let speeds: [[Int64]] = [
    [2, 3, 4, 24], [24, 4, 3, 2], [3, 24, 2, 4], [1, 1, 1, 1], [5, 10], [1, 2, 3, 6, 12, 12],
  ]

  @Test("At a common multiple the count ratio is (1/M) Σ s_max / s_m", arguments: speeds)
  func countRatio(durations: [Int64]) throws {
    let trace = makeTrace(durations.map { [$0] })
    let horizon = Horizon(timeNs: 240)
    let async = try replaySchedule(
      of: trace, ScheduleRequest(method: .async(rule: .constant), horizon: horizon))
    let minibatch = try replaySchedule(
      of: trace, ScheduleRequest(method: .minibatch, horizon: horizon))
    let slowest = durations.max() ?? 1
    // In integers: M · async = minibatch · Σ s_max / s_m.
    let formula = durations.reduce(0) { $0 + Int(slowest / $1) }
    #expect(async.gradientCount * durations.count == minibatch.gradientCount * formula)
  }

  @Test(
    "The slowest worker's delay is Σ s_max / s_m from its second gradient on", arguments: speeds)
  func slowestDelay(durations: [Int64]) throws {
    let slowest = durations.max() ?? 1
    let formula = durations.reduce(0) { $0 + Int(slowest / $1) }
    let worker = durations.firstIndex(of: slowest) ?? 0
    var delays: [Int] = []
    _ = try replaySchedule(
      of: makeTrace(durations.map { [$0] }),
      ScheduleRequest(method: .async(rule: .constant), horizon: Horizon(timeNs: 240)),
      observer: ReplayObserver { if $0.worker == worker { delays.append($0.delay) } })
    #expect(delays.count == Int(240 / slowest))
    #expect(delays.dropFirst().allSatisfy { $0 == formula })
  }

  /// M gradients a round, and the mean delay below M: D3 of the theory.
  @Test("The mean delay is at most M − M(M − 1)/(2K)", arguments: 1..<9 as Range<Int>)
  func meanDelay(workerCount: Int) throws {
    let stream = CounterStream(stream: .shuffles, seed: 11)
    let durations = (0..<workerCount).map { worker in
      (0..<7).map { index in
        1 + Int64(stream.word(worker: worker, gradient: 0, index: index) % 50)
      }
    }
    let run = try replaySchedule(
      of: makeTrace(durations),
      ScheduleRequest(method: .async(rule: .constant), horizon: Horizon(updateCount: 1_000)))
    let delays = try #require(run.delays)
    let m = Double(workerCount)
    #expect(delays.identityHolds == true)
    #expect(try #require(delays.overall.mean) <= m - m * (m - 1) / 2_000)
    #expect(delays.perWorker.map(\.sum).reduce(0, +) == delays.overall.sum)
  }

  /// One of four workers is 300 times slower, and brings back the gradient at x_0 when the others
  /// are done: a constant stepsize takes it whole.
  @Test("A late gradient kicks a constant stepsize, not scaled or drop")
  func kick() throws {
    let trace = makeTrace([[10], [10], [10], [3_000]])
    let objective = LeastSquares(rows: smallRows, targets: smallTargets)
    func losses(_ rule: StepsizeRule) throws -> (before: Double, after: Double) {
      let run = try replay(
        trace, minimising: objective,
        ReplayRequest(
          method: .async(rule: rule), stepsize: 0.3, horizon: Horizon(timeNs: 3_000), batchSize: 0,
          evaluation: .everyUpdates(1)))
      let least = try #require(objective.minimum)
      let points = run.points.suffix(2).map { $0.loss - least }
      return (points[0], points[1])
    }
    let constant = try losses(.constant)
    let scaled = try losses(.scaled)
    let drop = try losses(.drop)
    #expect(constant.before < 1e-10)
    #expect(constant.after > 1e-2)
    #expect(scaled.after < 1e-3 * constant.after)
    #expect(drop.after == drop.before)
  }

  /// x ← (1 − γ) x leaves [−1, 1] at γ > 2. With f(x) = x²/2 and x_0 = 1 the loss grows by (1 − γ)²
  /// an update: 100-fold at γ = 11, so the limit of 10^6 is passed at update 4, which is looked at.
  @Test("A stepsize that is too large diverges, and says at which update")
  func divergence() throws {
    let objective = QuadraticObjective(matrix: [[1]], linear: [0])
    let run = try replay(
      makeTrace([[1]]), minimising: objective,
      ReplayRequest(
        method: .async(rule: .constant), stepsize: 11, horizon: Horizon(updateCount: 100),
        batchSize: 0, initial: [1], evaluation: .everyUpdates(1)))
    #expect(run.outcome == .diverged(update: 4))
    #expect(run.updateCount == 4)
    #expect(run.points.last?.loss == 5e7)
  }

  @Test("Who never moves far has not diverged, in many checks")
  func noDivergence() throws {
    let run = try replay(
      makeTrace([[3], [4]]), minimising: LeastSquares(rows: smallRows, targets: smallTargets),
      ReplayRequest(
        method: .async(rule: .constant), stepsize: 0.125, horizon: Horizon(updateCount: 40_000),
        evaluation: .ends))
    #expect(run.outcome == .completed)
  }
}
