import Kernels
import Optimization
import Testing

/// n seeded rows of d normal numbers. Dimensions beside a multiple of eight are where padding shows,
/// and 130 rows are more than a block.
func normalRows(_ n: Int, _ d: Int, seed: UInt64) -> [[Double]] {
  (0..<n).map { normals(d, seed: seed, worker: 9, gradient: $0) }
}

/// Rows with one entry in ten.
func sparseRows(_ n: Int, _ d: Int, seed: UInt64) -> [[Double]] {
  normalRows(n, d, seed: seed).enumerated().map { index, row in
    row.enumerated().map { ($0.offset + index) % 10 == 0 ? $0.element : 0 }
  }
}

@Suite("Linear models")
struct LinearObjectiveTests {
  private let targets = normals(130, seed: 3)
  private var labels: [Double] { targets.map { $0 < 0 ? -1.0 : 1.0 } }

  @Test("Least squares", arguments: [1, 5, 8, 13, 33], [0, 0.1])
  func leastSquares(d: Int, l2: Double) {
    checkObjective(LeastSquares(rows: normalRows(130, d, seed: 2), targets: targets, l2: l2))
  }

  @Test("Logistic regression", arguments: [1, 5, 8, 13, 33], [0, 0.1])
  func logistic(d: Int, l2: Double) {
    let objective = Logistic(rows: normalRows(130, d, seed: 2), labels: labels, l2: l2)
    checkObjective(objective)
    #expect((objective.minimum != nil) == (l2 > 0))
  }

  @Test("Huber", arguments: [1, 13], [0, 0.1])
  func huber(d: Int, l2: Double) {
    let objective = Huber(
      rows: normalRows(130, d, seed: 2), targets: targets, delta: 0.7, l2: l2)
    checkObjective(objective)
    #expect((objective.minimum != nil) == (l2 > 0))
  }

  @Test("Hinge", arguments: [1, 13], [0, 0.1])
  func hinge(d: Int, l2: Double) {
    let objective = Hinge(rows: normalRows(130, d, seed: 2), labels: labels, l2: l2)
    checkObjective(objective, options: ConformanceOptions(isSmooth: false))
    #expect(objective.smoothness == nil)
    #expect(objective.minimum == nil)
  }

  /// By hand: one row a = 2, b = 1, x = 3. The margin is 6, the residual 5.
  @Test("Losses worked out by hand")
  func byHand() {
    #expect(LeastSquares(rows: [[2]], targets: [1]).loss([3]) == 12.5)
    #expect(LeastSquares(rows: [[2]], targets: [1], l2: 2).loss([3]) == 21.5)
    #expect(Huber(rows: [[2]], targets: [1], delta: 2).loss([3]) == 8)
    #expect(Huber(rows: [[2]], targets: [1], delta: 2).gradient([3]) == [4])
    #expect(Hinge(rows: [[2]], labels: [-1]).loss([3]) == 7)
    #expect(Hinge(rows: [[2]], labels: [-1]).gradient([3]) == [2])
    #expect(Hinge(rows: [[2]], labels: [1]).gradient([3]) == [0])
    #expect(Logistic(rows: [[2]], labels: [1]).loss([0]) == portableLog1p(1))
    #expect(Logistic(rows: [[2]], labels: [1]).gradient([0]) == [-1])
  }

  @Test("L is what an eigenvalue solver finds", arguments: [1, 5, 13, 20])
  func smoothness(d: Int) throws {
    let rows = normalRows(130, d, seed: 4)
    let largest = try #require(eigenvalues(of: gram(rows)).last)
    let expected = [
      (LeastSquares(rows: rows, targets: targets, l2: 0.1).smoothness, largest / 130 + 0.1),
      (Logistic(rows: rows, labels: labels, l2: 0.1).smoothness, largest / 520 + 0.1),
      (Huber(rows: rows, targets: targets).smoothness, largest / 130),
    ]
    for (found, wanted) in expected {
      let found = try #require(found)
      // Never below, beyond rounding, and hardly above.
      #expect(found >= wanted * (1 - 1e-14))
      #expect(found <= wanted * (1 + 2e-9))
    }
  }

  /// More columns than rows: AᵀA is not formed.
  @Test("L of wide data")
  func wide() throws {
    let rows = normalRows(12, 20, seed: 4)
    let largest = try #require(eigenvalues(of: gram(rows)).last)
    let found = try #require(
      LeastSquares(rows: rows, targets: Array(targets.prefix(12))).smoothness)
    #expect(abs(found - largest / 12) < 1e-8)
  }

  /// Sparse rows have sums of another order, so that only rounding may differ.
  @Test("Sparse and dense storage agree", arguments: [0, 0.1])
  func storage(l2: Double) throws {
    let rows = sparseRows(130, 45, seed: 5)
    let sparse = FeatureMatrix(rows: rows)
    let dense = FeatureMatrix(
      compressed: CompressedRows(rows: rows, columnCount: 45), sparse: false)
    #expect(sparse.isSparse && !dense.isSparse)
    let (a, b) = (
      Logistic(features: sparse, labels: labels, l2: l2),
      Logistic(features: dense, labels: labels, l2: l2)
    )
    checkObjective(a)
    checkObjective(LeastSquares(features: sparse, targets: targets, l2: l2))
    let x = normals(45, seed: 6)
    #expect(abs(a.loss(x) - b.loss(x)) < 1e-14)
    #expect(distance(a.gradient(x), b.gradient(x)) < 1e-13)
    let (first, second) = (try #require(a.smoothness), try #require(b.smoothness))
    #expect(abs(first - second) < 1e-8)
    if l2 > 0 {
      #expect(abs(try #require(a.minimum) - (try #require(b.minimum))) < 1e-12)
    }
  }

  /// Long rows with an even number of 64-byte lines lie a line further apart than they are long.
  @Test("Long rows", arguments: [256, 257, 270])
  func longRows(d: Int) {
    let rows = normalRows(130, d, seed: 8)
    checkObjective(LeastSquares(rows: rows, targets: targets, l2: 0.1))
    checkObjective(Logistic(rows: rows, labels: labels))
    // Sums of all rows by the definition, so that no row may begin at a wrong place.
    let x = normals(d, seed: 9)
    var gradient = [Double](repeating: 0, count: d)
    var loss = 0.0
    for (row, target) in zip(rows, targets) {
      let residual = zip(row, x).reduce(-target) { $0 + $1.0 * $1.1 }
      loss += residual * residual / 260
      for (index, number) in row.enumerated() { gradient[index] += residual * number / 130 }
    }
    let plain = LeastSquares(rows: rows, targets: targets)
    #expect(abs(plain.loss(x) - loss) < 1e-12 * loss)
    #expect(distance(plain.gradient(x), gradient) < 1e-12 * norm(gradient))
    let batch = Array(0..<130).map(Int32.init)
    #expect(distance(plain.batchGradient(batch, x), gradient) < 1e-12 * norm(gradient))
  }

  /// A repeated and a constant zero column, as pixels at the border are.
  @Test("Least squares without full rank still has its f*")
  func rankDeficient() throws {
    let rows = normalRows(130, 6, seed: 7).map { $0 + [0, $0[2], $0[1] - $0[3]] }
    let deficient = LeastSquares(rows: rows, targets: targets)
    let full = LeastSquares(rows: normalRows(130, 6, seed: 7), targets: targets)
    #expect(abs(try #require(deficient.minimum) - (try #require(full.minimum))) < 1e-12)
    checkObjective(deficient)
  }

  @Test("A gradient in flight is one number a sample, and dense with a regulariser")
  func inFlight() {
    let rows = normalRows(130, 33, seed: 2)
    let plain = LeastSquares(rows: rows, targets: targets)
    #expect(plain.valuesPerGradient(batchSize: 1) == 8)
    #expect(plain.valuesPerGradient(batchSize: 9) == 16)
    #expect(plain.valuesPerGradient(batchSize: 33) == 40)
    #expect(plain.valuesPerGradient(batchSize: 100) == 40)
    #expect(plain.valuesPerGradient(batchSize: 0) == 40)
    let ridge = LeastSquares(rows: rows, targets: targets, l2: 0.1)
    #expect(ridge.valuesPerGradient(batchSize: 1) == 40)
  }

  /// Rows and points beside multiples of what registers hold at once, in dense rows and in sparse ones.
  @Test(
    "Loss and gradient at several points have the bits of each alone", arguments: [1, 2, 5, 8],
    [13, 75])
  func several(pointCount: Int, d: Int) {
    let objectives = [
      Logistic(rows: normalRows(130, d, seed: 2), labels: labels, l2: 0.1),
      Logistic(rows: normalRows(130, d, seed: 2), labels: labels),
      Logistic(rows: sparseRows(130, d, seed: 2), labels: labels),
    ]
    // One block for all: what each is about to hold is something else before.
    let stride = Vector.paddedCount(d)
    let points = Vector(dimension: pointCount * stride)
    let gradients = Vector(dimension: pointCount * stride)
    for place in 0..<pointCount {
      for (index, number) in normals(d, seed: 5, gradient: place).enumerated() {
        points.base[place * stride + index] = number / 8
        gradients.base[place * stride + index] = 3
      }
    }
    let alone = Vector(dimension: d)
    for objective in objectives {
      var losses = [Double](repeating: 0, count: pointCount)
      objective.evaluate(
        at: (0..<pointCount).map { UnsafePointer(points.base + $0 * stride) }, losses: &losses,
        gradients: (0..<pointCount).map { gradients.base + $0 * stride })
      for place in 0..<pointCount {
        let loss = objective.lossAndGradient(at: points.base + place * stride, into: alone.base)
        #expect(losses[place].bitPattern == loss.bitPattern)
        let found = (0..<stride).map { gradients.base[place * stride + $0].bitPattern }
        #expect(found == (0..<stride).map { alone.base[$0].bitPattern })
      }
    }
  }
}
