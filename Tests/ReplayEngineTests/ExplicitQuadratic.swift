import Kernels
import Optimization

/// f(x) = ½ xᵀAx − bᵀx + c, whose stochastic gradients add a row of a table of noise.
///
/// Written from the definition, entry by entry.
struct ExplicitQuadratic: Objective {
  var matrix: [[Double]]
  var vector: [Double]
  var offset: Double
  var noise: [[Double]]

  var dimension: Int { vector.count }
  var sampleCount: Int { noise.count }
  var smoothness: Double? { nil }
  var minimum: Double? { nil }
  var minimizer: [Double]? { nil }

  private func product(_ x: UnsafePointer<Double>, row: Int) -> Double {
    var sum = 0.0
    for column in 0..<dimension { sum += matrix[row][column] * x[column] }
    return sum
  }

  func loss(at x: UnsafePointer<Double>) -> Double {
    var sum = offset
    for row in 0..<dimension { sum += (0.5 * product(x, row: row) - vector[row]) * x[row] }
    return sum
  }

  func lossAndGradient(
    at x: UnsafePointer<Double>, into gradient: UnsafeMutablePointer<Double>
  ) -> Double {
    gradient.update(repeating: 0, count: Vector.paddedCount(dimension))
    for row in 0..<dimension { gradient[row] = product(x, row: row) - vector[row] }
    return loss(at: x)
  }

  func valuesPerGradient(batchSize: Int) -> Int { Vector.paddedCount(dimension) }
  func scratchCount(batchSize: Int) -> Int { 0 }

  func computeGradient(
    of samples: UnsafeBufferPointer<Int32>, at x: UnsafePointer<Double>,
    into values: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    _ = lossAndGradient(at: x, into: values)
    for sample in samples {
      for row in 0..<dimension {
        values[row] += noise[Int(sample)][row] / Double(samples.count)
      }
    }
  }

  func add(
    _ scale: Double, times values: UnsafePointer<Double>, of samples: UnsafeBufferPointer<Int32>,
    to y: UnsafeMutablePointer<Double>
  ) {
    for row in 0..<dimension { y[row] += scale * values[row] }
  }
}
