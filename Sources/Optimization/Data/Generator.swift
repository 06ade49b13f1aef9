import Kernels

/// A seeded source of data, written `name:key=value,…`.
public struct Generator: Hashable, Sendable {
  /// Which distribution data come from.
  public enum Name: String, Hashable, Sendable, CaseIterable {
    /// Rows of standard normal entries.
    case gaussian
    /// Rows of entries uniform in [−1, 1].
    case uniform
    /// That of Mishchenko, Bach, Even, Woodworth 2022: A uniform in [0, 1]/√d, b = Ax + 1e-5 noise.
    case paper
    /// The tridiagonal quadratic; see ``QuadraticObjective/init(chain:noise:noiseCount:seed:)``.
    case chain
  }

  /// As it is written before the colon.
  public var name: Name
  /// n, which a chain has none of.
  public var sampleCount: Int
  /// d
  public var dimension: Int
  /// The standard deviation of what is added to targets and class scores, or to each entry of a
  /// chain's gradients.
  public var noise: Double
  /// The seed of the data, nil for that of the replay.
  public var seed: UInt64?

  /// A generator with its defaults.
  public init(_ name: Name) {
    self.name = name
    switch name {
    case .gaussian, .uniform: (sampleCount, dimension, noise) = (512, 32, 0.5)
    case .paper: (sampleCount, dimension, noise) = (10_000, 400, 1e-5)
    case .chain: (sampleCount, dimension, noise) = (1, 100, 0.01)
    }
  }

  /// What the words of the data stream are drawn for, in the place of the worker.
  private enum Use {
    static let features = 0
    static let noise = 1
    static let solution = 2
  }

  /// The rows a_1 … a_n, with a column of ones at the end if there is to be an intercept. Row i does
  /// not depend on n.
  public func features(seed: UInt64, intercept: Bool = false) -> FeatureMatrix {
    let stream = CounterStream(stream: .data, seed: self.seed ?? seed)
    let dimension = dimension
    return FeatureMatrix(
      rowCount: sampleCount, columnCount: dimension + (intercept ? 1 : 0)
    ) { row, numbers in
      switch name {
      case .gaussian:
        stream.fillNormal(numbers, count: dimension, worker: Use.features, gradient: row)
      case .uniform:
        stream.fillUniform(numbers, count: dimension, worker: Use.features, gradient: row)
        for index in 0..<dimension { numbers[index] = 2 * numbers[index] - 1 }
      case .paper, .chain:
        stream.fillUniform(numbers, count: dimension, worker: Use.features, gradient: row)
        scale(
          1 / Double(dimension).squareRoot(), numbers, into: numbers, count: dimension)
      }
      if intercept { numbers[dimension] = 1 }
    }
  }

  /// t_ik = ⟨a_i, x_k⟩ + noise · z_ik for `count` hidden solutions x_k, row by row.
  ///
  /// The entries of a hidden solution are normal with variance 1/d, so that ⟨a, x⟩ is about 1 for
  /// normal rows; for `paper` they are standard normal.
  public func scores(of features: FeatureMatrix, count: Int, seed: UInt64) -> [Double] {
    let stream = CounterStream(stream: .data, seed: self.seed ?? seed)
    let rowCount = features.rowCount
    var scores = [Double](repeating: 0, count: rowCount * count)
    let solution = Vector(dimension: features.columnCount)
    let products = Vector(dimension: rowCount)
    for index in 0..<count {
      stream.fillNormal(
        solution.base, count: dimension, worker: Use.solution, gradient: index)
      if name != .paper {
        scale(
          1 / Double(dimension).squareRoot(), solution.base, into: solution.base,
          count: dimension)
      }
      features.multiply(rows: 0..<rowCount, by: solution.base, into: products.base)
      for row in 0..<rowCount { scores[row * count + index] = products.base[row] }
    }
    let noises = Vector(dimension: count)
    for row in 0..<rowCount {
      stream.fillNormal(noises.base, count: count, worker: Use.noise, gradient: row)
      for index in 0..<count { scores[row * count + index] += noise * noises.base[index] }
    }
    return scores
  }
}

extension Generator: CustomStringConvertible {
  /// As it is written, with every parameter.
  public var description: String {
    var text = "\(name.rawValue):"
    if name != .chain { text += "n=\(sampleCount)," }
    text += "d=\(dimension),noise=\(shortest(noise))"
    if let seed { text += ",seed=\(seed)" }
    return text
  }
}
