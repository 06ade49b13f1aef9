import Kernels
import Optimization

/// Virtual iterates take two replays: the first learns the weights, the second uses them.
enum VirtualPass {
  case none
  case first
  case second([Double])
}

/// The virtual iterate x̂ of the analysis: x̂_0 = x_0, and
/// x̂_{k+1} = x̂_k − Σ over gradients started at x_k of final weight · gradient.
///
/// The weight of a gradient is known only when it lands, so the first pass notes it by order of
/// start and the second uses it. What is never applied has weight 0, so that x̂ and x meet at the end.
///
/// Reference: Mania, Pan, Papailiopoulos, Recht, Ramchandran, Jordan, "Perturbed
/// Iterate Analysis for Asynchronous Stochastic Optimization", SIAM J. Optim. 27(4), 2017.
///
/// In the second pass it also knows at every update which gradients are promised: started, and
/// applied later. They are what the distance consists of.
struct VirtualIterate: ~Copyable {
  /// By order of start.
  private(set) var weights: [Double]
  private let isSecondPass: Bool
  private let position: Vector
  private let difference: Vector
  private var startCount = 0
  /// The start that each worker's gradient in flight was, and the one that is prepared.
  private var startOfWorker: [Int]
  private var preparedStart = 0
  private var collected: [(start: Int, weight: Double)] = []

  /// A gradient's weight and ‖∇f‖² where it is computed, if that is known.
  private struct Promise {
    var weight = 0.0
    var normSquared = 0.0
  }

  /// In flight, by worker; the last is what is prepared.
  private var promises: [Promise]
  /// Collected for an update to come.
  private var collectedPromises: [Promise] = []
  private var sums = VirtualDistance()

  init(workerCount: Int, initial x: borrowing Vector, weights: [Double]?) {
    self.weights = weights ?? []
    isSecondPass = weights != nil
    position = Vector(dimension: x.dimension)
    difference = Vector(dimension: x.dimension)
    copy(x.base, into: position.base, count: x.paddedCount)
    startOfWorker = [Int](repeating: 0, count: workerCount)
    promises = [Promise](repeating: Promise(), count: workerCount + 1)
  }

  mutating func start<O: Objective>(
    _ objective: O, worker: Int, values: UnsafePointer<Double>,
    samples: UnsafeBufferPointer<Int32>, isPrepared: Bool
  ) {
    if isPrepared { preparedStart = startCount } else { startOfWorker[worker] = startCount }
    if !isSecondPass {
      weights.append(0)
    } else {
      let weight = weights[startCount]
      if weight != 0 { objective.add(-weight, times: values, of: samples, to: position.base) }
      promises[isPrepared ? promises.count - 1 : worker] = Promise(weight: weight)
    }
    startCount += 1
  }

  /// ‖∇f‖² at the point of the last start, where it is measured.
  mutating func measure(worker: Int, isPrepared: Bool, gradientNormSquared: Double) {
    promises[isPrepared ? promises.count - 1 : worker].normSquared = gradientNormSquared
  }

  mutating func adoptPrepared(worker: Int) {
    startOfWorker[worker] = preparedStart
    promises[worker] = promises[promises.count - 1]
    promises[promises.count - 1] = Promise()
  }

  mutating func apply(worker: Int, weight: Double) {
    promises[worker] = Promise()
    if !isSecondPass { weights[startOfWorker[worker]] = weight }
  }

  mutating func collect(worker: Int, weight: Double) {
    collectedPromises.append(promises[worker])
    promises[worker] = Promise()
    if !isSecondPass { collected.append((startOfWorker[worker], weight)) }
  }

  mutating func adoptCollected() {
    collectedPromises.removeAll(keepingCapacity: true)
    for (start, weight) in collected { weights[start] = weight }
    collected.removeAll(keepingCapacity: true)
  }

  /// ‖x − x̂‖² after an update; nil in the first pass.
  mutating func distanceSquared(to x: borrowing Vector, updateCount: Int) -> Double? {
    guard isSecondPass else { return nil }
    copy(x.base, into: difference.base, count: x.paddedCount)
    axpy(-1, position.base, to: difference.base, count: x.paddedCount)
    let distance = normSquared(difference.base, count: x.paddedCount)
    sums.updateCount = updateCount
    sums.meanSquared += distance
    if distance > sums.maxSquared {
      sums.maxSquared = distance
      sums.maxUpdate = updateCount
    }
    // Nothing is prepared at this moment: that has its worker.
    for promise in promises { count(promise) }
    for promise in collectedPromises { count(promise) }
    return distance
  }

  private mutating func count(_ promise: Promise) {
    let square = promise.weight * promise.weight
    sums.promisedWeightSquared += square
    if square > 0 { sums.promisedNormSquared += square * promise.normSquared }
  }

  /// Averages over the updates so far; nil in the first pass and without any.
  var summary: VirtualDistance? {
    guard isSecondPass, sums.updateCount > 0 else { return nil }
    var means = sums
    let count = Double(sums.updateCount)
    means.meanSquared /= count
    means.promisedWeightSquared /= count
    means.promisedNormSquared /= count
    return means
  }
}

/// ‖x_k − x̂_k‖² over the updates of a run, and what it is made of: the gradients that are promised at
/// update k, started at an earlier iterate and applied at a later one.
public struct VirtualDistance: Hashable, Sendable {
  /// The updates that are averaged over.
  public var updateCount: Int
  /// The mean over k = 1, 2, …
  public var meanSquared: Double
  /// The largest ‖x_k − x̂_k‖².
  public var maxSquared: Double
  /// The k of the largest; 0 where all are 0.
  public var maxUpdate: Int
  /// The mean of Σ γ² over the promised gradients.
  public var promisedWeightSquared: Double
  /// The mean of Σ γ² ‖∇f(y)‖² over them; 0 unless read points were studied.
  public var promisedNormSquared: Double

  public init(
    updateCount: Int = 0, meanSquared: Double = 0, maxSquared: Double = 0, maxUpdate: Int = 0,
    promisedWeightSquared: Double = 0, promisedNormSquared: Double = 0
  ) {
    self.updateCount = updateCount
    self.meanSquared = meanSquared
    self.maxSquared = maxSquared
    self.maxUpdate = maxUpdate
    self.promisedWeightSquared = promisedWeightSquared
    self.promisedNormSquared = promisedNormSquared
  }
}
