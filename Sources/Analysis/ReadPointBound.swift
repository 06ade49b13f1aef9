import ReplayEngine

/// Bounds with explicit constants on averages over the points at which gradients were computed.
///
/// They hold for any delays of M workers, and bound what `ReadPointAverages` measures: never the last
/// iterate, and in expectation over the samples. A curve of f(x_k) does not belong beside them.
///
/// A bound whose hypothesis on the stepsize fails is nil. Where σ² is an estimate, so is the bound.
///
/// The constants are our own: those of Mishchenko, Bach, Even, Woodworth, "Asynchronous SGD Beats
/// Minibatch SGD Under Arbitrary Delays", NeurIPS 2022, have the same form.
public enum ReadPointBound {
  /// A stepsize and what it guarantees.
  public struct Best: Hashable, Sendable {
    /// γ
    public var stepsize: Double
    /// What the average is at most.
    public var value: Double
  }

  /// D²/(2γN) + γG²(2M − 1)/2, on the mean of f(y_i) − f* over all started gradients.
  ///
  /// For convex f and a constant stepsize. It needs neither smoothness nor independence of noise and
  /// delay, but fresh samples at each start: recorded batches that repeat are none.
  ///
  /// - Parameters:
  ///   - distance: D = ‖x_0 − x*‖
  ///   - gradientBound: G with E‖g‖² ≤ G², noise included.
  ///   - stepsize: γ
  ///   - workerCount: M
  ///   - startedCount: N, also those in flight at the end.
  public static func lipschitz(
    distance: Double, gradientBound: Double, stepsize: Double, workerCount: Int, startedCount: Int
  ) -> Double {
    distance * distance / (2 * stepsize * Double(startedCount))
      + stepsize * gradientBound * gradientBound * Double(2 * workerCount - 1) / 2
  }

  /// γ = D/(G√((2M − 1)N)), which gives DG√((2M − 1)/N).
  public static func bestLipschitz(
    distance: Double, gradientBound: Double, workerCount: Int, startedCount: Int
  ) -> Best {
    let root = (Double(2 * workerCount - 1) * Double(startedCount)).squareRoot()
    return Best(
      stepsize: distance / (gradientBound * root),
      value: distance * gradientBound * Double(2 * workerCount - 1) / root)
  }

  /// 3D²/(2γN) + γσ², on the γ_k-weighted mean of f(y_i) − f* over applied gradients.
  ///
  /// For convex, L-smooth f and the rule min{γ, 1/(4Lτ)} with γ ≤ 1/(2LM), delays independent of the
  /// noise.
  ///
  /// - Parameters:
  ///   - noise: σ with E‖g − ∇f‖² ≤ σ².
  ///   - appliedCount: N
  public static func convex(
    distance: Double, noise: Double, smoothness: Double, stepsize: Double, workerCount: Int,
    appliedCount: Int
  ) -> Double? {
    guard isAllowed(stepsize, smoothness, workerCount) else { return nil }
    return 3 * distance * distance / (2 * stepsize * Double(appliedCount))
      + stepsize * noise * noise
  }

  /// γ = min{1/(2LM), (D/σ)√(3/(2N))}; at most 3LMD²/N + √6 σD/√N.
  public static func bestConvex(
    distance: Double, noise: Double, smoothness: Double, workerCount: Int, appliedCount: Int
  ) -> Best {
    let limit = 1 / (2 * smoothness * Double(workerCount))
    let free = distance / noise * (1.5 / Double(appliedCount)).squareRoot()
    let stepsize = noise > 0 ? min(limit, free) : limit
    return Best(
      stepsize: stepsize,
      value: 3 * distance * distance / (2 * stepsize * Double(appliedCount))
        + stepsize * noise * noise)
  }

  /// 12Δ/(γN) + 3Lγσ², on the γ_k-weighted mean of ‖∇f(y_i)‖² over applied gradients.
  ///
  /// For L-smooth f, convex or not, under the rule and the assumptions of `convex`.
  ///
  /// - Parameter gap: Δ = f(x_0) − f*
  public static func nonconvex(
    gap: Double, noise: Double, smoothness: Double, stepsize: Double, workerCount: Int,
    appliedCount: Int
  ) -> Double? {
    guard isAllowed(stepsize, smoothness, workerCount) else { return nil }
    return 12 * gap / (stepsize * Double(appliedCount)) + 3 * smoothness * stepsize * noise * noise
  }

  /// γ = min{1/(2LM), 2√(Δ/(LNσ²))}; at most 24LMΔ/N + 12σ√(LΔ/N).
  public static func bestNonconvex(
    gap: Double, noise: Double, smoothness: Double, workerCount: Int, appliedCount: Int
  ) -> Best {
    let limit = 1 / (2 * smoothness * Double(workerCount))
    let free = 2 / noise * (gap / (smoothness * Double(appliedCount))).squareRoot()
    let stepsize = noise > 0 ? min(limit, free) : limit
    return Best(
      stepsize: stepsize,
      value: 12 * gap / (stepsize * Double(appliedCount))
        + 3 * smoothness * stepsize * noise * noise)
  }

  /// A stepsize that was meant to be the limit may miss it by rounding.
  private static func isAllowed(_ stepsize: Double, _ smoothness: Double, _ workerCount: Int)
    -> Bool
  {
    stepsize * 2 * smoothness * Double(workerCount) <= 1 + 1e-12
  }
}

extension DelayBias {
  /// Whether the stepsizes favour some of the noise: b̂ is above 95% of what it is with the stepsizes
  /// dealt out at random; nil below 20 permutations.
  ///
  /// Never with one stepsize for all, since then there is nothing to deal out.
  public var isTiedToDelay: Bool? {
    guard permuted.count >= 20 else { return nil }
    return value > Sample(permuted).quantile(0.95)
  }
}
