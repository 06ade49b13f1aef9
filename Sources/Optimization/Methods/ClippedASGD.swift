import TraceModel

/// Asynchronous SGD with clipped gradients: x_k = x_{k−1} − γ g min{1, R/‖g‖}, a constant stepsize
/// whatever the delay.
///
/// A very late gradient was computed where the loss was still steep, and with a constant stepsize it
/// kicks the iterate by its whole length. Clipped, no gradient moves it by more than γR. An infinite R
/// is asynchronous SGD.
///
/// Who arrives when is asynchronous SGD's; the clipping itself is ``GradientRule/clipped(radius:)``.
/// The stepsize in histories and fingerprints is γ, before clipping. Of the rate only the form is
/// known, from the abstract: Õ(σ²/ε⁴ + σ τ_C/ε³ + τ_C/ε²) iterations for ‖∇f‖ ≤ ε, with the
/// concurrency τ_C and without the largest delay; R is left to the user here.
///
/// Reference: Erickson, Johansson, clipped asynchronous SGD, 2026.
public struct ClippedASGD: Method {
  @usableFromInline let stepsize: Double

  /// γ; the radius belongs to the gradient rule, since it needs the gradient.
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
