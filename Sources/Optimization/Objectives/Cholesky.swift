import Kernels

/// The factor of a symmetric positive semidefinite matrix, PᵀAP = LLᵀ, with the pivots chosen by
/// size, so that a matrix without full rank is handled too: columns that depend on others are left
/// out.
///
/// Data sets have constant columns and repeated ones. The least-squares problem still has minimizers
/// then, and the one with zeros at the columns left out is returned.
struct Cholesky: ~Copyable {
  private let factor: SquareMatrix
  private let order: [Int]
  let rank: Int

  /// Factors what is on and right of the diagonal of `matrix`. A pivot below 1e-12 of the largest
  /// counts as zero. O(d³/3).
  ///
  /// Row-wise (Cholesky–Crout), since the inner loop is then a dot product of rows.
  init(_ matrix: borrowing SquareMatrix) {
    let dimension = matrix.dimension
    let factor = SquareMatrix(dimension: dimension)
    // What is left of the diagonal, by original position.
    var diagonal = (0..<dimension).map { matrix.row($0)[$0] }
    let largest = diagonal.max() ?? 0
    var order = Array(0..<dimension)
    var rank = 0
    while rank < dimension {
      var best = rank
      for candidate in (rank + 1)..<max(dimension, rank + 1)
      where diagonal[order[candidate]] > diagonal[order[best]] {
        best = candidate
      }
      guard diagonal[order[best]] > 1e-12 * largest else { break }
      order.swapAt(rank, best)
      let pivot = order[rank]
      // Row `pivot` of the factor has its first `rank` entries already.
      let pivotRow = factor.row(pivot)
      let root = diagonal[pivot].squareRoot()
      for index in (rank + 1)..<max(dimension, rank + 1) {
        let other = order[index]
        let row = factor.row(other)
        let entry = matrix.row(min(pivot, other))[max(pivot, other)]
        let below = (entry - dot(row, pivotRow, count: rank)) / root
        row[rank] = below
        diagonal[other] -= below * below
      }
      pivotRow[rank] = root
      rank += 1
    }
    self.factor = factor
    self.order = order
    self.rank = rank
  }

  /// Returns x with A x = b, zero at the positions left out.
  func solve(_ b: UnsafePointer<Double>) -> [Double] {
    let y = Vector(dimension: rank)
    for index in 0..<rank {
      let row = factor.row(order[index])
      y.base[index] = (b[order[index]] - dot(row, y.base, count: index)) / row[index]
    }
    // Backwards by rows: once y_i is known, its share leaves the equations above it.
    for index in (0..<rank).reversed() {
      let row = factor.row(order[index])
      y.base[index] /= row[index]
      axpy(-y.base[index], row, to: y.base, count: index)
    }
    var x = [Double](repeating: 0, count: factor.dimension)
    for index in 0..<rank { x[order[index]] = y.base[index] }
    return x
  }
}
