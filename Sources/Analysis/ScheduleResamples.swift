/// Round times of some schedules over resampled blocks, all from the same resamples, so that ratios
/// of schedules keep what they have in common.
///
/// Shares of a batch that were read off the very gradients they are scored on look better than they
/// are. Each block is therefore also timed with the shares of the other blocks, and the interval of
/// a ratio with rebalanced batches reaches from where these put it to where the trace's own do: of
/// equal workers with exponential durations the latter alone held the truth in 6 of 10 traces.
struct ScheduleResamples {
  private let schedules: [Schedule]
  /// On the blocks in their order, shares of the other blocks where there are shares.
  private let center: [Double]
  /// The same with shares of the whole trace.
  private let centerOfWhole: [Double]
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
    let whole = schedules.map { schedule in
      schedule == .async
        ? []
        : sums.sums(withTurnaround: withTurnaround) {
          setup.roundTime(schedule, $0, $1, &scratch)
        }
    }
    let all = Array(0..<plan.blockCount)
    let crossed: [Setup] =
      schedules.contains(.rebalanced)
      ? all.map { block in
        let others = sums.cycles(all.filter { $0 != block }, withTurnaround: false)
        return Setup(means: others, units: setup.units, fixedCost: setup.fixedCost)
      } : []
    let blockSums = schedules.indices.map { index in
      schedules[index] == .rebalanced
        ? sums.sums(withTurnaround: withTurnaround) { block, durations, turnarounds in
          crossed[block].roundTime(.rebalanced, durations, turnarounds, &scratch)
        } : whole[index]
    }
    func times(_ blocks: [Int], _ blockSums: [[Double]]) -> [Double] {
      schedules.indices.map { index in
        schedules[index] == .async
          ? asyncUpdateTime(
            cycles: sums.cycles(blocks, withTurnaround: withTurnaround), server: server)
          : sums.meanRound(blockSums[index], blocks) + server
      }
    }
    self.schedules = schedules
    center = times(all, blockSums)
    centerOfWhole = times(all, whole)
    blockCount = plan.blockCount
    resampled = (0..<resampleCount).map { times(plan.resample($0, seed: seed), blockSums) }
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
    let ratios = resampled.map(ratio)
    func interval(_ estimate: Double) -> Interval? {
      basicInterval(
        estimate: estimate, center: ratio(center), resampled: ratios, floor: 0,
        blockCount: blockCount)
    }
    guard let own = interval(estimate), numerator == .rebalanced || denominator == .rebalanced,
      let crossed = interval(estimate * ratio(center) / ratio(centerOfWhole))
    else { return interval(estimate) }
    return Interval(lower: min(own.lower, crossed.lower), upper: max(own.upper, crossed.upper))
  }
}
