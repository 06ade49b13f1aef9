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

  /// Rows a = 1, targets 1 and 3: f(x) = ¼((x − 1)² + (x − 3)²), L = 1, x* = 2, D = 2 from 0, and the
  /// gradients x − 1 and x − 3 have the variance 1.
  ///
  /// 100 rounds of 1 and 3 ms in turn end at 200 ms. Until then worker 0 (1, 2, 1, 2 … ms) ends 133
  /// gradients, the last at 199 ms, and worker 1 (1, 3 … ms) 100.
  @Test("By hand: the stepsizes of two rows of data")
  func byHand() throws {
    let folder = try TemporaryFolder()
    let data = try folder.write("1 1:1\n3 1:1\n", to: "two.svm")
    let noisy = try stepsizes("least-squares:\(data)", methods: both)
    // 2 √(3 · 2/(2 · 100)), below 1/2, and 2 √(3/(2 · 233)), below 1/4.
    #expect(agree(noisy[0], 0.346_410_161_513_775_4, within: 1e-9))
    #expect(agree(noisy[1], 0.160_471_408_547_982_1, within: 1e-9))
    let quiet = try stepsizes("least-squares:\(data)?batch=full", methods: both)
    #expect(agree(quiet[0], 0.5, within: 1e-9) && agree(quiet[1], 0.25, within: 1e-9))
  }

  @Test(
    "No bound, no stepsize: without L, without f*, and for other methods",
    arguments: [
      ("hinge:gaussian:n=64,d=8?l2=0.1", MethodChoice.minibatch),
      ("mlp:gaussian:n=64,d=8?classes=2,hidden=4", .minibatch),
      ("logistic:gaussian:n=64,d=8?l2=0.1", .backup(need: 1)),
      ("logistic:gaussian:n=64,d=8?l2=0.1", .buffered(collect: 2)),
    ])
  func refusals(objective: String, choice: MethodChoice) {
    let error = #expect(throws: Failure.self) {
      _ = try stepsizes(objective, methods: [MethodSpec(choice: choice, stepsize: .theory)])
    }
    #expect(error?.code == .usage)
    #expect(error?.description.contains("theory") == true)
  }
}
