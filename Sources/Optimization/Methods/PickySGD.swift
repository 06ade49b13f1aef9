import TraceModel

/// Picky SGD: a gradient counts only if the iterate has not gone far since its worker read it,
/// ‖x − y‖ ≤ D; else it is discarded without an update, and its worker restarts at x.
///
/// The one method here that decides by where the iterate is and not by the delay: a gradient that is
/// late by count is welcome where nothing has moved. Its schedule depends on the gradients, so that a
/// replay without any takes every distance as 0 and applies all of them.
///
/// What the paper says of D, from memory and not from its text: D = ε/(2L) for a target
/// ‖∇f‖ ≤ ε, with γ = min{1, ε²/σ²}/(4L).
///
/// Reference: Cohen, Daniely, Drori, Koren, Schain, "Asynchronous Stochastic Optimization Robust to
/// Arbitrary Delays", NeurIPS 2021.
public struct PickySGD: Method {
  @usableFromInline let stepsize: Double
  @usableFromInline let distanceSquared: Double

  /// - Parameter distance: D, above 0.
  public init(stepsize: Double, distance: Double) {
    precondition(distance > 0, "picky with a distance of \(distance)")
    self.stepsize = stepsize
    distanceSquared = distance * distance
  }

  public static var looksAtDistance: Bool { true }
  public var gradientsPerUpdate: Int { 1 }
  public var workersNeeded: Int { 1 }
  public var collection: CollectionOrder { .single }

  @inlinable
  public mutating func receive(_ arrival: Arrival, updateCount: Int) -> Verdict {
    Verdict(.applied, stepsize: stepsize, weight: stepsize, isUpdate: true, restart: .arrived)
  }

  @inlinable
  public mutating func receive(
    _ arrival: Arrival, updateCount: Int, distanceSquared moved: Double
  ) -> Verdict {
    // What is not a number is not near.
    guard moved <= distanceSquared else {
      return Verdict(.discarded, stepsize: 0, weight: 0, isUpdate: false, restart: .arrived)
    }
    return receive(arrival, updateCount: updateCount)
  }
}
