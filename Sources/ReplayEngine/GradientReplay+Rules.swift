import Kernels
import Optimization

/// What a rule keeps beside the iterate; nothing for the plain one.
struct RuleSpace: ~Copyable {
  let rule: GradientRule
  /// The iterate that each gradient in flight was computed at, by slot.
  let reads: Vector
  /// An iterate of before, as the rule wants it.
  let previous: Vector
  let difference: Vector
  /// A gradient with all its entries.
  let denseGradient: Vector
  /// Running means of the squares of a gradient's entries, from 0.
  let meanSquare: Vector

  init(_ method: MethodChoice, initial: [Double], slotCount: Int) {
    rule = method.gradientRule
    let keepsReads = method.keepsReadIterates
    reads = Vector(
      dimension: keepsReads ? slotCount * Vector.paddedCount(initial.count) : 0)
    let isNeeded = rule != .plain || keepsReads
    previous = Vector(isNeeded ? initial : [])
    difference = Vector(dimension: isNeeded ? initial.count : 0)
    denseGradient = Vector(dimension: isNeeded ? initial.count : 0)
    var isAdaptive = false
    if case .adaptivelyCompensated = rule { isAdaptive = true }
    meanSquare = Vector(dimension: isAdaptive ? initial.count : 0)
  }
}

// What a server does with a gradient besides subtracting it.
extension GradientReplay {
  /// Subtracts a gradient under a rule that is not plain.
  mutating func applyByRule(worker: Int, weight: Double) {
    switch ruleSpace.rule {
    case .plain:
      add(worker: worker, weight: weight, to: x)
    case .clipped(let radius):
      let norm = dense(worker: worker)
      let clipped = norm > radius ? weight * (radius / norm) : weight
      add(worker: worker, weight: clipped, to: x)
      virtualApply(worker: worker, weight: clipped)
    case .delayCompensated(let lambda):
      moveByGradient(worker: worker, weight: weight)
      addCompensation(
        -weight * lambda, ruleSpace.denseGradient.base, difference: ruleSpace.difference.base,
        to: x.base,
        count: x.paddedCount)
    case .adaptivelyCompensated(let lambda, let decay):
      moveByGradient(worker: worker, weight: weight)
      addAdaptiveCompensation(
        -weight * lambda, ruleSpace.denseGradient.base, difference: ruleSpace.difference.base,
        meanSquare: ruleSpace.meanSquare.base, decay: decay, to: x.base, count: x.paddedCount)
    case .heavyBall(let beta):
      // `previous` is x_{k−2} until it becomes x_{k−1}.
      copy(x.base, into: ruleSpace.difference.base, count: x.paddedCount)
      axpy(-1, ruleSpace.previous.base, to: ruleSpace.difference.base, count: x.paddedCount)
      copy(x.base, into: ruleSpace.previous.base, count: x.paddedCount)
      add(worker: worker, weight: weight, to: x)
      axpy(beta, ruleSpace.difference.base, to: x.base, count: x.paddedCount)
    }
  }

  /// Subtracts a gradient, and leaves it with all its entries and x − y behind, for the iterate x before
  /// this update, which a correction is of.
  private mutating func moveByGradient(worker: Int, weight: Double) {
    _ = dense(worker: worker)
    copy(x.base, into: ruleSpace.previous.base, count: x.paddedCount)
    add(worker: worker, weight: weight, to: x)
    copy(ruleSpace.previous.base, into: ruleSpace.difference.base, count: x.paddedCount)
    axpy(
      -1, ruleSpace.reads.base + slots[worker] * x.paddedCount, to: ruleSpace.difference.base,
      count: x.paddedCount)
  }

  /// Keeps the iterate that is read now, with the gradient in a slot.
  func keepRead(slot: Int) {
    copy(x.base, into: ruleSpace.reads.base + slot * x.paddedCount, count: x.paddedCount)
  }

  /// ‖x − y‖² for the iterate y that the worker read; 0 where it is not kept.
  func readDistanceSquared(worker: Int) -> Double {
    guard keepsReads else { return 0 }
    copy(x.base, into: ruleSpace.difference.base, count: x.paddedCount)
    axpy(
      -1, ruleSpace.reads.base + slots[worker] * x.paddedCount, to: ruleSpace.difference.base,
      count: x.paddedCount)
    return normSquared(ruleSpace.difference.base, count: x.paddedCount)
  }

  /// Writes the worker's gradient out in full, and returns its norm.
  private func dense(worker: Int) -> Double {
    clear(ruleSpace.denseGradient.base, count: x.paddedCount)
    addGradient(worker: worker, scale: 1, to: ruleSpace.denseGradient)
    return normSquared(ruleSpace.denseGradient.base, count: x.paddedCount).squareRoot()
  }
}
