import Analysis
import Foundation
import Optimization
import ReplayEngine
import Reports
import TestSupport
import Testing
import TraceModel
import Workbench

/// Numbers in 0 ..< 1, for variety.
private struct Random {
  var state: UInt64

  mutating func next() -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Double(state >> 11) / 9_007_199_254_740_992
  }
}

@Suite("Theory beside measurement")
struct TheoryTests {
  private let folder: TemporaryFolder
  private let objective: String

  init() throws {
    folder = try TemporaryFolder()
    // f(x) = ¼ x² + ¼ (x − 1)²: sample 0 pulls to 0, sample 1 to 1, and x* = ½.
    objective = "least-squares:" + (try folder.write("0 1:1\n1 1:1\n", to: "two.svm"))
  }

  /// Eight workers of which every second gradient, by chance, takes ten times as long. Tied: the slow
  /// ones use sample 1, the others sample 0. Free: samples alternate.
  private func open(
    isTied: Bool, gradientCount: Int = 400, seed: UInt64 = 7
  ) throws -> OpenedTrace {
    var random = Random(state: seed &* 0x9E37_79B9_7F4A_7C15)
    var text = "worker,duration_us,samples\n"
    for worker in 0..<8 {
      for gradient in 0..<gradientCount {
        let isSlow = random.next() < 0.5
        let duration = Int((isSlow ? 10_000 : 1_000) * (1 + 0.1 * random.next()))
        let sample = isTied ? (isSlow ? 1 : 0) : gradient % 2
        text += "w\(worker),\(duration),\(sample)\n"
      }
    }
    let path = try folder.write(text, to: "\(isTied ? "tied" : "free")-\(seed).csv")
    return try #require(openTraces([path], databasePath: nil, reading: ReadingChoices()).first)
  }

  private func replay(
    _ trace: OpenedTrace, _ methods: [String], objective: String? = nil, stepsize: StepsizeChoice,
    _ edit: (inout ReplayJob) -> Void = { _ in }
  ) throws -> ReplayReport {
    var job = ReplayJob(
      methods: try MethodSpec.parse(methods, defaults: MethodOptions(stepsize: stepsize)),
      objective: objective ?? self.objective)
    job.checksTheory = true
    edit(&job)
    return try replayTrace(trace, job)
  }

  /// With exact weights ½ and ½ the iterate settles at ½; with less weight on slow gradients below
  /// it: measured here about 0.38 for scaled, 0.45 for drop and 0.09 for inverse.
  @Test(
    "Where slow gradients carry one kind of sample, rules that discount them miss the minimum",
    .needsOptimiser)
  func tied() throws {
    let flagged: Set<String> = [
      "async:rule=scaled", "async:rule=drop", "async:rule=inverse", "ringmaster:delay-limit=8",
      "ringmaster:delay-limit=8,abort", "rennala:collect=8", "rennala:collect=8,abort",
      "backup:need=4",
    ]
    let methods = flagged.sorted() + ["async", "minibatch:stepsize=0.02", "buffered:collect=4"]
    let tied = try replay(open(isTied: true), methods, stepsize: .value(0.002)) {
      $0.sampling = .recorded
      $0.timeNs = 2_200_000_000
    }
    let theory = try #require(tied.theory)
    for (name, check) in zip(methods, theory.checks) {
      let bias = try #require(check.bias, "\(name)")
      #expect(bias.isTiedToDelay == flagged.contains(name), "\(name) \(bias.value)")
    }
    func settled(_ name: String) throws -> Double {
      let place = try #require(methods.firstIndex(of: name))
      return try #require(tied.runs[place].finalIterate.first)
    }
    #expect(abs(try settled("async") - 0.5) < 0.05)
    #expect(abs(try settled("minibatch:stepsize=0.02") - 0.5) < 0.05)
    #expect(abs(try settled("async:rule=scaled") - 0.38) < 0.04)
    #expect(abs(try settled("async:rule=drop") - 0.45) < 0.04)
    #expect(abs(try settled("async:rule=inverse") - 0.085) < 0.03)
    #expect(theory.independence.biasedRules == [.scaled, .drop, .inverse])
    #expect(theory.rules.map(\.answer) == [.onlyIf, .no, .no, .no, .no])
    #expect(replayText(tied).contains("tie noise to delay"))

  }

  /// Three rules judged together at 5%: of 20 traces, more than 4 accused would be one case in 400. The
  /// trace repeats four times, which must not count as four times the evidence.
  @Test(
    "Where samples have nothing to do with durations, few traces are accused",
    .needsOptimiser)
  func free() throws {
    var accused = 0
    for seed in 1...20 as ClosedRange<UInt64> {
      let trace = try open(isTied: false, gradientCount: 60, seed: seed)
      let report = try replay(trace, ["async", "minibatch"], stepsize: .value(0.01)) {
        $0.sampling = .recorded
        $0.timeNs = 800_000_000
      }
      let theory = try #require(report.theory)
      #expect(theory.checks.allSatisfy { $0.bias?.isTiedToDelay == false })
      if !theory.independence.biasedRules.isEmpty { accused += 1 }
      let answers: [RuleJustification.Answer] =
        theory.independence.biasedRules.isEmpty
        ? [.onlyIf, .yes, .yes, .yes, .onlyIf] : theory.rules.map(\.answer)
      #expect(theory.rules.map(\.answer) == answers)
    }
    #expect(accused <= 4)
  }

  @Test("Batches drawn after the fact test nothing, and the report says so")
  func seeded() throws {
    let report = try replay(open(isTied: true), ["async"], stepsize: .value(0.01)) {
      $0.updateCount = 400
    }
    let theory = try #require(report.theory)
    #expect(theory.checks.first?.bias == nil && theory.independence == .notTestable)
    #expect(
      JSONWriter().string(replayJSON(report)).contains(
        "not testable: these batches were drawn after the fact"))
    #expect(theory.rules.map(\.answer) == Array(repeating: .onlyIf, count: 5))
  }

  @Test(
    "A report whose trace has batches of its own doubts the late-discounting rules on its card",
    .needsOptimiser)
  func card() throws {
    func report(isTied: Bool, _ objective: String?) throws -> TraceReport {
      try reportTrace(
        open(isTied: isTied, gradientCount: 60),
        ReportJob(objective: objective, timeNs: 400_000_000, threads: 2))
    }
    let sentence = "Recorded batches tie noise to delay: "
    let tied = try report(isTied: true, objective)
    #expect(tied.comparison.verdict.trust.hasPrefix(sentence + "scaled"))
    #expect(renderHTML(tied.input).contains("Bias b̂ of late gradients"))
    #expect(try !report(isTied: false, objective).comparison.verdict.trust.contains(sentence))
    // The built-in objective has other data: the indices mean nothing there.
    let other = try report(isTied: true, nil)
    #expect(other.replay.theory?.independence == .notTested)
    #expect(!other.comparison.verdict.trust.contains(sentence))
  }

  /// Measured is at most the bound wherever one is given: stepsizes of the theory, a function with
  /// bounded gradients, and one without.
  @Test(
    "What is bounded stays below its bound",
    arguments: [
      "logistic:gaussian:n=64,d=4?l2=0.01", "least-squares:gaussian:n=64,d=4",
      "huber:gaussian:n=64,d=4?l2=0.01", "quadratic:chain:d=8",
    ])
  func bounds(objective: String) throws {
    let trace = try open(isTied: false, gradientCount: 40)
    let methods = ["minibatch", "async:rule=adaptive"]
    let report = try replay(trace, methods, objective: objective, stepsize: .theory) {
      $0.updateCount = 300
    }
    var kinds: [BoundCheck.Kind] = []
    for check in try #require(report.theory).checks {
      for bound in check.bounds {
        guard let figures = bound.figures else { continue }
        kinds.append(bound.kind)
        #expect(figures.points.allSatisfy { $0.measured <= $0.bound }, "\(check.method)")
      }
    }
    #expect(kinds == [.lipschitz, .convex, .nonconvex, .convex, .nonconvex])
  }

  @Test("A bound that does not apply says why")
  func obstacles() throws {
    let trace = try open(isTied: false, gradientCount: 40)
    func reasons(
      _ method: String, _ objective: String, _ stepsize: Double,
      _ edit: (inout ReplayJob) -> Void = { _ in }
    ) throws -> [BoundObstacle?] {
      let report = try replay(trace, [method], objective: objective, stepsize: .value(stepsize)) {
        $0.updateCount = 200
        edit(&$0)
      }
      return try #require(report.theory?.checks.first).bounds.map {
        if case .doesNotApply(let obstacle) = $0.finding { obstacle } else { nil }
      }
    }
    let logistic = "logistic:gaussian:n=64,d=4?l2=0.01"
    let hinge = try reasons("async", "hinge:gaussian:n=64,d=4", 0.01)
    #expect(hinge == Array(repeating: .minimumUnknown, count: 3))
    #expect(
      try reasons("async", "mlp:gaussian:n=64,d=4?hidden=3", 0.01)
        == Array(repeating: .minimumUnknown, count: 3))
    for method in ["ringmaster:delay-limit=4", "buffered:collect=2", "local:local-steps=2"] {
      let name = String(method.prefix { $0 != ":" })
      #expect(try reasons(method, logistic, 0.01) == Array(repeating: .notProved(name), count: 3))
    }
    #expect(
      try reasons("async:rule=scaled", logistic, 0.01)
        == Array(repeating: .notProved("the rule scaled"), count: 3))
    #expect(
      try reasons("async", logistic, 0.01) { $0.handout = .before }
        == Array(repeating: .handoutBefore, count: 3))
    #expect(
      try reasons("async", objective, 0.01) { $0.sampling = .recorded }
        == Array(repeating: .recordedBatches, count: 3))
    // A constant stepsize has the bound for bounded gradients at any γ, the others only below the rule.
    let large = try reasons("async", logistic, 0.3)
    #expect(large[0] == nil)
    for obstacle in large.dropFirst() {
      guard case .constantAboveRule(let limit, _) = obstacle else {
        Issue.record("\(String(describing: obstacle))")
        continue
      }
      #expect(limit < 0.3)
    }
    #expect(try reasons("async", logistic, 0.001) == [nil, nil, nil])
    let adaptive = try reasons("async:rule=adaptive", logistic, 50)
    #expect(adaptive[0] == .notConstant)
    guard case .stepsizeAbove = adaptive[1] else {
      Issue.record("\(String(describing: adaptive[1]))")
      return
    }
    #expect(
      try reasons("async:rule=adaptive,adaptive-constant=1", logistic, 0.001)[1]
        == .adaptiveConstant(1))
    guard
      case .understated = try #require(
        replay(trace, ["async"], objective: logistic, stepsize: .value(0.001)) {
          $0.smoothness = 1e-3
          $0.updateCount = 50
        }.theory
      ).facts.smoothness
    else {
      Issue.record("an L below the objective's own was taken")
      return
    }
  }

  /// M equal workers, no noise, three rounds: at update k of the first round M − k gradients at x_0 are
  /// promised, so ‖x − x̂‖² = γ²(M − k)²‖∇f(x_0)‖².
  @Test("The bound on the virtual distance holds, and its printed form without M − 1 does not")
  func virtualDistance() throws {
    let rows = (0..<8).map { "w\($0),1,\($0 % 2)\n" }.joined()
    let path = try folder.write("worker,duration_ms,samples\n" + rows, to: "equal.csv")
    let trace = try #require(
      openTraces([path], databasePath: nil, reading: ReadingChoices()).first)
    let report = try replay(
      trace, ["async"], objective: objective + "?batch=full", stepsize: .value(0.01)
    ) {
      $0.tracksVirtualIterates = true
      $0.updateCount = 8
    }
    let distance = try #require(report.runs[0].virtualDistance)
    let bound = try #require(report.virtualBounds.first ?? nil)
    // ∇f(0) = −½; Σ (8 − k)² over k = 1 … 8 is 140.
    let square = 0.01 * 0.01 * 0.25
    #expect(abs(distance.maxSquared - 49 * square) < 1e-15)
    #expect(distance.maxUpdate == 1)
    #expect(abs(distance.meanSquared - 140 / 8 * square) < 1e-15)
    #expect(abs(try #require(bound.constant) - 49 * square) < 1e-15)
    // 2 (M − 1) Σ (8 − k) / 8 of the same, with the factor that the printed form leaves out.
    let unbounded = try #require(bound.unbounded)
    #expect(abs(unbounded - 2 * 7 * 28 / 8 * square) < 1e-14)
    #expect(distance.meanSquared <= unbounded)
    #expect(distance.meanSquared > unbounded / 7)
    #expect(replayText(report).contains("‖x − x̂‖²"))
  }

  @Test("The virtual distance of a convergent quadratic is within its bounds")
  func convergent() throws {
    let trace = try open(isTied: false, gradientCount: 40)
    for objective in ["quadratic:chain:d=8", "quadratic:chain:d=8?batch=full"] {
      let report = try replay(trace, ["async"], objective: objective, stepsize: .value(0.02)) {
        $0.tracksVirtualIterates = true
        $0.updateCount = 600
      }
      let distance = try #require(report.runs[0].virtualDistance)
      let bound = try #require(report.virtualBounds.first ?? nil)
      #expect(distance.meanSquared > 0)
      #expect(distance.meanSquared <= (try #require(bound.unbounded)))
      #expect(distance.meanSquared <= (try #require(bound.constant)))
    }
  }

  @Test("Looking changes no fingerprint")
  func fingerprints() throws {
    let trace = try open(isTied: false, gradientCount: 40)
    let methods = ["async", "minibatch", "buffered:collect=3", "backup:need=3"]
    func prints(_ looks: Bool) throws -> [String?] {
      try replay(trace, methods, stepsize: .value(0.01)) {
        $0.timeNs = 100_000_000
        $0.sampling = .recorded
        $0.checksTheory = looks
        $0.tracksVirtualIterates = looks
      }.runs.map(\.fingerprint)
    }
    #expect(try prints(true) == prints(false))
  }
}
