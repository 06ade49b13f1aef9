import CKernels

/// Σ_e values_e · x[columns_e], in four lanes whatever the processor.
public func sparseDot(
  _ values: UnsafePointer<Double>, _ columns: UnsafePointer<Int32>, count: Int,
  with x: UnsafePointer<Double>
) -> Double {
  outpace_sparse_dot(values, columns, count, x)
}

/// y[columns_e] += scale · values_e
public func sparseAxpy(
  _ scale: Double, _ values: UnsafePointer<Double>, _ columns: UnsafePointer<Int32>, count: Int,
  to y: UnsafeMutablePointer<Double>
) {
  outpace_sparse_axpy(scale, values, columns, count, y)
}
