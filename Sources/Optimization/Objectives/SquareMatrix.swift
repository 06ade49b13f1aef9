import Kernels

/// A d × d matrix of rows padded to a multiple of eight.
struct SquareMatrix: ~Copyable {
  let dimension: Int
  let stride: Int
  private let storage: Vector

  var base: UnsafeMutablePointer<Double> { storage.base }

  /// A matrix of zeros.
  init(dimension: Int) {
    self.dimension = dimension
    stride = Vector.paddedCount(dimension)
    storage = Vector(dimension: dimension * stride)
  }

  func row(_ index: Int) -> UnsafeMutablePointer<Double> { base + index * stride }

  /// out = A x
  func multiply(_ x: UnsafePointer<Double>, into out: UnsafeMutablePointer<Double>) {
    Kernels.multiply(
      rows: base, stride: stride, rowCount: dimension, by: x, into: out, count: dimension)
  }

  /// A += scale · I
  func addToDiagonal(_ scale: Double) {
    for index in 0..<dimension { row(index)[index] += scale }
  }

  /// Copies what lies right of the diagonal to the left.
  func mirror() {
    for index in 0..<dimension {
      let row = row(index)
      for column in 0..<index { row[column] = base[column * stride + index] }
    }
  }
}

extension FeatureMatrix {
  /// target += Σ_i weights_i a_i a_iᵀ, on and right of the diagonal; weights are 1 if nil.
  ///
  /// Goes through 128 rows at a time, so that they stay in the cache while each of the d rows of the
  /// target is visited once. O(n d²/2).
  func addGram(weights: UnsafePointer<Double>?, to target: borrowing SquareMatrix) {
    switch storage {
    case .dense(let base, let stride):
      let blockRows = 128
      let scales = Vector(dimension: blockRows)
      for start in Swift.stride(from: 0, to: rowCount, by: blockRows) {
        let block = base + start * stride
        let count = min(blockRows, rowCount - start)
        for column in 0..<columnCount {
          for row in 0..<count {
            let entry = block[row * stride + column]
            scales.base[row] = weights.map { $0[start + row] * entry } ?? entry
          }
          // Whole blocks of eight, so that a few entries left of the diagonal are written too.
          let left = column & ~7
          Kernels.addCombination(
            of: block + left, stride: stride, rowCount: count, scales: scales.base,
            to: target.row(column) + left, count: columnCount - left)
        }
      }
    case .sparse(let starts, let columns, let values):
      for row in 0..<rowCount {
        let start = starts[row]
        let count = starts[row + 1] - start
        for entry in 0..<count {
          let scale = (weights?[row] ?? 1) * values[start + entry]
          sparseAxpy(
            scale, values + start + entry, columns + start + entry, count: count - entry,
            to: target.row(Int(columns[start + entry])))
        }
      }
    }
  }
}
