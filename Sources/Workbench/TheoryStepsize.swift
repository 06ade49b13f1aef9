import Analysis
import Optimization
import ReplayEngine

extension PreparedReplay {
  /// The stepsize that the convex bound of each method asks for.
  ///
  /// Minibatch SGD over R rounds: min{1/(2L), (D/σ)√(3M/(2R))}. Asynchronous SGD over N gradients:
  /// min{1/(2LM), (D/σ)√(3/(2N))}, meant for the rule `adaptive`. D = ‖x_0 − x*‖, and σ² is that of
  /// one batch at x_0, an estimate of the bound that the theory has for all points.
  ///
  /// - Throws: `Failure` where L or x* is not known, and for other methods.
  func theoryStepsize(of choice: MethodChoice) throws -> Double {
    guard let minimizer = objective.minimizer, objective.minimum != nil,
      let smoothness = job.smoothness ?? objective.smoothness
    else {
      throw Failure(
        .usage,
        "--stepsize theory needs L and the minimum, which \(spec.kind.rawValue) as it stands does not "
          + "have. Give a number, or 'tuned'; logistic and softmax have a minimum with l2= above 0."
      )
    }
    let initial = base.initial ?? objective.initialIterate(seed: job.seed)
    let distance = zip(initial, minimizer).reduce(0.0) {
      $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
    }.squareRoot()
    let batch = spec.batchSize
    let variance =
      batch == 0 ? 0 : objective.gradientVariance(atEntries: initial) / Double(batch)
    let noise = variance.squareRoot()
    let run = try replaySchedule(
      of: trace,
      ScheduleRequest(of: base, method: choice))
    switch choice {
    case .minibatch:
      let limit = 1 / (2 * smoothness)
      guard noise > 0, run.updateCount > 0 else { return limit }
      let free =
        distance / noise
        * (3 * Double(trace.workerCount) / (2 * Double(run.updateCount))).squareRoot()
      return min(limit, free)
    case .async:
      return ReadPointBound.bestConvex(
        distance: distance, noise: noise, smoothness: smoothness, workerCount: trace.workerCount,
        appliedCount: max(1, run.gradientCount)
      ).stepsize
    default:
      throw Failure(
        .usage,
        "--stepsize theory is for minibatch and async, not for \(choice.name). Give a "
          + "number, or 'tuned'.")
    }
  }
}
