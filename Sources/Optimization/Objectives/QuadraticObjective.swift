import Kernels

/// f(x) = ½⟨x, Ax⟩ − ⟨b, x⟩ + c with A symmetric positive semidefinite, and noise on its gradients.
///
/// A sample is a row ξ_i of a table of noise that is drawn from like data: ∇f_i(x) = Ax − b + ξ_i. A
/// centred table leaves the mean gradient exact. Noise is added to gradients only; the loss has none.
///
/// L = λmax(A), and Ax* = b.
public struct QuadraticObjective: Objective {
  /// The matrix, as it is multiplied by.
  private enum Operator {
    /// `diagonal` on the diagonal, `beside` next to it.
    case tridiagonal(diagonal: Double, beside: Double)
    case dense(FeatureMatrix)
  }

  public let dimension: Int
  private let matrix: Operator
  /// b, padded.
  private let linear: [Double]
  private let constant: Double
  private let noise: FeatureMatrix?
  private let largestEigenvalueOfA: Lazy<Double>
  private let solution: Lazy<Minimum?>

  /// - Parameters:
  ///   - matrix: A, row by row.
  ///   - linear: b
  ///   - constant: c
  ///   - noise: ξ_1 … ξ_n, each with as many entries as b; empty for exact gradients.
  public init(
    matrix: [[Double]], linear: [Double], constant: Double = 0, noise: [[Double]] = []
  ) {
    precondition(
      matrix.count == linear.count && matrix.allSatisfy { $0.count == linear.count },
      "a matrix of \(matrix.count) rows for \(linear.count) entries of b")
    for row in matrix.indices {
      for column in 0..<row {
        precondition(
          matrix[row][column] == matrix[column][row],
          "entry (\(row), \(column)) differs from its mirror")
      }
    }
    let rows = FeatureMatrix(compressed: CompressedRows(rows: matrix, columnCount: linear.count))
    self.init(
      dimension: linear.count, matrix: .dense(rows), linear: linear, constant: constant,
      noise: noise.isEmpty ? nil : FeatureMatrix(rows: noise))
  }

  /// The chain that is hard for first-order methods: A = ¼ tridiag(−1, 2, −1), b = ¼ (−1, 0, …, 0),
  /// c = 0, with `noiseCount` seeded normal vectors of standard deviation `noise` as samples, less
  /// their mean.
  ///
  /// λmax = ½ + ½ cos(π/(d + 1)), condition about (2(d + 1)/π)².
  ///
  /// Reference: Nesterov, "Lectures on Convex Optimization", 2018, section 2.1.2.
  public init(chain dimension: Int, noise: Double = 0, noiseCount: Int = 4096, seed: UInt64 = 1) {
    precondition(dimension >= 1, "a chain of \(dimension)")
    var linear = [Double](repeating: 0, count: dimension)
    linear[0] = -0.25
    self.init(
      dimension: dimension, matrix: .tridiagonal(diagonal: 0.5, beside: -0.25), linear: linear,
      constant: 0,
      noise: noise == 0
        ? nil
        : Self.noiseTable(
          count: noiseCount, dimension: dimension, deviation: noise, seed: seed))
  }

  private init(
    dimension: Int, matrix: Operator, linear: [Double], constant: Double, noise: FeatureMatrix?
  ) {
    self.dimension = dimension
    self.matrix = matrix
    self.linear =
      linear + [Double](repeating: 0, count: Vector.paddedCount(dimension) - dimension)
    self.constant = constant
    self.noise = noise
    let linear = self.linear
    switch matrix {
    case .tridiagonal(let diagonal, let beside):
      largestEigenvalueOfA = Lazy {
        // diagonal + 2|beside| cos(π/(d + 1)), with cos 2t = 1 − 2 sin² t.
        let sine = sineOfHalfPi(over: Double(dimension + 1))
        return diagonal + 2 * abs(beside) * (1 - 2 * sine * sine)
      }
      solution = Lazy {
        let point = solveTridiagonal(
          diagonal: diagonal, beside: beside, right: Array(linear.prefix(dimension)))
        return Self.minimum(at: point, matrix: matrix, linear: linear, constant: constant)
      }
    case .dense(let rows):
      largestEigenvalueOfA = Lazy {
        largestEigenvalue(dimension: dimension) { v, product in
          rows.multiply(rows: 0..<dimension, by: v, into: product)
        }
      }
      solution = Lazy {
        guard dimension <= largestFactoredDimension else { return nil }
        let square = SquareMatrix(dimension: dimension)
        for row in 0..<dimension { rows.add(1, timesRow: row, to: square.row(row)) }
        let point = Cholesky(square).solve(linear)
        return Self.minimum(at: point, matrix: matrix, linear: linear, constant: constant)
      }
    }
  }

  /// The value at a point, if the point solves Ax = b: where A is singular and b outside its range, or
  /// A indefinite, f has no minimum.
  private static func minimum(
    at point: [Double], matrix: Operator, linear: [Double], constant: Double
  ) -> Minimum? {
    let objective = QuadraticObjective(
      dimension: point.count, matrix: matrix, linear: Array(linear.prefix(point.count)),
      constant: constant, noise: nil)
    let x = Vector(point)
    let gradient = Vector(dimension: point.count)
    let value = objective.lossAndGradient(at: x.base, into: gradient.base)
    let residual = normSquared(gradient.base, count: gradient.paddedCount).squareRoot()
    let size = normSquared(linear, count: linear.count).squareRoot()
    return residual <= 1e-9 * max(size, .leastNormalMagnitude) || residual == 0
      ? Minimum(value: value, point: point) : nil
  }

  private static func noiseTable(
    count: Int, dimension: Int, deviation: Double, seed: UInt64
  ) -> FeatureMatrix {
    let stream = CounterStream(stream: .gradientNoise, seed: seed)
    let mean = Vector(dimension: dimension)
    let row = Vector(dimension: dimension)
    for index in 0..<count {
      stream.fillNormal(row.base, count: dimension, worker: 0, gradient: index)
      axpy(1 / Double(count), row.base, to: mean.base, count: dimension)
    }
    return FeatureMatrix(rowCount: count, columnCount: dimension) { index, numbers in
      stream.fillNormal(numbers, count: dimension, worker: 0, gradient: index)
      axpy(-1, mean.base, to: numbers, count: dimension)
      scale(deviation, numbers, into: numbers, count: dimension)
    }
  }

  public var sampleCount: Int { noise?.rowCount ?? 1 }
  public var smoothness: Double? { largestEigenvalueOfA.get() }
  /// ‖A‖_F, unless λmax has a formula.
  public var smoothnessBound: Double? {
    switch matrix {
    case .tridiagonal: smoothness
    case .dense(let rows): rows.frobeniusSquared.squareRoot()
    }
  }
  public var minimum: Double? { solution.get()?.value }
  public var minimizer: [Double]? { solution.get()?.point }

  public func loss(at x: UnsafePointer<Double>) -> Double {
    let gradient = Vector(dimension: dimension)
    return lossAndGradient(at: x, into: gradient.base)
  }

  /// f(x) = ½⟨x, Ax − b⟩ − ½⟨b, x⟩ + c
  public func lossAndGradient(
    at x: UnsafePointer<Double>, into gradient: UnsafeMutablePointer<Double>
  ) -> Double {
    exactGradient(at: x, into: gradient)
    let count = Vector.paddedCount(dimension)
    return 0.5 * dot(x, gradient, count: count) - 0.5 * dot(linear, x, count: count) + constant
  }

  /// Ax − b
  private func exactGradient(
    at x: UnsafePointer<Double>, into gradient: UnsafeMutablePointer<Double>
  ) {
    let count = Vector.paddedCount(dimension)
    switch matrix {
    case .tridiagonal(let diagonal, let beside):
      multiplyTridiagonal(
        diagonal: diagonal, beside: beside, by: x, into: gradient, count: dimension)
    case .dense(let rows):
      rows.multiply(rows: 0..<dimension, by: x, into: gradient)
    }
    clear(gradient + dimension, count: count - dimension)
    axpy(-1, linear, to: gradient, count: count)
  }

  public func valuesPerGradient(batchSize: Int) -> Int { Vector.paddedCount(dimension) }

  public func scratchCount(batchSize: Int) -> Int { 0 }

  public func operations(batchSize: Int) -> Int {
    let product =
      switch matrix {
      case .tridiagonal: 2 * dimension
      case .dense: dimension * dimension
      }
    return product + (noise == nil ? 0 : batchSize * dimension)
  }

  public func computeGradient(
    of samples: UnsafeBufferPointer<Int32>, at x: UnsafePointer<Double>,
    into values: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    exactGradient(at: x, into: values)
    guard let noise else { return }
    for sample in samples {
      noise.add(1 / Double(samples.count), timesRow: Int(sample), to: values)
    }
  }

  public func add(
    _ scale: Double, times values: UnsafePointer<Double>, of samples: UnsafeBufferPointer<Int32>,
    to y: UnsafeMutablePointer<Double>
  ) {
    axpy(scale, values, to: y, count: Vector.paddedCount(dimension))
  }

  public func forEachDataBlock(_ body: (UnsafeRawBufferPointer) -> Void) {
    switch matrix {
    case .tridiagonal(let diagonal, let beside):
      [diagonal, beside].withUnsafeBytes(body)
    case .dense(let rows):
      rows.forEachBlock(body)
    }
    linear.prefix(dimension).withUnsafeBytes(body)
    [constant].withUnsafeBytes(body)
    noise?.forEachBlock(body)
  }
}
