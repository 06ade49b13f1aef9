import Kernels

/// f(x) = (1/n) Σ h(⟨a_i, x⟩ − b_i) + (l2/2)‖x‖² with Huber's h: r²/2 for |r| ≤ δ, else δ|r| − δ²/2.
///
/// Both smooth, with L = λmax(AᵀA)/n + l2, and Lipschitz without a regulariser, with the constant
/// δ max ‖a_i‖: what the theorem for constant stepsizes asks for. f* by Newton's method where l2 > 0.
///
/// Reference: Huber, "Robust Estimation of a Location Parameter", Ann. Math. Statist. 35(1), 1964.
public struct Huber: LinearObjective {
  let features: FeatureMatrix
  let targets: NumberColumn
  /// Of (l2/2)‖x‖².
  public let l2: Double
  /// δ, the residual where the loss goes over from a parabola to a line.
  public let delta: Double
  private let gramEigenvalue: Lazy<Double>
  private let solution: Lazy<Minimum?>

  /// - Parameters:
  ///   - features: A, a row a sample.
  ///   - targets: b, a number a row.
  ///   - delta: δ, above 0: where the loss becomes linear.
  public init(features: FeatureMatrix, targets: [Double], delta: Double = 1, l2: Double = 0) {
    precondition(
      features.rowCount == targets.count,
      "\(features.rowCount) rows and \(targets.count) targets")
    precondition(delta > 0, "δ = \(delta)")
    self.features = features
    self.targets = NumberColumn(targets)
    self.delta = delta
    self.l2 = l2
    gramEigenvalue = Lazy { largestGramEigenvalue(of: features) }
    solution = Lazy {
      guard l2 > 0 else { return nil }
      return Huber(features: features, targets: targets, delta: delta, l2: l2).newtonMinimum()
    }
  }

  /// The same from dense rows.
  public init(rows: [[Double]], targets: [Double], delta: Double = 1, l2: Double = 0) {
    self.init(features: FeatureMatrix(rows: rows), targets: targets, delta: delta, l2: l2)
  }

  var largestCurvature: Double? { 1 }
  public var smoothness: Double? { gramEigenvalue.get() / Double(sampleCount) + l2 }
  public var minimum: Double? { solution.get()?.value }
  public var minimizer: [Double]? { solution.get()?.point }

  /// The residual, held within ±δ. NaN stays NaN.
  func slope(prediction: Double, target: Double) -> Double {
    let residual = prediction - target
    if residual > delta { return delta }
    return residual < -delta ? -delta : residual
  }

  /// At the kinks of h′ the second derivative of the parabola.
  func curvature(prediction: Double, target: Double) -> Double {
    abs(prediction - target) <= delta ? 1 : 0
  }

  func lossesAndSlopes(
    predictions: UnsafeMutablePointer<Double>, targets: UnsafePointer<Double>,
    losses: UnsafeMutablePointer<Double>, count: Int
  ) {
    for index in 0..<count {
      let residual = predictions[index] - targets[index]
      let slope = slope(prediction: predictions[index], target: targets[index])
      predictions[index] = slope
      // r²/2 within, δ|r| − δ²/2 outside: in both s(r − s/2) with s = h′(r).
      losses[index] = slope * (residual - 0.5 * slope)
    }
  }
}
