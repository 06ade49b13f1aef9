import TraceModel

/// Rennala SGD: B gradients computed at x_k, from whoever sends them, make
/// x_{k+1} = x_k − (γ/B) Σ g; gradients of older iterates are discarded.
///
/// Without `aborts` a worker finishes what it computes at an old iterate, and then restarts at the
/// newest. At equal speeds the early finishers restart at x_k shortly before the batch fills, so
/// that every other gradient is discarded; with `aborts` it is minibatch SGD there.
///
/// Reference: Tyurin, Richtárik, "Optimal Time Complexities of Parallel Stochastic Optimization
/// Methods Under a Fixed Computation Model", NeurIPS 2023.
public struct RennalaSGD: Method {
  public let gradientsPerUpdate: Int
  @usableFromInline let stepsize: Double
  @usableFromInline let weight: Double
  @usableFromInline let aborts: Bool
  @usableFromInline var collectedCount = 0

  /// - Parameter collect: B, at least 1.
  public init(stepsize: Double, collect: Int, aborts: Bool) {
    precondition(collect > 0, "rennala with a batch of \(collect)")
    self.stepsize = stepsize
    self.weight = stepsize / Double(collect)
    self.gradientsPerUpdate = collect
    self.aborts = aborts
  }

  public var workersNeeded: Int { 1 }
  public var collection: CollectionOrder { .byArrival }

  @inlinable
  public mutating func receive(_ arrival: Arrival, updateCount: Int) -> Verdict {
    guard arrival.updatesAtRead == updateCount else {
      return Verdict(.discarded, stepsize: 0, weight: 0, isUpdate: false, restart: .arrived)
    }
    collectedCount += 1
    let isFull = collectedCount == gradientsPerUpdate
    if isFull { collectedCount = 0 }
    return Verdict(
      .collected, stepsize: stepsize, weight: weight, isUpdate: isFull,
      restart: isFull && aborts ? .everybody : .arrived)
  }
}
