import Optimization
import ReplayEngine
import Testing
import TraceModel

/// Small data of each kind that rows are stored in, with every objective on it.
private enum Problem: String, CaseIterable, CustomTestStringConvertible {
  case leastSquares, sparseLeastSquares, logistic, sparseLogistic, softmax, huber, hinge, network
  case quadratic

  var testDescription: String { rawValue }

  /// 40 rows of 11 numbers; about a fifth of them other than zero where rows are to be sparse.
  private func rows(sparse: Bool) -> [[Double]] {
    (0..<40).map { row in
      (0..<11).map { column in
        let number = (row * 11 + column) * 37 % 101
        return sparse && number % 5 != 0 ? 0 : Double(number) / 64 - 0.75
      }
    }
  }

  private func features(sparse: Bool) -> FeatureMatrix {
    FeatureMatrix(
      compressed: CompressedRows(rows: rows(sparse: sparse), columnCount: 11), sparse: sparse)
  }

  var objective: any Objective {
    let signs = (0..<40).map { $0 % 3 == 0 ? -1.0 : 1.0 }
    let targets = (0..<40).map { Double($0 % 7) - 3 }
    let classes = (0..<40).map { $0 % 3 }
    switch self {
    case .leastSquares: return LeastSquares(features: features(sparse: false), targets: targets)
    case .sparseLeastSquares:
      return LeastSquares(features: features(sparse: true), targets: targets, l2: 0.01)
    case .logistic: return Logistic(features: features(sparse: false), labels: signs, l2: 0.01)
    case .sparseLogistic: return Logistic(features: features(sparse: true), labels: signs)
    case .softmax:
      return Softmax(features: features(sparse: false), labels: classes, classCount: 3)
    case .huber: return Huber(features: features(sparse: false), targets: targets, delta: 1)
    case .hinge: return Hinge(features: features(sparse: false), labels: signs)
    case .network:
      return MultilayerPerceptron(
        features: features(sparse: false), labels: classes, hidden: [4], classCount: 3)
    case .quadratic: return QuadraticObjective(chain: 9, noise: 0.5, noiseCount: 64)
    }
  }
}

private let trace = makeTrace([[1_000, 1_250], [1_500, 900, 1_100], [2_000], [7_300, 6_100]])

private let crowdDurations: [[Int64]] = (0..<24).map { (worker: Int64) -> [Int64] in
  let first: Int64 = 900 + 37 * worker
  let second: Int64 = 1_400 - 11 * worker
  return [first, second]
}

private let methods: [MethodChoice] = [
  .minibatch, .async(rule: .constant), .async(rule: .scaled), .async(rule: .inverse),
  .async(rule: .drop, delayLimit: 3), .async(rule: .adaptive, adaptiveConstant: 0.25),
  .backup(need: 3), .rennala(collect: 3), .rennala(collect: 2, abort: true),
  .ringmaster(delayLimit: 3), .ringmaster(delayLimit: 3, abort: true), .buffered(collect: 2),
  .fastest(workers: 2), .local(steps: 3), .picky(distance: 0.5), .clipped(radius: 0.75),
  .dcAsync(lambda: 0.1), .momentum(beta: 0.5),
]

/// All of a run but the time that it took; every number with all its digits.
private func text(_ run: Run) -> String {
  var run = run
  run.wallSeconds = 0
  return String(describing: run)
}

@Suite("Replays in lockstep")
struct LockstepTests {
  /// Each request alone, and all together.
  private func check(
    _ requests: [ReplayRequest], _ objective: any Objective, on trace: Trace = trace,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let together = try replaySweep(trace, minimising: objective, requests)
    #expect(together.count == requests.count, sourceLocation: sourceLocation)
    for (run, request) in zip(together, requests) {
      let alone = try replay(trace, minimising: objective, request)
      #expect(
        text(run) == text(alone), "\(request.method) at \(request.stepsize)",
        sourceLocation: sourceLocation)
    }
  }

  private func request(
    _ method: MethodChoice, _ stepsize: Double, _ edit: (inout ReplayRequest) -> Void = { _ in }
  ) -> ReplayRequest {
    var request = ReplayRequest(
      method: method, stepsize: stepsize, smoothness: 2, horizon: Horizon(timeNs: 60_000),
      batchSize: 2, seed: 0x1_0000_0007, evaluation: .instants(7))
    edit(&request)
    return request
  }

  @Test("Every run is the one that it would be alone", arguments: Problem.allCases)
  fileprivate func alone(problem: Problem) throws {
    let objective = problem.objective
    for method in methods {
      try check([0.05, 0.001, 0.25].map { request(method, $0) }, objective)
      // One sample a gradient: steps that wait for the next gradient, derivatives that are put off.
      try check(
        [0.05, 0.001, 1e300, 0.25, 0.1].map { request(method, $0) { $0.batchSize = 1 } },
        objective)
    }
  }

  /// Tiles of what is near, and an end that is no multiple of eight.
  @Test("Long rows", arguments: [256, 300])
  func longRows(d: Int) throws {
    let rows = (0..<40).map { row in
      (0..<d).map { column in Double((row * d + column) * 37 % 101) / 640 - 0.075 }
    }
    let objective = Logistic(rows: rows, labels: (0..<40).map { $0 % 3 == 0 ? -1.0 : 1.0 })
    try check(
      (1...9).map { request(.async(rule: .constant), 0.01 * Double($0)) { $0.batchSize = 1 } },
      objective, on: makeTrace(crowdDurations))
  }

  @Test("Whatever else the request says", arguments: methods)
  func variants(method: MethodChoice) throws {
    let objective = Problem.sparseLogistic.objective
    let edits: [(inout ReplayRequest) -> Void] = [
      { $0.handout = .before }, { $0.batchSize = 0 }, { $0.evaluation = .everyUpdates(3) },
      { $0.horizon = Horizon(gradientCount: 50) }, { $0.atEnd = .stop },
      { $0.atEnd = .resample }, { $0.timing = .clock }, { $0.turnaround = .fixed(ns: 40) },
      { ($0.batchSize, $0.handout) = (1, .before) },
      { ($0.batchSize, $0.evaluation) = (1, .everyUpdates(3)) },
      { ($0.batchSize, $0.atEnd) = (1, .resample) },
    ]
    for edit in edits {
      try check([0.05, 0.4].map { request(method, $0, edit) }, objective)
    }
  }

  /// Twenty-four workers: steps are kept back until there are eight, and done four at a time. One member diverges
  /// soon, one makes another schedule where the rule rounds its stepsize to 0.
  @Test("With many workers, whose steps are kept back", arguments: methods)
  func manyWorkers(method: MethodChoice) throws {
    let crowd = makeTrace(crowdDurations)
    let edits: [(inout ReplayRequest) -> Void] = [
      { _ in }, { $0.handout = .before }, { $0.evaluation = .everyUpdates(5) },
      { $0.atEnd = .stop }, { $0.serverNs = 40 },
    ]
    for problem in [Problem.leastSquares, .sparseLogistic, .hinge] {
      for edit in edits {
        try check(
          [0.05, 1e300, 0.001, .leastNonzeroMagnitude, 0.25].map {
            request(method, $0) {
              $0.batchSize = 1
              edit(&$0)
            }
          }, problem.objective, on: crowd)
      }
    }
  }

  /// 1.2 MB of dense rows: those that are read next are brought near meanwhile.
  @Test("With rows that are brought near", arguments: [3, 9, 17])
  func large(memberCount: Int) throws {
    let rows = (0..<1_100).map { row -> [Double] in
      (0..<135).map { column -> Double in
        let number = (column * 1_100 + row) * 37 % 101
        return Double(number) / 640 - 0.075
      }
    }
    let targets: [Double] = (0..<1_100).map { Double($0 % 7) - 3 }
    let objective = LeastSquares(rows: rows, targets: targets)
    let crowd = makeTrace(crowdDurations)
    try check(
      (1...memberCount).map {
        request(.async(rule: .constant), 0.001 * Double($0)) { $0.batchSize = 1 }
      }, objective, on: crowd)
  }

  @Test("Recorded batches of one sample are seen by all, also by those who stay")
  func recordedOnes() throws {
    var recorded = trace
    for worker in recorded.workers.indices {
      var column = SampleColumn()
      for gradient in 0..<recorded.workers[worker].gradientCount {
        column.append([Int32(3 * worker + gradient)])
      }
      recorded.workers[worker].samples = column
    }
    try check(
      [1e300, 0.05, 0.4].map { request(.async(rule: .constant), $0) { $0.sampling = .recorded } },
      Problem.leastSquares.objective, on: recorded)
  }

  @Test("Recorded batches are seen by all members")
  func recorded() throws {
    var recorded = trace
    for worker in recorded.workers.indices {
      var column = SampleColumn()
      for gradient in 0..<recorded.workers[worker].gradientCount {
        column.append([Int32(3 * worker + gradient), Int32(worker)])
      }
      recorded.workers[worker].samples = column
    }
    try check(
      [0.05, 0.4, 1e300].map { request(.async(rule: .constant), $0) { $0.sampling = .recorded } },
      Problem.leastSquares.objective, on: recorded)
  }

  /// The second and the fourth diverge, at different updates; what they leave behind must not show in the
  /// others, nor how long those went on in theirs.
  @Test("Who diverges leaves the others alone", arguments: methods)
  func divergence(method: MethodChoice) throws {
    let requests = [0.01, 1e9, 0.02, 30, 0.005].map { stepsize in
      request(method, stepsize) { $0.horizon = Horizon(timeNs: 2_000_000) }
    }
    let objective = Problem.leastSquares.objective
    try check(requests, objective)
    let ends = try replaySweep(trace, minimising: objective, requests).map(\.outcome)
    // A clipped step has at most the length γ · radius, and a drop of all late ones may keep still.
    if method.gradientRule == .plain, method.rule != .adaptive {
      #expect(ends[1] != .completed, "\(ends)")
    }
  }

  @Test("All of them may diverge")
  func allDiverge() throws {
    try check(
      [1e9, 1e12, 1e15].map { request(.async(rule: .constant), $0) },
      Problem.leastSquares.objective)
  }

  /// The smallest number times M / τ rounds to 0 for late gradients, and what has weight 0 is not applied:
  /// another schedule than that of the others.
  @Test("Who makes another schedule is replayed alone")
  func disagreement() throws {
    let tiny = Double.leastNonzeroMagnitude
    for stepsizes in [[0.05, tiny, 0.1], [tiny, 0.05, 0.1]] {
      try check(
        stepsizes.map { request(.async(rule: .scaled), $0) }, Problem.logistic.objective)
    }
  }

  @Test("Members may start elsewhere, and requests of several kinds come back in order")
  func mixed() throws {
    let objective = Problem.logistic.objective
    let elsewhere = [Double](repeating: 0.5, count: objective.dimension)
    var requests: [ReplayRequest] = []
    for stepsize in [0.1, 0.2] {
      requests.append(request(.minibatch, stepsize))
      requests.append(request(.async(rule: .constant), stepsize))
      requests.append(request(.async(rule: .constant), stepsize) { $0.initial = elsewhere })
      requests.append(request(.async(rule: .constant), stepsize) { $0.seed = 5 })
      requests.append(
        request(.async(rule: .constant), stepsize) { $0.tracksVirtualIterates = true })
    }
    try check(requests, objective)
  }

  @Test("More members than go together, or than fit into memory")
  func many() throws {
    let objective = Problem.hinge.objective
    let requests = (1...20).map { request(.buffered(collect: 2), 0.01 * Double($0)) }
    try check(requests, objective)
    try check(requests.prefix(5).map { $0.withMemory(6_000) }, objective)
    #expect(throws: ReplayError.self) {
      try replaySweep(trace, minimising: objective, requests.map { $0.withMemory(100) })
    }
  }

  @Test("No requests, no runs")
  func none() throws {
    #expect(try replaySweep(trace, minimising: Problem.hinge.objective, []).isEmpty)
  }

  @Test("A trial has the losses of a run, and neither its fingerprint nor its gradient norms")
  func trial() throws {
    for problem in Problem.allCases {
      let objective = problem.objective
      let whole = request(.async(rule: .constant), 0.05)
      var trial = whole
      trial.isTrial = true
      let run = try replay(trace, minimising: objective, whole)
      let tried = try replay(trace, minimising: objective, trial)
      #expect(tried.points.map(\.loss) == run.points.map(\.loss))
      #expect(tried.finalIterate == run.finalIterate)
      #expect(tried.fingerprint == nil)
      #expect(tried.points.last?.gradientNormSquared.isNaN == true)
    }
  }
}

extension ReplayRequest {
  fileprivate func withMemory(_ bytes: Int) -> ReplayRequest {
    var request = self
    request.memoryLimitBytes = bytes
    return request
  }
}

/// Gradients that are dear enough to be put off: 200 samples of 1,100 numbers.
@Suite("Gradients on several threads")
struct DeferredTests {
  private static let objective: any Objective = {
    let rows = (0..<60).map { row -> [Double] in
      (0..<1_100).map { column -> Double in
        let number = (row * 1_100 + column) * 37 % 101
        return Double(number) / 640 - 0.075
      }
    }
    let labels: [Double] = (0..<60).map { $0 % 3 == 0 ? -1 : 1 }
    return Logistic(rows: rows, labels: labels, l2: 0.01)
  }()

  @Test("Any number of threads gives the same run", arguments: methods)
  func threads(method: MethodChoice) throws {
    for handout in Handout.allCases {
      // A round of local steps takes as many gradients.
      let timeNs: Int64 = method.localSteps == nil ? 20_000 : 100_000
      let request = ReplayRequest(
        method: method, stepsize: 0.25, smoothness: 2, horizon: Horizon(timeNs: timeNs),
        batchSize: 200, handout: handout, evaluation: .instants(5))
      let alone = try replay(trace, minimising: Self.objective, request)
      #expect(alone.updateCount > 1)
      for threads in [2, 3, 8] {
        let run = try replay(
          trace, minimising: Self.objective, request, batches: nil, threads: threads)
        #expect(text(run) == text(alone), "\(method), \(handout), \(threads) threads")
      }
    }
  }

  @Test("Recorded batches too")
  func recorded() throws {
    var recorded = trace
    for worker in recorded.workers.indices {
      var column = SampleColumn()
      for gradient in 0..<recorded.workers[worker].gradientCount {
        column.append((0..<200).map { Int32((7 * worker + gradient + $0) % 60) })
      }
      recorded.workers[worker].samples = column
    }
    let request = ReplayRequest(
      method: .async(rule: .constant), stepsize: 0.25, horizon: Horizon(timeNs: 20_000),
      sampling: .recorded, evaluation: .ends)
    let alone = try replay(recorded, minimising: Self.objective, request)
    let run = try replay(
      recorded, minimising: Self.objective, request, batches: nil, threads: 3)
    #expect(text(run) == text(alone))
  }
}
