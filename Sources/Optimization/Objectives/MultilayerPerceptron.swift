import Kernels

/// What a hidden unit does with its input.
public enum Activation: String, Hashable, Sendable, CaseIterable {
  case tanh
  /// max(0, z), with the derivative 0 at 0.
  case relu
}

/// f(x) = (1/n) Σ softmax cross-entropy of a network with one or more hidden layers
/// + (l2/2)‖x‖² over all parameters: the nonconvex objective.
///
/// The parameters are flat: W_1 (h_1 × p, row-major), b_1, W_2 (h_2 × h_1), b_2 … W_k (classes × h),
/// b_k. There is no L, no f* and no x*; ``localSmoothness(at:)`` estimates how curved f is somewhere.
public struct MultilayerPerceptron: Objective {
  let features: FeatureMatrix
  let labels: [Int32]
  /// p, h_1 … h_{k−1}, classes
  let widths: [Int]
  public let activation: Activation
  public let l2: Double
  public let dimension: Int

  /// Where things lie in the flat parameters and in scratch space.
  private struct Layer {
    var inputs: Int
    var outputs: Int
    var weights: Int
    var biases: Int
    /// Of the layer's outputs in scratch space.
    var activations: Int
  }

  private let layers: [Layer]
  /// Scratch space: the outputs of all layers, two gradients by outputs, a dense row.
  private let firstSlopes: Int
  private let secondSlopes: Int
  private let denseRow: Int
  private let scratchSize: Int

  /// - Parameters:
  ///   - labels: a class in `0 ..< classCount` for each row.
  ///   - hidden: the widths of the hidden layers.
  public init(
    features: FeatureMatrix, labels: [Int], hidden: [Int], classCount: Int,
    activation: Activation = .tanh, l2: Double = 0
  ) {
    precondition(
      features.rowCount == labels.count, "\(features.rowCount) rows and \(labels.count) labels")
    precondition(
      labels.allSatisfy { (0..<classCount).contains($0) },
      "a label outside 0 ..< \(classCount)")
    precondition(
      !hidden.isEmpty && hidden.allSatisfy { $0 >= 1 }, "hidden layers of \(hidden) units")
    self.features = features
    self.labels = labels.map(Int32.init)
    self.activation = activation
    self.l2 = l2
    widths = [features.columnCount] + hidden + [classCount]
    var layers: [Layer] = []
    var (parameter, scratch) = (0, 0)
    for (inputs, outputs) in zip(widths, widths.dropFirst()) {
      layers.append(
        Layer(
          inputs: inputs, outputs: outputs, weights: parameter,
          biases: parameter + inputs * outputs, activations: scratch))
      parameter += (inputs + 1) * outputs
      scratch += Vector.paddedCount(outputs)
    }
    self.layers = layers
    dimension = parameter
    let widest = Vector.paddedCount(widths.dropFirst().max() ?? 0)
    firstSlopes = scratch
    secondSlopes = scratch + widest
    denseRow = scratch + 2 * widest
    scratchSize = denseRow + (features.isSparse ? Vector.paddedCount(features.columnCount) : 0)
  }

  public init(
    rows: [[Double]], labels: [Int], hidden: [Int], classCount: Int,
    activation: Activation = .tanh, l2: Double = 0
  ) {
    self.init(
      features: FeatureMatrix(rows: rows), labels: labels, hidden: hidden,
      classCount: classCount, activation: activation, l2: l2)
  }

  public var sampleCount: Int { features.rowCount }
  public var smoothness: Double? { nil }
  public var minimum: Double? { nil }
  public var minimizer: [Double]? { nil }

  /// Weights of a layer uniform in ±√(6/(inputs + outputs)), biases zero.
  ///
  /// Reference: Glorot, Bengio, "Understanding the difficulty of training deep feedforward neural
  /// networks", AISTATS 2010, equation 16.
  public func initialIterate(seed: UInt64) -> [Double] {
    let stream = CounterStream(stream: .initialIterate, seed: seed)
    var x = [Double](repeating: 0, count: dimension)
    for (index, layer) in layers.enumerated() {
      let count = layer.inputs * layer.outputs
      let uniform = Vector(dimension: count)
      stream.fillUniform(uniform.base, count: count, worker: index, gradient: 0)
      let bound = (6 / Double(layer.inputs + layer.outputs)).squareRoot()
      for entry in 0..<count { x[layer.weights + entry] = bound * (2 * uniform.base[entry] - 1) }
    }
    return x
  }

  /// Computes the outputs of all layers, the last as p − e_label, and returns the sample's loss.
  private func forward(
    row: UnsafePointer<Double>, label: Int, at x: UnsafePointer<Double>,
    scratch: UnsafeMutablePointer<Double>
  ) -> Double {
    var inputs = row
    for (index, layer) in layers.enumerated() {
      let outputs = scratch + layer.activations
      multiply(
        rows: x + layer.weights, stride: layer.inputs, rowCount: layer.outputs, by: inputs,
        into: outputs, count: layer.inputs)
      axpy(1, x + layer.biases, to: outputs, count: layer.outputs)
      if index + 1 < layers.count {
        switch activation {
        case .tanh:
          ElementaryFunction.tanh.apply(to: outputs, count: layer.outputs)
        case .relu:
          // NaN must pass, or a run that has diverged would look healthy.
          for unit in 0..<layer.outputs where outputs[unit] <= 0 { outputs[unit] = 0 }
        }
        inputs = UnsafePointer(outputs)
      } else {
        let score = outputs[label]
        let logSum = softmax(outputs, count: layer.outputs)
        outputs[label] -= 1
        return logSum - score
      }
    }
    return .nan
  }

  /// gradient += share · ∇f_i, from what `forward` left in scratch space.
  private func backward(
    row: UnsafePointer<Double>, at x: UnsafePointer<Double>, share: Double,
    gradient: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    var slopes = scratch + firstSlopes
    var slopesBelow = scratch + secondSlopes
    let last = layers[layers.count - 1]
    scale(share, scratch + last.activations, into: slopes, count: last.outputs)
    for index in layers.indices.reversed() {
      let layer = layers[index]
      let inputs =
        index == 0 ? row : UnsafePointer(scratch + layers[index - 1].activations)
      addOuterProduct(
        slopes, inputs, to: gradient + layer.weights, stride: layer.inputs,
        rowCount: layer.outputs, count: layer.inputs)
      axpy(1, slopes, to: gradient + layer.biases, count: layer.outputs)
      if index == 0 { break }
      clear(slopesBelow, count: layer.inputs)
      addCombination(
        of: x + layer.weights, stride: layer.inputs, rowCount: layer.outputs, scales: slopes,
        to: slopesBelow, count: layer.inputs)
      switch activation {
      case .tanh:
        for unit in 0..<layer.inputs { slopesBelow[unit] *= 1 - inputs[unit] * inputs[unit] }
      case .relu:
        for unit in 0..<layer.inputs where inputs[unit] == 0 { slopesBelow[unit] = 0 }
      }
      swap(&slopes, &slopesBelow)
    }
  }

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
    let paddedDimension = Vector.paddedCount(dimension)
    let scratch = Vector(dimension: scratchSize)
    let losses = Vector(dimension: sampleCount)
    let share = 1 / Double(sampleCount)
    if let gradient { scale(l2, x, into: gradient, count: paddedDimension) }
    for sample in 0..<sampleCount {
      let row = features.dense(row: sample, scratch: scratch.base + denseRow)
      losses.base[sample] = forward(
        row: row, label: Int(labels[sample]), at: x, scratch: scratch.base)
      if let gradient {
        backward(row: row, at: x, share: share, gradient: gradient, scratch: scratch.base)
      }
    }
    let mean = sum(losses.base, count: sampleCount) * share
    return l2 == 0 ? mean : mean + 0.5 * l2 * normSquared(x, count: paddedDimension)
  }

  public func valuesPerGradient(batchSize: Int) -> Int { Vector.paddedCount(dimension) }

  public func scratchCount(batchSize: Int) -> Int { scratchSize }

  public func computeGradient(
    of samples: UnsafeBufferPointer<Int32>, at x: UnsafePointer<Double>,
    into values: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    if samples.isEmpty {
      _ = lossAndGradient(at: x, into: values)
      return
    }
    scale(l2, x, into: values, count: Vector.paddedCount(dimension))
    let share = 1 / Double(samples.count)
    for sample in samples {
      let index = Int(sample)
      let row = features.dense(row: index, scratch: scratch + denseRow)
      _ = forward(row: row, label: Int(labels[index]), at: x, scratch: scratch)
      backward(row: row, at: x, share: share, gradient: values, scratch: scratch)
    }
  }

  public func add(
    _ scale: Double, times values: UnsafePointer<Double>, of samples: UnsafeBufferPointer<Int32>,
    to y: UnsafeMutablePointer<Double>
  ) {
    axpy(scale, values, to: y, count: Vector.paddedCount(dimension))
  }

  public func forEachDataBlock(_ body: (UnsafeRawBufferPointer) -> Void) {
    features.forEachBlock(body)
    labels.map(Double.init).withUnsafeBytes(body)
  }
}
