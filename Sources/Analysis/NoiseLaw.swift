/// How long a schedule takes to a target, per LΔ/ε and for comparing only: the law by which more
/// gradients per second are set against larger batches and later gradients.
///
/// Synchronous rounds of t with b gradients take t(1 + B/b); asynchronous SGD with rate λ takes
/// (4M/π + B)/λ, where B = B_crit = σ²/ε. The 4/π is what M equal workers lose on an ill-conditioned
/// quadratic to the stability limit of delayed gradients. At B = ∞ only rates count. One worker is
/// never late, so there both are the same.
struct NoiseLaw {
  /// B, possibly infinite.
  var criticalBatch: Double
  var workerCount: Int

  func time(_ schedule: Schedule, roundTime: Double) -> Double {
    let count = Double(workerCount)
    let gradients = schedule.gradients(workerCount: workerCount)
    if criticalBatch == .infinity { return roundTime / gradients }
    if schedule == .async {
      let late = workerCount == 1 ? 1 : 4 * count / Double.pi
      return roundTime * (late + criticalBatch)
    }
    return roundTime * (1 + criticalBatch / gradients)
  }

  func time(_ schedule: Schedule, _ times: RoundTimes, server: Double) -> Double {
    time(schedule, roundTime: times.time(schedule, server: server))
  }

  /// The policies with the parameters that suit this law, simplest first.
  ///
  /// Of the parameters within 1% of the best, the one that leaves out fewest is taken: a worker is
  /// not drained for less than one can measure.
  ///
  /// - Parameter drops: how many workers may be drained, from 0 on.
  func schedules(_ times: RoundTimes, drops: [Int], server: Double) -> [Schedule] {
    let subsets = drops.map { Schedule.subset(drop: $0) }
    let backups = stride(from: workerCount, through: 1, by: -1).map { Schedule.backup(need: $0) }
    return [
      .minibatch, fewestLeftOut(subsets, times, server), .rebalanced,
      fewestLeftOut(backups, times, server), .async,
    ]
  }

  private func fewestLeftOut(
    _ candidates: [Schedule], _ times: RoundTimes, _ server: Double
  ) -> Schedule {
    let costs = candidates.map { time($0, times, server: server) }
    let limit = 1.01 * (costs.min() ?? 0)
    let first = costs.firstIndex { $0 <= limit } ?? 0
    return candidates[first]
  }
}
