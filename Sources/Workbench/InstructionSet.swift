import Kernels

/// Makes kernels run on an instruction set from now on. It never changes a result, so none records it.
///
/// - Parameter name: baseline, avx2 or avx512.
/// - Returns: false for another name, or where this processor lacks it; nothing is changed then.
public func useInstructionSet(_ name: String) -> Bool {
  KernelVariant.allCases.first { "\($0)" == name }.map(KernelVariant.force) ?? false
}
