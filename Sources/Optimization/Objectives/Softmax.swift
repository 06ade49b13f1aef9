import Kernels

/// f(W) = (1/n) Σ (log Σ_k exp⟨w_k, a_i⟩ − ⟨w_{b_i}, a_i⟩) + (l2/2)‖W‖²: multinomial logistic
/// regression.
///
/// The parameters are the rows of W, class by class. ∇f_i = (p − e_b) aᵀ, so that without a
/// regulariser a gradient in flight is `classCount` numbers a sample.
///
/// L = λmax(AᵀA)/(2n) + l2, since ‖diag(p) − ppᵀ‖ ≤ ½ (Böhning, "Multinomial logistic regression
/// algorithm", Ann. Inst. Statist. Math. 44(1), 1992). f* by Newton's method where l2 > 0.
public struct Softmax: Objective {
  let features: FeatureMatrix
  /// b, a class in `0 ..< classCount` for each row.
  let labels: [Int32]
  /// Labels are 0 ..< classCount.
  public let classCount: Int
  /// Of (l2/2)‖W‖².
  public let l2: Double
  private let gramEigenvalue: Lazy<Double>
  private let solution: Lazy<Minimum?>

  /// - Parameters:
  ///   - features: A, a row a sample.
  ///   - labels: a class in `0 ..< classCount` for each row.
  public init(features: FeatureMatrix, labels: [Int], classCount: Int, l2: Double = 0) {
    precondition(
      features.rowCount == labels.count, "\(features.rowCount) rows and \(labels.count) labels")
    precondition(
      labels.allSatisfy { (0..<classCount).contains($0) },
      "a label outside 0 ..< \(classCount)")
    self.features = features
    self.labels = labels.map(Int32.init)
    self.classCount = classCount
    self.l2 = l2
    gramEigenvalue = Lazy { largestGramEigenvalue(of: features) }
    solution = Lazy {
      guard l2 > 0 else { return nil }
      let objective = Softmax(
        features: features, labels: labels, classCount: classCount, l2: l2)
      return objective.newtonMinimum(addHessian: objective.addHessian)
    }
  }

  /// The same from dense rows.
  public init(rows: [[Double]], labels: [Int], classCount: Int, l2: Double = 0) {
    self.init(
      features: FeatureMatrix(rows: rows), labels: labels, classCount: classCount, l2: l2)
  }

  public var dimension: Int { classCount * features.columnCount }
  public var sampleCount: Int { features.rowCount }
  public var smoothness: Double? { gramEigenvalue.get() / (2 * Double(sampleCount)) + l2 }
  /// λmax(AᵀA) ≤ ‖A‖_F², which takes one pass.
  public var smoothnessBound: Double? {
    features.frobeniusSquared / (2 * Double(sampleCount)) + l2
  }
  public var minimum: Double? { solution.get()?.value }
  public var lacksMinimum: Bool { l2 == 0 }
  public var minimizer: [Double]? { solution.get()?.point }

  /// Writes the slopes p − e_b of a sample and returns its loss.
  private func slopes(
    row: Int, at x: UnsafePointer<Double>, into z: UnsafeMutablePointer<Double>
  ) -> Double {
    features.multiply(row: row, byRowsOf: x, rowCount: classCount, into: z)
    let label = Int(labels[row])
    let score = z[label]
    let logSum = softmax(z, count: classCount)
    z[label] -= 1
    return logSum - score
  }

  public func loss(at x: UnsafePointer<Double>) -> Double {
    let scratch = Vector(dimension: classCount)
    return evaluate(at: x, gradient: nil, scratch: scratch.base)
  }

  public func lossAndGradient(
    at x: UnsafePointer<Double>, into gradient: UnsafeMutablePointer<Double>
  ) -> Double {
    let scratch = Vector(dimension: classCount)
    return evaluate(at: x, gradient: gradient, scratch: scratch.base)
  }

  private func evaluate(
    at x: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>?,
    scratch: UnsafeMutablePointer<Double>
  ) -> Double {
    let paddedDimension = Vector.paddedCount(dimension)
    if let gradient { clear(gradient, count: paddedDimension) }
    var total = 0.0
    for row in 0..<sampleCount {
      total += slopes(row: row, at: x, into: scratch)
      if let gradient {
        features.add(scratch, timesRow: row, toRowsOf: gradient, rowCount: classCount)
      }
    }
    let count = Double(sampleCount)
    if let gradient {
      scale(1 / count, gradient, into: gradient, count: paddedDimension)
      if l2 != 0 { axpy(l2, x, to: gradient, count: paddedDimension) }
    }
    let mean = total / count
    return l2 == 0 ? mean : mean + 0.5 * l2 * normSquared(x, count: paddedDimension)
  }

  private func isCompact(batchSize: Int) -> Bool {
    l2 == 0 && batchSize > 0 && batchSize <= features.columnCount
  }

  public func valuesPerGradient(batchSize: Int) -> Int {
    Vector.paddedCount(isCompact(batchSize: batchSize) ? batchSize * classCount : dimension)
  }

  public func scratchCount(batchSize: Int) -> Int { Vector.paddedCount(classCount) }

  public func operations(batchSize: Int) -> Int {
    2 * classCount * features.entriesPerRow * (batchSize == 0 ? sampleCount : batchSize)
  }

  public func computeGradient(
    of samples: UnsafeBufferPointer<Int32>, at x: UnsafePointer<Double>,
    into values: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    if samples.isEmpty {
      _ = evaluate(at: x, gradient: values, scratch: scratch)
      return
    }
    let share = 1 / Double(samples.count)
    if isCompact(batchSize: samples.count) {
      for (index, sample) in samples.enumerated() {
        let z = values + index * classCount
        _ = slopes(row: Int(sample), at: x, into: z)
        scale(share, z, into: z, count: classCount)
      }
    } else {
      scale(l2, x, into: values, count: Vector.paddedCount(dimension))
      for sample in samples {
        _ = slopes(row: Int(sample), at: x, into: scratch)
        scale(share, scratch, into: scratch, count: classCount)
        features.add(scratch, timesRow: Int(sample), toRowsOf: values, rowCount: classCount)
      }
    }
  }

  public func add(
    _ scale: Double, times values: UnsafePointer<Double>, of samples: UnsafeBufferPointer<Int32>,
    to y: UnsafeMutablePointer<Double>
  ) {
    guard isCompact(batchSize: samples.count) else {
      axpy(scale, values, to: y, count: Vector.paddedCount(dimension))
      return
    }
    for (index, sample) in samples.enumerated() {
      for label in 0..<classCount {
        features.add(
          scale * values[index * classCount + label], timesRow: Int(sample),
          to: y + label * features.columnCount)
      }
    }
  }

  public func forEachDataBlock(_ body: (UnsafeRawBufferPointer) -> Void) {
    features.forEachBlock(body)
    labels.map(Double.init).withUnsafeBytes(body)
  }

  /// ∇²f has the blocks (1/n) Σ_i (p_k [k = m] − p_k p_m) a_i a_iᵀ, and l2 on the diagonal.
  private func addHessian(
    at x: UnsafePointer<Double>, to hessian: borrowing SquareMatrix
  ) {
    let width = features.columnCount
    let probabilities = Vector(dimension: sampleCount * classCount)
    for row in 0..<sampleCount {
      let p = probabilities.base + row * classCount
      features.multiply(row: row, byRowsOf: x, rowCount: classCount, into: p)
      _ = softmax(p, count: classCount)
    }
    let weights = Vector(dimension: sampleCount)
    for k in 0..<classCount {
      for m in k..<classCount {
        for row in 0..<sampleCount {
          let p = probabilities.base + row * classCount
          weights.base[row] = p[k] * ((k == m ? 1 : 0) - p[m]) / Double(sampleCount)
        }
        let block = SquareMatrix(dimension: width)
        features.addGram(weights: weights.base, to: block)
        block.mirror()
        for index in 0..<width {
          copy(
            block.row(index), into: hessian.row(k * width + index) + m * width, count: width)
        }
      }
    }
    hessian.addToDiagonal(l2)
  }
}
