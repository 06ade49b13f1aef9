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
  var targets: NumberColumn { get }
  var l2: Double { get }

  /// The largest ℓ″ that any prediction can have; nil where there is none.
  var largestCurvature: Double? { get }

  /// ℓ′(prediction, target), the derivative by the prediction.
  func slope(prediction: Double, target: Double) -> Double

  /// ℓ″(prediction, target)
  func curvature(prediction: Double, target: Double) -> Double

  /// Replaces predictions by slopes, with the bits of `slope`.
  func slopes(
    predictions: UnsafeMutablePointer<Double>, of samples: UnsafePointer<Int32>, count: Int)

  /// Replaces predictions by slopes, and writes the losses ℓ.
  func lossesAndSlopes(
    predictions: UnsafeMutablePointer<Double>, targets: UnsafePointer<Double>,
    losses: UnsafeMutablePointer<Double>, count: Int)

  /// Writes the losses ℓ, with the bits of `lossesAndSlopes`. What becomes of the predictions does not matter.
  func losses(
    predictions: UnsafeMutablePointer<Double>, targets: UnsafePointer<Double>,
    losses: UnsafeMutablePointer<Double>, count: Int)
}

/// The rows whose losses are summed at once. It decides the order of a sum, and is not to be changed.
private let blockRows = 128

/// The rows that are used, at every point, for both predictions and gradients while they are near: 200 KiB of
/// them with 784 features. It only decides speed.
private let nearRows = PointBlock.rowLimit

extension LinearObjective {
  /// λmax(AᵀA) ≤ ‖A‖_F², which takes one pass.
  public var smoothnessBound: Double? {
    largestCurvature.map { $0 * features.frobeniusSquared / Double(sampleCount) + l2 }
  }

  public var dimension: Int { features.columnCount }
  public var sampleCount: Int { features.rowCount }

  public func loss(at x: UnsafePointer<Double>) -> Double {
    var loss = [0.0]
    evaluate(at: [x], losses: &loss, gradients: [])
    return loss[0]
  }

  public func lossAndGradient(
    at x: UnsafePointer<Double>, into gradient: UnsafeMutablePointer<Double>
  ) -> Double {
    var loss = [0.0]
    evaluate(at: [x], losses: &loss, gradients: [gradient])
    return loss[0]
  }

  public func evaluate(
    at points: [UnsafePointer<Double>], losses: inout [Double],
    gradients: [UnsafeMutablePointer<Double>]
  ) {
    let count = sampleCount
    let paddedDimension = Vector.paddedCount(dimension)
    var totals = [Double](repeating: 0, count: points.count)
    let slopes = Vector(dimension: nearRows)
    let together =
      features.isDense && points.count > 1
      ? PointBlock(points, dimension, sums: !gradients.isEmpty) : nil
    if together == nil {
      for gradient in gradients { clear(gradient, count: paddedDimension) }
    }
    let blockLosses = Vector(dimension: blockRows * points.count)
    for start in stride(from: 0, to: count, by: blockRows) {
      let end = min(start + blockRows, count)
      for first in stride(from: start, to: end, by: nearRows) {
        let rows = first..<min(first + nearRows, end)
        if let together { features.multiply(rows: rows, byAll: together) }
        for (place, point) in points.enumerated() {
          if let together {
            together.copyProducts(of: place, into: slopes.base, count: rows.count)
          } else {
            features.multiply(rows: rows, by: point, into: slopes.base)
          }
          let own = blockLosses.base + place * blockRows + (first - start)
          guard !gradients.isEmpty else {
            self.losses(
              predictions: slopes.base, targets: targets.base + first, losses: own,
              count: rows.count)
            continue
          }
          lossesAndSlopes(
            predictions: slopes.base, targets: targets.base + first, losses: own,
            count: rows.count)
          if let together {
            together.putProducts(slopes.base, of: place, count: rows.count)
          } else {
            features.addCombination(rows: rows, scales: slopes.base, to: gradients[place])
          }
        }
        if let together, !gradients.isEmpty { features.addCombinations(rows: rows, to: together) }
      }
      for place in points.indices {
        totals[place] += sum(blockLosses.base + place * blockRows, count: end - start)
      }
    }
    for (place, point) in points.enumerated() {
      if !gradients.isEmpty {
        together?.copySum(of: place, into: gradients[place])
        scale(
          1 / Double(count), gradients[place], into: gradients[place], count: paddedDimension)
        if l2 != 0 { axpy(l2, point, to: gradients[place], count: paddedDimension) }
      }
      let mean = totals[place] / Double(count)
      losses[place] = l2 == 0 ? mean : mean + 0.5 * l2 * normSquared(point, count: paddedDimension)
    }
  }

  private func isCompact(batchSize: Int) -> Bool {
    l2 == 0 && batchSize > 0 && batchSize <= dimension
  }

  public func valuesPerGradient(batchSize: Int) -> Int {
    Vector.paddedCount(isCompact(batchSize: batchSize) ? batchSize : dimension)
  }

  /// Slopes of a batch, where the gradient is kept dense.
  public func scratchCount(batchSize: Int) -> Int {
    isCompact(batchSize: batchSize) ? 0 : Vector.paddedCount(batchSize)
  }

  public func operations(batchSize: Int) -> Int {
    2 * features.entriesPerRow * (batchSize == 0 ? sampleCount : batchSize)
  }

  public func computeGradient(
    of samples: UnsafeBufferPointer<Int32>, at x: UnsafePointer<Double>,
    into values: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    if samples.isEmpty {
      _ = lossAndGradient(at: x, into: values)
      return
    }
    let count = samples.count
    let batch = Double(count)
    let isCompact = isCompact(batchSize: count)
    // All predictions, then all slopes: several at once take little more than one.
    let slopes = isCompact ? values : scratch
    features.multiply(at: samples, by: x, into: slopes)
    if count == 1 {
      slopes[0] = slope(prediction: slopes[0], target: targets[Int(samples[0])])
    } else if let drawn = samples.baseAddress {
      self.slopes(predictions: slopes, of: drawn, count: count)
      if count.nonzeroBitCount == 1 {
        // To multiply by a power of two is as exact as to divide, and sooner done.
        scale(1 / batch, slopes, into: slopes, count: count)
      } else {
        for index in 0..<count { slopes[index] /= batch }
      }
    }
    guard !isCompact else { return }
    scale(l2, x, into: values, count: Vector.paddedCount(dimension))
    features.addCombination(1, times: slopes, at: samples, to: values)
  }

  public func add(
    _ scale: Double, times values: UnsafePointer<Double>, of samples: UnsafeBufferPointer<Int32>,
    to y: UnsafeMutablePointer<Double>
  ) {
    if isCompact(batchSize: samples.count) {
      features.addCombination(scale, times: values, at: samples, to: y)
    } else {
      axpy(scale, values, to: y, count: Vector.paddedCount(dimension))
    }
  }

  public var hasScalarGradients: Bool { l2 == 0 }
  public var fetchesInParts: Bool { features.isFetchedInParts }

  @inline(__always)
  public func predict(
    _ sample: Int32, at x: UnsafePointer<Double>, fetching ahead: Int32
  ) -> Double {
    ahead < 0
      ? features.dot(row: Int(sample), x)
      : features.dot(row: Int(sample), x, fetching: Int(ahead))
  }

  public func differentiate(
    _ predictions: UnsafeMutablePointer<Double>, of samples: UnsafePointer<Int32>, count: Int
  ) {
    slopes(predictions: predictions, of: samples, count: count)
  }

  @inline(__always)
  public func add(
    _ scale: Double, times slope: Double, of sample: Int32, to y: UnsafeMutablePointer<Double>,
    fetching ahead: Int32
  ) {
    if ahead < 0 {
      features.add(scale * slope, timesRow: Int(sample), to: y)
    } else {
      features.add(scale * slope, timesRow: Int(sample), to: y, fetching: Int(ahead))
    }
  }

  @inline(__always)
  public func add(
    _ scale: Double, times slope: Double, of sample: Int32, to y: UnsafeMutablePointer<Double>,
    thenPredict next: Int32, fetching ahead: Int32
  ) -> Double {
    features.add(
      scale * slope, timesRow: Int(sample), to: y, thenDot: Int(next), fetching: Int(ahead))
  }

  public func add(
    _ scales: UnsafePointer<Double>, of samples: UnsafeBufferPointer<Int32>,
    to y: UnsafePointer<UnsafeMutablePointer<Double>>, thenPredict next: UnsafePointer<Int32>,
    into predictions: UnsafeMutablePointer<Double>, count: Int,
    fetching ahead: UnsafeBufferPointer<Int32>
  ) {
    // Wanted as soon as the predictions are there.
    for step in samples.indices { prefetch(targets.base + Int(next[step]), byteCount: 8) }
    features.add(
      scales, timesRows: samples, to: y, thenDot: next, into: predictions, count: count,
      fetching: ahead)
  }

  func slopes(
    predictions: UnsafeMutablePointer<Double>, of samples: UnsafePointer<Int32>, count: Int
  ) {
    for index in 0..<count {
      predictions[index] = slope(
        prediction: predictions[index], target: targets[Int(samples[index])])
    }
  }

  func losses(
    predictions: UnsafeMutablePointer<Double>, targets: UnsafePointer<Double>,
    losses: UnsafeMutablePointer<Double>, count: Int
  ) {
    lossesAndSlopes(predictions: predictions, targets: targets, losses: losses, count: count)
  }

  public var gainsFromAnticipation: Bool { features.outgrowsCache }

  public func anticipate(_ samples: UnsafeBufferPointer<Int32>) {
    for sample in samples { features.prefetch(row: Int(sample)) }
  }

  public func forEachDataBlock(_ body: (UnsafeRawBufferPointer) -> Void) {
    features.forEachBlock(body)
    body(UnsafeRawBufferPointer(start: targets.base, count: targets.count * 8))
  }
}
