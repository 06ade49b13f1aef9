import TraceModel

/// Synchronous SGD with backup workers: a round ends with its first N gradients of M,
/// x_r = x_{r−1} − (γ/N) Σ g, and who has not arrived is aborted. N = M is minibatch SGD.
///
/// Of gradients that end at the same instant the lower worker counts as first; the rest of the
/// round is aborted even if it ends at that very instant.
///
/// Reference: Chen, Pan, Monga, Bengio, Jozefowicz, "Revisiting Distributed Synchronous SGD", 2016;
/// under the name m-synchronous SGD in later work on time complexity.
public struct BackupWorkers: Method {
  public let gradientsPerUpdate: Int
  @usableFromInline let stepsize: Double
  @usableFromInline let weight: Double
  @usableFromInline var collectedCount = 0

  /// - Parameter need: N, at least 1 and at most the number of workers.
  public init(stepsize: Double, need: Int) {
    precondition(need > 0, "backup with a need of \(need)")
    self.stepsize = stepsize
    self.weight = stepsize / Double(need)
    self.gradientsPerUpdate = need
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
