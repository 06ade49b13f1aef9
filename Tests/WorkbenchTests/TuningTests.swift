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

@Suite("Stepsizes of the theory")
struct TheoryStepsizeTests {
  private func stepsizes(_ objective: String, methods: [MethodSpec]) throws -> [Double] {
    let folder = try TemporaryFolder()
    let path = try folder.write("worker,duration_ms\n0,1\n0,2\n1,1\n1,3\n", to: "two.csv")
    let trace = try #require(
      try openTraces([path], databasePath: nil, reading: ReadingChoices()).first)
    var job = ReplayJob(methods: methods, objective: objective)
    job.updateCount = 100
    return try replayTrace(trace, job).runs.map(\.request.stepsize)
  }

  private let both = [
    MethodSpec(choice: .minibatch, stepsize: .theory),
    MethodSpec(choice: .async(rule: .adaptive), stepsize: .theory),
  ]

  /// Without noise they are the limits 1/(2L) and 1/(2LM), M = 2.
  @Test("Without noise the limits decide: a factor M between the methods")
  func noiseless() throws {
    let found = try stepsizes("least-squares:gaussian:n=64,d=8?batch=full", methods: both)
    #expect(found[0] == 2 * found[1])
  }

  /// With noise they shrink with the square root of the number of gradients: 100 rounds of 2 against
  /// more than 200 of asynchronous SGD, by the same D/σ.
  @Test("With noise the horizon decides")
  func noisy() throws {
    let quiet = try stepsizes("logistic:gaussian:n=64,d=8?l2=0.1,batch=full", methods: both)
    let noisy = try stepsizes("logistic:gaussian:n=64,d=8?l2=0.1", methods: both)
    #expect(noisy[0] < quiet[0] && noisy[1] < quiet[1])
    #expect(noisy[0] > noisy[1])
  }

  @Test("An objective without a known minimum has no stepsize by theory")
  func refused() throws {
    let error = #expect(throws: Failure.self) {
      _ = try stepsizes("logistic:gaussian:n=64,d=8", methods: both)
    }
    #expect(error?.code == .usage)
  }
}
