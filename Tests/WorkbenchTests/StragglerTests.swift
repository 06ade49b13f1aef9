import Analysis
import Optimization
import ReplayEngine
import Reports
import TestSupport
import Testing
import Workbench

/// What an operator with one bad worker is told.
@Suite("Stragglers")
struct StragglerTests {
  private func open(_ durations: [[Int]]) throws -> OpenedTrace {
    let folder = try TemporaryFolder()
    var text = "worker,duration_ms\n"
    for (worker, row) in durations.enumerated() {
      for duration in row { text += "\(worker),\(duration)\n" }
    }
    var reading = ReadingChoices()
    // Constant durations look like those of a synchronous job; here they are own times.
    reading.trust = "measured"
    let opened = try openTraces(
      [try folder.write(text, to: "workers.csv")], databasePath: nil, reading: reading)
    return try #require(opened.first)
  }

  /// (63 · 2 + 1)/64 = 1.984375; without the slow one 63 gradients a round of half the time: 1.96875.
  @Test("One of 64 workers that is twice as slow is drained or given half a batch")
  func oneSlow() throws {
    let trace = try open((0..<64).map { [Int](repeating: $0 == 17 ? 20 : 10, count: 40) })
    let inspection = inspectTrace(trace)
    let comparison = try compareTrace(trace, inspection: inspection)
    func ratio(_ name: PolicyName) -> Double? {
      comparison.policies.first { $0.name == name }?.countRatio
    }
    #expect(agree(ratio(.async), 1.984375, within: 1e-9))
    #expect(agree(ratio(.rebalanced), 1.984375, within: 1e-9))
    #expect(agree(ratio(.subset), 1.96875, within: 1e-9))
    let recommendation = try #require(comparison.verdict.recommendation)
    #expect([.subset, .rebalanced].contains(recommendation.policy))
    #expect(recommendation.workers.map(\.text) == ["17"])
    #expect(comparison.verdict.sentence.contains("worker 17"))
  }

  /// f(x) = ½λx² along each eigenvector: by the time the late gradient lands x is almost 0, and one
  /// full step with ∇f(x_0) throws it back by γ∇f(x_0).
  @Test("A gradient 300 times late kicks a constant stepsize, and neither scaled nor drop")
  func lateGradient() throws {
    let trace = try open([[1], [1], [1], [300]])
    func losses(_ rule: StepsizeRule) throws -> (before: Double, after: Double) {
      var job = ReplayJob(
        methods: [MethodSpec(choice: .async(rule: rule), stepsize: .value(0.2))],
        objective: "least-squares:gaussian:n=64,d=8,noise=0?batch=full")
      // Three updates a millisecond: the late one is number 900 + 1.
      job.updateCount = 901
      job.evaluateEvery = 1
      let points = try replayTrace(trace, job).runs[0].points
      let minimum = points.map(\.loss).min() ?? 0
      return (points[900].loss - minimum, points[901].loss - minimum)
    }
    let constant = try losses(.constant)
    #expect(constant.before < 1e-12)
    #expect(constant.after > 1e-2)
    let scaled = try losses(.scaled)
    #expect(scaled.after < 1e-4 * constant.after)
    let drop = try losses(.drop)
    #expect(drop.after <= drop.before)
  }

  /// λ = 1/2 + 1/3 + 1/6 = 1 a tick: at a common multiple the counts are Σ T/s_m and M T/s_max.
  @Test("At a common multiple of constant durations the counts are the formula's, exactly")
  func exactCounts() throws {
    let trace = try open([[2], [3], [6]])
    var job = ReplayJob(
      methods: [
        MethodSpec(choice: .minibatch, stepsize: .value(0.1)),
        MethodSpec(choice: .async(rule: .constant), stepsize: .value(0.1)),
      ], objective: defaultObjective)
    job.timeNs = 600_000_000
    let report = try replayTrace(trace, job)
    #expect(report.runs[0].gradientCount == 300)
    #expect(report.runs[1].gradientCount == 600)
    #expect(report.countSpeedupMeasured == inspectTrace(trace).speedup.formulaMean)
    // Σ s_max/s_m = 3 + 2 + 1 = 6 from the slowest worker's second gradient on; its first misses
    // nobody here, since ties of lower index come before it.
    let slowest = try #require(report.runs[1].delays?.perWorker[2])
    #expect(slowest.bins.map(\.delay) == [6])
  }
}
