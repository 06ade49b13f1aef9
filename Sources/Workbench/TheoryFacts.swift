import Analysis
import Optimization
import ReplayEngine

extension ReplayJob {
  /// - Throws: `Failure` where virtual iterates are asked of local steps, or of steps that are no weight
  ///   times a gradient.
  func checkVirtual() throws {
    if tracksVirtualIterates,
      let other = methods.first(where: { !$0.choice.gradientRule.keepsWeights })
    {
      throw Failure(
        .usage,
        "--virtual has no meaning for \(other.choice.name): a step of it is not one weight times one "
          + "gradient. Leave out --virtual, or replay another method.")
    }
    guard tracksVirtualIterates, methods.contains(where: { $0.choice.localSteps != nil }) else {
      return
    }
    throw Failure(
      .usage,
      "--virtual has no meaning for local: its workers send where their own steps ended, not "
        + "gradients at a common iterate, so there is no gradient to apply the moment it is started. "
        + "Leave out --virtual, or replay another method.")
  }
}

extension PreparedReplay {
  /// What the theory asks of this objective and x_0.
  var problemFacts: ProblemFacts {
    let initial = base.initial ?? objective.initialIterate(seed: job.seed)
    let hasKinks = spec.kind == .hinge
    let growsLinearly: Bool
    switch spec.kind {
    case .logistic, .softmax, .hinge, .huber: growsLinearly = spec.l2 == 0
    case .quadratic, .leastSquares, .ridge, .mlp: growsLinearly = false
    }
    let smoothness: ProblemFacts.Smoothness
    if spec.kind == .mlp {
      smoothness = .local
    } else if hasKinks {
      smoothness = .none
    } else if let own = objective.smoothness {
      let given = job.smoothness ?? own
      smoothness =
        given >= own * (1 - 1e-9) ? .known(given) : .understated(given: given, own: own)
    } else {
      smoothness = .none
    }
    let distance = objective.minimizer.map { minimizer in
      zip(initial, minimizer).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    }
    return ProblemFacts(
      kind: spec.kind.rawValue, isConvex: spec.kind != .mlp, smoothness: smoothness,
      hasBoundedGradients: growsLinearly, minimum: objective.minimum, distance: distance,
      gap: objective.minimum.map { initialLoss - $0 })
  }

  /// The multiplications of one loss with its gradient, about.
  var evaluationCost: Double {
    let dimension = Double(objective.dimension)
    return spec.kind == .quadratic
      ? dimension * dimension : Double(objective.sampleCount) * dimension
  }

  /// What the reported run of a method notes about its read points.
  func readPointStudy(of choice: MethodChoice) -> ReadPointStudy {
    if job.checksTheory, job.sampling == .recorded, let count = try? computedCount(of: choice) {
      return .bias(permutations: Self.permutationCount(gradientCount: count))
    }
    return job.checksTheory || job.tracksVirtualIterates ? .averages : .none
  }

  private func computedCount(of choice: MethodChoice) throws -> Int {
    let run = try replaySchedule(
      of: trace,
      ScheduleRequest(of: base, method: choice))
    return run.computedCount + run.abortedCount
  }

  /// A list of stepsizes a permutation is kept: at most 256 MB of them, and at least the 20 that a
  /// judgement takes.
  static func permutationCount(gradientCount: Int) -> Int {
    max(20, min(199, 32_000_000 / max(1, gradientCount)))
  }
}
