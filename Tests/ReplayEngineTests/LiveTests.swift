import Kernels
import Optimization
import ReplayEngine
import Testing
import TraceModel

/// A live run and the replay of its trace share no loop: what they have in common, bit for bit, is
/// what the record kept.
@Suite("Live runs and the replays of them")
struct LiveTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var objective: String
    var method: MethodChoice
    var stepsize: Double

    var testDescription: String { "\(objective), \(method)" }
  }

  static let cases = [
    Case(
      objective: "logistic:gaussian:n=128,d=16?l2=0.001",
      method: .async(rule: .constant, delayLimit: nil, adaptiveConstant: 4), stepsize: 0.1),
    Case(
      objective: "logistic:gaussian:n=128,d=16?batch=4,l2=0.001",
      method: .async(rule: .adaptive, delayLimit: nil, adaptiveConstant: 1), stepsize: 0.3),
    Case(
      objective: "least-squares:paper:n=100,d=24?batch=8,replace=no",
      method: .async(rule: .scaled, delayLimit: nil, adaptiveConstant: 4), stepsize: 0.2),
    Case(
      objective: "least-squares:paper:n=100,d=24?batch=8",
      method: .async(rule: .drop, delayLimit: 2, adaptiveConstant: 4), stepsize: 0.2),
    Case(
      objective: "logistic:gaussian:n=128,d=16?batch=full,l2=0.001", method: .minibatch,
      stepsize: 1),
    Case(
      objective: "least-squares:paper:n=100,d=24?batch=8", method: .minibatch, stepsize: 0.5),
  ]

  private func run(
    _ item: Case, workers: Int, updates: Int = 150,
    slowdowns: [Int: LiveRequest.Slowdown] = [:]
  ) throws -> (LiveRun, any Objective, LiveRequest) {
    let spec = try ObjectiveSpec(parsing: item.objective)
    let objective = try spec.build(seed: 1)
    let request = LiveRequest(
      method: item.method, workerCount: workers, stepsize: item.stepsize,
      horizon: Horizon(updateCount: updates), batchSize: spec.batchSize,
      replacesSamples: spec.replacesSamples, slowdowns: slowdowns)
    return (try trainLive(objective, request), objective, request)
  }

  @Test(
    "The replay in the recorded order makes the iterates of the live run, bit for bit",
    arguments: cases, [1, 2, 4, 8])
  func equals(item: Case, workers: Int) throws {
    let (live, objective, request) = try run(item, workers: workers)
    #expect(live.ending == .completed)
    #expect(live.updateCount >= 150)
    let replayed = try replay(live.trace, minimising: objective, request.replayRequest)
    #expect(replayed.fingerprint == live.fingerprint)
    #expect(replayed.finalIterate == live.finalIterate)
    #expect(replayed.updateCount == live.updateCount)
    #expect(replayed.gradientCount == live.gradientCount)
    #expect(replayed.timeNs == live.timeNs)
    #expect(replayed.outcome == .exhausted)
    // Seeded batches are those that were recorded.
    var seeded = request.replayRequest
    seeded.sampling = .seeded
    #expect(
      try replay(live.trace, minimising: objective, seeded).fingerprint == live.fingerprint)
    // The fingerprint covers the batches: other ones give another.
    if request.batchSize > 0 {
      seeded.seed = 2
      #expect(
        try replay(live.trace, minimising: objective, seeded).finalIterate != live.finalIterate)
    }
  }

  @Test("Arrivals have an order without ties, and every gradient its place in it")
  func trace() throws {
    let (live, _, _) = try run(Self.cases[0], workers: 4, updates: 300)
    #expect(live.trace.kind == .independent)
    #expect(live.trace.workers.map(\.startsNs[0]).min() == 0)
    var ends: [Int64] = []
    for timings in live.trace.workers {
      #expect(timings.worker.trust == .measured)
      #expect(timings.samples?.offsets.count == timings.gradientCount + 1)
      #expect(timings.durationsNs.allSatisfy { $0 > 0 })
      for gradient in 0..<timings.gradientCount {
        let end = timings.startsNs[gradient] + timings.durationsNs[gradient]
        ends.append(end)
        guard gradient + 1 < timings.gradientCount else { continue }
        // The exchange fills the gap to the next start.
        #expect(timings.startsNs[gradient + 1] == end + timings.turnaroundsNs[gradient])
      }
    }
    #expect(Set(ends).count == ends.count)
    #expect(ends.count == live.updateCount)
  }

  @Test("Rounds are recorded with what each worker waited")
  func rounds() throws {
    let (live, _, _) = try run(Self.cases[5], workers: 3, updates: 40)
    #expect(live.trace.kind == .synchronous)
    let workers = live.trace.workers
    #expect(workers.map(\.gradientCount) == [40, 40, 40])
    for round in 0..<40 {
      let ends = workers.map { $0.startsNs[round] + $0.durationsNs[round] }
      for (timings, end) in zip(workers, ends) {
        #expect(timings.waitsNs[round] == ends.max().map { $0 - end })
        #expect(timings.steps[round] == Int64(round))
      }
    }
  }

  /// A busy core may only take longer than it was told to.
  @Test("A worker that was slowed takes so many times as long")
  func slowed() throws {
    for slowdown in [LiveRequest.Slowdown.busy(8), .sleep(8)] {
      let (live, objective, request) = try run(
        Self.cases[4], workers: 2, updates: 60, slowdowns: [1: slowdown])
      let means = live.trace.workers.map { timings in
        timings.durationsNs.sorted()[timings.gradientCount / 2]
      }
      #expect(means[1] > 3 * means[0], "\(slowdown): \(means)")
      #expect(
        try replay(live.trace, minimising: objective, request.replayRequest).fingerprint
          == live.fingerprint)
    }
  }

  @Test("A run that is stopped is whole up to there")
  func stopped() throws {
    for place in [0, 5] {
      let spec = try ObjectiveSpec(parsing: Self.cases[place].objective)
      let objective = try spec.build(seed: 1)
      let request = LiveRequest(
        method: Self.cases[place].method, workerCount: 3, stepsize: 0.01,
        horizon: Horizon(timeNs: 60_000_000_000), batchSize: spec.batchSize)
      var seen = LiveProgress(timeNs: 0, updateCount: 0, gradientCount: 0)
      let live = try trainLive(objective, request) {
        seen.updateCount > 20
      } progress: {
        seen = $0
      }
      #expect(live.ending == .interrupted)
      #expect(live.timeNs < 60_000_000_000 && live.updateCount > 20)
      #expect(
        try replay(live.trace, minimising: objective, request.replayRequest).fingerprint
          == live.fingerprint)
    }
  }

  @Test("A diverged run ends where its replay does")
  func diverged() throws {
    let wild = Case(objective: Self.cases[3].objective, method: .minibatch, stepsize: 1e6)
    let (live, objective, request) = try run(wild, workers: 2, updates: 10_000)
    #expect(live.ending == .diverged)
    let replayed = try replay(live.trace, minimising: objective, request.replayRequest)
    #expect(replayed.outcome == .diverged(update: live.updateCount))
    #expect(replayed.fingerprint == live.fingerprint)
  }

  @Test("What cannot be run is refused before it starts")
  func refused() throws {
    let objective = try ObjectiveSpec(parsing: Self.cases[0].objective).build(seed: 1)
    func refusal(_ change: (inout LiveRequest) -> Void) -> ReplayError? {
      var request = LiveRequest(
        method: .minibatch, workerCount: 2, stepsize: 0.1, horizon: Horizon(updateCount: 5))
      change(&request)
      return #expect(throws: ReplayError.self) { try trainLive(objective, request) }
    }
    #expect(refusal { $0.method = .backup(need: 1) } == .notLive(method: "backup"))
    #expect(refusal { $0.stepsize = 0 } == .stepsizeNotPositive(0))
    #expect(refusal { $0.horizon = Horizon() } == .noHorizon)
    #expect(
      refusal { $0.workerCount = 0 }
        == .impossibleCount(option: "--workers", value: 0, most: 4096))
    #expect(
      refusal { $0.slowdowns = [2: .busy(2)] }
        == .noSuchWorker(option: "--slow", worker: 2, workerCount: 2))
    #expect(
      "\(ReplayError.noSuchWorker(option: "--slow", worker: 5, workerCount: 1))"
        == "--slow 5=…: there is no worker 5; the only one is 0")
  }
}

@Suite("The recorded order")
struct RecordedOrderTests {
  private let trace = Trace(
    name: "two",
    workers: [
      WorkerTimings(
        worker: Worker(index: 0, label: WorkerLabel("0")), startsNs: [5, 30, 90],
        durationsNs: [10, 40, 10]),
      WorkerTimings(
        worker: Worker(index: 1, label: WorkerLabel("1")), startsNs: [0, 60],
        durationsNs: [55, 20]),
    ])

  private let async = MethodChoice.async(
    rule: .constant, delayLimit: nil, adaptiveConstant: 4)

  /// Ends: worker 0 at 15, 70, 100; worker 1 at 55, 80. Delays by hand.
  @Test("Arrivals come when they were recorded, once")
  func arrivals() throws {
    var records: [HistoryRecord] = []
    let run = try replaySchedule(
      of: trace,
      ScheduleRequest(method: async, horizon: Horizon(), timing: .recorded),
      observer: ReplayObserver(update: { records.append($0) }))
    #expect(run.outcome == .exhausted)
    #expect(records.map(\.timeNs) == [15, 55, 70, 80, 100])
    #expect(records.map(\.worker) == [0, 1, 0, 1, 0])
    #expect(records.map(\.delay) == [1, 2, 2, 2, 2])
    #expect(run.timeNs == 100)
    #expect(run.busyNs == [60, 75])
  }

  @Test("A horizon may end it earlier")
  func horizon() throws {
    let run = try replaySchedule(
      of: trace,
      ScheduleRequest(method: async, horizon: Horizon(timeNs: 70), timing: .recorded))
    #expect(run.updateCount == 3 && run.outcome == .completed)
  }

  @Test("A method that the workers did not wait for is refused")
  func otherMethod() {
    let error = #expect(throws: ReplayError.self) {
      try replaySchedule(
        of: trace,
        ScheduleRequest(method: .minibatch, horizon: Horizon(), timing: .recorded))
    }
    #expect(error == .startedBefore(WorkerLabel("0"), gradient: 1, method: "minibatch"))
  }
}
