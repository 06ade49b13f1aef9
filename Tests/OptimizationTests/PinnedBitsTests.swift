import Kernels
import Optimization
import Testing

/// Numbers that were written down once. Debug and release builds, every instruction set and every
/// machine must find the same bits: L decides stepsizes, and x_0 and data decide everything.
@Suite("The same bits everywhere", .serialized)
struct PinnedBitsTests {
  /// What depends on data, kernels, eigenvalue and Newton's method, as one word.
  private func digest(_ written: String) throws -> UInt64 {
    let objective = try ObjectiveSpec(parsing: written).build(seed: 1)
    var word: UInt64 = 0
    func mix(_ number: Double) {
      word = (word &* 0x0000_0100_0000_01b3) ^ number.bitPattern
    }
    let x = objective.initialIterate(seed: 1).map { $0 + 0.01 }
    mix(objective.loss(x))
    for entry in objective.batchGradient([3, 1, 4], x) { mix(entry) }
    for entry in objective.gradient(x) { mix(entry) }
    mix(objective.smoothness ?? -1)
    mix(objective.minimum ?? -1)
    return word
  }

  private static let pinned: [(String, UInt64)] = [
    ("logistic?l2=0.001", 0x6719_bce5_05c3_4196),
    ("least-squares:paper:n=60,d=13", 0xf547_48dc_b270_e615),
    ("softmax:uniform:n=60,d=5?classes=3,l2=0.01", 0x4adc_cd27_94be_1526),
    ("huber:gaussian:n=60,d=13?l2=0.1", 0x9690_3dac_3aff_ffe0),
    ("hinge:gaussian:n=60,d=13", 0xa9ae_100b_b6a6_c37c),
    ("mlp:gaussian:n=60,d=13?hidden=9x5,classes=3", 0x208b_c4f1_0ff7_5b95),
    ("quadratic:chain:d=13", 0x52a8_686b_fbea_58b2),
  ]

  @Test("Losses, gradients, L and f*", arguments: KernelVariant.available)
  func objectives(variant: KernelVariant) throws {
    let before = KernelVariant.current
    defer { KernelVariant.force(before) }
    #expect(KernelVariant.force(variant))
    for (written, expected) in Self.pinned {
      let found = try digest(written)
      #expect(found == expected, "\(written): 0x\(String(found, radix: 16))")
    }
  }
}
