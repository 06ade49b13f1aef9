import Kernels
import Optimization

/// When a replay counts as diverged: an entry of x_k is not finite, or
/// f(x_k) − f_ref > 10^6 max(f(x_0) − f_ref, tiny), with f_ref = f* where it is known, else 0.
///
/// Looked at for k = 1, 2, 4, 8 … and every 1,024th update, whatever is evaluated, so that observing
/// more never ends a replay earlier. `tiny` is 2^−20 max(1, |f(x_0)|): who starts at the minimizer has
/// not diverged as soon as noise moves x.
///
/// Three things are dear here, and left out where the answer is plain without them:
/// a pass over the data, where a bound of f(x) is small: the objective's own, or
/// f(x_0) + ⟨∇f(x_0), x − x_0⟩ + (L/2)‖x − x_0‖², for which any bound of L will do; L itself,
/// before some passes have been made; and f*, where f(x_k) is below f(x_0), or above it by little compared with
/// what the best point so far has gained, since f* lies below that too. A replay that gains nothing still knows
/// f* ≤ f(x_0) − ‖∇f(x_0)‖²/(2L). Where f* is sure to be unknown, f_ref = 0 is known.
struct DivergenceRule: ~Copyable {
  /// Passes over the data before L is worth its cost.
  private static let passLimit = 16

  private let initial: Vector
  private let initialGradient: Vector
  private let difference: Vector
  private let initialLoss: Double
  private var bestLoss: Double
  private var passCount = 0
  /// ‖∇f(x_0)‖²
  private let initialNormSquared: Double
  /// What f(x_0) is above f_ref at the least, as far as is known.
  private var certainGain = 0.0

  /// - Parameter lacksMinimum: whether f* is sure to be unknown.
  init(
    initial x: borrowing Vector, loss: Double, gradient: borrowing Vector, lacksMinimum: Bool
  ) {
    let dimension = x.dimension
    initial = Vector(dimension: dimension)
    initialGradient = Vector(dimension: dimension)
    difference = Vector(dimension: dimension)
    copy(x.base, into: initial.base, count: x.paddedCount)
    copy(gradient.base, into: initialGradient.base, count: x.paddedCount)
    initialNormSquared = normSquared(gradient.base, count: x.paddedCount)
    initialLoss = loss
    bestLoss = loss
    if lacksMinimum { certainGain = max(0, loss) }
  }

  @inline(__always)
  static func isChecked(_ updateCount: Int) -> Bool {
    updateCount & 1023 == 0 || updateCount & (updateCount &- 1) == 0
  }

  /// What is known of an iterate without a pass over the data.
  enum Standing {
    case sound
    case diverged
    /// The loss has to be looked at: ``isDiverged(_:loss:)``.
    case unknown
  }

  mutating func standing<O: Objective>(_ objective: O, at x: borrowing Vector) -> Standing {
    // Never true with an entry that is not finite, since then the bound is none either.
    if let bound = objective.smoothnessBound, isBelow(bound, at: x) { return .sound }
    for index in 0..<x.dimension where !x.base[index].isFinite { return .diverged }
    if let bound = objective.lossBound(at: x.base), isPlainlyBelow(bound) { return .sound }
    if passCount >= Self.passLimit, let smoothness = objective.smoothness,
      isBelow(smoothness, at: x)
    {
      return .sound
    }
    return .unknown
  }

  /// Whether the loss at an iterate of unknown standing has grown too much.
  mutating func isDiverged<O: Objective>(_ objective: O, loss: Double) -> Bool {
    passCount += 1
    if loss < bestLoss {
      bestLoss = loss
      certainGain = max(certainGain, initialLoss - loss)
    }
    if loss <= initialLoss || isPlainlyBelow(loss) { return false }
    let reference = objective.minimum ?? 0
    let start = max(initialLoss - reference, 0x1p-20 * max(1, abs(initialLoss)))
    return !(loss - reference <= 1e6 * start)
  }

  /// Whether L or a bound of it keeps the loss at x plainly below the limit.
  private mutating func isBelow(_ smoothness: Double, at x: borrowing Vector) -> Bool {
    // One step of 1/L from x_0 gains this much.
    if smoothness > 0 { certainGain = max(certainGain, initialNormSquared / (2 * smoothness)) }
    return isPlainlyBelow(upperBound(at: x, smoothness: smoothness))
  }

  /// Whether a loss is below the limit for every f_ref ≤ f(x_0) − gain: then
  /// f − f_ref ≤ 10^6 (f(x_0) − f_ref) follows from f − f(x_0) ≤ (10^6 − 1) gain. Half of that leaves
  /// room for rounding. With losses below 0, f_ref = 0 may lie above the best.
  private func isPlainlyBelow(_ loss: Double) -> Bool {
    bestLoss >= 0 && loss - initialLoss <= 5e5 * certainGain
  }

  private func upperBound(at x: borrowing Vector, smoothness: Double) -> Double {
    let count = x.paddedCount
    copy(x.base, into: difference.base, count: count)
    axpy(-1, initial.base, to: difference.base, count: count)
    return initialLoss + dot(initialGradient.base, difference.base, count: count)
      + 0.5 * smoothness * normSquared(difference.base, count: count)
  }
}
