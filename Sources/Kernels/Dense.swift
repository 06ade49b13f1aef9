import CKernels

// Thin names over the C kernels. Every sum has one order, whatever the processor: see CKernels.h.

/// ⟨a, b⟩
public func dot(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, count: Int) -> Double {
  outpace_dot(a, b, count)
}

/// ⟨a, b⟩, while half as many bytes from `ahead` on are brought near.
public func dot(
  _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, count: Int,
  fetching ahead: UnsafeRawPointer
) -> Double {
  outpace_dot_fetching(a, b, count, ahead)
}

/// ⟨a, b⟩
///
/// - Precondition: `a.dimension == b.dimension`.
public func dot(_ a: borrowing Vector, _ b: borrowing Vector) -> Double {
  let (left, right) = (a.dimension, b.dimension)
  precondition(left == right, "dot of \(left) and \(right) entries")
  return outpace_dot(a.base, b.base, a.paddedCount)
}

/// ‖a‖²
public func normSquared(_ a: UnsafePointer<Double>, count: Int) -> Double {
  outpace_dot(a, a, count)
}

/// Σ a
public func sum(_ a: UnsafePointer<Double>, count: Int) -> Double {
  outpace_sum(a, count)
}

/// y += scale · x
public func axpy(
  _ scale: Double, _ x: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>, count: Int
) {
  outpace_axpy(scale, x, y, count)
}

/// y += scale · x, while half as many bytes from `ahead` on are brought near.
public func axpy(
  _ scale: Double, _ x: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>, count: Int,
  fetching ahead: UnsafeRawPointer
) {
  outpace_axpy_fetching(scale, x, y, count, ahead)
}

/// y += scale · x, then ⟨row, y⟩, in one pass and with the bits of two; `ahead`, if there is one, is brought
/// near meanwhile, as many bytes as y has. Neither x nor row may overlap y.
public func axpyDot(
  _ scale: Double, _ x: UnsafePointer<Double>, to y: UnsafeMutablePointer<Double>,
  with row: UnsafePointer<Double>, count: Int, fetching ahead: UnsafeRawPointer? = nil
) -> Double {
  outpace_axpy_dot(scale, x, y, row, count, ahead)
}

/// out_jm = `axpyDot` with scales_jm, x_j and row_j for each of `members` vectors y_m, step j after step j − 1,
/// with the same bits; each row is read once for all members.
///
/// - Parameters:
///   - scales, out: steps × members, those of a step together.
///   - x, rows: `steps` of each; none may overlap a y.
///   - ahead: rows that are brought near meanwhile.
public func axpyDots(
  _ scales: UnsafePointer<Double>, _ x: UnsafePointer<UnsafePointer<Double>>,
  to y: UnsafePointer<UnsafeMutablePointer<Double>>,
  with rows: UnsafePointer<UnsafePointer<Double>>, into out: UnsafeMutablePointer<Double>,
  steps: Int, members: Int, count: Int, fetching ahead: UnsafePointer<UnsafePointer<Double>>,
  aheadCount: Int
) {
  x.withMemoryRebound(to: UnsafePointer<Double>?.self, capacity: steps) { x in
    rows.withMemoryRebound(to: UnsafePointer<Double>?.self, capacity: steps) { rows in
      y.withMemoryRebound(to: UnsafeMutablePointer<Double>?.self, capacity: members) { y in
        ahead.withMemoryRebound(to: UnsafePointer<Double>?.self, capacity: aheadCount) { ahead in
          outpace_axpy_dots(scales, x, y, rows, out, steps, members, count, ahead, aheadCount)
        }
      }
    }
  }
}

/// y = scale · x; x and y may be the same array.
public func scale(
  _ factor: Double, _ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>, count: Int
) {
  outpace_scale(factor, x, y, count)
}

/// y = x
public func copy(
  _ x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>, count: Int
) {
  y.update(from: x, count: count)
}

/// x = 0
public func clear(_ x: UnsafeMutablePointer<Double>, count: Int) {
  x.update(repeating: 0, count: count)
}

/// out_i = ⟨row i, x⟩ for rows of `count` entries that lie `stride` apart.
public func multiply(
  rows: UnsafePointer<Double>, stride: Int, rowCount: Int, by x: UnsafePointer<Double>,
  into out: UnsafeMutablePointer<Double>, count: Int
) {
  outpace_gemv(rows, stride, rowCount, x, out, count)
}

/// y += Σ_i scales_i · row i: the bits of as many ``axpy(_:_:to:count:)``.
public func addCombination(
  of rows: UnsafePointer<Double>, stride: Int, rowCount: Int, scales: UnsafePointer<Double>,
  to y: UnsafeMutablePointer<Double>, count: Int
) {
  outpace_gemv_transposed(rows, stride, rowCount, scales, y, count)
}

/// out_i = ⟨row `places_i`, x⟩ for rows of `count` entries that lie `stride` apart: the bits of as many
/// ``dot(_:_:count:)``. A place may occur more than once.
public func multiply(
  rows: UnsafePointer<Double>, stride: Int, at places: UnsafeBufferPointer<Int32>,
  by x: UnsafePointer<Double>, into out: UnsafeMutablePointer<Double>, count: Int
) {
  outpace_dots_at(rows, stride, places.baseAddress, places.count, x, out, count)
}

/// y += Σ_i (scale · values_i) · row `places_i`, added in order of i: the bits of as many
/// ``axpy(_:_:to:count:)``. A place may occur more than once.
public func addCombination(
  _ scale: Double, times values: UnsafePointer<Double>, of rows: UnsafePointer<Double>,
  stride: Int, at places: UnsafeBufferPointer<Int32>, to y: UnsafeMutablePointer<Double>,
  count: Int
) {
  outpace_combine_at(scale, values, rows, stride, places.baseAddress, places.count, y, count)
}

/// row k += scales_k · x for rows of `count` entries that lie `stride` apart: the bits of as many
/// ``axpy(_:_:to:count:)``.
public func addOuterProduct(
  _ scales: UnsafePointer<Double>, _ x: UnsafePointer<Double>,
  to rows: UnsafeMutablePointer<Double>, stride: Int, rowCount: Int, count: Int
) {
  outpace_ger(scales, x, rows, stride, rowCount, count)
}

/// A matrix somewhere in memory: `rowCount` rows that lie `stride` apart.
public struct Rows<Pointer> {
  /// The first row; 64-byte aligned.
  public var base: Pointer
  /// From row to row, in numbers; a multiple of eight.
  public var stride: Int
  /// How many rows follow one another.
  public var rowCount: Int

  public init(_ base: Pointer, stride: Int, rowCount: Int) {
    self.base = base
    self.stride = stride
    self.rowCount = rowCount
  }
}

/// c_ij = ⟨row i of a, row j of b⟩ over `count` entries: the bits of as many ``dot(_:_:count:)``.
public func multiply(
  _ a: Rows<UnsafePointer<Double>>, byRowsOf b: Rows<UnsafePointer<Double>>,
  into c: UnsafeMutablePointer<Double>, stride: Int, count: Int
) {
  outpace_gemm_rows(
    a.base, a.stride, a.rowCount, b.base, b.stride, b.rowCount, c, stride, count)
}

/// row k of c += Σ_i a_ik · row i of b: the bits of as many ``axpy(_:_:to:count:)``.
public func addCombinations(
  of b: Rows<UnsafePointer<Double>>, scales a: UnsafePointer<Double>, scaleStride: Int,
  to c: Rows<UnsafeMutablePointer<Double>>, count: Int
) {
  combine(b, scales: a, scaleStride: scaleStride, with: 1, times: c.base, into: c, count: count)
}

/// row k of c = scale · row k of start + Σ_i a_ik · row i of b: the bits of a
/// ``scale(_:_:into:count:)`` and as many ``axpy(_:_:to:count:)``, most of it in one pass over c.
///
/// - Parameter start: rows as far apart as those of c; it may be c.
public func combine(
  _ b: Rows<UnsafePointer<Double>>, scales a: UnsafePointer<Double>, scaleStride: Int,
  with scale: Double, times start: UnsafePointer<Double>,
  into c: Rows<UnsafeMutablePointer<Double>>, count: Int
) {
  outpace_gemm_columns(
    a, scaleStride, b.rowCount, c.rowCount, b.base, b.stride, scale, start, c.base, c.stride,
    count)
}

/// out_i = diagonal · x_i + beside · (x_(i−1) + x_(i+1)), where what lies outside is 0. x and `out`
/// must not overlap.
public func multiplyTridiagonal(
  diagonal: Double, beside: Double, by x: UnsafePointer<Double>,
  into out: UnsafeMutablePointer<Double>, count: Int
) {
  outpace_tridiagonal(diagonal, beside, x, out, count)
}

/// Asks for memory to be brought near before it is read. A hint: it changes nothing but the time.
public func prefetch(_ start: UnsafeRawPointer, byteCount: Int) {
  outpace_prefetch(start, byteCount)
}
