import CKernels

// Elementary functions with the same bits on every processor. The C library's are as accurate, but
// choose another last bit where the processor has fused multiply-add. Their names say `portable`, so
// that a file which also imports the C library cannot take one for the other.

/// e^x, within 1 ulp. Rounds once into the subnormal range; 0 and infinity beyond.
public func portableExp(_ x: Double) -> Double { outpace_exp(x) }
/// log x, within 1 ulp. −∞ at ±0, NaN below.
public func portableLog(_ x: Double) -> Double { outpace_log(x) }
/// log(1 + x), within 1 ulp. −∞ at −1, NaN below; keeps −0.
public func portableLog1p(_ x: Double) -> Double { outpace_log1p(x) }
/// tanh x, within 2 ulp. Odd, and ±1 at ±∞; keeps −0.
public func portableTanh(_ x: Double) -> Double { outpace_tanh(x) }
/// σ(x) = 1 / (1 + e^−x), without overflow on either side.
public func sigmoid(_ x: Double) -> Double { outpace_sigmoid(x) }
/// log(1 + e^x), without overflow: the logistic loss at the margin −x.
public func softplus(_ x: Double) -> Double { outpace_softplus(x) }

/// A function to apply to many numbers in place, with the bits of the one-number form.
public enum ElementaryFunction: Sendable, CaseIterable {
  /// Named after the function that it applies.
  case exp, log, log1p, tanh, sigmoid, softplus

  /// The value at one number.
  public func callAsFunction(_ x: Double) -> Double {
    switch self {
    case .exp: outpace_exp(x)
    case .log: outpace_log(x)
    case .log1p: outpace_log1p(x)
    case .tanh: outpace_tanh(x)
    case .sigmoid: outpace_sigmoid(x)
    case .softplus: outpace_softplus(x)
    }
  }

  /// Replaces each of `count` numbers by its value.
  public func apply(to values: UnsafeMutablePointer<Double>, count: Int) {
    switch self {
    case .exp: outpace_exp_block(values, count)
    case .log: outpace_log_block(values, count)
    case .log1p: outpace_log1p_block(values, count)
    case .tanh: outpace_tanh_block(values, count)
    case .sigmoid: outpace_sigmoid_block(values, count)
    case .softplus: outpace_softplus_block(values, count)
    }
  }
}

/// Puts log(1 + e^x) of each of `count` numbers x into `softplus`, and σ(x) in its place: both take little more
/// than one. The arrays may not overlap.
public func applySigmoid(
  to values: UnsafeMutablePointer<Double>, softplus: UnsafeMutablePointer<Double>, count: Int
) {
  outpace_softplus_sigmoid_block(values, softplus, count)
}

/// Replaces predictions by the slopes −b σ(−b · prediction) of the logistic loss, where b is the target at
/// `places_i` for prediction i. The arrays may not overlap.
public func logisticSlopes(
  _ predictions: UnsafeMutablePointer<Double>, targets: UnsafePointer<Double>,
  at places: UnsafePointer<Int32>, count: Int
) {
  outpace_logistic_slopes(predictions, targets, places, count)
}

/// Replaces z by its softmax e^(z_i − max z) / Σ_j e^(z_j − max z), and returns log Σ_j e^(z_j).
///
/// - Precondition: `count` ≥ 1.
public func softmax(_ z: UnsafeMutablePointer<Double>, count: Int) -> Double {
  precondition(count >= 1, "softmax of \(count) numbers")
  return outpace_softmax(z, count)
}

/// The number that a standard normal variable stays below with probability p in (0, 1), to about
/// 1e-16 relative.
///
/// Reference: Wichura, "Algorithm AS 241: The Percentage Points of the Normal Distribution", Applied
/// Statistics 37(3), 1988, PPND16.
public func normalQuantile(_ p: Double) -> Double { outpace_normal_quantile(p) }
