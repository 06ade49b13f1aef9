import Analysis
import Optimization
import ReplayEngine
import TestSupport
import Testing
import Workbench

@Suite("Tuning")
struct TuningTests {
  private func report(threads: Int) throws -> [TimeToTarget] {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "worker,duration_ms\n0,10\n0,11\n1,10\n1,12\n2,30\n2,31\n", to: "three.csv")
    let trace = try #require(
      try openTraces([path], databasePath: nil, reading: ReadingChoices()).first)
    var job = ReplayJob(
      methods: [
        MethodSpec(choice: .minibatch), MethodSpec(choice: .async(rule: .constant)),
        MethodSpec(choice: .async(rule: .constant), stepsize: .value(1e-4)),
      ], objective: "least-squares:gaussian:n=64,d=8,noise=0?batch=full", threads: threads)
    job.updateCount = 200
    return try replayTrace(trace, job).timeToTarget
  }

  /// Without noise every target is reached by a tuned method, tighter ones later.
  @Test("A tuned stepsize reaches each target, and no stepsize of the grid's neighbourhood sooner")
  func tuned() throws {
    let rows = try report(threads: 2)
    let minibatch = rows.filter { $0.method == "minibatch" }
    #expect(minibatch.map(\.fraction) == [0.1, 0.01, 0.001])
    let times = try minibatch.map { try #require($0.seconds) }
    #expect(times == times.sorted())
    #expect(minibatch.allSatisfy { $0.seeds.count == 5 })
    // A stepsize ten thousand times too small is replayed as it was asked for, and says so.
    let tiny = rows.filter { $0.stepsize == 1e-4 }
    #expect(tiny.count == 3)
    #expect(tiny.allSatisfy { !$0.reached && $0.seconds == nil })
  }

  @Test("Threads never change a tuned result")
  func threads() throws {
    #expect(try report(threads: 1) == report(threads: 3))
  }
}
