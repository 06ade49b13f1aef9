import TraceModel

/// Minibatch SGD: every worker computes one gradient at x_{r−1}; when all are there,
/// x_r = x_{r−1} − (γ/M) Σ_m g_m.
///
/// The mean of M gradients and not their sum, which is what the notebook of the paper's authors
/// applies: their stepsize is M times smaller.
///
/// Reference: Mishchenko, Bach, Even, Woodworth, "Asynchronous SGD Beats Minibatch SGD Under
/// Arbitrary Delays", NeurIPS 2022, the baseline.
public struct MinibatchSGD: Method {
  public let gradientsPerUpdate: Int
  @usableFromInline let stepsize: Double
  @usableFromInline let weight: Double
  @usableFromInline var collectedCount = 0

  /// - Parameter workerCount: M, at least 1: a round is the gradients of all.
  public init(stepsize: Double, workerCount: Int) {
    precondition(workerCount > 0, "minibatch with \(workerCount) workers")
    self.stepsize = stepsize
    self.weight = stepsize / Double(workerCount)
    self.gradientsPerUpdate = workerCount
  }

  public var workersNeeded: Int { gradientsPerUpdate }
  public var collection: CollectionOrder { .byWorker }

  @inlinable
  public mutating func receive(_ arrival: Arrival, updateCount: Int) -> Verdict {
    collectedCount += 1
    let isFull = collectedCount == gradientsPerUpdate
    if isFull { collectedCount = 0 }
    return Verdict(
      .collected, stepsize: stepsize, weight: weight, isUpdate: isFull,
      restart: isFull ? .everybody : .nobody)
  }
}
