import Kernels
import Optimization

/// When a replay counts as diverged: an entry of x_k is not finite, or
/// f(x_k) − f_ref > 10^6 max(f(x_0) − f_ref, tiny), with f_ref = f* where it is known, else 0.
///
/// Looked at for k = 1, 2, 4, 8 … and every 1,024th update, whatever is evaluated, so that observing
/// more never ends a replay earlier. `tiny` is 2^−20 max(1, |f(x_0)|): who starts at the minimizer has
/// not diverged as soon as noise moves x.
///
/// A loss takes a pass over the data. For a smooth objective
/// f(x_k) ≤ f(x_0) + ⟨∇f(x_0), x_k − x_0⟩ + (L/2)‖x_k − x_0‖², and where even that is below half the
/// limit the pass is left out. The answer is the same, and a check costs O(d). L itself takes a while,
/// so it is asked for after some checks only.
struct DivergenceRule: ~Copyable {
  /// Checks by a pass over the data before L is worth its cost: k = 1, 2, 4 … 1,024 and some more.
  private static let exactChecks = 16

  private let initial: Vector
  private let initialGradient: Vector
  private let difference: Vector
  private let initialLoss: Double
  private let reference: Double
  private let limit: Double
  private var checkCount = 0

  init<O: Objective>(
    _ objective: O, initial x: borrowing Vector, loss: Double, gradient: borrowing Vector
  ) {
    let dimension = x.dimension
    initial = Vector(dimension: dimension)
    initialGradient = Vector(dimension: dimension)
    difference = Vector(dimension: dimension)
    copy(x.base, into: initial.base, count: x.paddedCount)
    copy(gradient.base, into: initialGradient.base, count: x.paddedCount)
    initialLoss = loss
    reference = objective.minimum ?? 0
    limit = 1e6 * max(loss - reference, 0x1p-20 * max(1, abs(loss)))
  }

  @inline(__always)
  static func isChecked(_ updateCount: Int) -> Bool {
    updateCount & 1023 == 0 || updateCount & (updateCount &- 1) == 0
  }

  mutating func isDiverged<O: Objective>(_ objective: O, at x: borrowing Vector) -> Bool {
    checkCount += 1
    for index in 0..<x.dimension where !x.base[index].isFinite { return true }
    if checkCount > Self.exactChecks, let smoothness = objective.smoothness {
      let bound = upperBound(at: x, smoothness: smoothness)
      if bound - reference < 0.5 * limit { return false }
    }
    let gap = objective.loss(at: x.base) - reference
    return !(gap <= limit)
  }

  private func upperBound(at x: borrowing Vector, smoothness: Double) -> Double {
    let count = x.paddedCount
    copy(x.base, into: difference.base, count: count)
    axpy(-1, initial.base, to: difference.base, count: count)
    return initialLoss + dot(initialGradient.base, difference.base, count: count)
      + 0.5 * smoothness * normSquared(difference.base, count: count)
  }
}
