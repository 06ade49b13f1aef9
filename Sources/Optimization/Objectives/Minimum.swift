import Kernels

/// f* and a point where it is taken.
struct Minimum: Sendable {
  var value: Double
  var point: [Double]
}

/// Matrices up to this dimension are factored for f*: 32 MiB of Hessian, some seconds of work. Beyond
/// it f* is said to be unknown.
let largestFactoredDimension = 2048

extension LeastSquares {
  /// Solves the normal equations by Cholesky, and improves the solution twice with the gradient that
  /// is left, which squares away what the condition of AᵀA cost.
  static func solve(features: FeatureMatrix, targets: [Double], l2: Double) -> Minimum? {
    let dimension = features.columnCount
    guard dimension <= largestFactoredDimension else { return nil }
    let objective = LeastSquares(features: features, targets: targets, l2: l2)
    let matrix = SquareMatrix(dimension: dimension)
    features.addGram(weights: nil, to: matrix)
    let count = Double(features.rowCount)
    scale(
      1 / count, matrix.base, into: matrix.base, count: matrix.dimension * matrix.stride)
    matrix.addToDiagonal(l2)
    let factor = Cholesky(matrix)
    let x = Vector(dimension: dimension)
    let gradient = Vector(dimension: dimension)
    var value = 0.0
    for _ in 0..<3 {
      _ = objective.lossAndGradient(at: x.base, into: gradient.base)
      let step = factor.solve(gradient.base)
      for index in 0..<dimension { x.base[index] -= step[index] }
    }
    value = objective.loss(at: x.base)
    return value.isFinite ? Minimum(value: value, point: x.entries) : nil
  }
}
