import Kernels

extension Objective {
  /// f at a point given as `dimension` numbers.
  public func loss(atEntries entries: [Double]) -> Double {
    precondition(entries.count == dimension, "a point of \(entries.count), not \(dimension)")
    let point = Vector(entries)
    return loss(at: point.base)
  }
}

extension Objective {
  /// σ² of one stochastic gradient at a point: (1/n) Σ ‖∇f_i(x) − ∇f(x)‖².
  ///
  /// - Complexity: O(n·d): every sample's gradient once.
  public func gradientVariance(atEntries entries: [Double]) -> Double {
    precondition(entries.count == dimension, "a point of \(entries.count), not \(dimension)")
    let point = Vector(entries)
    let mean = Vector(dimension: dimension)
    _ = lossAndGradient(at: point.base, into: mean.base)
    let values = Vector(dimension: valuesPerGradient(batchSize: 1))
    let scratch = Vector(dimension: max(1, scratchCount(batchSize: 1)))
    let difference = Vector(dimension: dimension)
    var sum = 0.0
    for sample in 0..<Int32(sampleCount) {
      withUnsafePointer(to: sample) { pointer in
        let batch = UnsafeBufferPointer(start: pointer, count: 1)
        computeGradient(of: batch, at: point.base, into: values.base, scratch: scratch.base)
        clear(difference.base, count: difference.paddedCount)
        add(1, times: values.base, of: batch, to: difference.base)
      }
      axpy(-1, mean.base, to: difference.base, count: difference.paddedCount)
      sum += normSquared(difference.base, count: difference.paddedCount)
    }
    return sum / Double(sampleCount)
  }
}
