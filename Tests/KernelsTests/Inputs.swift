import Kernels

/// Seeded numbers of many sizes, both signs.
func numbers(_ count: Int, seed: UInt64) -> [Double] {
  let stream = CounterStream(stream: .shuffles, seed: seed)
  return (0..<count).map { index in
    let word = stream.word(worker: 0, gradient: 0, index: 2 * index)
    let size = stream.word(worker: 0, gradient: 0, index: 2 * index + 1) % 24
    return (Double(word) / 4_294_967_296 - 0.5)
      * Double(sign: .plus, exponent: Int(size) - 12, significand: 1)
  }
}

/// Equal bits, where every NaN is the same: which of two NaNs a sum keeps is the processor's choice,
/// and fingerprints write them all alike.
func sameBits(_ a: Double, _ b: Double) -> Bool {
  a.bitPattern == b.bitPattern || (a.isNaN && b.isNaN)
}

func sameBits(_ a: [Double], _ b: [Double]) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { sameBits($0, $1) }
}

/// What is hard about doubles.
let edges: [Double] = [
  0, -0.0, 1, -1, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, -.leastNonzeroMagnitude,
  .leastNormalMagnitude, -.leastNormalMagnitude, .greatestFiniteMagnitude,
  -.greatestFiniteMagnitude, 1e-300, -1e-300, 1e300, -1e300, 0x1p-53, -0x1p-53, 0x1p-54, 0x1p53,
  709.78, 709.79, 710, 711, -708.4, -708.3, -744.4, -745.1, -745.14, -746, -747, 0.625, -0.625,
  0.41421356, -0.29289321, 1e16, 1e17, 0.5, 2, 3, 22, -22, 40, -40,
  // 2^k for k beside the exponents where 1 + x and x change places
  0x1p54, 0x1p52, 0x1.fffffffffffffp53, 0x1.fffffffffffffp-1, 0x1.0000000000001p0,
]

/// What arrays are filled with, besides numbers of the usual sizes.
enum Mixture: CaseIterable {
  /// Of many sizes, both signs.
  case plain
  /// Subnormal numbers, zeros of both signs and the smallest normal ones among them: nothing may be
  /// flushed, and no sign of a zero be lost.
  case tiny
  /// Every edge among them, infinities and NaN too.
  case edges

  func numbers(_ count: Int, seed: UInt64) -> [Double] {
    let plain = KernelsTests.numbers(count, seed: seed)
    let stream = CounterStream(stream: .shuffles, seed: seed ^ 0xed6e)
    func pick(_ index: Int, _ choices: [Double]) -> Double {
      let word = Int(stream.word(worker: 1, gradient: 0, index: index))
      return word % 3 == 0 ? choices[word / 3 % choices.count] : plain[index]
    }
    let small: [Double] = [
      0, -0.0, .leastNonzeroMagnitude, -.leastNonzeroMagnitude, 0x1p-1060, -0x1.8p-1030,
      .leastNormalMagnitude, -.leastNormalMagnitude,
    ]
    switch self {
    case .plain: return plain
    case .tiny: return plain.indices.map { pick($0, small) * ($0 % 2 == 0 ? 1 : 0x1p-600) }
    case .edges:
      return plain.indices.map { $0 % 17 == 0 ? pick($0, KernelsTests.edges) : plain[$0] }
    }
  }
}
