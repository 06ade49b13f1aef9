/// Returns log₁₀ x for x > 0 from + − × ÷ only.
///
/// The C library's logarithm differs in the last bit from one processor to the next, and a last bit
/// is enough to move a coordinate from one rounded decimal to the next: a page would not have the
/// same bytes everywhere. With x = 2^e m, m between √½ and √2, and s = (m − 1)/(m + 1), it is
/// ln m = 2 (s + s³/3 + s⁵/5 + …); the thirteenth term is below 1e-19.
///
/// - Returns: −∞ for 0 and below, ∞ for ∞; the error is a few ulp.
package func decimalLogarithm(_ x: Double) -> Double {
  guard x > 0 else { return -.infinity }
  guard x.isFinite else { return .infinity }
  var exponent = Double(x.exponent)
  var m = x.significand
  if m > 1.414_213_562_373_095_1 {
    m /= 2
    exponent += 1
  }
  let s = (m - 1) / (m + 1)
  let q = s * s
  var series = 0.0
  for k in stride(from: 12, through: 0, by: -1) {
    series = series * q + 1 / Double(2 * k + 1)
  }
  let naturalOfTwo = 0.693_147_180_559_945_3
  let decimalOfE = 0.434_294_481_903_251_8
  return (exponent * naturalOfTwo + 2 * s * series) * decimalOfE
}

/// Returns 10ⁿ, correctly rounded: 0 below the range of `Double`, ∞ above.
package func powerOfTen(_ n: Int) -> Double {
  Double("1e\(n)") ?? (n < 0 ? 0 : .infinity)
}

/// Returns the n with 10ⁿ ≤ |x| < 10ⁿ⁺¹, 0 for 0.
package func decimalExponent(_ x: Double) -> Int {
  let magnitude = x.magnitude
  guard magnitude > 0, magnitude.isFinite else { return 0 }
  var n = Int(decimalLogarithm(magnitude).rounded(.down))
  // The logarithm is off by an ulp at most, so one step in either direction is enough.
  if powerOfTen(n) > magnitude { n -= 1 }
  if powerOfTen(n + 1) <= magnitude { n += 1 }
  return n
}
