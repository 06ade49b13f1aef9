import Kernels

/// Returns an upper estimate of the largest eigenvalue of a symmetric positive semidefinite matrix by
/// power iteration: θ + ‖Av − θv‖ once that residual is at most 1e-9 θ.
///
/// Some eigenvalue lies within the residual of θ, so that L is not taken too small by what the
/// iteration has not found yet. The start is the same on every machine.
///
/// After 50,000 steps θ + residual is taken as it is: two eigenvalues that are so close hardly differ
/// as L.
///
/// - Parameters:
///   - multiply: writes A v to its second argument.
func largestEigenvalue(
  dimension: Int,
  multiply: (UnsafePointer<Double>, UnsafeMutablePointer<Double>) -> Void
) -> Double {
  let v = Vector(dimension: dimension)
  let product = Vector(dimension: dimension)
  let count = v.paddedCount
  for index in 0..<dimension {
    // Key: "powe", "rite" in ASCII; no stream of random draws has it.
    let words = philox(
      counter: (UInt32(index), 0, 0, 0), key: (0x706f_7765, 0x7269_7465))
    v.base[index] = (Double(words.0) + 0.5) / 4_294_967_296 - 0.5
  }
  let startNorm = normSquared(v.base, count: count).squareRoot()
  scale(1 / startNorm, v.base, into: v.base, count: count)
  for step in 1...50_000 {
    multiply(v.base, product.base)
    let theta = dot(v.base, product.base, count: count)
    let norm = normSquared(product.base, count: count).squareRoot()
    guard norm > 0, norm.isFinite else { return norm }
    axpy(-theta, v.base, to: product.base, count: count)
    let residual = normSquared(product.base, count: count).squareRoot()
    if residual <= 1e-9 * theta || step == 50_000 { return theta + residual }
    // product is Av − θv: v ← (θv + that) / ‖Av‖
    scale(theta / norm, v.base, into: v.base, count: count)
    axpy(1 / norm, product.base, to: v.base, count: count)
  }
  return .nan
}

/// λmax(AᵀA) for the rows of A.
///
/// With at most 1,024 columns AᵀA is formed first: a step then costs d², not 2nd, and close
/// eigenvalues take thousands of steps.
func largestGramEigenvalue(of features: FeatureMatrix) -> Double {
  let dimension = features.columnCount
  if dimension <= 1024 && dimension <= features.rowCount {
    let gram = SquareMatrix(dimension: dimension)
    features.addGram(weights: nil, to: gram)
    gram.mirror()
    return largestEigenvalue(dimension: dimension) { gram.multiply($0, into: $1) }
  }
  let predictions = Vector(dimension: features.rowCount)
  let rows = 0..<features.rowCount
  return largestEigenvalue(dimension: dimension) { v, product in
    features.multiply(rows: rows, by: v, into: predictions.base)
    clear(product, count: Vector.paddedCount(dimension))
    features.addCombination(rows: rows, scales: predictions.base, to: product)
  }
}
