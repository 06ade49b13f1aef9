// The elementary functions as their sources have them, with branches where those are clearer than
// selections. The formulas and their error bounds are fdlibm's (exp, log, log1p) and Cephes' (tanh);
// CKernels/elementary.h has the same ones without branches.

private let ln2High = 0x1.62e42feep-1
private let ln2Low = 0x1.a39ef35793c76p-33

extension ReferenceKernels {
  /// e^x = 2^k e^r with |r| ≤ ½ ln 2
  public static func exp(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x > 710 { return .infinity }
    if x < -746 { return 0 }
    let k = (x * 0x1.71547652b82fep0).rounded(.toNearestOrEven)
    let high = x - k * ln2High
    let low = k * ln2Low
    let r = high - low
    let z = r * r
    let q1 = -0x1.bbd41c5d26bf1p-20 + z * 0x1.6376972bea4d0p-25
    let q2 = -0x1.6c16c16bebd93p-9 + z * (0x1.1566aaf25de2cp-14 + z * q1)
    let c = r - z * (0x1.555555555553ep-3 + z * q2)
    let y = 1 - ((low - (r * c) / (2 - c)) - high)
    // Two factors, since 2^k alone may be subnormal, where the product would round twice.
    let half = (Int(k) + 2048) / 2 - 1024
    return y * powerOfTwo(half) * powerOfTwo(Int(k) - half)
  }

  private static func powerOfTwo(_ k: Int) -> Double {
    Double(sign: .plus, exponent: k, significand: 1)
  }

  /// log((1 + f) 2^k) + c for 1 + f between √½ and √2
  private static func logReduced(_ f: Double, k: Double, c: Double) -> Double {
    let halfSquare = 0.5 * f * f
    let s = f / (2 + f)
    let z = s * s
    let w = z * z
    let even = w * (0x1.999999997fa04p-2 + w * (0x1.c71c51d8e78afp-3 + w * 0x1.39a09d078c69fp-3))
    let oddTail = 0x1.7466496cb03dep-3 + w * 0x1.2f112df3e5244p-3
    let odd = z * (0x1.5555555555593p-1 + w * (0x1.2492494229359p-2 + w * oddTail))
    return s * (halfSquare + (odd + even)) + (k * ln2Low + c) - halfSquare + f + k * ln2High
  }

  /// x as (1 + f) 2^k with 1 + f in [√½, √2), √½ cut to the upper half of its bits.
  private static func reduced(_ x: Double) -> (f: Double, k: Int) {
    var (fraction, k) = (x.significand, Int(x.exponent))
    if fraction >= 2 * Double(bitPattern: 0x3fe6_a09e_0000_0000) {
      fraction *= 0.5
      k += 1
    }
    return (fraction - 1, k)
  }

  /// log x, the bits of ``portableLog(_:)``.
  public static func log(_ x: Double) -> Double {
    if x == 0 { return -.infinity }
    if x.isNaN || x < 0 { return .nan }
    if x == .infinity { return x }
    let (f, k) = reduced(x)
    return logReduced(f, k: Double(k), c: 0)
  }

  /// log(1 + x), the bits of ``portableLog1p(_:)``.
  public static func log1p(_ x: Double) -> Double {
    if x == -1 { return -.infinity }
    if x.isNaN || x < -1 { return .nan }
    if x == .infinity || abs(x) < 0x1p-53 { return x }
    if x > -0x1.2bec4p-2 && x < 0x1.a827ap-2 { return logReduced(x, k: 0, c: 0) }
    let u = 1 + x
    let (f, k) = reduced(u)
    let lost = k >= 2 ? 1 - (u - x) : x - (u - 1)
    return logReduced(f, k: Double(k), c: k >= 54 ? 0 : lost / u)
  }

  /// tanh x, the bits of ``portableTanh(_:)``.
  public static func tanh(_ x: Double) -> Double {
    if x == 0 { return x }
    if abs(x) < 0.625 {
      let z = x * x
      let p =
        (-9.64399179425052238628e-1 * z - 9.92877231001918586564e1) * z
        - 1.61468768441708447952e3
      let q =
        ((z + 1.12811678491632931402e2) * z + 2.23548839060100448583e3) * z
        + 4.84406305325125486048e3
      return x + x * (z * (p / q))
    }
    let magnitude = 1 - 2 / (exp(2 * abs(x)) + 1)
    return x < 0 ? -magnitude : magnitude
  }

  /// 1/(1 + e^−x), the bits of the kernel.
  public static func sigmoid(_ x: Double) -> Double {
    if x < 0 {
      let e = exp(x)
      return e / (1 + e)
    }
    return 1 / (1 + exp(-x))
  }

  /// log(1 + e^x), the bits of the kernel.
  public static func softplus(_ x: Double) -> Double {
    (x < 0 ? 0 : x) + log1p(exp(x < 0 ? x : -x))
  }
}
