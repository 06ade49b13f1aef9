import Kernels

/// f(x) = (1/n) Σ max(0, 1 − b_i⟨a_i, x⟩) + (l2/2)‖x‖²: the support vector machine.
///
/// Convex and, without a regulariser, Lipschitz with the constant max ‖a_i‖, but not smooth: there is
/// no L, and no f* either. The subgradient at the kink is 0.
public struct Hinge: LinearObjective {
  let features: FeatureMatrix
  /// −1 or +1
  let targets: NumberColumn
  /// Of (l2/2)‖x‖².
  public let l2: Double

  /// - Parameters:
  ///   - features: A, a row a sample.
  ///   - labels: b, −1 or +1 a row.
  public init(features: FeatureMatrix, labels: [Double], l2: Double = 0) {
    precondition(
      features.rowCount == labels.count, "\(features.rowCount) rows and \(labels.count) labels")
    precondition(labels.allSatisfy { abs($0) == 1 }, "a label that is neither −1 nor +1")
    self.features = features
    targets = NumberColumn(labels)
    self.l2 = l2
  }

  /// The same from dense rows.
  public init(rows: [[Double]], labels: [Double], l2: Double = 0) {
    self.init(features: FeatureMatrix(rows: rows), labels: labels, l2: l2)
  }

  var largestCurvature: Double? { nil }
  public var smoothness: Double? { nil }
  public var minimum: Double? { nil }
  public var minimizer: [Double]? { nil }

  func slope(prediction: Double, target: Double) -> Double {
    // `>=` is false for NaN, which must not look like a sample that is well classified.
    target * prediction >= 1 ? 0 : -target
  }

  func curvature(prediction: Double, target: Double) -> Double { 0 }

  func lossesAndSlopes(
    predictions: UnsafeMutablePointer<Double>, targets: UnsafePointer<Double>,
    losses: UnsafeMutablePointer<Double>, count: Int
  ) {
    for index in 0..<count {
      let slack = 1 - targets[index] * predictions[index]
      losses[index] = slack <= 0 ? 0 : slack
      predictions[index] = slope(prediction: predictions[index], target: targets[index])
    }
  }
}
