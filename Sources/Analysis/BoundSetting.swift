import Optimization
import ReplayEngine

extension BoundObstacle: Error {}

/// One run and what is known of its problem, as the bounds see it.
struct BoundSetting {
  var run: Run
  /// M
  var workerCount: Int
  var facts: ProblemFacts
  /// σ² of a whole batch
  var noiseSquared: Double
  /// G² with E‖g‖² ≤ G²
  var gradientBoundSquared: Double

  /// The forms of update that something is proved for.
  private enum Form {
    /// Each update is the mean of so many fresh gradients: SGD by one worker, with their noise divided
    /// by their number.
    case fresh(Int)
    case constant
    /// min{γ, 1/(cLτ)}
    case adaptive(Double)
  }

  /// - Throws: why the bound says nothing about this run.
  func figures(of kind: BoundCheck.Kind) throws(BoundObstacle) -> BoundCheck.Figures {
    let form = try form
    if case .diverged(let update) = run.outcome { throw .diverged(update: update) }
    guard let minimum = facts.minimum, let distance = facts.distance, let gap = facts.gap else {
      throw .minimumUnknown
    }
    guard kind == .nonconvex || facts.isConvex else { throw .notConvex(facts.kind) }
    guard run.request.sampling == .seeded else { throw .recordedBatches }
    if case .fresh = form {} else if run.request.handout == .before { throw .handoutBefore }
    guard let averages = run.readPoints else { throw .nothingApplied }

    let stepsize = run.request.stepsize
    var workers = workerCount
    var noise = noiseSquared
    if case .fresh(let batch) = form {
      workers = 1
      noise /= Double(batch)
    }
    let smoothness = kind == .lipschitz ? 0 : try checkedSmoothness(form, workers: workers)
    if kind == .lipschitz, case .adaptive = form { throw .notConstant }
    let square =
      gradientBoundSquared - noiseSquared + noise

    let points = averages.curve.compactMap { point -> BoundCheck.Figures.Point? in
      let isFresh = if case .fresh = form { true } else { false }
      let count =
        isFresh ? point.updateCount : kind == .lipschitz ? point.startedCount : point.gradientCount
      guard count > 0 else { return nil }
      let bound: Double?
      let measured: Double
      switch kind {
      case .lipschitz:
        measured = (isFresh ? point.loss : point.startedLoss) - minimum
        bound = ReadPointBound.lipschitz(
          distance: distance, gradientBound: square.squareRoot(), stepsize: stepsize,
          workerCount: workers, startedCount: count)
      case .convex:
        measured = point.loss - minimum
        bound = ReadPointBound.convex(
          distance: distance, noise: noise.squareRoot(), smoothness: smoothness,
          stepsize: stepsize, workerCount: workers, appliedCount: count)
      case .nonconvex:
        measured = point.gradientNormSquared
        bound = ReadPointBound.nonconvex(
          gap: gap, noise: noise.squareRoot(), smoothness: smoothness, stepsize: stepsize,
          workerCount: workers, appliedCount: count)
      }
      return bound.map {
        .init(
          count: count, gradientCount: point.gradientCount, measured: measured, bound: $0)
      }
    }
    guard !points.isEmpty else { throw .nothingApplied }
    return BoundCheck.Figures(points: points)
  }

  private var form: Form {
    get throws(BoundObstacle) {
      let isAlone = workerCount == 1
      switch run.request.method {
      case .minibatch: return .fresh(workerCount)
      case .backup(let need): return .fresh(need)
      case .rennala(let collect, _): return .fresh(collect)
      case .async(.constant, _, _), .fastest: return isAlone ? .fresh(1) : .constant
      case .async(.adaptive, _, let constant): return .adaptive(constant)
      case .async(let rule, _, _):
        if isAlone { return .fresh(1) }
        throw .notProved("the rule \(rule.rawValue)")
      default: throw .notProved(run.request.method.name)
      }
    }
  }

  /// L, once γ is known to be small enough for it.
  private func checkedSmoothness(_ form: Form, workers: Int) throws(BoundObstacle) -> Double {
    let smoothness: Double
    switch facts.smoothness {
    case .known(let known): smoothness = known
    case .none: throw .notSmooth(facts.kind)
    case .local: throw .localSmoothness(facts.kind)
    case .understated(let given, let own): throw .smoothnessUnderstated(given: given, own: own)
    }
    let stepsize = run.request.stepsize
    func check(_ limit: Double, _ obstacle: BoundObstacle) throws(BoundObstacle) {
      // A stepsize that was meant to be the limit may miss it by rounding.
      guard stepsize <= limit * (1 + 1e-12) else { throw obstacle }
    }
    let limit = 1 / (2 * smoothness * Double(workers))
    switch form {
    case .fresh: break
    case .adaptive(let constant):
      guard constant == 4 else { throw .adaptiveConstant(constant) }
    case .constant:
      // Where no delay is long enough to shorten a step, the rule adaptive makes the same run.
      let largest = Double(max(1, run.delays?.overall.max ?? 1))
      let rule = 1 / (4 * smoothness * largest)
      try check(rule, .constantAboveRule(limit: rule, stepsize: stepsize))
    }
    try check(limit, .stepsizeAbove(limit: limit, stepsize: stepsize))
    return smoothness
  }
}
