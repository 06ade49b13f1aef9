import Optimization
import TestSupport
import Testing

@Suite("Noise of gradients")
struct NoiseTests {
  /// Rows a = 1, targets 1 and 3: f(x) = ¼((x − 1)² + (x − 3)²), f* = ½ at 2, f(0) = 2.5, and
  /// gradients x − 1 and x − 3 of variance 1 everywhere. Steps of ½ go 0, 1, 1.5: f = 2.5, 1, 0.625.
  private let two = LeastSquares(rows: [[1], [1]], targets: [1, 3])

  @Test("By hand: ε is the squared gradient where descent first meets the loss, σ² the variance")
  func byHand() throws {
    let noise = try #require(two.noise(from: [0], toLoss: 0.7, smoothness: 2))
    #expect(noise.stepCount == 2)
    #expect(agree(noise.gradientNormSquared, 0.25, within: 1e-12))
    #expect(agree(noise.variance, 1, within: 1e-12))
    #expect(agree(noise.criticalBatch(batchSize: 1), 4, within: 1e-12))
    #expect(agree(noise.criticalBatch(batchSize: 8), 0.5, within: 1e-12))
    #expect(noise.criticalBatch(batchSize: 0) == 0)
    let atOnce = try #require(two.noise(from: [0], toLoss: 3, smoothness: 2))
    #expect(atOnce.stepCount == 0)
    #expect(agree(atOnce.gradientNormSquared, 4, within: 1e-12))
  }

  @Test("A loss that is not met, and a gradient of 0, have no noise scale")
  func none() {
    #expect(two.noise(from: [0], toLoss: 0.4, smoothness: 2, stepLimit: 100) == nil)
    // One step of 1/L = 1 ends at the minimum.
    #expect(two.noise(from: [0], toLoss: 0.7, smoothness: 1) == nil)
  }
}
