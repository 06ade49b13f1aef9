import Kernels

/// Makes kernels run on an instruction set from now on. It never changes a result, so none records it.
///
/// - Parameter name: baseline, avx2 or avx512.
/// - Throws: `Failure` for another name, or where this processor lacks it.
public func useInstructionSet(_ name: String) throws {
  let names = KernelVariant.allCases.map { "\($0)" }
  guard let variant = KernelVariant.allCases.first(where: { "\($0)" == name }) else {
    throw Failure(.usage, "--cpu \(name): choose one of \(names.joined(separator: ", ")).")
  }
  guard KernelVariant.force(variant) else {
    throw Failure(
      .usage, "--cpu \(name): this processor has none; its best is \(KernelVariant.best).")
  }
}
