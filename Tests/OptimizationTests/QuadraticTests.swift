import Foundation
import Optimization
import Testing

@Suite("Quadratic")
struct QuadraticTests {
  @Test("The chain", arguments: [1, 2, 5, 8, 13])
  func chain(d: Int) throws {
    let objective = QuadraticObjective(chain: d, noise: 0.1, noiseCount: 32, seed: 3)
    checkObjective(objective)
    let smoothness = try #require(objective.smoothness)
    #expect(abs(smoothness - (0.5 + 0.5 * cos(Double.pi / Double(d + 1)))) < 1e-15)
    // x*_i = −(1 − i/(d + 1)), f* = −d/(8(d + 1))
    let minimum = try #require(objective.minimum)
    #expect(abs(minimum + Double(d) / (8 * Double(d + 1))) < 1e-12)
  }

  @Test("The chain written out as a matrix is the same function", arguments: [1, 5, 13])
  func writtenOut(d: Int) throws {
    let matrix = (0..<d).map { row in
      (0..<d).map { row == $0 ? 0.5 : (abs(row - $0) == 1 ? -0.25 : 0) }
    }
    let linear = (0..<d).map { $0 == 0 ? -0.25 : 0 }
    let dense = QuadraticObjective(matrix: matrix, linear: linear)
    let chain = QuadraticObjective(chain: d)
    checkObjective(dense)
    let x = normals(d, seed: 1)
    #expect(abs(dense.loss(x) - chain.loss(x)) < 1e-14)
    #expect(distance(dense.gradient(x), chain.gradient(x)) < 1e-14)
    #expect(abs(try #require(dense.smoothness) - (try #require(chain.smoothness))) < 1e-8)
    #expect(abs(try #require(dense.minimum) - (try #require(chain.minimum))) < 1e-12)
  }

  /// b outside the range of A: unbounded below along the second axis.
  @Test("No minimum, none reported")
  func unbounded() {
    let objective = QuadraticObjective(matrix: [[1, 0], [0, 0]], linear: [1, 1])
    #expect(objective.minimum == nil)
    let bounded = QuadraticObjective(matrix: [[1, 0], [0, 0]], linear: [1, 0], constant: 3)
    #expect(bounded.minimum == 2.5)
    let saddle = QuadraticObjective(matrix: [[1, 0], [0, -1]], linear: [1, 1])
    #expect(saddle.minimum == nil)
  }

  @Test("Noise is centred and has its deviation")
  func noise() {
    let d = 3
    let objective = QuadraticObjective(chain: d, noise: 0.5, seed: 3)
    #expect(objective.sampleCount == 4096)
    let x = normals(d, seed: 1)
    let exact = objective.gradient(x)
    var mean = [Double](repeating: 0, count: d)
    var square = 0.0
    for sample in 0..<4096 {
      let gradient = objective.batchGradient([Int32(sample)], x)
      for index in 0..<d {
        mean[index] += (gradient[index] - exact[index]) / 4096
        square += (gradient[index] - exact[index]) * (gradient[index] - exact[index]) / 4096
      }
    }
    #expect(norm(mean) < 1e-14)
    #expect(abs(square / Double(d) - 0.25) < 0.01)
  }
}
