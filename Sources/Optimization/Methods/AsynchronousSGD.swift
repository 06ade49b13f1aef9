import TraceModel

/// Asynchronous SGD: each arrival is an update x_k = x_{k−1} − γ_k g(x_{k−τ}), and only the worker
/// that arrived is handed x_k.
///
/// The stepsize may depend on the delay τ, which is 1 for a fresh gradient. `scaled` is what the
/// authors of the paper ran, `adaptive` the form of their theorems; by the same theory any value
/// in [0, min{γ, 1/(4Lτ)}] will do for a late gradient, so `drop` leaves late ones out. A dropped
/// gradient is still an update: k grows and x stays.
///
/// Reference: Mishchenko, Bach, Even, Woodworth, "Asynchronous SGD Beats Minibatch SGD Under
/// Arbitrary Delays", NeurIPS 2022; Koloskova, Stich, Jaggi, "Sharper Convergence Guarantees for
/// Asynchronous SGD", NeurIPS 2022 (late gradients); Zhang, Gupta, Lian, Liu, "Staleness-aware
/// Async-SGD for Distributed Deep Learning", IJCAI 2016 (`inverse`).
public struct AsynchronousSGD: Method {
  @usableFromInline let rule: StepsizeRule
  /// γ
  @usableFromInline let stepsize: Double
  /// M
  @usableFromInline let workerCount: Double
  /// c L, for `adaptive`.
  @usableFromInline let curvature: Double
  @usableFromInline let delayLimit: Int

  /// - Parameters:
  ///   - smoothness: L; only `adaptive` looks at it.
  ///   - delayLimit: the largest delay that `drop` applies, nil for 2M.
  public init(
    rule: StepsizeRule, stepsize: Double, workerCount: Int, smoothness: Double = 1,
    adaptiveConstant: Double = 4, delayLimit: Int? = nil
  ) {
    self.rule = rule
    self.stepsize = stepsize
    self.workerCount = Double(workerCount)
    self.curvature = adaptiveConstant * smoothness
    self.delayLimit = delayLimit ?? 2 * workerCount
  }

  public var gradientsPerUpdate: Int { 1 }
  public var workersNeeded: Int { 1 }
  public var collection: CollectionOrder { .single }

  /// Returns γ_k for a gradient of delay τ.
  @inlinable
  public func stepsize(delay: Int) -> Double {
    switch rule {
    case .constant: stepsize
    case .adaptive: min(stepsize, 1 / (curvature * Double(delay)))
    case .scaled: stepsize * workerCount / max(workerCount, Double(delay))
    case .drop: delay <= delayLimit ? stepsize : 0
    case .inverse: stepsize / Double(max(1, delay - 1))
    }
  }

  @inlinable
  public mutating func receive(_ arrival: Arrival, updateCount: Int) -> Verdict {
    let step = stepsize(delay: updateCount + 1 - arrival.updatesAtRead)
    return Verdict(.applied, stepsize: step, weight: step, isUpdate: true, restart: .arrived)
  }
}
