import Kernels

/// f(x) = (1/n) Σ log(1 + exp(−b_i ⟨a_i, x⟩)) + (l2/2)‖x‖²: logistic regression.
///
/// L = λmax(AᵀA)/(4n) + l2, since σ′ ≤ ¼. f* by Newton's method where l2 > 0; without a regulariser
/// the data may be separable, and then there is no minimizer.
public struct Logistic: LinearObjective {
  let features: FeatureMatrix
  /// −1 or +1
  let targets: NumberColumn
  /// Of (l2/2)‖x‖²; with 0 there may be no minimum.
  public let l2: Double
  private let gramEigenvalue: Lazy<Double>
  private let solution: Lazy<Minimum?>

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
    gramEigenvalue = Lazy { largestGramEigenvalue(of: features) }
    solution = Lazy {
      guard l2 > 0 else { return nil }
      return Logistic(features: features, labels: labels, l2: l2).newtonMinimum()
    }
  }

  /// The same from dense rows.
  public init(rows: [[Double]], labels: [Double], l2: Double = 0) {
    self.init(features: FeatureMatrix(rows: rows), labels: labels, l2: l2)
  }

  var largestCurvature: Double? { 0.25 }
  public var smoothness: Double? { gramEigenvalue.get() / (4 * Double(sampleCount)) + l2 }
  public var minimum: Double? { solution.get()?.value }
  public var lacksMinimum: Bool { l2 == 0 }
  public var minimizer: [Double]? { solution.get()?.point }

  /// −b σ(−b⟨a, x⟩)
  func slope(prediction: Double, target: Double) -> Double {
    -target * sigmoid(-target * prediction)
  }

  /// σ(t)(1 − σ(t)), where 1 − σ(t) = σ(−t) keeps its digits.
  func curvature(prediction: Double, target: Double) -> Double {
    sigmoid(prediction) * sigmoid(-prediction)
  }

  func slopes(
    predictions: UnsafeMutablePointer<Double>, of samples: UnsafePointer<Int32>, count: Int
  ) {
    logisticSlopes(predictions, targets: targets.base, at: samples, count: count)
  }

  func lossesAndSlopes(
    predictions: UnsafeMutablePointer<Double>, targets: UnsafePointer<Double>,
    losses: UnsafeMutablePointer<Double>, count: Int
  ) {
    for index in 0..<count { predictions[index] *= -targets[index] }
    applySigmoid(to: predictions, softplus: losses, count: count)
    for index in 0..<count { predictions[index] *= -targets[index] }
  }

  func losses(
    predictions: UnsafeMutablePointer<Double>, targets: UnsafePointer<Double>,
    losses: UnsafeMutablePointer<Double>, count: Int
  ) {
    for index in 0..<count { losses[index] = -targets[index] * predictions[index] }
    ElementaryFunction.softplus.apply(to: losses, count: count)
  }
}
