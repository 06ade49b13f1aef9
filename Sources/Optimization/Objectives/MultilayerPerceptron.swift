import Kernels

/// What a hidden unit does with its input.
public enum Activation: String, Hashable, Sendable, CaseIterable {
  /// Smooth, between −1 and 1.
  case tanh
  /// max(0, z), with the derivative 0 at 0.
  case relu
}

/// f(x) = (1/n) Σ softmax cross-entropy of a network with one or more hidden layers
/// + (l2/2)‖x‖² over all parameters: the nonconvex objective.
///
/// The parameters are flat: W_1 (h_1 × p, row-major), b_1, W_2 (h_2 × h_1), b_2 … W_k (classes × h),
/// b_k. There is no L, no f* and no x*; `localSmoothness(at:)` estimates how curved f is somewhere.
public struct MultilayerPerceptron: Objective {
  let features: FeatureMatrix
  let labels: [Int32]
  /// p, h_1 … h_{k−1}, classes
  let widths: [Int]
  /// Of every hidden layer.
  public let activation: Activation
  /// Of (l2/2)‖x‖², weights and biases alike.
  public let l2: Double
  public let dimension: Int

  /// Samples that go through the network together: each row of a weight matrix is fetched once for
  /// all of them, and nearly each number of the gradient of a batch up to this size is written once. More would
  /// push their own numbers out of the cache.
  static let chunkLimit = 32

  /// The samples whose losses are summed at once. It decides the order of a sum, and is not to be changed.
  static let lossGroup = 16

  /// Up to so many samples a gradient in flight is a tape, without a regulariser; see ``add``.
  private static let tapeLimit = 4

  /// Where things lie in the flat parameters, and on the tape of one sample. The tape of a chunk of c
  /// samples has each region c times as far and as long.
  struct Layer {
    var inputs: Int
    var outputs: Int
    var weights: Int
    var biases: Int
    /// On the tape: what the layer puts out.
    var activations: Int
    /// On the tape: the gradient by the layer's sums.
    var slopes: Int

    /// From the numbers of one sample to those of the next.
    var stride: Int { Vector.paddedCount(outputs) }
  }

  let layers: [Layer]
  /// The numbers on the tape of one sample.
  let tapeCount: Int

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
    let strides = widths.dropFirst().map(Vector.paddedCount)
    let half = strides.reduce(0, +)
    var layers: [Layer] = []
    var (parameter, place) = (0, 0)
    for (inputs, outputs) in zip(widths, widths.dropFirst()) {
      layers.append(
        Layer(
          inputs: inputs, outputs: outputs, weights: parameter,
          biases: parameter + inputs * outputs, activations: place, slopes: half + place))
      parameter += (inputs + 1) * outputs
      place += Vector.paddedCount(outputs)
    }
    self.layers = layers
    dimension = parameter
    tapeCount = 2 * half
  }

  /// The same from dense rows.
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
  public var lacksMinimum: Bool { true }
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

  /// No score z is beyond a number B that follows from the weights: with Σ|w| of a unit, its output is at most
  /// that times the largest input, which is at most ‖A‖_F for the first layer, and the bias; after tanh, at most 1.
  /// Then ln Σ exp(z_c − z_label) ≤ ln(classes) + 2B. Nil where B is not finite: a pass might meet ∞ − ∞.
  public func lossBound(at x: UnsafePointer<Double>) -> Double? {
    let frobeniusSquared = features.frobeniusSquared
    guard frobeniusSquared.isNormal else { return nil }
    var bound = frobeniusSquared.squareRoot()
    for (index, layer) in layers.enumerated() {
      var largest = 0.0
      for unit in 0..<layer.outputs {
        let weights = x + layer.weights + unit * layer.inputs
        var size = 0.0
        for input in 0..<layer.inputs { size += abs(weights[input]) }
        let score = size * bound + abs(x[layer.biases + unit])
        guard score.isFinite else { return nil }
        largest = max(largest, score)
      }
      bound = activation == .tanh && index + 1 < layers.count ? 1 : largest
    }
    let loss = portableLog(Double(widths[widths.count - 1])) + 2 * bound
    return l2 == 0 ? loss : loss + 0.5 * l2 * normSquared(x, count: Vector.paddedCount(dimension))
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
    let share = 1 / Double(sampleCount)
    let total = run(
      count: sampleCount, sampleAt: { $0 }, at: x, share: share, gradient: gradient,
      scratch: scratch)
    let mean = total * share
    return l2 == 0 ? mean : mean + 0.5 * l2 * normSquared(x, count: Vector.paddedCount(dimension))
  }

  private func isTape(batchSize: Int) -> Bool {
    l2 == 0 && (1...Self.tapeLimit).contains(batchSize) && batchSize * tapeCount < dimension
  }

  public func valuesPerGradient(batchSize: Int) -> Int {
    isTape(batchSize: batchSize) ? batchSize * tapeCount : Vector.paddedCount(dimension)
  }

  public func scratchCount(batchSize: Int) -> Int {
    let chunk = batchSize == 0 ? Self.chunkLimit : min(batchSize, Self.chunkLimit)
    return chunk * (tapeCount + Vector.paddedCount(features.columnCount))
  }

  public func computeGradient(
    of samples: UnsafeBufferPointer<Int32>, at x: UnsafePointer<Double>,
    into values: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    let count = samples.count
    let share = 1 / Double(count)
    if samples.isEmpty {
      _ = evaluate(at: x, gradient: values, scratch: scratch)
    } else if isTape(batchSize: count) {
      let inputs = features.dense(
        rowCount: count, rowAt: { Int(samples[$0]) }, scratch: scratch)
      var total = 0.0
      forward(inputs: inputs, sampleAt: { Int(samples[$0]) }, at: x, tape: values, total: &total)
      backward(
        count: count, sampleAt: { Int(samples[$0]) }, at: x, share: share, tape: values)
    } else {
      _ = run(
        count: count, sampleAt: { Int(samples[$0]) }, at: x, share: share, gradient: values,
        scratch: scratch)
    }
  }

  /// A small batch without a regulariser is kept as its tape: the gradient by a weight matrix is
  /// slopes ⊗ inputs, so that outputs and slopes are all there is to know. That is some hundred
  /// numbers a sample, not one for each weight, and the weights are touched once.
  public func add(
    _ scale: Double, times values: UnsafePointer<Double>, of samples: UnsafeBufferPointer<Int32>,
    to y: UnsafeMutablePointer<Double>
  ) {
    let chunk = samples.count
    guard isTape(batchSize: chunk) else {
      axpy(scale, values, to: y, count: Vector.paddedCount(dimension))
      return
    }
    for (member, sample) in samples.enumerated() {
      var inputs: UnsafePointer<Double>?
      for layer in layers {
        let slopes = values + chunk * layer.slopes + member * layer.stride
        let weights = y + layer.weights
        for unit in 0..<layer.outputs {
          let row = weights + unit * layer.inputs
          if let inputs {
            axpy(scale * slopes[unit], inputs, to: row, count: layer.inputs)
          } else {
            features.add(scale * slopes[unit], timesRow: Int(sample), to: row)
          }
        }
        axpy(scale, slopes, to: y + layer.biases, count: layer.outputs)
        inputs = values + chunk * layer.activations + member * layer.stride
      }
    }
  }

  public func forEachDataBlock(_ body: (UnsafeRawBufferPointer) -> Void) {
    features.forEachBlock(body)
    labels.map(Double.init).withUnsafeBytes(body)
  }
}
