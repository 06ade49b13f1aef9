import TraceModel

/// Buffered asynchronous SGD: the mean of the next B gradients, however stale, makes an update,
/// x_{k+1} = x_k − (γ/B) Σ g; who arrives restarts at the newest iterate at once.
///
/// FedBuff with one local step and equal weights. B = 1 is asynchronous SGD.
///
/// Reference: Nguyen, Malik, Zhan, Yousefpour, Rabbat, Malek, Huba, "Federated Learning with
/// Buffered Asynchronous Aggregation", AISTATS 2022.
public struct BufferedSGD: Method {
  public let gradientsPerUpdate: Int
  @usableFromInline let stepsize: Double
  @usableFromInline let weight: Double
  @usableFromInline var collectedCount = 0

  /// - Parameter collect: B, at least 1.
  public init(stepsize: Double, collect: Int) {
    precondition(collect > 0, "buffered with a batch of \(collect)")
    self.stepsize = stepsize
    self.weight = stepsize / Double(collect)
    self.gradientsPerUpdate = collect
  }

  public var workersNeeded: Int { 1 }
  public var collection: CollectionOrder { .byArrival }

  @inlinable
  public mutating func receive(_ arrival: Arrival, updateCount: Int) -> Verdict {
    collectedCount += 1
    let isFull = collectedCount == gradientsPerUpdate
    if isFull { collectedCount = 0 }
    return Verdict(
      .collected, stepsize: stepsize, weight: weight, isUpdate: isFull, restart: .arrived)
  }
}
