import Analysis
import Reports

extension Samples {
  /// Times that fall as one over the weight, and grow again where noise does; everything above a
  /// limit diverges.
  static func scan(
    _ method: String, _ rule: String?, targets: [Double], best: Double, limit: Double = .infinity,
    place: StepsizePlace, constant: Double? = nil, dropped: Int = 0
  ) -> StepsizeScan {
    let weights = [0.001, 0.0156, 0.0625, 0.125, 0.25, 0.5, 1, 2, 4, 16]
    let points = weights.map { weight in
      let size = weight / best + best / weight
      return StepsizeScan.Point(
        stepsize: weight / 8, weight: weight,
        seconds: targets.indices.map { index in
          let time = 6 * size * Double(index + 1)
          return weight > limit || time > 80 ? nil : time
        }, finalGap: weight > limit ? .infinity : 0.01 * size, hasDiverged: weight > limit)
    }
    return StepsizeScan(
      method: method, stepsizeRule: rule, adaptiveConstant: constant, droppedCount: dropped,
      gradientsPerUpdate: 1, smoothness: 0.4, seedCount: 3, instantCount: 40, targets: targets,
      points: points,
      winners: targets.map { _ in .init(stepsize: best / 8, weight: best, place: place) })
  }

  static func scans(targets: [Double]) -> [StepsizeScan] {
    [
      scan(
        "minibatch", nil, targets: targets, best: 1, limit: 1, place: .stabilityLimit),
      scan("subset", nil, targets: targets, best: 0.5, place: .interior, dropped: 5),
      scan("async", "constant", targets: targets, best: 0.25, limit: 2, place: .interior),
      scan("async", "scaled", targets: targets, best: 16, place: .gridEdge),
      scan(
        "async", "adaptive", targets: targets, best: 0.5, place: .interior, constant: 1),
    ]
  }

  /// Rows of the target 0.1, in seconds; nil for what is not reached.
  static func level(
    _ name: NoiseLevel.Name, batch: Int, ratio: Double, minibatch: Double?, subset: Double?,
    constant: Double?, adaptive: Double?
  ) -> NoiseLevel {
    func row(_ method: String, _ rule: String?, _ seconds: Double?) -> TimeToTarget {
      TimeToTarget(
        target: 0.2, fraction: 0.1, method: method, stepsizeRule: rule, stepsize: 0.1,
        seconds: seconds, lowerSeconds: seconds.map { 0.9 * $0 },
        upperSeconds: seconds.map { 1.1 * $0 }, reached: seconds != nil,
        seeds: name == .none ? [1] : [1, 2, 3],
        adaptiveConstant: rule == "adaptive" ? 0.25 : nil)
    }
    return NoiseLevel(
      name: name, objective: "logistic:gaussian?batch=\(batch)", batchSize: batch,
      sigmaSquared: batch == 0 ? 0 : 8 / Double(batch), criticalBatchOverWorkers: ratio,
      fraction: 0.1,
      timeToTarget: [
        row("minibatch", nil, minibatch), row("subset", nil, subset),
        row("async", "constant", constant), row("async", "adaptive", adaptive),
      ], droppedCount: 2)
  }

  static func noiseLevels() -> [NoiseLevel] {
    [
      level(
        .none, batch: 0, ratio: 0, minibatch: 1, subset: 1.5, constant: 2.5, adaptive: 2),
      level(
        .middle, batch: 64, ratio: 1.1, minibatch: 3, subset: 2.5, constant: 2, adaptive: 2),
      level(
        .high, batch: 1, ratio: 70, minibatch: nil, subset: 40, constant: 30, adaptive: 33),
    ]
  }
}
