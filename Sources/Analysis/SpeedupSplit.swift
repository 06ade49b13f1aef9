import TraceModel

/// What the realised ratio has above 1, in three parts.
///
/// - *Persistent* = formula − formula_null: the means differ. Drain or rebalance.
/// - *Random* = shuffled − formula + formula_null − 1: whoever is slow changes from round to round.
/// - *Coinciding* = realised − shuffled: negative when slow moments hit all workers together, since
///   then nobody waits for them.
///
/// Where the workers advanced in rounds, `realised` is the index-paired figure of the inspection, and
/// shuffled puts each worker's durations into a random order, in runs where neighbours remember one
/// another, so that shuffles scatter as much as a trace does. Entries of independent workers belong
/// to no common rounds; there both are taken by the clock, and shuffled means that every worker's
/// axis is shifted in time on a circle of one period, which keeps what each of them does and breaks
/// what they do together. The sum of the parts is then `realised` − 1 by the clock, not the
/// index-paired one.
struct SpeedupSplit {
  var persistent: Double
  var random: Double
  var coinciding: Double
  /// 1 plus the parts.
  var realised: Double
  /// The formula less the central 95% of its permutations: where it holds 0, equal workers show as
  /// much. Wider by ``widen(byFormulas:realised:blockCount:pEqual:)``.
  var persistentInterval: Interval?
  /// Realised less the central 95% of its shuffles: where it holds 0, chance makes slow moments meet
  /// as often.
  var coincidingInterval: Interval?

  /// For workers in rounds only: by the clock resamples of blocks say nothing about it.
  var randomInterval: Interval?
  private let isInRounds: Bool
  private let permuted: [Double]

  init?(
    _ trace: Trace, _ timings: Timings, formula: Double, realised: Double, equal: EqualWorkers,
    options: InspectionOptions
  ) {
    isInRounds = timings.isInRounds
    permuted = equal.formulas
    let shuffles: [Double]
    if timings.isInRounds {
      self.realised = realised
      shuffles = realisedOfShuffled(
        timings, shuffleCount: options.shuffleCount, seed: options.seed)
    } else {
      guard timings.workerCount <= workerLimitOfExtras, timings.durations.count <= 20_000_000
      else { return nil }
      (self.realised, shuffles) = realisedByClock(
        trace, timings, shuffleCount: options.shuffleCount, seed: options.seed)
    }
    guard !shuffles.isEmpty else { return nil }
    let shuffled = Sample(shuffles)
    persistent = withoutRounding(formula - equal.formulaNull)
    random = withoutRounding(shuffled.mean - formula + equal.formulaNull - 1)
    coinciding = withoutRounding(self.realised - shuffled.mean)
    persistentInterval = testInterval(of: formula, under: equal.formulas)
    coincidingInterval = testInterval(of: self.realised, under: shuffles)
  }

  /// Takes in what resamples of blocks say about the parts.
  ///
  /// Workers that differ scatter by their own noise, which permutations cannot tell: the persistent
  /// part then has the wider one of both intervals. The random part depends on both, on the formula
  /// and on its permutations.
  mutating func widen(
    byFormulas formulas: [Double], realised: [Double], blockCount: Int, pEqual: Double
  ) {
    if pEqual <= 0.05, let test = persistentInterval,
      let own = symmetricInterval(
        estimate: persistent, resampled: formulas, blockCount: blockCount)
    {
      persistentInterval = Interval(
        lower: min(test.lower, own.lower), upper: max(test.upper, own.upper))
    }
    guard isInRounds, permuted.count >= 40, let null = Sample(permuted).standardDeviation else {
      return
    }
    randomInterval = symmetricInterval(
      estimate: random, resampled: zip(realised, formulas).map { $0 - $1 },
      blockCount: blockCount, plusDeviation: null)
  }
}

/// A difference of ratios, 0 where it is what rounding leaves of equal ones.
private func withoutRounding(_ difference: Double) -> Double {
  abs(difference) < 1e-12 ? 0 : difference
}

/// The estimate less the central 95% of what it is under a null; nil below 40 draws of it.
///
/// Of n draws and the estimate, alike under the null, any is equally likely to be any in order: the
/// draws number ⌊0.025 (n + 1)⌋ from below and from above hold the estimate between them with 95%.
/// Quantiles of type 7 lie further in, and of 60 draws hold it with 92%.
private func testInterval(of estimate: Double, under draws: [Double]) -> Interval? {
  guard draws.count >= 40 else { return nil }
  let sorted = draws.sorted()
  let outside = max(1, Int(0.025 * Double(draws.count + 1))) - 1
  return Interval(
    lower: estimate - sorted[sorted.count - 1 - outside], upper: estimate - sorted[outside])
}

/// The realised ratio by the clock, as recorded and for every shift of the workers in time.
///
/// λ, the asynchronous rate, is the mean of the speeds over a period and does not change with a
/// shift; rounds are timed over a period, of at least 20 of them.
///
/// - Complexity: O(shuffles · M · rounds · log n), with fewer shuffles, at least 5, above 10^5 gradients.
private func realisedByClock(
  _ trace: Trace, _ timings: Timings, shuffleCount: Int, seed: UInt64
) -> (realised: Double, shuffles: [Double]) {
  let workerCount = timings.workerCount
  var clock = ClockRounds(trace, timings, withTurnaround: false)
  let scale = clock.rate / Double(workerCount)
  // A trace that is nearly all gaps holds far more rounds than gradients.
  let limit = 20 * (timings.counts.max() ?? 1)
  let own = clock.meanRound(need: workerCount, rounds: limit, periods: 1)
  let repetitions = min(shuffleCount, max(5, 20_000_000 / (own.rounds * workerCount)))
  let shuffles = (0..<repetitions).map { repetition in
    for m in 0..<workerCount {
      var draws = Draws(seed: seed, purpose: .clockShifts, repetition: repetition, owner: m)
      clock.shifts[m] = draws.share()
    }
    return scale * clock.meanRound(need: workerCount, rounds: limit, periods: 1).time
  }
  return (scale * own.time, shuffles)
}
