import Kernels

/// Several points as the rows of one matrix, and room for the products of up to 32 other rows with them.
final class PointBlock {
  /// The most rows that are multiplied at once.
  static let rowLimit = 32

  let count: Int
  private let numbers: Vector
  private let results: Vector
  private let stride: Int

  init(_ points: [UnsafePointer<Double>], _ dimension: Int) {
    count = points.count
    stride = Vector.paddedCount(dimension)
    numbers = Vector(dimension: stride * points.count)
    results = Vector(dimension: Self.rowLimit * points.count)
    for (place, point) in points.enumerated() {
      copy(point, into: numbers.base + place * stride, count: stride)
    }
  }

  var points: Rows<UnsafePointer<Double>> {
    Rows(UnsafePointer(numbers.base), stride: stride, rowCount: count)
  }

  /// Row by row, the products with all points.
  var products: UnsafeMutablePointer<Double> { results.base }

  /// The products of the first rows with one point.
  func copyProducts(of place: Int, into out: UnsafeMutablePointer<Double>, count rowCount: Int) {
    for row in 0..<rowCount { out[row] = results.base[row * count + place] }
  }
}
