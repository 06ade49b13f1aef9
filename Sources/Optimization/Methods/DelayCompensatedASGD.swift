import TraceModel

/// Delay-compensated asynchronous SGD: a late gradient is taken to where the iterate is now,
/// x_k = x_{k−1} − γ (g + λ g ⊙ g ⊙ (x_{k−1} − y)), where y is the iterate that the worker read.
///
/// g ⊙ g stands in for the diagonal of the Hessian, for which it is right in expectation where the loss
/// is a likelihood near its minimum. A fresh gradient has x_{k−1} = y and no correction, so that one
/// worker is sequential SGD; λ = 0 is asynchronous SGD.
///
/// Who arrives when is asynchronous SGD's; the compensation is
/// ``GradientRule/delayCompensated(lambda:)``, and takes a copy of the iterate a worker. The adaptive
/// variant divides λ by the root of the running mean of each entry's squares. The default λ = 0.04, and
/// λ = 2 with the decay 0.95 of the adaptive variant, are from memory of the paper, and so is the 10⁻⁷
/// under the root; no convergence constant is claimed for either.
///
/// Reference: Zheng, Meng, Wang, Chen, Yu, Ma, Liu, "Asynchronous Stochastic Gradient Descent with
/// Delay Compensation", ICML 2017.
public struct DelayCompensatedASGD: Method {
  /// Of the running mean of squares.
  public static let decay = 0.95

  @usableFromInline let stepsize: Double

  /// γ; λ belongs to the gradient rule, since it needs the gradient.
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
