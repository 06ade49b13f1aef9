import Kernels

// Backpropagation. The tape of a chunk of samples is what a pass leaves behind: the outputs of every
// layer, and the gradient by the sums of every layer. All else follows from it and the data.
extension MultilayerPerceptron {
  /// Records the outputs of all layers, the last as probabilities, and adds the losses to `total`.
  func forward(
    inputs first: Rows<UnsafePointer<Double>>, sampleAt sample: (Int) -> Int,
    at x: UnsafePointer<Double>, tape: UnsafeMutablePointer<Double>, total: inout Double
  ) {
    let chunk = first.rowCount
    var inputs = first
    for (index, layer) in layers.enumerated() {
      let outputs = tape + chunk * layer.activations
      multiply(
        inputs,
        byRowsOf: Rows(x + layer.weights, stride: layer.inputs, rowCount: layer.outputs),
        into: outputs, stride: layer.stride, count: layer.inputs)
      for member in 0..<chunk {
        let outputs = outputs + member * layer.stride
        axpy(1, x + layer.biases, to: outputs, count: layer.outputs)
        if index + 1 < layers.count { activate(outputs, count: layer.outputs) }
      }
      inputs = Rows(UnsafePointer(outputs), stride: layer.stride, rowCount: chunk)
    }
    let last = layers[layers.count - 1]
    for group in stride(from: 0, to: chunk, by: Self.lossGroup) {
      var sum = 0.0
      for member in group..<min(group + Self.lossGroup, chunk) {
        let outputs = tape + chunk * last.activations + member * last.stride
        let score = outputs[Int(labels[sample(member)])]
        sum += softmax(outputs, count: last.outputs) - score
      }
      total += sum
    }
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

  /// Records the gradients by the sums of all layers, times `share`, after `forward`: p − e_label for
  /// the last, then Wᵀ times those above, times the derivatives.
  func backward(
    count chunk: Int, sampleAt sample: (Int) -> Int, at x: UnsafePointer<Double>, share: Double,
    tape: UnsafeMutablePointer<Double>
  ) {
    for member in 0..<chunk {
      var above = layers[layers.count - 1]
      let slopes = tape + chunk * above.slopes + member * above.stride
      let outputs = tape + chunk * above.activations + member * above.stride
      copy(outputs, into: slopes, count: above.outputs)
      slopes[Int(labels[sample(member)])] -= 1
      scale(share, slopes, into: slopes, count: above.outputs)
      for layer in layers.dropLast().reversed() {
        let below = tape + chunk * layer.slopes + member * layer.stride
        clear(below, count: layer.outputs)
        addCombination(
          of: x + above.weights, stride: above.inputs, rowCount: above.outputs,
          scales: tape + chunk * above.slopes + member * above.stride, to: below,
          count: layer.outputs)
        multiplyByDerivative(
          below, outputs: tape + chunk * layer.activations + member * layer.stride,
          count: layer.outputs)
        above = layer
      }
    }
  }

  /// gradient = l2 · x + Σ slopes ⊗ inputs over the first chunk, gradient += Σ over others.
  private func accumulate(
    tape: UnsafePointer<Double>, inputs first: Rows<UnsafePointer<Double>>, isFirst: Bool,
    at x: UnsafePointer<Double>, to gradient: UnsafeMutablePointer<Double>
  ) {
    let chunk = first.rowCount
    var inputs = first
    let start = isFirst ? x : UnsafePointer(gradient)
    for layer in layers {
      let slopes = tape + chunk * layer.slopes
      combine(
        inputs, scales: slopes, scaleStride: layer.stride, with: isFirst ? l2 : 1,
        times: start + layer.weights,
        into: Rows(gradient + layer.weights, stride: layer.inputs, rowCount: layer.outputs),
        count: layer.inputs)
      if isFirst {
        scale(l2, x + layer.biases, into: gradient + layer.biases, count: layer.outputs)
      }
      for member in 0..<chunk {
        axpy(1, slopes + member * layer.stride, to: gradient + layer.biases, count: layer.outputs)
      }
      inputs = Rows(tape + chunk * layer.activations, stride: layer.stride, rowCount: chunk)
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

  /// gradient = l2 · x + share · Σ ∇f_i over many samples, a chunk at a time; returns the sum of the losses.
  func run(
    count: Int, sampleAt sample: (Int) -> Int, at x: UnsafePointer<Double>, share: Double,
    gradient: UnsafeMutablePointer<Double>?, scratch: UnsafeMutablePointer<Double>
  ) -> Double {
    var total = 0.0
    for start in stride(from: 0, to: count, by: Self.chunkLimit) {
      let chunk = min(Self.chunkLimit, count - start)
      let rows = scratch + chunk * tapeCount
      let inputs = features.dense(
        rowCount: chunk, rowAt: { sample(start + $0) }, scratch: rows)
      forward(
        inputs: inputs, sampleAt: { sample(start + $0) }, at: x, tape: scratch, total: &total)
      if let gradient {
        backward(
          count: chunk, sampleAt: { sample(start + $0) }, at: x, share: share, tape: scratch)
        accumulate(tape: scratch, inputs: inputs, isFirst: start == 0, at: x, to: gradient)
      }
    }
    if let gradient {
      if count == 0 { scale(l2, x, into: gradient, count: dimension) }
      clear(gradient + dimension, count: Vector.paddedCount(dimension) - dimension)
    }
    return total
  }
}
