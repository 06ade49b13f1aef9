import Analysis
import ReplayEngine
import Testing
import TraceModel

@Suite("Inspection")
struct InspectTests {
  /// Workers of 1 and 2 ms: (1/2)(2/1 + 2/2) = 1.5. A round takes 2 ms for 2 gradients, in which the
  /// first waits 1 ms of 4: waste 0.25. λ = 1 + 1/2 per ms, minibatch 2 per 2 ms.
  @Test("Two workers by hand")
  func byHand() {
    let inspection = inspect(makeConstant([1, 2], count: 4), options: plain)
    #expect(inspection.speedup.formulaMean == 1.5)
    #expect(inspection.speedup.formulaMedian == 1.5)
    #expect(agree(inspection.speedup.realised, 1.5))
    #expect(inspection.speedup.withTurnaround == nil)
    #expect(inspection.delayEstimate == 3)
    #expect(agree(inspection.synchronousWaste, 0.25))
    #expect(agree(inspection.forecast.asyncUpdatesPerSecond, 1500))
    #expect(agree(inspection.forecast.minibatchGradientsPerSecond, 1000))
    #expect(inspection.slowest == 1)
    #expect(inspection.workers.map(\.slowdown) == [1, 2])
    #expect(inspection.workers.map(\.relativeSpeed) == [2, 1])
    #expect(inspection.backcast == nil)
  }

  /// Counts 2 and 3: R = lcm = 6 rounds of (1,2), (3,2), (1,5), (3,2), (1,2), (3,5): the longest are
  /// 2, 3, 5, 3, 2, 5, sum 20. Σ 1/s = 1/2 + 1/3. Realised (5/6)·20/(2·6) = 25/18.
  @Test("Unequal counts are paired up to their least common multiple")
  func leastCommonMultiple() {
    let inspection = inspect(makeTrace([[1, 3], [2, 2, 5]]), options: plain)
    #expect(agree(inspection.speedup.realised, 25.0 / 18))
  }

  /// Type 7 of 1, 2, 3, 4: position 3p, so p90 = 1 + 2.7 = 3.7; variance (2.25 + 0.25)·2/3 = 5/3.
  @Test("Quantiles are of type 7, the deviation has n − 1")
  func quantiles() throws {
    let worker = inspect(makeTrace([[4, 1, 3, 2]]), options: plain).workers[0]
    #expect(agree(worker.medianSeconds, 0.0025))
    #expect(agree(worker.p90Seconds, 0.0037))
    let deviation = try #require(worker.stdSeconds)
    #expect(agree(deviation * deviation, 5.0 / 3 * 1e-6))
    #expect(inspect(makeTrace([[4]]), options: plain).workers[0].stdSeconds == nil)
  }

  @Test("One of 64 workers at half speed has the formula of the talk, 1.984375")
  func oneOf64() {
    var speeds = [Double](repeating: 1, count: 64)
    speeds[17] = 2
    let inspection = inspect(makeConstant(speeds, count: 10))
    #expect(inspection.speedup.formulaMean == 1.984375)
    #expect(inspection.delayEstimate == 127)
    #expect(inspection.stragglers.map(\.index) == [17])
    #expect(inspection.stragglers.first?.kind == .persistent)
    #expect(agree(inspection.stragglers.first?.formulaWithout ?? 0, 1))
  }

  /// Constant times with integer ratios: the delays of the slowest worker are Σ s_max/s_m (D5).
  @Test("The delay estimate is the largest delay of a replay of constant workers")
  func delayIdentity() throws {
    let trace = makeConstant([1, 2, 3, 6], count: 12)
    let run = try replaySchedule(
      of: trace,
      ScheduleRequest(method: .async(rule: .constant), horizon: Horizon(gradientCount: 200)))
    let slowest = try #require(run.delays?.perWorker.last)
    #expect(inspect(trace, options: plain).delayEstimate == 12)
    #expect(slowest.max == 12)
  }

  /// What follows the last gradient was not recorded: it is as long as the other turnaround.
  @Test("Turnaround is charged on both sides, for every gradient of a long run")
  func turnaround() throws {
    // Cycles 1 + 1 and 3 + 1 ms: λ = 3/4 per ms. Both rounds last 1 + 3: 8 ms for 4 gradients.
    var trace = makeConstant([1, 3], count: 2)
    for m in 0..<2 {
      trace.workers[m].turnaroundsNs = [1_000_000, -1]
    }
    let inspection = inspect(trace, options: plain)
    #expect(agree(try #require(inspection.speedup.withTurnaround), 0.75 * 8 / 4))
    #expect(inspection.speedup.formulaMean == 2)
    #expect(inspection.speedup.turnaroundMatters)
    #expect(agree(inspection.forecast.asyncUpdatesPerSecond, 750))
    let turnaround = try #require(inspection.turnaround)
    #expect(agree(turnaround.meanSeconds, 0.001))
    #expect(agree(turnaround.shareOfCycle, 1.0 / 3))
    var none = plain
    none.turnaround = .none
    #expect(inspect(trace, options: none).speedup.withTurnaround == nil)
  }

  @Test("Times scaled by a constant leave every ratio alone")
  func scaling() throws {
    var random = SplitMix64(seed: 5)
    let rows = (0..<5).map { _ in (0..<24).map { _ in 1 + 7 * random.uniform() } }
    let once = inspect(makeTrace(rows))
    // A power of two is exact down to rounding the durations, which are made whole first.
    let whole = rows.map { $0.map { ($0 * 1e6).rounded() / 1e6 } }
    let scaled = inspect(makeTrace(whole.map { $0.map { $0 * 8 } }))
    #expect(once.speedup == scaled.speedup)
    #expect(once.delayEstimate == scaled.delayEstimate)
    #expect(once.stragglers == scaled.stragglers)
    #expect(agree(once.synchronousWaste, scaled.synchronousWaste))
  }

  @Test("The order of the workers does not show in figures of the cluster")
  func order() {
    var random = SplitMix64(seed: 9)
    let rows = (0..<6).map { m in (0..<20).map { _ in Double(m + 1) + random.uniform() } }
    let forwards = inspect(makeTrace(rows), options: plain)
    let backwards = inspect(makeTrace(rows.reversed()), options: plain)
    #expect(forwards.speedup.formulaMean == backwards.speedup.formulaMean)
    #expect(forwards.speedup.realised == backwards.speedup.realised)
    #expect(forwards.delayEstimate == backwards.delayEstimate)
    #expect(forwards.predicted == backwards.predicted)
    #expect(forwards.forecast.asyncUpdatesPerSecond == backwards.forecast.asyncUpdatesPerSecond)
    #expect(forwards.influenceOfOne == backwards.influenceOfOne)
  }

  /// h(1) = 1, h(2) = 4/3. B = 0: minibatch 2, async 4/3, optimal 1 with one worker. B = 2: minibatch
  /// 4, async 8/3; one worker (1 + 2)/1 = 3, both (2 + 2)/1.5 = 8/3. Seconds are thousandths.
  @Test("Predicted times of two workers by hand")
  func predicted() {
    let rows = inspect(makeConstant([1, 2], count: 3), options: plain).predicted
    #expect(rows.map(\.criticalBatch) == [0, 1, 2, 20])
    #expect(agree(rows[0].minibatch, 0.002))
    #expect(agree(rows[0].async, 0.004 / 3))
    #expect(agree(rows[0].optimal, 0.001))
    #expect(rows.map(\.optimalWorkers) == [1, 1, 2, 2])
    #expect(agree(rows[2].minibatch, 0.004))
    #expect(agree(rows[2].optimal, 0.008 / 3))
  }

  /// Leaving out the 9 of [1, 9] changes s from 5 to 1; the other stays 4: the formula goes from
  /// (5/4 + 1)/2 = 1.125 to (4/1 + 1)/2 = 2.5. Leaving out the 1 gives (9/4 + 1)/2 = 1.625.
  @Test("The influence of one gradient is the largest change")
  func influence() throws {
    let inspection = inspect(makeTrace([[1, 9], [4, 4]]), options: plain)
    #expect(agree(try #require(inspection.influenceOfOne), 1.375))
    #expect(agree(try #require(inspection.influenceOfWarmUp), 0.5))
    #expect(inspect(makeTrace([[1], [2]]), options: plain).influenceOfOne == nil)
  }

  @Test("One worker has ratio 1 everywhere and no test of equality")
  func oneWorker() {
    let inspection = inspect(makeTrace([[1, 2, 3, 4, 5, 6, 7, 8, 9]]))
    #expect(inspection.speedup.formulaMean == 1)
    #expect(agree(inspection.speedup.realised, 1))
    #expect(inspection.speedup.pEqual == nil)
    #expect(agree(inspection.synchronousWaste, 0) || abs(inspection.synchronousWaste) < 1e-12)
  }

  @Test("A spell of slowness is bursty, the same excess spread out is not")
  func burstiness() throws {
    let slow = [Double](repeating: 1, count: 45) + [Double](repeating: 5, count: 5)
    let spread = (0..<50).map { $0 % 10 == 0 ? 5.0 : 1.0 }
    let workers = inspect(makeTrace([slow, spread])).workers
    #expect(workers[0].burstiness == 1)
    #expect(agree(try #require(workers[1].burstiness), 0.2))
    #expect(try #require(workers[0].burstinessShuffled) < 0.6)
    #expect(inspect(makeConstant([1, 1], count: 20)).workers[0].burstiness == nil)
  }

  @Test("A worker that slows down steadily is drifting, by as much as it drifts")
  func drift() throws {
    let steady = (0..<60).map { (step: Int) -> Double in 1 + 0.001 * Double(step % 3) }
    let slowing = (0..<60).map { (step: Int) -> Double in 0.8 + 0.4 * Double(step) / 59 }
    let inspection = inspect(makeTrace([steady, steady, slowing]))
    let trend = try #require(inspection.workers[2].trend)
    #expect(abs(trend - 0.4) < 0.02)
    #expect(abs(try #require(inspection.workers[0].trend)) < 0.01)
    #expect(inspection.stragglers.map(\.index) == [2])
    #expect(inspection.stragglers.map(\.kind) == [.drifting])
  }
}
