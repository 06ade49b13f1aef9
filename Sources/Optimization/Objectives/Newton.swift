import Kernels

extension Objective {
  /// f* by Newton's method with backtracking from zero, to ‖∇f‖ ≤ 1e-10; nil where that is not
  /// reached in 200 steps, or where the Hessian would be too large.
  ///
  /// A step is accepted by Armijo's rule with the constant 1e-4, give or take the rounding of f: near
  /// x* the decrease to expect is below the last digit of f.
  ///
  /// - Parameter addHessian: adds ∇²f(x), on and right of the diagonal, to a matrix of zeros.
  func newtonMinimum(
    addHessian: (UnsafePointer<Double>, borrowing SquareMatrix) -> Void
  ) -> Minimum? {
    guard dimension <= largestFactoredDimension else { return nil }
    let x = Vector(dimension: dimension)
    let candidate = Vector(dimension: dimension)
    let gradient = Vector(dimension: dimension)
    let count = x.paddedCount
    var value = lossAndGradient(at: x.base, into: gradient.base)
    for _ in 0..<200 {
      if normSquared(gradient.base, count: count) <= 1e-20 {
        return Minimum(value: value, point: x.entries)
      }
      let hessian = SquareMatrix(dimension: dimension)
      addHessian(x.base, hessian)
      let step = Vector(Cholesky(hessian).solve(gradient.base))
      let slope = dot(step.base, gradient.base, count: count)
      var length = 1.0
      var isAccepted = false
      while !isAccepted {
        copy(x.base, into: candidate.base, count: count)
        axpy(-length, step.base, to: candidate.base, count: count)
        let reached = loss(at: candidate.base)
        isAccepted = reached <= value - 1e-4 * length * slope + 1e-14 * abs(value)
        if !isAccepted { length /= 2 }
        guard length > 1e-12 else { return nil }
      }
      copy(candidate.base, into: x.base, count: count)
      value = lossAndGradient(at: x.base, into: gradient.base)
    }
    return nil
  }

  /// An estimate of L near x: the largest eigenvalue in size that twenty steps of power iteration on
  /// differences of gradients find. No bound may rest on it; it gives an order of magnitude where
  /// there is no L.
  public func localSmoothness(at x: [Double]) -> Double {
    precondition(x.count == dimension, "\(x.count) numbers for \(dimension) parameters")
    let here = Vector(x)
    let moved = Vector(dimension: dimension)
    let gradient = Vector(dimension: dimension)
    let direction = Vector(dimension: dimension)
    let count = here.paddedCount
    _ = lossAndGradient(at: here.base, into: gradient.base)
    for index in 0..<dimension { direction.base[index] = index % 2 == 0 ? 1 : -0.5 }
    let width = 1e-5 * max(1, normSquared(here.base, count: count).squareRoot())
    var largest = 0.0
    for _ in 0..<20 {
      let norm = normSquared(direction.base, count: count).squareRoot()
      guard norm > 0, norm.isFinite else { break }
      copy(here.base, into: moved.base, count: count)
      axpy(width / norm, direction.base, to: moved.base, count: count)
      _ = lossAndGradient(at: moved.base, into: direction.base)
      axpy(-1, gradient.base, to: direction.base, count: count)
      largest = normSquared(direction.base, count: count).squareRoot() / width
    }
    return largest
  }
}

extension LinearObjective {
  func newtonMinimum() -> Minimum? {
    let features = features
    let predictions = Vector(dimension: sampleCount)
    return newtonMinimum { x, hessian in
      features.multiply(rows: 0..<sampleCount, by: x, into: predictions.base)
      for row in 0..<sampleCount {
        predictions.base[row] =
          curvature(prediction: predictions.base[row], target: targets[row])
          / Double(sampleCount)
      }
      features.addGram(weights: predictions.base, to: hessian)
      hessian.addToDiagonal(l2)
    }
  }
}
