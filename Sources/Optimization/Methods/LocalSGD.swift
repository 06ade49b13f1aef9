import TraceModel

/// Local SGD: in round r every worker makes H steps of its own from x_{r−1},
/// y ← y − γ g(y), and x_r is the mean of where the M workers end.
///
/// A round lasts as long as its slowest worker needs for its H gradients, and costs one exchange. It
/// is one update of M·H gradients. H = 1 is minibatch SGD up to rounding, one worker is sequential
/// SGD.
///
/// Reference: Stich, "Local SGD Converges Fast and Communicates Little", ICLR 2019.
public struct LocalSGD: Method {
  public let gradientsPerUpdate: Int
  @usableFromInline let stepsize: Double
  @usableFromInline let workerCount: Int
  @usableFromInline let share: Double
  @usableFromInline var arrivedCount = 0

  /// - Parameter steps: H, at least 1.
  public init(stepsize: Double, workerCount: Int, steps: Int) {
    precondition(workerCount > 0 && steps > 0, "local with \(workerCount) workers × \(steps) steps")
    self.stepsize = stepsize
    self.workerCount = workerCount
    share = 1 / Double(workerCount)
    gradientsPerUpdate = workerCount * steps
  }

  public var workersNeeded: Int { workerCount }
  public var collection: CollectionOrder { .meanOfIterates }

  @inlinable
  public mutating func receive(_ arrival: Arrival, updateCount: Int) -> Verdict {
    arrivedCount += 1
    let isFull = arrivedCount == workerCount
    if isFull { arrivedCount = 0 }
    return Verdict(
      .collected, stepsize: stepsize, weight: share, isUpdate: isFull,
      restart: isFull ? .everybody : .nobody)
  }
}
