import Kernels

/// Several points as the rows of one matrix, room for the products of up to 32 other rows with them, and sums of
/// such rows, one a point.
final class PointBlock {
  /// The most rows that are multiplied at once.
  static let rowLimit = 32

  let count: Int
  private let numbers: Vector
  private let results: Vector
  private let sums: Vector
  private let stride: Int

  /// - Parameter sums: whether rows will be summed up.
  init(_ points: [UnsafePointer<Double>], _ dimension: Int, sums hasSums: Bool) {
    count = points.count
    stride = Vector.paddedCount(dimension)
    numbers = Vector(dimension: stride * points.count)
    results = Vector(dimension: Self.rowLimit * points.count)
    sums = Vector(dimension: hasSums ? stride * points.count : 0)
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

  /// Puts numbers in the place of the products of the first rows with one point.
  func putProducts(
    _ numbers: UnsafePointer<Double>, of place: Int, count rowCount: Int
  ) {
    for row in 0..<rowCount { results.base[row * count + place] = numbers[row] }
  }

  /// A sum a point; zeros at first.
  var sumRows: Rows<UnsafeMutablePointer<Double>> {
    Rows(sums.base, stride: stride, rowCount: count)
  }

  /// The sum of one point, with its padding.
  func copySum(of place: Int, into out: UnsafeMutablePointer<Double>) {
    copy(sums.base + place * stride, into: out, count: stride)
  }
}
