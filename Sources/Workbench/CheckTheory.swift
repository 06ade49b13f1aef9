import Analysis
import Optimization
import ReplayEngine
import Reports
import TraceModel

// The theory beside replays: what a command asked for, and what a report shows of its own accord.
extension PreparedReplay {
  /// The rules that discount late gradients, whose delays a probe looks at. `adaptive` needs an L, and
  /// discounts as `scaled` does.
  private static let discountingRules: [StepsizeRule] = [.scaled, .drop, .inverse]

  /// For `replay --bounds` and `--virtual`, whose runs have been studied as they were made.
  func addTheory(to report: inout ReplayReport) throws {
    guard job.checksTheory || job.tracksVirtualIterates else { return }
    let facts = problemFacts
    let checks = report.runs.enumerated().map { index, run in
      TheoryCheck(run, replayIndex: index, workerCount: trace.workerCount, facts: facts)
    }
    if job.tracksVirtualIterates {
      report.virtualBounds = zip(report.runs, checks).map { VirtualBound($0, check: $1) }
    }
    guard job.checksTheory else { return }
    var independence = DelayIndependence.notTestable
    if job.sampling == .recorded, let stepsize = probeStepsize(report.runs) {
      independence = .judging(
        try probes(base, stepsize: stepsize, known: report.runs))
    }
    report.theory = theory(facts, checks, independence, runs: report.runs)
  }

  /// For a report: one replay for each method that it shows, and two with the stepsizes that the bounds
  /// ask for, since tuned ones are mostly beyond them.
  ///
  /// - Parameter isOwnObjective: whether the user named the objective; recorded batches are indices
  ///   of the data of a job, which a generated objective does not have.
  func theory(
    of report: ReplayReport, comparison: Comparison, isOwnObjective: Bool
  ) throws -> TheoryReport {
    let facts = problemFacts
    let studies = try theoryStudies(facts) + shownStudies(report, comparison)
    let reads = theoryBudget / (evaluationCost * Double(max(1, studies.count)))
    var checks: [TheoryCheck] = []
    if reads >= Double(20 * trace.workerCount) {
      let limit = Int(min(reads, 1e12))
      checks = try Parallel.map(count: studies.count, threads: job.threads) { index in
        let study = studies[index]
        var request = study.request
        request.readPoints = .averages
        request.evaluation = .ends
        request.horizon.gradientCount = min(limit, request.horizon.gradientCount ?? .max)
        let run = try replay(study.trace, minimising: objective, request)
        return TheoryCheck(
          run, replayIndex: study.replayIndex, workerCount: study.trace.workerCount,
          facts: facts, isShortened: run.gradientCount > limit - study.trace.workerCount)
      }
    }
    return theory(
      facts, checks, try independence(report, isOwnObjective: isOwnObjective, reads: reads),
      runs: report.runs)
  }

  private func theory(
    _ facts: ProblemFacts, _ checks: [TheoryCheck], _ independence: DelayIndependence, runs: [Run]
  ) -> TheoryReport {
    let diverged = runs.lazy.filter { $0.request.method.rule == .constant }.compactMap {
      if case .diverged(let update) = $0.outcome { update } else { nil as Int? }
    }.first
    return TheoryReport(
      facts: facts, checks: checks, independence: independence,
      rules: RuleJustification.all(
        facts: facts, workerCount: trace.workerCount, checks: checks, divergedConstant: diverged,
        independence: independence))
  }

  // MARK: - What a report measures

  private struct Study {
    var trace: Trace
    var request: ReplayRequest
    var replayIndex: Int?
  }

  /// Multiplications that all studies of a report may take together: a fraction of a second.
  private var theoryBudget: Double { 1e9 }

  /// The first seed of each method and stepsize among the replays.
  private func shownStudies(_ report: ReplayReport, _ comparison: Comparison) -> [Study] {
    struct Key: Hashable {
      var policy: PolicyName?
      var method: MethodChoice
      var stepsize: Double
    }
    let subset = comparison.policies.first { $0.name == .subset }
    var seen: Set<Key> = []
    var studies: [Study] = []
    for (index, run) in report.runs.enumerated() {
      let policy =
        report.runPolicies.indices.contains(index) ? report.runPolicies[index] : nil
      let key = Key(policy: policy, method: run.request.method, stepsize: run.request.stepsize)
      guard seen.insert(key).inserted, policy != .rebalanced else { continue }
      var own = trace
      if policy == .subset {
        let dropped = Set(subset?.dropped ?? [])
        own.workers.removeAll { dropped.contains($0.worker.label) }
        guard !own.workers.isEmpty else { continue }
      }
      studies.append(Study(trace: own, request: run.request, replayIndex: index))
    }
    return studies
  }

  /// Minibatch and the rule of the theorems with the stepsizes of their bounds.
  private func theoryStudies(_ facts: ProblemFacts) throws -> [Study] {
    guard case .known = facts.smoothness, facts.distance != nil else { return [] }
    let choices: [MethodChoice] = [.minibatch, .async(rule: .adaptive)]
    return try choices.map { choice in
      var request = self.base
      request.method = choice
      request.stepsize = try theoryStepsize(of: choice)
      return Study(trace: trace, request: request, replayIndex: nil)
    }
  }

  // MARK: - Noise and delay

  private func independence(
    _ report: ReplayReport, isOwnObjective: Bool, reads: Double
  ) throws -> DelayIndependence {
    let isRecorded = trace.workers.allSatisfy { $0.samples != nil }
    guard isRecorded else { return .notTestable }
    guard isOwnObjective, let stepsize = probeStepsize(report.runs),
      reads >= Double(20 * trace.workerCount)
    else { return .notTested }
    var request = base
    request.sampling = .recorded
    request.horizon.gradientCount = Int(min(reads, 1e12))
    do {
      return .judging(try probes(request, stepsize: stepsize, known: []))
    } catch let error as ReplayError {
      // Batches of other data, or of gradients without any.
      switch error {
      case .samplesMissing, .sampleOutOfRange: return .notTested
      default: throw error
      }
    }
  }

  /// That of the asynchronous run, else the weight that a gradient has in another.
  private func probeStepsize(_ runs: [Run]) -> Double? {
    let own =
      runs.first { $0.request.method.rule == .constant }
      ?? runs.first { $0.request.method.rule != nil }
    if let own { return own.request.stepsize }
    return runs.first.map { $0.request.stepsize / Double(max(1, trace.workerCount)) }
  }

  private func probes(
    _ base: ReplayRequest, stepsize: Double, known: [Run]
  ) throws -> [(rule: StepsizeRule, bias: DelayBias)] {
    try StepsizeRule.allCases.compactMap { rule in
      if let bias = known.first(where: { $0.request.method.rule == rule })?.delayBias {
        return (rule, bias)
      }
      guard Self.discountingRules.contains(rule) else { return nil }
      var request = base
      request.method = .async(rule: rule)
      request.stepsize = stepsize
      request.evaluation = .ends
      request.tracksVirtualIterates = false
      let schedule = try replaySchedule(
        of: trace,
        ScheduleRequest(of: request))
      request.readPoints = .bias(
        permutations: Self.permutationCount(gradientCount: schedule.computedCount))
      let run = try replay(trace, minimising: objective, request)
      return run.delayBias.map { (rule, $0) }
    }
  }
}

extension Analysis.Verdict {
  /// A bias against late gradients is said before anything else under Trust.
  mutating func addDoubt(of theory: TheoryReport?) {
    guard let theory, let sentence = theoryDoubt(theory) else { return }
    trust = sentence + " " + trust
  }
}
