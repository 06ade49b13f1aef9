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
  /// Whether ‖∇f‖² is wanted after the start; else it is NaN there.
  private let measuresGradient: Bool
  private let gradient: Vector
  /// The update whose loss is known, and the one whose ∇f is known besides.
  private var lossUpdate = -1
  private var gradientUpdate = -1
  private var loss = 0.0
  private var norm = Double.nan

  init(_ evaluation: Evaluation, spanNs: Int64, dimension: Int, measuresGradient: Bool) {
    self.evaluation = evaluation
    self.measuresGradient = measuresGradient
    self.spanNs = spanNs
    gradient = Vector(dimension: dimension)
    if case .instants = evaluation { nextInstantNs = 0 }
  }

  /// f at x_0, with ∇f; taken from `shared` where that is of the same x_0, and noted there.
  mutating func start<O: Objective>(
    _ objective: O, at x: borrowing Vector, initial: [Double], shared: StartMeasurement?
  ) -> Double {
    if let shared, shared.gradient.count == gradient.paddedCount, shared.initial == initial {
      for (index, number) in shared.gradient.enumerated() { gradient.base[index] = number }
      keep(loss: shared.loss, updateCount: 0, withGradient: true)
    }
    let loss = measure(objective, at: x, updateCount: 0).loss
    shared?.note(initial, loss, gradient)
    return loss
  }

  /// f and ‖∇f‖² at the iterate after this update, computed at most once.
  mutating func measure<O: Objective>(
    _ objective: O, at x: borrowing Vector, updateCount: Int
  ) -> (loss: Double, gradientNormSquared: Double) {
    guard wantsGradient(updateCount) else {
      return (measureLoss(objective, at: x, updateCount: updateCount), .nan)
    }
    if gradientUpdate != updateCount {
      keep(
        loss: objective.lossAndGradient(at: x.base, into: gradient.base), updateCount: updateCount,
        withGradient: true)
    }
    return (loss, norm)
  }

  /// f at the iterate after this update, computed at most once.
  mutating func measureLoss<O: Objective>(
    _ objective: O, at x: borrowing Vector, updateCount: Int
  ) -> Double {
    if lossUpdate != updateCount {
      keep(loss: objective.loss(at: x.base), updateCount: updateCount, withGradient: false)
    }
    return loss
  }

  /// Whether a measurement at this update takes a gradient.
  func wantsGradient(_ updateCount: Int) -> Bool { measuresGradient || updateCount == 0 }

  /// Whether a measurement at this update would have to pass over the data.
  func lacks(_ updateCount: Int, withGradient: Bool) -> Bool {
    withGradient ? gradientUpdate != updateCount : lossUpdate != updateCount
  }

  /// Where whoever measures for several replays at once puts ∇f.
  var gradientPlace: UnsafeMutablePointer<Double> { gradient.base }

  /// Takes what was measured at the iterate after this update; with ∇f, if that lies in its place.
  mutating func keep(loss: Double, updateCount: Int, withGradient: Bool) {
    self.loss = loss
    lossUpdate = updateCount
    guard withGradient else { return }
    norm = normSquared(gradient.base, count: gradient.paddedCount)
    gradientUpdate = updateCount
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

/// f and ∇f at x_0, for replays that start at the same one: a pass over the data for all of them.
final class StartMeasurement {
  private(set) var initial: [Double] = []
  private(set) var loss = 0.0
  private(set) var gradient: [Double] = []

  func note(_ initial: [Double], _ loss: Double, _ gradient: borrowing Vector) {
    self.initial = initial
    self.loss = loss
    self.gradient = Array(UnsafeBufferPointer(start: gradient.base, count: gradient.paddedCount))
  }
}
