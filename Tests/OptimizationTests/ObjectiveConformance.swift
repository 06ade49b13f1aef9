import Kernels
import Optimization
import Testing

/// What a test needs to know of an objective beyond its protocol.
struct ConformanceOptions {
  /// Off for objectives with kinks, where a central difference means nothing.
  var isSmooth = true
  /// How far apart points are drawn.
  var spread = 1.0
}

extension Objective {
  func loss(_ x: [Double]) -> Double {
    let vector = Vector(x)
    return loss(at: vector.base)
  }

  func gradient(_ x: [Double]) -> [Double] {
    let vector = Vector(x)
    let out = Vector(dimension: dimension)
    _ = lossAndGradient(at: vector.base, into: out.base)
    return out.entries
  }

  /// y = 0 + 1 · g through `computeGradient` and `add`, as a replay does it.
  func batchGradient(_ samples: [Int32], _ x: [Double], scale: Double = 1) -> [Double] {
    let vector = Vector(x)
    let values = Vector(dimension: valuesPerGradient(batchSize: samples.count))
    let scratch = Vector(dimension: scratchCount(batchSize: samples.count))
    let out = Vector(dimension: dimension)
    samples.withUnsafeBufferPointer {
      computeGradient(of: $0, at: vector.base, into: values.base, scratch: scratch.base)
      add(scale, times: values.base, of: $0, to: out.base)
    }
    for index in dimension..<max(8, out.paddedCount) { #expect(out.base[index] == 0) }
    return out.entries
  }
}

func norm(_ x: [Double]) -> Double {
  x.reduce(0) { $0 + $1 * $1 }.squareRoot()
}

func distance(_ x: [Double], _ y: [Double]) -> Double {
  norm(zip(x, y).map { $0 - $1 })
}

func normals(_ count: Int, seed: UInt64, worker: Int = 0, gradient: Int = 0) -> [Double] {
  let vector = Vector(dimension: count)
  CounterStream(stream: .shuffles, seed: seed)
    .fillNormal(vector.base, count: count, worker: worker, gradient: gradient)
  return vector.entries
}

/// Every promise of `Objective`, at seeded points.
func checkObjective(
  _ objective: some Objective, options: ConformanceOptions = .init(), seed: UInt64 = 1,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let d = objective.dimension
  let n = objective.sampleCount
  let x = normals(d, seed: seed).map { $0 * options.spread }
  let gradient = objective.gradient(x)
  let size = max(norm(gradient), 1e-3)

  // Pure: asked again, the same bits; and both ways to the loss agree.
  #expect(objective.gradient(x) == gradient, sourceLocation: sourceLocation)
  let vector = Vector(x)
  let out = Vector(dimension: d)
  #expect(
    objective.lossAndGradient(at: vector.base, into: out.base) == objective.loss(x),
    sourceLocation: sourceLocation)

  if options.isSmooth {
    var worst = 0.0
    for index in stride(from: 0, to: d, by: max(1, d / 40)) {
      let h = 1e-5
      var (above, below) = (x, x)
      above[index] += h
      below[index] -= h
      let difference = (objective.loss(above) - objective.loss(below)) / (2 * h)
      worst = max(worst, abs(difference - gradient[index]))
    }
    #expect(worst < 1e-6 * max(1, size), "central differences", sourceLocation: sourceLocation)
  }

  // What is said of f without a pass over the data holds, near and far.
  for reach in [0, 0.01, 1, 30, 1e6] {
    let place = Vector(x.map { $0 * reach })
    if let bound = objective.lossBound(at: place.base) {
      #expect(
        bound * (1 + 1e-12) >= objective.loss(place.entries), "\(reach) x",
        sourceLocation: sourceLocation)
    }
  }
  if objective.lacksMinimum { #expect(objective.minimum == nil, sourceLocation: sourceLocation) }

  // The mean over all samples, one by one.
  var mean = [Double](repeating: 0, count: d)
  for sample in 0..<n {
    let part = objective.batchGradient([Int32(sample)], x)
    for index in 0..<d { mean[index] += part[index] / Double(n) }
  }
  #expect(
    distance(mean, gradient) < 1e-9 * size, "mean of samples", sourceLocation: sourceLocation)

  // The derivatives of several samples at once, and rows fetched meanwhile: the same bits.
  if objective.hasScalarGradients {
    let samples = (0..<min(n, 9)).map { Int32($0 * 5 % n) }
    var slopes = samples.map { objective.predict($0, at: vector.base, fetching: $0 == 0 ? -1 : 0) }
    slopes.withUnsafeMutableBufferPointer { slopes in
      samples.withUnsafeBufferPointer { samples in
        guard let slopes = slopes.baseAddress, let samples = samples.baseAddress else { return }
        objective.differentiate(slopes, of: samples, count: min(n, 9))
      }
    }
    for (sample, slope) in zip(samples, slopes) {
      // A step and the prediction at its end, alone and for two vectors at once.
      let one = Vector(x)
      let other = Vector(dimension: d)
      let apart = Vector(x)
      objective.add(-0.5, times: slope, of: sample, to: apart.base, fetching: -1)
      let expected = objective.predict(samples[0], at: apart.base, fetching: -1)
      let prediction = objective.add(
        -0.5, times: slope, of: sample, to: one.base, thenPredict: samples[0], fetching: 0)
      #expect(prediction == expected && one.entries == apart.entries)
      let again = Vector(x)
      let together = addTogether(
        objective, [[-0.5 * slope, 0.25 * slope]], of: [sample], to: [again.base, other.base],
        thenPredict: [samples[0]])
      #expect(together[0] == expected && again.entries == apart.entries)
      #expect(
        other.entries == objective.batchGradient([sample], x, scale: 0.25),
        sourceLocation: sourceLocation)
      let sum = Vector(dimension: d)
      objective.add(-0.5, times: slope, of: sample, to: sum.base, fetching: sample == 0 ? 0 : -1)
      #expect(
        sum.entries == objective.batchGradient([sample], x, scale: -0.5), "sample \(sample) alone",
        sourceLocation: sourceLocation)
    }
    checkSteps(objective, from: x, samples: samples, sourceLocation: sourceLocation)
  }

  // Several points at once have the bits of each.
  let points = [x, x.map { -0.5 * $0 }, [Double](repeating: 0, count: d), x.map { $0 + 1 }]
    .map(Boxed.init)
  let gradients = points.map { _ in Boxed([Double](repeating: 0, count: d)) }
  var losses = [Double](repeating: 0, count: points.count)
  objective.evaluate(
    at: points.map { UnsafePointer($0.base) }, losses: &losses, gradients: gradients.map(\.base))
  for (place, point) in points.enumerated() {
    let own = Vector(dimension: d)
    #expect(
      losses[place] == objective.lossAndGradient(at: point.base, into: own.base),
      sourceLocation: sourceLocation)
    #expect(gradients[place].entries == own.entries, sourceLocation: sourceLocation)
  }

  // A batch, with a repetition, is the mean of its samples; and so is one with more samples than
  // dimensions, which is kept dense.
  for count in [1, 3, 4, 9, d + 3] where count < 200 {
    let samples = (0..<count).map { Int32(($0 * 7 + ($0 == 2 ? 0 : 1)) % n) }
    var expected = [Double](repeating: 0, count: d)
    for sample in samples {
      let part = objective.batchGradient([sample], x)
      for index in 0..<d { expected[index] -= 0.5 * part[index] / Double(count) }
    }
    let batch = objective.batchGradient(samples, x, scale: -0.5)
    #expect(
      distance(batch, expected) < 1e-9 * max(size, norm(expected)), "batch of \(count)",
      sourceLocation: sourceLocation)
  }

  // No samples: the exact gradient.
  #expect(
    distance(objective.batchGradient([], x), gradient) < 1e-12 * size,
    sourceLocation: sourceLocation)
  #expect(objective.valuesPerGradient(batchSize: 0) % 8 == 0, sourceLocation: sourceLocation)

  if let smoothness = objective.smoothness {
    for pair in 0..<5 {
      let y = normals(d, seed: seed, worker: 1, gradient: pair)
        .map { $0 * options.spread * (pair % 2 == 0 ? 1 : 1e-3) }
      let z = zip(x, y).map { $0 + $1 }
      let change = distance(objective.gradient(z), gradient)
      #expect(
        change <= smoothness * norm(y) * (1 + 1e-9), "smoothness", sourceLocation: sourceLocation)
    }
  }

  if let minimum = objective.minimum, let minimizer = objective.minimizer {
    #expect(minimizer.count == d, sourceLocation: sourceLocation)
    #expect(
      abs(objective.loss(minimizer) - minimum) <= 1e-12 * max(1, abs(minimum)),
      sourceLocation: sourceLocation)
    #expect(minimum <= objective.loss(x), sourceLocation: sourceLocation)
    let slope = norm(objective.gradient(minimizer))
    #expect(
      slope < 1e-9 * max(1, objective.smoothness ?? 1), "∇f(x*)", sourceLocation: sourceLocation)
  }
}

/// Steps of all vectors at once, and the predictions after each.
private func addTogether(
  _ objective: any Objective, _ scales: [[Double]], of samples: [Int32],
  to y: [UnsafeMutablePointer<Double>], thenPredict next: [Int32]
) -> [Double] {
  var predictions = [Double](repeating: 0, count: samples.count * y.count)
  samples.withUnsafeBufferPointer { samples in
    objective.add(
      scales.flatMap(\.self), of: samples, to: y, thenPredict: next, into: &predictions,
      count: y.count, fetching: samples)
  }
  return predictions
}

/// Up to eight steps of three vectors, against each step of each alone.
private func checkSteps(
  _ objective: any Objective, from x: [Double], samples: [Int32],
  sourceLocation: SourceLocation
) {
  for count in 1...min(8, samples.count) {
    let stepped = Array(samples.prefix(count))
    let next = Array(samples.suffix(count).reversed())
    let scales = (0..<count).map { step in (0..<3).map { Double(step - 3 * $0) / 64 } }
    let together = (0..<3).map { _ in Boxed(x) }
    let predictions = addTogether(
      objective, scales, of: stepped, to: together.map(\.base), thenPredict: next)
    for member in 0..<3 {
      let apart = Vector(x)
      for step in 0..<count {
        objective.add(
          scales[step][member], times: 1, of: stepped[step], to: apart.base, fetching: -1)
        #expect(
          predictions[step * 3 + member]
            == objective.predict(next[step], at: apart.base, fetching: -1),
          "step \(step) of \(count)", sourceLocation: sourceLocation)
      }
      #expect(together[member].entries == apart.entries, sourceLocation: sourceLocation)
    }
  }
}

/// A vector that an array can hold.
private final class Boxed {
  private let vector: Vector

  init(_ numbers: [Double]) { vector = Vector(numbers) }

  var base: UnsafeMutablePointer<Double> { vector.base }
  var entries: [Double] { vector.entries }
}
