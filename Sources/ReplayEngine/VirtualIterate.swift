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

  init(workerCount: Int, initial x: borrowing Vector, weights: [Double]?) {
    self.weights = weights ?? []
    isSecondPass = weights != nil
    position = Vector(dimension: x.dimension)
    difference = Vector(dimension: x.dimension)
    copy(x.base, into: position.base, count: x.paddedCount)
    startOfWorker = [Int](repeating: 0, count: workerCount)
  }

  mutating func start<O: Objective>(
    _ objective: O, worker: Int, values: UnsafePointer<Double>,
    samples: UnsafeBufferPointer<Int32>, isPrepared: Bool
  ) {
    if isPrepared { preparedStart = startCount } else { startOfWorker[worker] = startCount }
    if !isSecondPass {
      weights.append(0)
    } else if weights[startCount] != 0 {
      objective.add(-weights[startCount], times: values, of: samples, to: position.base)
    }
    startCount += 1
  }

  mutating func adoptPrepared(worker: Int) {
    startOfWorker[worker] = preparedStart
  }

  mutating func apply(worker: Int, weight: Double) {
    if !isSecondPass { weights[startOfWorker[worker]] = weight }
  }

  mutating func collect(worker: Int, weight: Double) {
    if !isSecondPass { collected.append((startOfWorker[worker], weight)) }
  }

  mutating func adoptCollected() {
    for (start, weight) in collected { weights[start] = weight }
    collected.removeAll(keepingCapacity: true)
  }

  /// ‖x − x̂‖²; nil in the first pass.
  func distanceSquared(to x: borrowing Vector) -> Double? {
    guard isSecondPass else { return nil }
    copy(x.base, into: difference.base, count: x.paddedCount)
    axpy(-1, position.base, to: difference.base, count: x.paddedCount)
    return normSquared(difference.base, count: x.paddedCount)
  }
}
