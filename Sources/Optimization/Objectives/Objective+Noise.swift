import Kernels

/// How noisy the gradients of an objective are on the way to a loss.
public struct GradientNoise: Hashable, Sendable {
  /// σ² of one sample's gradient: the larger of that at the start and that where the loss is met,
  /// since the theory asks for a bound at all points.
  public var variance: Double
  /// ε = ‖∇f‖² where exact gradient descent meets the loss.
  public var gradientNormSquared: Double
  /// The steps of 1/L that it took.
  public var stepCount: Int

  /// B_crit = σ²/ε of gradients that are means over a batch; 0 for the exact gradient, `batchSize` 0.
  ///
  /// A batch with replacement has a `batchSize`-th of the variance of a sample.
  public func criticalBatch(batchSize: Int) -> Double {
    batchSize == 0 ? 0 : variance / Double(batchSize) / gradientNormSquared
  }
}

extension Objective {
  /// Estimates σ² and ε for a target by exact gradient descent with the stepsize 1/L.
  ///
  /// What ε belongs to a target loss depends on the way there. That of gradient descent belongs to no
  /// method that is compared, and is the same for all of them.
  ///
  /// - Parameters:
  ///   - entries: x_0.
  ///   - target: the loss to meet.
  ///   - smoothness: L.
  /// - Returns: nil if the target is not met within `stepLimit` steps, or where the gradient is 0.
  /// - Complexity: O(steps · n · d).
  public func noise(
    from entries: [Double], toLoss target: Double, smoothness: Double, stepLimit: Int = 10_000
  ) -> GradientNoise? {
    let x = Vector(entries)
    let gradient = Vector(dimension: dimension)
    var stepCount = 0
    while lossAndGradient(at: x.base, into: gradient.base) > target {
      guard stepCount < stepLimit else { return nil }
      axpy(-1 / smoothness, gradient.base, to: x.base, count: x.paddedCount)
      stepCount += 1
    }
    let norm = normSquared(gradient.base, count: gradient.paddedCount)
    guard norm > 0 else { return nil }
    return GradientNoise(
      variance: max(
        gradientVariance(atEntries: entries), gradientVariance(atEntries: x.entries)),
      gradientNormSquared: norm, stepCount: stepCount)
  }
}
