import Optimization
import Testing

@Suite("Linear models")
struct LinearObjectiveTests {
  /// Dimensions beside a multiple of eight, where padding shows, and 130 rows, more than a block.
  private func rows(_ n: Int, _ d: Int, seed: UInt64) -> [[Double]] {
    (0..<n).map { normals(d, seed: seed, worker: 9, gradient: $0) }
  }

  @Test("Least squares", arguments: [1, 5, 8, 13, 33], [0, 0.1])
  func leastSquares(d: Int, l2: Double) {
    let targets = normals(130, seed: 3)
    checkObjective(LeastSquares(rows: rows(130, d, seed: 2), targets: targets, l2: l2))
  }

  @Test("Logistic regression", arguments: [1, 5, 8, 13, 33], [0, 0.1])
  func logistic(d: Int, l2: Double) {
    let labels = normals(130, seed: 3).map { $0 < 0 ? -1.0 : 1.0 }
    checkObjective(Logistic(rows: rows(130, d, seed: 2), labels: labels, l2: l2))
  }
}
