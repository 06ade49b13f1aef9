/// Solves T x = right for T with `diagonal` on the diagonal and `beside` next to it, by Thomas'
/// algorithm: Gaussian elimination without pivots, which positive definite matrices do not need. O(d).
func solveTridiagonal(diagonal: Double, beside: Double, right: [Double]) -> [Double] {
  let count = right.count
  var above = [Double](repeating: 0, count: count)
  var x = right
  var pivot = diagonal
  x[0] /= pivot
  for index in 1..<max(1, count) {
    above[index - 1] = beside / pivot
    pivot = diagonal - beside * above[index - 1]
    x[index] = (x[index] - beside * x[index - 1]) / pivot
  }
  for index in (0..<(count - 1)).reversed() { x[index] -= above[index] * x[index + 1] }
  return x
}

/// sin(π/(2m)) for m ≥ 2 by its Taylor series: L and with it every stepsize hangs on it, and the C
/// library's sine is not the same everywhere.
///
/// The argument is at most π/4, so that the first term left out, t^23/23!, is below 1e-24.
func sineOfHalfPi(over m: Double) -> Double {
  let t = 0.5 * Double.pi / m
  let square = t * t
  var sum = 0.0
  // From the small terms to the large ones: 1 − t²/(2·3) (1 − t²/(4·5) (1 − …)).
  for k in stride(from: 20.0, through: 2.0, by: -2.0) {
    sum = square / (k * (k + 1)) * (1 - sum)
  }
  return t - t * sum
}
