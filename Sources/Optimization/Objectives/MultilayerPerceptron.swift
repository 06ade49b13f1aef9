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

  /// Samples that go through the network together: each row of a weight matrix is fetched once for
  /// all of them. More would push their own numbers out of the cache.
  private static let chunkLimit = 16

  /// Where things lie in the flat parameters, and in scratch space for one sample.
  private struct Layer {
    var inputs: Int
    var outputs: Int
    var weights: Int
    var biases: Int
    /// Of the layer's outputs. A chunk of c samples has its outputs c times as far into scratch space.
    var activations: Int

    /// From the outputs of one sample to those of the next.
    var stride: Int { Vector.paddedCount(outputs) }
  }

  private let layers: [Layer]
  /// Scratch space of one sample: the outputs of all layers, two gradients by outputs, a dense row.
  private let firstSlopes: Int
  private let secondSlopes: Int
  private let denseRow: Int
  private let scratchPerSample: Int

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
    scratchPerSample = denseRow + Vector.paddedCount(features.columnCount)
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

  /// Computes the outputs of all layers, the last as p − e_label, and returns the sum of the losses.
  private func forward(
    inputs first: Rows<UnsafePointer<Double>>, sampleAt sample: (Int) -> Int,
    at x: UnsafePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) -> Double {
    let chunk = first.rowCount
    var inputs = first
    for (index, layer) in layers.enumerated() {
      let outputs = scratch + chunk * layer.activations
      multiply(
        inputs,
        byRowsOf: Rows(x + layer.weights, stride: layer.inputs, rowCount: layer.outputs),
        into: outputs, stride: layer.stride, count: layer.inputs)
      for member in 0..<chunk {
        axpy(1, x + layer.biases, to: outputs + member * layer.stride, count: layer.outputs)
      }
      if index + 1 < layers.count {
        for member in 0..<chunk {
          activate(outputs + member * layer.stride, count: layer.outputs)
        }
        inputs = Rows(UnsafePointer(outputs), stride: layer.stride, rowCount: chunk)
      }
    }
    let last = layers[layers.count - 1]
    var total = 0.0
    for member in 0..<chunk {
      let outputs = scratch + chunk * last.activations + member * last.stride
      let label = Int(labels[sample(member)])
      let score = outputs[label]
      let logSum = softmax(outputs, count: last.outputs)
      outputs[label] -= 1
      total += logSum - score
    }
    return total
  }

  private func activate(_ outputs: UnsafeMutablePointer<Double>, count: Int) {
    switch activation {
    case .tanh:
      ElementaryFunction.tanh.apply(to: outputs, count: count)
    case .relu:
      // NaN must pass, or a run that has diverged would look healthy.
      for unit in 0..<count where outputs[unit] <= 0 { outputs[unit] = 0 }
    }
  }

  /// gradient += share · Σ ∇f_i over the chunk, from what `forward` left in scratch space.
  private func backward(
    inputs first: Rows<UnsafePointer<Double>>, at x: UnsafePointer<Double>, share: Double,
    gradient: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    let chunk = first.rowCount
    var slopes = scratch + chunk * firstSlopes
    var slopesBelow = scratch + chunk * secondSlopes
    let last = layers[layers.count - 1]
    scale(share, scratch + chunk * last.activations, into: slopes, count: chunk * last.stride)
    for index in layers.indices.reversed() {
      let layer = layers[index]
      var inputs = first
      if index > 0 {
        let below = layers[index - 1]
        inputs = Rows(
          UnsafePointer(scratch + chunk * below.activations), stride: below.stride,
          rowCount: chunk)
      }
      addCombinations(
        of: inputs, scales: slopes, scaleStride: layer.stride,
        to: Rows(gradient + layer.weights, stride: layer.inputs, rowCount: layer.outputs),
        count: layer.inputs)
      for member in 0..<chunk {
        let slopes = slopes + member * layer.stride
        axpy(1, slopes, to: gradient + layer.biases, count: layer.outputs)
        if index > 0 {
          let below = slopesBelow + member * layers[index - 1].stride
          clear(below, count: layers[index - 1].stride)
          addCombination(
            of: x + layer.weights, stride: layer.inputs, rowCount: layer.outputs,
            scales: slopes, to: below, count: layer.inputs)
          multiplyByDerivative(
            below, outputs: inputs.base + member * inputs.stride, count: layer.inputs)
        }
      }
      swap(&slopes, &slopesBelow)
    }
  }

  /// The derivative at a unit, from its output: 1 − tanh², or whether ReLU is above 0.
  private func multiplyByDerivative(
    _ slopes: UnsafeMutablePointer<Double>, outputs: UnsafePointer<Double>, count: Int
  ) {
    switch activation {
    case .tanh:
      for unit in 0..<count { slopes[unit] *= 1 - outputs[unit] * outputs[unit] }
    case .relu:
      for unit in 0..<count where outputs[unit] == 0 { slopes[unit] = 0 }
    }
  }

  /// gradient += share · Σ ∇f_i over many samples, a chunk at a time; returns the sum of the losses.
  private func run(
    count: Int, sampleAt sample: (Int) -> Int, at x: UnsafePointer<Double>, share: Double,
    gradient: UnsafeMutablePointer<Double>?, scratch: UnsafeMutablePointer<Double>
  ) -> Double {
    var total = 0.0
    for start in stride(from: 0, to: count, by: Self.chunkLimit) {
      let chunk = min(Self.chunkLimit, count - start)
      let rows = scratch + chunk * denseRow
      let inputs = features.dense(
        rowCount: chunk, rowAt: { sample(start + $0) }, scratch: rows)
      total += forward(
        inputs: inputs, sampleAt: { sample(start + $0) }, at: x, scratch: scratch)
      if let gradient {
        backward(inputs: inputs, at: x, share: share, gradient: gradient, scratch: scratch)
      }
    }
    return total
  }

  public func loss(at x: UnsafePointer<Double>) -> Double {
    let scratch = Vector(dimension: scratchCount(batchSize: 0))
    return evaluate(at: x, gradient: nil, scratch: scratch.base)
  }

  public func lossAndGradient(
    at x: UnsafePointer<Double>, into gradient: UnsafeMutablePointer<Double>
  ) -> Double {
    let scratch = Vector(dimension: scratchCount(batchSize: 0))
    return evaluate(at: x, gradient: gradient, scratch: scratch.base)
  }

  private func evaluate(
    at x: UnsafePointer<Double>, gradient: UnsafeMutablePointer<Double>?,
    scratch: UnsafeMutablePointer<Double>
  ) -> Double {
    let paddedDimension = Vector.paddedCount(dimension)
    let share = 1 / Double(sampleCount)
    if let gradient { scale(l2, x, into: gradient, count: paddedDimension) }
    let total = run(
      count: sampleCount, sampleAt: { $0 }, at: x, share: share, gradient: gradient,
      scratch: scratch)
    let mean = total * share
    return l2 == 0 ? mean : mean + 0.5 * l2 * normSquared(x, count: paddedDimension)
  }

  public func valuesPerGradient(batchSize: Int) -> Int { Vector.paddedCount(dimension) }

  public func scratchCount(batchSize: Int) -> Int {
    scratchPerSample * (batchSize == 0 ? Self.chunkLimit : min(batchSize, Self.chunkLimit))
  }

  public func computeGradient(
    of samples: UnsafeBufferPointer<Int32>, at x: UnsafePointer<Double>,
    into values: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    if samples.isEmpty {
      _ = evaluate(at: x, gradient: values, scratch: scratch)
      return
    }
    scale(l2, x, into: values, count: Vector.paddedCount(dimension))
    _ = run(
      count: samples.count, sampleAt: { Int(samples[$0]) }, at: x,
      share: 1 / Double(samples.count), gradient: values, scratch: scratch)
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
