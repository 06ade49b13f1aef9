import Analysis
import Optimization
import ReplayEngine
import Reports
import TraceModel

/// The built-in objective at three noise levels, since how noisy gradients are decides which method is
/// sooner, and a generated objective has no noise level of its own.
///
/// The levels are batch sizes on the same data. High: one sample. None: the exact gradient. Middle: the
/// power of two b for which B_crit = σ²/(b ε) is nearest to M, the point at which a minibatch of M
/// gradients is worth about half of what M separate updates are. σ² = E‖g − ∇f‖² of one sample is the
/// larger of that at x_0 and that at the target, ε = ‖∇f‖² where exact gradient descent meets the
/// target (`Objective.noise`). The target is that of the high level; without noise it is the nearest
/// one of all, since the usual one is met after so few rounds that methods look alike.
struct NoiseStudy {
  /// The horizon of the levels below high, in times of the rounds that the target is expected to take.
  ///
  /// Gradient descent takes K steps of 1/L, and noise that is worth averaging over B_crit gradients
  /// makes that K (1 + B_crit/M). Instants that divide a much longer horizon could not tell the
  /// methods apart.
  static let horizonFactor = 2.0
  static let leastRounds = 20
  /// Sample gradients that minibatch may compute in one replay: hundreds of replays take seconds.
  static let sampleLimit = 2_000_000

  /// The high level, prepared.
  let prepared: PreparedReplay
  let comparison: Comparison
  let summary: Inspection.TraceSummary
  /// The target of the levels with noise.
  let target: Int

  /// The three levels, from no noise up.
  ///
  /// - Parameter high: the report of the high level.
  func levels(high: ReplayReport) throws -> [NoiseLevel] {
    let noise = noise(fraction: targetFractions[target])
    let middle = noise.map(middleBatch)
    return try [(NoiseLevel.Name.none, 0), (.middle, middle ?? 1), (.high, 1)].map { name, batch in
      let target = name == .none ? targetFractions.count - 1 : target
      let fraction = targetFractions[target]
      let noise = name == .none ? self.noise(fraction: fraction) : noise
      var spec = prepared.spec
      spec.batchSize = batch
      var level = NoiseLevel(
        name: name, objective: spec.description, batchSize: batch,
        sigmaSquared: batch == 0 ? 0 : noise.map { $0.variance / Double(batch) },
        criticalBatchOverWorkers: batch == 0
          ? 0
          : noise.map {
            $0.criticalBatch(batchSize: batch) / Double(prepared.trace.workerCount)
          }, fraction: fraction)
      if name == .high {
        level.fill(high)
      } else if let noise {
        let expected = Double(noise.stepCount) * (1 + (level.criticalBatchOverWorkers ?? 0))
        try replay(
          spec, rounds: max(Self.leastRounds, Int((Self.horizonFactor * expected).rounded(.up))),
          target: target, into: &level)
      } else {
        level.exclusion = "gradient descent does not meet the target"
      }
      return level
    }
  }

  private func noise(fraction: Double) -> GradientNoise? {
    guard let optimum = prepared.objective.minimum, let smoothness = prepared.knownSmoothness else {
      return nil
    }
    let initial =
      prepared.base.initial ?? prepared.objective.initialIterate(seed: prepared.job.seed)
    return prepared.objective.noise(
      from: initial, toLoss: optimum + fraction * (prepared.initialLoss - optimum),
      smoothness: smoothness)
  }

  /// A power of two from 2 to half of the data.
  private func middleBatch(_ noise: GradientNoise) -> Int {
    let wanted = noise.criticalBatch(batchSize: 1) / Double(prepared.trace.workerCount)
    var batch = 2
    // The nearest by ratio: the next is taken from √2 times its half on.
    while Double(batch) * 2.0.squareRoot() < wanted,
      4 * batch <= prepared.objective.sampleCount
    {
      batch *= 2
    }
    return batch
  }

  private func replay(
    _ spec: ObjectiveSpec, rounds: Int, target: Int, into level: inout NoiseLevel
  ) throws {
    let workerCount = prepared.trace.workerCount
    let samples = spec.batchSize == 0 ? prepared.objective.sampleCount : spec.batchSize
    guard rounds * samples <= Self.sampleLimit / workerCount else {
      level.exclusion = "its gradients are too dear for \(workerCount) workers"
      return
    }
    var job = prepared.job
    job.objective = spec.description
    job.timeNs = nil
    job.roundLimit = rounds
    if spec.batchSize == 0 { job.tuningSeedCount = 1 }
    var own = try PreparedReplay(prepared.trace, job)
    if let given = prepared.job.timeNs, given < own.base.horizon.timeNs ?? .max {
      own.base.horizon = Horizon(timeNs: given)
    }
    level.fill(try ReplayStudy(own, comparison: comparison).report(on: summary, target: target).0)
  }
}

extension NoiseLevel {
  fileprivate mutating func fill(_ report: ReplayReport) {
    timeToTarget = report.timeToTarget
    droppedCount = report.runDroppedCounts.max() ?? 0
  }
}
