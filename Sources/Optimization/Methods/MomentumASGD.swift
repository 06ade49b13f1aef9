import TraceModel

/// Asynchronous SGD with heavy-ball momentum on the server:
/// x_k = x_{k−1} − γ g(x_{k−τ}) + β (x_{k−1} − x_{k−2}).
///
/// β = 0 is asynchronous SGD; one worker is the sequential heavy-ball method. Where every worker is
/// equally likely to arrive next, asynchrony alone acts in expectation like momentum of 1 − 1/M, so
/// that the best β falls as workers are added. Momentum is added in the order of arrival and not of
/// the iterates that were read.
///
/// Who arrives when is asynchronous SGD's; the momentum is ``GradientRule/heavyBall(beta:)``.
///
/// Reference: Polyak, "Some methods of speeding up the convergence of iteration methods", 1964
/// (heavy ball); Mitliagkas, Zhang, Hadjis, Ré, "Asynchrony begets Momentum, with an Application to
/// Deep Learning", Allerton 2016.
public struct MomentumASGD: Method {
  @usableFromInline let stepsize: Double

  /// γ; β belongs to the gradient rule, since it needs the gradient.
  public init(stepsize: Double) {
    self.stepsize = stepsize
  }

  public var gradientsPerUpdate: Int { 1 }
  public var workersNeeded: Int { 1 }
  public var collection: CollectionOrder { .single }

  @inlinable
  public mutating func receive(_ arrival: Arrival, updateCount: Int) -> Verdict {
    Verdict(.applied, stepsize: stepsize, weight: stepsize, isUpdate: true, restart: .arrived)
  }
}
