import Kernels

/// f(x) = 1/(2n) ‖Ax − b‖² + (l2/2)‖x‖²: least squares, and with l2 > 0 ridge regression.
///
/// L = λmax(AᵀA)/n + l2. x* solves (AᵀA/n + l2) x = Aᵀb/n.
public struct LeastSquares: LinearObjective {
  let features: FeatureMatrix
  let targets: NumberColumn
  /// Of (l2/2)‖x‖²; 0 for least squares without it.
  public let l2: Double
  private let solution: Lazy<Minimum?>
  private let gramEigenvalue: Lazy<Double>

  /// - Parameters:
  ///   - features: A, a row a sample.
  ///   - targets: b, a number a row.
  public init(features: FeatureMatrix, targets: [Double], l2: Double = 0) {
    precondition(
      features.rowCount == targets.count,
      "\(features.rowCount) rows and \(targets.count) targets")
    self.features = features
    self.targets = NumberColumn(targets)
    self.l2 = l2
    gramEigenvalue = Lazy { largestGramEigenvalue(of: features) }
    solution = Lazy { Self.solve(features: features, targets: targets, l2: l2) }
  }

  /// The same from dense rows.
  public init(rows: [[Double]], targets: [Double], l2: Double = 0) {
    self.init(features: FeatureMatrix(rows: rows), targets: targets, l2: l2)
  }

  var largestCurvature: Double? { 1 }
  public var smoothness: Double? { gramEigenvalue.get() / Double(sampleCount) + l2 }
  public var minimum: Double? { solution.get()?.value }
  public var minimizer: [Double]? { solution.get()?.point }

  func slope(prediction: Double, target: Double) -> Double { prediction - target }

  func curvature(prediction: Double, target: Double) -> Double { 1 }

  func lossesAndSlopes(
    predictions: UnsafeMutablePointer<Double>, targets: UnsafePointer<Double>,
    losses: UnsafeMutablePointer<Double>, count: Int
  ) {
    for index in 0..<count {
      let residual = predictions[index] - targets[index]
      predictions[index] = residual
      losses[index] = 0.5 * residual * residual
    }
  }
}
