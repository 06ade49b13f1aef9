import CKernels

/// The instruction set that kernels run on. The choice never changes a bit, so a result does not
/// record it; tests force each and compare.
public enum KernelVariant: Int32, Sendable, CaseIterable, Comparable {
  /// What every processor of the architecture has.
  case baseline = 0
  /// 256 bits at a time, without fused multiply-add.
  case avx2 = 1
  /// 512 bits at a time, without fused multiply-add.
  case avx512 = 2

  /// The best that this processor can run.
  public static var best: Self { Self(rawValue: outpace_best_variant()) ?? .baseline }

  /// The one in use: the best, unless another was forced.
  public static var current: Self { Self(rawValue: outpace_current_variant()) ?? .baseline }

  /// All that this processor can run.
  public static var available: [Self] { allCases.filter { $0 <= best } }

  /// Makes every thread use a variant from now on (the hidden `--cpu`). Returns false, and changes
  /// nothing, if this processor cannot run it.
  @discardableResult
  public static func force(_ variant: Self) -> Bool {
    outpace_force_variant(variant.rawValue) == 1
  }

  public static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
}
