import Analysis
import Optimization
import ReplayEngine
import TestSupport
import Testing
import Workbench

/// The experiment of Mishchenko, Bach, Even, Woodworth 2022 with their stepsizes, on their problem made
/// smaller (n = 1,000, d = 50, batch 32; L is about ¼ at any size) and on 40 generated workers.
@Suite("The paper's figure")
struct PaperFigureTests {
  private func runs(_ request: SyntheticRequest) throws -> [Run] {
    let folder = try TemporaryFolder()
    var text = "worker,duration_ns,trust\n"
    for timings in try generateTrace(request).workers {
      for duration in timings.durationsNs {
        text += "\(timings.worker.label),\(duration),measured\n"
      }
    }
    let trace = try #require(
      try openTraces(
        [try folder.write(text, to: "workers.csv")], databasePath: nil,
        reading: ReadingChoices()
      ).first)
    var job = ReplayJob(
      methods: [
        MethodSpec(choice: .minibatch, stepsize: .value(7.6)),
        MethodSpec(choice: .async(rule: .constant), stepsize: .value(0.43)),
      ], objective: "least-squares:paper:n=1000,d=50?batch=32")
    job.updateCount = 50
    return try replayTrace(trace, job).runs
  }

  /// Mean delay 39.9 in both cases: it is the order in which workers return that decides.
  @Test("Exponential durations carry the notebook's stepsize, equal ones diverge under it")
  func traceDependence() throws {
    let exponential = try runs(
      SyntheticRequest(.exponential, workerCount: 40, gradientCount: 100))
    #expect(exponential[1].outcome == .completed)
    let ahead = try #require(exponential[1].points.last?.loss)
    let behind = try #require(exponential[0].points.last?.loss)
    #expect(ahead < 0.5 * behind)
    // H_40 = 4.28 times the gradients in the same time.
    #expect(exponential[1].gradientCount > 3 * exponential[0].gradientCount)

    let equal = try runs(
      SyntheticRequest(
        .equal, workerCount: 40, gradientCount: 100, parameters: [.sigma: 0]))
    guard case .diverged = equal[1].outcome else {
      Issue.record("equal workers: \(equal[1].outcome)")
      return
    }
    #expect(equal[0].outcome == .completed)
  }
}
