import Kernels

/// An objective f(x) = (1/n) Σ ℓ(⟨a_i, x⟩, b_i) + (l2/2)‖x‖² of a linear model.
///
/// The gradient of one sample is ℓ′ a_i + l2 x. Without a regulariser a gradient in flight is kept
/// as one number a sample, ℓ′/b for a batch of b, since the rows are there anyway: M gradients then
/// take M · b numbers, not M · d. With one, or with more samples than dimensions, it is kept dense.
///
/// The regulariser is whole in every stochastic gradient.
protocol LinearObjective: Objective {
  var features: FeatureMatrix { get }
  /// b_1 … b_n
  var targets: [Double] { get }
  var l2: Double { get }

  /// ℓ′(prediction, target), the derivative by the prediction.
  func slope(prediction: Double, target: Double) -> Double

  /// ℓ″(prediction, target)
  func curvature(prediction: Double, target: Double) -> Double

  /// Replaces predictions by slopes, and writes the losses ℓ.
  func lossesAndSlopes(
    predictions: UnsafeMutablePointer<Double>, targets: UnsafePointer<Double>,
    losses: UnsafeMutablePointer<Double>, count: Int)
}

/// The rows whose predictions are held at once: 1 KiB of them, which Swift takes from the stack.
private let blockRows = 128

extension LinearObjective {
  public var dimension: Int { features.columnCount }
  public var sampleCount: Int { features.rowCount }

  public func loss(at x: UnsafePointer<Double>) -> Double {
    evaluate(at: x, gradient: nil)
  }

  public func lossAndGradient(
    at x: UnsafePointer<Double>, into gradient: UnsafeMutablePointer<Double>
  ) -> Double {
    evaluate(at: x, gradient: gradient)
  }

  private func evaluate(
    at x: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>?
  ) -> Double {
    let count = sampleCount
    let paddedDimension = Vector.paddedCount(dimension)
    if let gradient { clear(gradient, count: paddedDimension) }
    var total = 0.0
    targets.withUnsafeBufferPointer { targets in
      guard let targets = targets.baseAddress else { return }
      withUnsafeTemporaryAllocation(of: Double.self, capacity: blockRows) { predictions in
        withUnsafeTemporaryAllocation(of: Double.self, capacity: blockRows) { losses in
          guard let predictions = predictions.baseAddress, let losses = losses.baseAddress else {
            return
          }
          for start in stride(from: 0, to: count, by: blockRows) {
            let rows = start..<min(start + blockRows, count)
            features.multiply(rows: rows, by: x, into: predictions)
            lossesAndSlopes(
              predictions: predictions, targets: targets + start, losses: losses,
              count: rows.count)
            total += sum(losses, count: rows.count)
            if let gradient {
              features.addCombination(rows: rows, scales: predictions, to: gradient)
            }
          }
        }
      }
    }
    if let gradient {
      scale(1 / Double(count), gradient, into: gradient, count: paddedDimension)
      if l2 != 0 { axpy(l2, x, to: gradient, count: paddedDimension) }
    }
    let mean = total / Double(count)
    return l2 == 0 ? mean : mean + 0.5 * l2 * normSquared(x, count: paddedDimension)
  }

  private func isCompact(batchSize: Int) -> Bool {
    l2 == 0 && batchSize > 0 && batchSize <= dimension
  }

  public func valuesPerGradient(batchSize: Int) -> Int {
    Vector.paddedCount(isCompact(batchSize: batchSize) ? batchSize : dimension)
  }

  public func scratchCount(batchSize: Int) -> Int { 0 }

  public func computeGradient(
    of samples: UnsafeBufferPointer<Int32>, at x: UnsafePointer<Double>,
    into values: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    if samples.isEmpty {
      _ = lossAndGradient(at: x, into: values)
      return
    }
    let batch = Double(samples.count)
    targets.withUnsafeBufferPointer { targets in
      if isCompact(batchSize: samples.count) {
        for (index, sample) in samples.enumerated() {
          let row = Int(sample)
          values[index] =
            slope(prediction: features.dot(row: row, x), target: targets[row]) / batch
        }
      } else {
        let paddedDimension = Vector.paddedCount(dimension)
        scale(l2, x, into: values, count: paddedDimension)
        for sample in samples {
          let row = Int(sample)
          let slope = slope(prediction: features.dot(row: row, x), target: targets[row]) / batch
          features.add(slope, timesRow: row, to: values)
        }
      }
    }
  }

  public func add(
    _ scale: Double, times values: UnsafePointer<Double>, of samples: UnsafeBufferPointer<Int32>,
    to y: UnsafeMutablePointer<Double>
  ) {
    if isCompact(batchSize: samples.count) {
      for (index, sample) in samples.enumerated() {
        features.add(scale * values[index], timesRow: Int(sample), to: y)
      }
    } else {
      axpy(scale, values, to: y, count: Vector.paddedCount(dimension))
    }
  }

  public var gainsFromAnticipation: Bool { features.outgrowsCache }

  public func anticipate(_ samples: UnsafeBufferPointer<Int32>) {
    for sample in samples { features.prefetch(row: Int(sample)) }
  }

  public func forEachDataBlock(_ body: (UnsafeRawBufferPointer) -> Void) {
    features.forEachBlock(body)
    targets.withUnsafeBytes(body)
  }
}
