import Kernels
import Optimization

/// What is measured at the points y_i at which gradients were computed, beside the replay itself.
/// Observing never changes a result.
public enum ReadPointStudy: Hashable, Sendable {
  /// Nothing is averaged.
  case none
  /// ``ReadPointAverages``: one evaluation of the loss an update.
  case averages
  /// The averages and ``DelayBias``: a second pass, M·d numbers, and O(d · permutations) an update.
  case bias(permutations: Int)
}

/// Averages over the points at which gradients were computed, which is what bounds of asynchronous
/// SGD bound; they say nothing about the last iterate.
public struct ReadPointAverages: Hashable, Sendable {
  /// Gradients applied with positive weight.
  public var gradientCount: Int
  /// Σ γ̂_i, where γ̂_i = γ_k / b is what the gradient was applied with.
  public var weightSum: Double
  /// Σ γ̂_i f(y_i) / Σ γ̂_i
  public var loss: Double
  /// Σ γ̂_i ‖∇f(y_i)‖² / Σ γ̂_i
  public var gradientNormSquared: Double
  /// Gradients started, those that never arrived among them.
  public var startedCount: Int
  /// The plain mean of f(y_i) over all of these.
  public var startedLoss: Double
  /// The smallest ‖∇f(y_i)‖² of all started gradients, the largest, and that of the last one.
  public var gradientNormSquaredMin: Double
  /// The largest ‖∇f(y)‖² where a gradient was read.
  public var gradientNormSquaredMax: Double
  /// ‖∇f(y)‖² where the last gradient was read.
  public var gradientNormSquaredLast: Double
  /// The mean of ‖g_i − ∇f(y_i)‖² over all started gradients.
  public var noiseSquared: Double
  /// The same averages along the run, after some of its updates in order; at most
  /// ``ReadPointCurve/limit`` of them.
  public var curve: [ReadPointCurve.Point]
}

/// Read points as a run goes on.
public enum ReadPointCurve {
  /// The most points that are kept.
  public static let limit = 256

  /// What a run that ended after this update would have as its averages.
  public struct Point: Hashable, Sendable {
    /// k
    public var updateCount: Int
    /// Gradients applied so far.
    public var gradientCount: Int
    /// Σ γ over them.
    public var weightSum: Double
    /// Their weighted average of f(y).
    public var loss: Double
    /// Their weighted average of ‖∇f(y)‖².
    public var gradientNormSquared: Double
    /// Gradients started so far.
    public var startedCount: Int
    /// The plain average of f(y) over those started.
    public var startedLoss: Double
    /// Σ ‖g_i − ∇f(y_i)‖² over the gradients started so far.
    public var noiseSum: Double

    public init(
      updateCount: Int, gradientCount: Int, weightSum: Double, loss: Double,
      gradientNormSquared: Double, startedCount: Int, startedLoss: Double, noiseSum: Double
    ) {
      self.updateCount = updateCount
      self.gradientCount = gradientCount
      self.weightSum = weightSum
      self.loss = loss
      self.gradientNormSquared = gradientNormSquared
      self.startedCount = startedCount
      self.startedLoss = startedLoss
      self.noiseSum = noiseSum
    }
  }
}

/// Whether the stepsizes pick among the noise: the mean error of the applied gradients, against what
/// it is when the same stepsizes are dealt out at random.
///
/// Rules that depend on the delay assume that noise and delay are independent. Where slow gradients
/// come from special data, they give that data less weight. Gradients that were dropped, discarded or
/// aborted take part with γ = 0: a job never sees the aborted ones, a replay does.
///
/// Each recorded batch takes part once. When a trace repeats, so does every accident of which batch met
/// which duration, and permutations that took the repetitions for new draws would find it significant.
public struct DelayBias: Hashable, Sendable {
  /// b̂ = ‖Σ γ_k (g_k − ∇f(y_k))‖ / Σ γ_k
  public var value: Double
  /// The same with the γ_k permuted, in order of permutation.
  public var permuted: [Double]

  public init(value: Double, permuted: [Double]) {
    self.value = value
    self.permuted = permuted
  }
}

/// What a pass through a replay does about read points.
enum ReadPointPass {
  case none
  /// Notes the weights in the order of application.
  case weights
  case averages
  /// With the weights of the first pass, permuted; the last list is the one that was applied.
  case bias([[Double]])
}

/// Keeps what was measured at each read point until its gradient is applied or forgotten.
struct ReadPoints: ~Copyable {
  /// By slot.
  private var losses: [Double]
  private var norms: [Double]
  private var sums = Sums()
  private var smallestNorm = Double.infinity
  private var largestNorm = 0.0
  private var lastNorm = 0.0
  /// Collected, and in no update yet.
  private var pending: [(loss: Double, norm: Double, weight: Double)] = []
  private var curve: [Sums] = []
  /// Every so many updates are noted; doubled when there are too many.
  private var stride = 1

  /// ∇f(y) by slot; without entries unless the bias is wanted.
  private let gradients: Vector
  /// ∇f(y) − g of the gradient that is being started.
  private let noise: Vector
  private let paddedCount: Int
  private let weightLists: [[Double]]
  /// Σ γ (g − ∇f(y)) for each list.
  private let biases: Vector
  private var appliedCount = 0

  /// Sums over the read points so far.
  private struct Sums {
    var updateCount = 0
    var gradientCount = 0
    var weight = 0.0
    var loss = 0.0
    var norm = 0.0
    var startedCount = 0
    var startedLoss = 0.0
    var noise = 0.0

    var point: ReadPointCurve.Point {
      ReadPointCurve.Point(
        updateCount: updateCount, gradientCount: gradientCount, weightSum: weight,
        loss: loss / weight, gradientNormSquared: norm / weight, startedCount: startedCount,
        startedLoss: startedLoss / Double(startedCount), noiseSum: noise)
    }
  }

  /// - Parameter weightLists: of the pass ``ReadPointPass/bias``; empty for averages only.
  init(slotCount: Int, dimension: Int, weightLists: [[Double]]) {
    losses = [Double](repeating: 0, count: slotCount)
    norms = losses
    paddedCount = Vector.paddedCount(dimension)
    gradients = Vector(dimension: weightLists.isEmpty ? 0 : slotCount * paddedCount)
    noise = Vector(dimension: dimension)
    self.weightLists = weightLists
    biases = Vector(dimension: weightLists.count * paddedCount)
  }

  /// Seeded permutations by Fisher and Yates, then the weights themselves.
  ///
  /// Words of stream 6 at gradients from 2^40 on, which no other use of it reaches.
  static func permutations(of weights: [Double], count: Int, seed: UInt64) -> [[Double]] {
    let stream = CounterStream(stream: .shuffles, seed: seed)
    var lists = (0..<max(0, count)).map { permutation in
      var list = weights
      for place in Swift.stride(from: list.count - 1, to: 0, by: -1) {
        let word = stream.word(worker: 0, gradient: 1 << 40 + permutation, index: place)
        list.swapAt(place, Int((UInt64(word) &* UInt64(place + 1)) >> 32))
      }
      return list
    }
    lists.append(weights)
    return lists
  }

  /// A worker reads an iterate.
  ///
  /// - Parameters:
  ///   - gradient: ∇f there.
  ///   - subtract: subtracts the gradient g that the worker computes there.
  mutating func start(
    slot: Int, loss: Double, gradientNormSquared: Double, gradient: UnsafePointer<Double>,
    subtract: (_ target: UnsafeMutablePointer<Double>) -> Void
  ) {
    losses[slot] = loss
    norms[slot] = gradientNormSquared
    smallestNorm = min(smallestNorm, gradientNormSquared)
    largestNorm = max(largestNorm, gradientNormSquared)
    lastNorm = gradientNormSquared
    copy(gradient, into: noise.base, count: paddedCount)
    subtract(noise.base)
    sums.noise += normSquared(noise.base, count: paddedCount)
    sums.startedCount += 1
    sums.startedLoss += loss
    guard !weightLists.isEmpty else { return }
    copy(gradient, into: gradients.base + slot * paddedCount, count: paddedCount)
  }

  /// The gradient in a slot is applied, or collected for an update, or left out with weight 0.
  ///
  /// - Parameters:
  ///   - isRepeated: leaves it out of the bias, to which a recorded batch adds nothing the second time.
  ///   - add: adds the gradient with a factor to a vector.
  mutating func apply(
    slot: Int, weight: Double, isCollected: Bool, isRepeated: Bool,
    add: (_ factor: Double, _ target: UnsafeMutablePointer<Double>) -> Void
  ) {
    if isCollected {
      pending.append((losses[slot], norms[slot], weight))
    } else {
      count(losses[slot], norms[slot], weight)
    }
    guard !weightLists.isEmpty, !isRepeated else { return }
    for (list, weights) in weightLists.enumerated() {
      let sum = biases.base + list * paddedCount
      add(weights[appliedCount], sum)
      axpy(
        -weights[appliedCount], gradients.base + slot * paddedCount, to: sum, count: paddedCount)
    }
    appliedCount += 1
  }

  mutating func adoptCollected() {
    for (loss, norm, weight) in pending { count(loss, norm, weight) }
    pending.removeAll(keepingCapacity: true)
  }

  /// Notes the state after an update, every other one of them once there are too many.
  mutating func finishUpdate(_ updateCount: Int) {
    sums.updateCount = updateCount
    guard updateCount % stride == 0, sums.weight > 0 else { return }
    curve.append(sums)
    guard curve.count > ReadPointCurve.limit - 1 else { return }
    stride *= 2
    curve.removeAll { $0.updateCount % stride != 0 }
  }

  private mutating func count(_ loss: Double, _ norm: Double, _ weight: Double) {
    guard weight > 0 else { return }
    sums.gradientCount += 1
    sums.weight += weight
    sums.loss += weight * loss
    sums.norm += weight * norm
  }

  /// nil where nothing was applied.
  var result: ReadPointAverages? {
    guard sums.weight > 0 else { return nil }
    let end = sums.point
    var points = curve.map(\.point)
    // Those that were started since its last update belong to the end.
    if points.last?.updateCount == end.updateCount { points.removeLast() }
    points.append(end)
    return ReadPointAverages(
      gradientCount: end.gradientCount, weightSum: end.weightSum, loss: end.loss,
      gradientNormSquared: end.gradientNormSquared, startedCount: end.startedCount,
      startedLoss: end.startedLoss, gradientNormSquaredMin: smallestNorm,
      gradientNormSquaredMax: largestNorm, gradientNormSquaredLast: lastNorm,
      noiseSquared: sums.noise / Double(sums.startedCount), curve: points)
  }

  /// nil unless there were lists.
  var bias: DelayBias? {
    guard let weights = weightLists.last, !weights.isEmpty else { return nil }
    let total = weights.reduce(0, +)
    var values = weightLists.indices.map { list in
      normSquared(biases.base + list * paddedCount, count: paddedCount).squareRoot() / total
    }
    return DelayBias(value: values.removeLast(), permuted: values)
  }
}
