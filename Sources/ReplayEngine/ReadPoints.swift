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
}

/// Whether the stepsizes pick among the noise: the mean error of the applied gradients, against what
/// it is when the same stepsizes are dealt out at random.
///
/// Rules that depend on the delay assume that noise and delay are independent. Where slow gradients
/// come from special data, they give that data less weight. Gradients that were dropped or discarded
/// take part with γ = 0; those that were aborted do not, as nobody has seen them.
public struct DelayBias: Hashable, Sendable {
  /// b̂ = ‖Σ γ_k (g_k − ∇f(y_k))‖ / Σ γ_k
  public var value: Double
  /// The same with the γ_k permuted, in order of permutation.
  public var permuted: [Double]
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
  private var averages = ReadPointAverages(
    gradientCount: 0, weightSum: 0, loss: 0, gradientNormSquared: 0, startedCount: 0,
    startedLoss: 0)
  /// Collected, and in no update yet.
  private var pending: [(loss: Double, norm: Double, weight: Double)] = []

  /// ∇f(y) by slot; without entries unless the bias is wanted.
  private let gradients: Vector
  private let paddedCount: Int
  private let weightLists: [[Double]]
  /// Σ γ (g − ∇f(y)) for each list.
  private let sums: Vector
  private var appliedCount = 0

  /// - Parameter weightLists: of the pass ``ReadPointPass/bias``; empty for averages only.
  init(slotCount: Int, dimension: Int, weightLists: [[Double]]) {
    losses = [Double](repeating: 0, count: slotCount)
    norms = losses
    paddedCount = Vector.paddedCount(dimension)
    gradients = Vector(dimension: weightLists.isEmpty ? 0 : slotCount * paddedCount)
    self.weightLists = weightLists
    sums = Vector(dimension: weightLists.count * paddedCount)
  }

  /// Seeded permutations by Fisher and Yates, then the weights themselves.
  ///
  /// Words of stream 6 at gradients from 2^40 on, which no other use of it reaches.
  static func permutations(of weights: [Double], count: Int, seed: UInt64) -> [[Double]] {
    let stream = CounterStream(stream: .shuffles, seed: seed)
    var lists = (0..<max(0, count)).map { permutation in
      var list = weights
      for place in stride(from: list.count - 1, to: 0, by: -1) {
        let word = stream.word(worker: 0, gradient: 1 << 40 + permutation, index: place)
        list.swapAt(place, Int((UInt64(word) &* UInt64(place + 1)) >> 32))
      }
      return list
    }
    lists.append(weights)
    return lists
  }

  /// A worker reads an iterate. `gradient` is ∇f there.
  mutating func start(
    slot: Int, loss: Double, gradientNormSquared: Double, gradient: UnsafePointer<Double>
  ) {
    losses[slot] = loss
    norms[slot] = gradientNormSquared
    averages.startedCount += 1
    averages.startedLoss += loss
    guard !weightLists.isEmpty else { return }
    copy(gradient, into: gradients.base + slot * paddedCount, count: paddedCount)
  }

  /// The gradient in a slot is applied, or collected for an update, or left out with weight 0.
  ///
  /// - Parameter add: adds the gradient with a factor to a vector.
  mutating func apply(
    slot: Int, weight: Double, isCollected: Bool,
    add: (_ factor: Double, _ target: UnsafeMutablePointer<Double>) -> Void
  ) {
    if isCollected {
      pending.append((losses[slot], norms[slot], weight))
    } else {
      count(losses[slot], norms[slot], weight)
    }
    for (list, weights) in weightLists.enumerated() {
      let sum = sums.base + list * paddedCount
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

  private mutating func count(_ loss: Double, _ norm: Double, _ weight: Double) {
    guard weight > 0 else { return }
    averages.gradientCount += 1
    averages.weightSum += weight
    averages.loss += weight * loss
    averages.gradientNormSquared += weight * norm
  }

  /// nil where nothing was applied.
  var result: ReadPointAverages? {
    guard averages.weightSum > 0 else { return nil }
    var result = averages
    result.loss /= averages.weightSum
    result.gradientNormSquared /= averages.weightSum
    result.startedLoss /= Double(averages.startedCount)
    return result
  }

  /// nil unless there were lists.
  var bias: DelayBias? {
    guard let weights = weightLists.last, !weights.isEmpty else { return nil }
    let total = weights.reduce(0, +)
    var values = weightLists.indices.map { list in
      normSquared(sums.base + list * paddedCount, count: paddedCount).squareRoot() / total
    }
    return DelayBias(value: values.removeLast(), permuted: values)
  }
}
