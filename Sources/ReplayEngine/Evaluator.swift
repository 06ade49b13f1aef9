import Kernels
import Optimization

/// Looks at the iterate at the instants or updates that were asked for, and changes nothing.
struct Evaluator: ~Copyable {
  private let evaluation: Evaluation
  /// The time that instants divide.
  private let spanNs: Int64
  private var instantIndex = 0
  private(set) var nextInstantNs: Int64 = .max
  private(set) var points: [Run.Point] = []
  private let gradient: Vector
  /// The update whose loss and norm are known.
  private var knownUpdate = -1
  private var loss = 0.0
  private var norm = 0.0

  init(_ evaluation: Evaluation, spanNs: Int64, dimension: Int) {
    self.evaluation = evaluation
    self.spanNs = spanNs
    gradient = Vector(dimension: dimension)
    if case .instants = evaluation { nextInstantNs = 0 }
  }

  /// f and ‖∇f‖² at the iterate after this update, computed at most once.
  mutating func measure<O: Objective>(
    _ objective: O, at x: borrowing Vector, updateCount: Int
  ) -> (loss: Double, gradientNormSquared: Double) {
    if knownUpdate != updateCount {
      loss = objective.lossAndGradient(at: x.base, into: gradient.base)
      norm = normSquared(gradient.base, count: gradient.paddedCount)
      knownUpdate = updateCount
    }
    return (loss, norm)
  }

  /// ∇f of the last measured iterate, until the next one is measured.
  var knownGradient: UnsafePointer<Double> { UnsafePointer(gradient.base) }

  /// Copies ∇f of the last measured iterate.
  func copyGradient(into target: borrowing Vector) {
    copy(gradient.base, into: target.base, count: gradient.paddedCount)
  }

  /// Notes the state at every instant before `timeNs`.
  mutating func passInstants<O: Objective>(
    _ objective: O, at x: borrowing Vector, before timeNs: Int64, updateCount: Int,
    gradientCount: Int, virtualDistanceSquared: Double?
  ) {
    while nextInstantNs < timeNs {
      append(
        objective, at: x, timeNs: nextInstantNs, updateCount: updateCount,
        gradientCount: gradientCount, virtualDistanceSquared: virtualDistanceSquared)
      advance()
    }
  }

  @inline(__always)
  func isChosen(_ updateCount: Int) -> Bool {
    if case .everyUpdates(let step) = evaluation { return updateCount % max(1, step) == 0 }
    return false
  }

  mutating func append<O: Objective>(
    _ objective: O, at x: borrowing Vector, timeNs: Int64, updateCount: Int, gradientCount: Int,
    virtualDistanceSquared: Double?
  ) {
    let (loss, norm) = measure(objective, at: x, updateCount: updateCount)
    points.append(
      Run.Point(
        timeNs: timeNs, updateCount: updateCount, gradientCount: gradientCount, loss: loss,
        gradientNormSquared: norm, virtualDistanceSquared: virtualDistanceSquared))
  }

  /// Notes the end: the instants that are left, during which nothing happens any more, or the last
  /// state. After a divergence only the state that diverged.
  mutating func finish<O: Objective>(
    _ objective: O, at x: borrowing Vector, timeNs: Int64, updateCount: Int, gradientCount: Int,
    virtualDistanceSquared: Double?, isDiverged: Bool
  ) {
    if case .instants = evaluation, !isDiverged {
      while nextInstantNs != .max {
        append(
          objective, at: x, timeNs: nextInstantNs, updateCount: updateCount,
          gradientCount: gradientCount, virtualDistanceSquared: virtualDistanceSquared)
        advance()
      }
      return
    }
    if points.last?.updateCount == updateCount, points.last?.timeNs == timeNs { return }
    append(
      objective, at: x, timeNs: timeNs, updateCount: updateCount, gradientCount: gradientCount,
      virtualDistanceSquared: virtualDistanceSquared)
  }

  private mutating func advance() {
    guard case .instants(let count) = evaluation else { return }
    instantIndex += 1
    guard instantIndex < max(2, count) else {
      nextInstantNs = .max
      return
    }
    let divisor = Int64(max(2, count) - 1)
    let product = spanNs.multipliedFullWidth(by: Int64(instantIndex))
    nextInstantNs = divisor.dividingFullWidth(product).quotient
  }
}
