import Foundation
import Kernels
import Optimization
import Testing

@Suite("Softmax and networks")
struct SoftmaxTests {
  private func labels(_ n: Int, _ classes: Int) -> [Int] {
    (0..<n).map { ($0 * $0 + 3 * $0 / 2) % classes }
  }

  @Test("Softmax", arguments: [1, 5, 8, 13], [0, 0.1])
  func softmax(d: Int, l2: Double) throws {
    let rows = normalRows(60, d, seed: 2)
    let objective = Softmax(rows: rows, labels: labels(60, 3), classCount: 3, l2: l2)
    checkObjective(objective)
    #expect((objective.minimum != nil) == (l2 > 0))
    let largest = try #require(eigenvalues(of: gram(rows)).last)
    let found = try #require(objective.smoothness)
    #expect(abs(found - (largest / 120 + l2)) < 1e-8 * found)
  }

  @Test("Softmax on sparse rows", arguments: [0, 0.1])
  func sparse(l2: Double) {
    let features = FeatureMatrix(rows: sparseRows(60, 21, seed: 2))
    #expect(features.isSparse)
    checkObjective(
      Softmax(features: features, labels: labels(60, 4), classCount: 4, l2: l2))
  }

  /// Two classes are logistic regression on half the difference of the rows of W.
  @Test("Softmax of two classes is logistic regression")
  func twoClasses() {
    let rows = normalRows(60, 5, seed: 2)
    let classes = labels(60, 2)
    let x = normals(5, seed: 3)
    let softmax = Softmax(rows: rows, labels: classes, classCount: 2)
    let logistic = Logistic(rows: rows, labels: classes.map { $0 == 0 ? -1 : 1 })
    let zeros = [Double](repeating: 0, count: 5)
    #expect(abs(softmax.loss(zeros + x) - logistic.loss(x)) < 1e-13)
  }

  @Test("A gradient in flight is a number a class and sample")
  func inFlight() {
    let rows = normalRows(60, 33, seed: 2)
    let plain = Softmax(rows: rows, labels: labels(60, 3), classCount: 3)
    #expect(plain.valuesPerGradient(batchSize: 1) == 8)
    #expect(plain.valuesPerGradient(batchSize: 4) == 16)
    #expect(plain.valuesPerGradient(batchSize: 34) == 104)
  }

  @Test(
    "Networks", arguments: [Activation.tanh, .relu], [[3], [8], [5, 4], [9, 3, 6]])
  func networks(activation: Activation, hidden: [Int]) {
    let objective = MultilayerPerceptron(
      rows: normalRows(40, 5, seed: 2), labels: labels(40, 3), hidden: hidden, classCount: 3,
      activation: activation, l2: 0.01)
    checkObjective(objective)
    #expect(objective.smoothness == nil)
    #expect(objective.minimum == nil)
  }

  /// Rows that lie further apart than they are long, in place and copied for a batch.
  @Test("Long rows")
  func longRows() {
    let rows = normalRows(40, 256, seed: 2)
    checkObjective(Softmax(rows: rows, labels: labels(40, 3), classCount: 3, l2: 0.1))
    checkObjective(
      MultilayerPerceptron(
        rows: rows, labels: labels(40, 3), hidden: [4], classCount: 3, activation: .tanh))
    // A zero behind each row makes it one of 264 numbers, with no line between: the losses stay.
    let padded = rows.map { $0 + [Double](repeating: 0, count: 8) }
    let (plain, long) = (
      Softmax(rows: rows, labels: labels(40, 3), classCount: 3),
      Softmax(rows: padded, labels: labels(40, 3), classCount: 3)
    )
    let x = normals(3 * 256, seed: 4)
    var wide: [Double] = []
    for first in stride(from: 0, to: 3 * 256, by: 256) {
      wide += x[first..<(first + 256)]
      wide += [Double](repeating: 0, count: 8)
    }
    // The same sums but for zeros; only where they go in may differ.
    #expect(abs(plain.loss(x) - long.loss(wide)) < 1e-12 * plain.loss(x))
  }

  /// Two rows of norm 5, one unit, two classes: with weights (0, 1), (1, −1) and biases ½ the unit gives at
  /// most 1 of tanh and 5½ of ReLU, a score at most 1½ or 6, and the loss is at most ln 2 and twice that.
  @Test("A bound of the loss of a network", arguments: [(Activation.tanh, 1.5), (.relu, 6)])
  func bound(activation: Activation, score: Double) throws {
    let network = MultilayerPerceptron(
      rows: [[3, 4], [4, 3]], labels: [0, 1], hidden: [1], classCount: 2, activation: activation)
    let x = Vector([0, 1, 0.5, 1, -1, 0.5, 0.5])
    let bound = try #require(network.lossBound(at: x.base))
    // ReLU: the rows are known by the norm of both together, and an input is at most that.
    let most = activation == .tanh ? score : 50.0.squareRoot() + 1
    #expect(abs(bound - (log(2) + 2 * most)) < 1e-12)
    #expect(network.loss(x.entries) < log(2) + 2 * score)
    let decayed = MultilayerPerceptron(
      rows: [[3, 4], [4, 3]], labels: [0, 1], hidden: [1], classCount: 2, activation: activation,
      l2: 4)
    let larger = try #require(decayed.lossBound(at: x.base))
    #expect(abs(larger - bound - 2 * normSquared(x.base, count: x.paddedCount)) < 1e-12)
  }

  /// One row of ones, one unit of ReLU, two classes, weights and biases as given.
  @Test(
    "Sizes beyond what numbers hold bound nothing",
    arguments: [
      // f = 2e9, as a hidden output of 2e160 counts for nothing
      [1e160, 1e160, 0, 0, 0, 1e9, -1e9],
      // The hidden output is infinite, and f no number.
      [1.5e308, 1.5e308, 0, 0, 0, 0, 0],
      // Squares of the first weights are 0; f is 4e30.
      [1e-170, 1e-170, 0, 1e200, -1e200, 0, 0],
      [1e308, -1e308, 1e308, 1, -1, 0, 0],
    ], [Activation.relu, .tanh])
  func extremes(entries: [Double], activation: Activation) {
    for size in [1, 1e-170, 1e170] {
      let network = MultilayerPerceptron(
        rows: [[size, size]], labels: [1], hidden: [1], classCount: 2, activation: activation)
      let x = Vector(entries)
      guard let bound = network.lossBound(at: x.base) else { continue }
      #expect(bound * (1 + 1e-12) >= network.loss(entries), "rows of \(size)")
    }
  }

  /// Losses are summed by sixteen, whatever goes through the network together.
  @Test("The loss of a network is summed in one order", arguments: [1, 15, 16, 17, 33, 75, 200])
  func lossOrder(count: Int) {
    let rows = normalRows(count, 5, seed: 2)
    let labels = labels(count, 3)
    let network = MultilayerPerceptron(rows: rows, labels: labels, hidden: [4], classCount: 3)
    let alone = (0..<count).map {
      MultilayerPerceptron(
        rows: [rows[$0]], labels: [labels[$0]], hidden: [4], classCount: 3)
    }
    for seed in 0..<20 as Range<UInt64> {
      let x = normals(network.dimension, seed: seed)
      let losses = alone.map { $0.loss(x) }
      var total = 0.0
      for start in stride(from: 0, to: count, by: 16) {
        total += losses[start..<min(start + 16, count)].reduce(0, +)
      }
      #expect(network.loss(x) == total * (1 / Double(count)), "seed \(seed)")
    }
  }

  /// Wide enough for a small batch to be kept as its tape, without a regulariser.
  @Test(
    "Networks in flight as tapes", arguments: [Activation.tanh, .relu], [[16], [16, 9]])
  func tapes(activation: Activation, hidden: [Int]) {
    let objective = MultilayerPerceptron(
      rows: normalRows(40, 21, seed: 2), labels: labels(40, 3), hidden: hidden, classCount: 3,
      activation: activation)
    #expect(objective.valuesPerGradient(batchSize: 1) < 100)
    #expect(objective.valuesPerGradient(batchSize: 9) > 300)
    checkObjective(objective)
  }

  @Test("A network on sparse rows")
  func sparseNetwork() {
    let rows = sparseRows(40, 21, seed: 2)
    let sparse = FeatureMatrix(rows: rows)
    let dense = FeatureMatrix(
      compressed: CompressedRows(rows: rows, columnCount: 21), sparse: false)
    let (a, b) = (
      MultilayerPerceptron(features: sparse, labels: labels(40, 3), hidden: [9], classCount: 3),
      MultilayerPerceptron(features: dense, labels: labels(40, 3), hidden: [9], classCount: 3)
    )
    #expect(sparse.isSparse)
    checkObjective(a)
    // Rows are made dense first, so that the storage does not show.
    let x = a.initialIterate(seed: 1)
    #expect(a.gradient(x) == b.gradient(x))
  }

  /// 2 inputs, 3 hidden units, 2 classes: 6 + 3 + 6 + 2 parameters, weights within √(6/5).
  @Test("A network starts at Glorot's weights")
  func glorot() {
    let network = MultilayerPerceptron(
      rows: [[1, 2]], labels: [0], hidden: [3], classCount: 2)
    let x = network.initialIterate(seed: 1)
    #expect(x.count == 17)
    #expect(x[6..<9].allSatisfy { $0 == 0 } && x[15..<17].allSatisfy { $0 == 0 })
    let bound = (6.0 / 5).squareRoot()
    #expect(x[0..<6].allSatisfy { $0 != 0 && abs($0) < bound })
    #expect(Set(x[0..<6]).count == 6)
    #expect(x == network.initialIterate(seed: 1))
    #expect(x != network.initialIterate(seed: 2))
  }

  /// On a parabola the estimate is L.
  @Test("The local estimate of L is L where that exists")
  func estimate() throws {
    let objective = LeastSquares(
      rows: normalRows(60, 4, seed: 2), targets: normals(60, seed: 3))
    let estimate = objective.localSmoothness(at: [0, 0, 0, 0])
    let smoothness = try #require(objective.smoothness)
    #expect(estimate > 0.9 * smoothness && estimate < 1.001 * smoothness)
  }
}
