import TraceModel

/// Ringmaster ASGD: asynchronous SGD in which a gradient of delay τ > R is discarded without an
/// update, and its worker restarts at the newest iterate.
///
/// In the paper's terms, staleness τ − 1 ≥ R is discarded. With `aborts` ("with calculation stops")
/// nobody computes what could only be discarded: after update k every worker that read before
/// x_{k+1−R} restarts. R = 1 without aborts is Rennala SGD with a batch of one; a limit above every
/// delay is asynchronous SGD.
///
/// Reference: Maranjyan, Tyurin, Richtárik, "Ringmaster ASGD: The First Asynchronous SGD with
/// Optimal Time Complexity", ICML 2025.
public struct RingmasterASGD: Method {
  @usableFromInline let stepsize: Double
  @usableFromInline let delayLimit: Int
  @usableFromInline let aborts: Bool

  /// - Parameter delayLimit: R, at least 1.
  public init(stepsize: Double, delayLimit: Int, aborts: Bool) {
    precondition(delayLimit > 0, "ringmaster with a delay limit of \(delayLimit)")
    self.stepsize = stepsize
    self.delayLimit = delayLimit
    self.aborts = aborts
  }

  public var gradientsPerUpdate: Int { 1 }
  public var workersNeeded: Int { 1 }
  public var collection: CollectionOrder { .single }

  @inlinable
  public mutating func receive(_ arrival: Arrival, updateCount: Int) -> Verdict {
    guard updateCount - arrival.updatesAtRead < delayLimit else {
      return Verdict(.discarded, stepsize: 0, weight: 0, isUpdate: false, restart: .arrived)
    }
    // After this update k = updateCount + 1, and a read at j could arrive with delay k + 1 − j.
    let oldestUseful = updateCount + 2 - delayLimit
    return Verdict(
      .applied, stepsize: stepsize, weight: stepsize, isUpdate: true, restart: .arrived,
      abortsReadsBefore: aborts ? max(0, oldestUseful) : 0)
  }
}
