/// Round times of some schedules over resampled blocks, all from the same resamples, so that ratios
/// of schedules keep what they have in common.
struct ScheduleResamples {
  private let schedules: [Schedule]
  /// On the blocks in their order.
  private let center: [Double]
  private let blockCount: Int
  /// [resample][schedule]
  private let resampled: [[Double]]

  /// Returns nil where there are fewer than 8 blocks, or too many workers.
  init?(
    _ timings: Timings, plan: BlockPlan?, schedules: [Schedule], setup: Setup,
    withTurnaround: Bool, server: Double, resampleCount: Int, seed: UInt64
  ) {
    guard let plan, resampleCount > 0, timings.workerCount <= workerLimitOfExtras else {
      return nil
    }
    let sums = BlockSums(timings, plan: plan)
    var scratch = [Double](repeating: 0, count: timings.workerCount)
    let blockSums = schedules.map { schedule in
      schedule == .async
        ? []
        : sums.sums(withTurnaround: withTurnaround) {
          setup.roundTime(schedule, $0, $1, &scratch)
        }
    }
    func times(_ blocks: [Int]) -> [Double] {
      schedules.indices.map { index in
        schedules[index] == .async
          ? asyncUpdateTime(
            cycles: sums.cycles(blocks, withTurnaround: withTurnaround), server: server)
          : sums.meanRound(blockSums[index], blocks) + server
      }
    }
    self.schedules = schedules
    center = times(Array(0..<plan.blockCount))
    blockCount = plan.blockCount
    resampled = (0..<resampleCount).map { times(plan.resample($0, seed: seed)) }
  }

  /// The interval of the ratio of what `law` makes of the round times of two schedules.
  ///
  /// - Parameter estimate: the ratio on the whole trace.
  func interval(
    of numerator: Schedule, over denominator: Schedule, estimate: Double,
    _ law: (Schedule, Double) -> Double
  ) -> Interval? {
    guard let top = schedules.firstIndex(of: numerator),
      let bottom = schedules.firstIndex(of: denominator)
    else { return nil }
    func ratio(_ times: [Double]) -> Double {
      law(numerator, times[top]) / law(denominator, times[bottom])
    }
    return basicInterval(
      estimate: estimate, center: ratio(center), resampled: resampled.map(ratio), floor: 0,
      blockCount: blockCount)
  }
}
