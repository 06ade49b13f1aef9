/// A trace cut into blocks that hold all workers at once, so that a resample keeps what is slow
/// together, together.
///
/// Where the workers advanced in rounds, a block is a run of whole rounds. Workers whose start times
/// carry no information because they are back to back are cut at equal shares of their entries.
/// Otherwise a block is a window of time common to all, from the last of the first starts to the
/// first of the last ones; what lies outside goes to the first and to the last block.
struct BlockPlan {
  /// `cuts[m][b] ..< cuts[m][b + 1]` are the entries of worker m in block b.
  let cuts: [[Int]]
  let blockCount: Int

  /// With more blocks each is shorter and forgets more of what lasts; with fewer the quantiles of
  /// the resamples are coarse. On a job of 2,183 rounds with a slow spell at its end 32 keep it.
  static let limit = 32
  /// Below this no interval is worth printing.
  static let minimum = 8

  /// Returns nil where there would be fewer than 8 blocks.
  init?(_ timings: Timings, starts: [[Int64]]) {
    let shortest = timings.counts.min() ?? 0
    guard timings.workerCount > 0, shortest >= Self.minimum else { return nil }
    // The length n^(1/3) of Hall, Horowitz and Jing (1995), or that of runs that have forgotten the
    // one before, shorter where that leaves too few.
    var length = 1
    while (length + 1) * (length + 1) * (length + 1) <= shortest { length += 1 }
    length = min(max(length, Dependence.runLength(of: timings)), shortest / Self.minimum)
    let target = min(Self.limit, shortest / length)
    if timings.isInRounds {
      // Round r of one is round r of all; what a longer worker has more goes to the last block.
      blockCount = target
      cuts = timings.counts.map { count in
        (0...target).map { $0 == target ? count : shortest * $0 / target }
      }
      return
    }
    if timings.isBackToBack {
      blockCount = target
      cuts = timings.counts.map { count in (0...target).map { count * $0 / target } }
      return
    }
    for count in stride(from: target, through: Self.minimum, by: -1) {
      if let cuts = windows(starts, count: count) {
        self.cuts = cuts
        blockCount = count
        return
      }
    }
    return nil
  }

  func runs(of block: Int) -> [Range<Int>] {
    cuts.map { $0[block]..<$0[block + 1] }
  }

  /// The blocks of resample number `repetition`, with replacement.
  func resample(_ repetition: Int, seed: UInt64) -> [Int] {
    var draws = Draws(
      seed: seed, purpose: .blocks, repetition: repetition,
      owner: Draws.everybody)
    return (0..<blockCount).map { _ in draws.index(below: blockCount) }
  }
}

/// Returns nil unless every worker has an entry in every window.
private func windows(_ starts: [[Int64]], count: Int) -> [[Int]]? {
  let from = starts.compactMap(\.first).max() ?? 0
  let to = starts.compactMap(\.last).min() ?? 0
  guard to > from else { return nil }
  var cuts: [[Int]] = []
  for column in starts {
    var cut = [0]
    var position = 0
    for window in 1..<count {
      let (high, low) = (to - from).multipliedFullWidth(by: Int64(window))
      let edge = from + Int64(count).dividingFullWidth((high, low)).quotient
      while position < column.count, column[position] < edge { position += 1 }
      guard position > cut[window - 1] else { return nil }
      cut.append(position)
    }
    guard column.count > cut[count - 1] else { return nil }
    cut.append(column.count)
    cuts.append(cut)
  }
  return cuts
}

/// What every block adds to the sums that rates and ratios are made of.
struct BlockSums {
  let plan: BlockPlan
  /// Own time and number of gradients, [worker][block].
  private let durations: [[Double]]
  private let entries: [[Double]]
  private let turnarounds: [[Double]]
  /// The slowest worker's gradients, which is how many rounds a block stands for.
  let rounds: [Double]
  private let timings: Timings

  init(_ timings: Timings, plan: BlockPlan) {
    self.plan = plan
    self.timings = timings
    durations = (0..<timings.workerCount).map { m in
      (0..<plan.blockCount).map { block in
        let run = plan.cuts[m][block]..<plan.cuts[m][block + 1]
        return run.reduce(0) { $0 + timings.durations[timings.offsets[m] + $1] }
      }
    }
    entries = plan.cuts.map { cut in
      (0..<plan.blockCount).map { (block: Int) -> Double in Double(cut[block + 1] - cut[block]) }
    }
    turnarounds =
      timings.turnaroundsBefore.isEmpty
      ? []
      : (0..<timings.workerCount).map { m in
        (0..<plan.blockCount).map { block in
          let run = plan.cuts[m][block]..<plan.cuts[m][block + 1]
          return run.reduce(0) { $0 + timings.turnaroundsBefore[timings.offsets[m] + $1] }
        }
      }
    let slowest = slowestFirst(timings.means)[0]
    rounds = entries[slowest]
  }

  /// s_m, or the cycle of each worker, over the given blocks.
  func cycles(_ blocks: [Int], withTurnaround: Bool) -> [Double] {
    (0..<timings.workerCount).map { m in
      var time = 0.0
      var count = 0.0
      for block in blocks {
        time += durations[m][block]
        count += entries[m][block]
      }
      guard withTurnaround, !turnarounds.isEmpty else { return time / count }
      for block in blocks { time += turnarounds[m][block] }
      return time / count
    }
  }

  /// Per block, the sum over its rounds of what `roundTime` makes of a round.
  ///
  /// All entries of a block take part, each worker's repeated on their own up to the longest; their
  /// mean counts as often as the slowest worker has gradients there. Counting the longest instead
  /// would let a window in which one slow gradient meets a hundred fast ones weigh a hundred rounds.
  func sums(
    withTurnaround: Bool, _ roundTime: ([Double], [Double]) -> Double
  ) -> [Double] {
    sums(withTurnaround: withTurnaround) { _, durations, turnarounds in
      roundTime(durations, turnarounds)
    }
  }

  /// The same where a round's time also depends on its block.
  func sums(
    withTurnaround: Bool, _ roundTime: (Int, [Double], [Double]) -> Double
  ) -> [Double] {
    let paired = PairedRounds(timings, withTurnaround: withTurnaround)
    return (0..<plan.blockCount).map { block in
      let runs = plan.runs(of: block)
      let count = runs.map(\.count).max() ?? 0
      var sum = 0.0
      paired.forEach(in: runs, count: count) { sum += roundTime(block, $0, $1) }
      return sum * rounds[block] / Double(count)
    }
  }

  /// Mean time of a round over the given blocks, from sums per block.
  func meanRound(_ sums: [Double], _ blocks: [Int]) -> Double {
    var time = 0.0
    var count = 0.0
    for block in blocks {
      time += sums[block]
      count += rounds[block]
    }
    return time / count
  }
}

/// The longest own time of a round, turnaround included.
func longestDraw(_ durations: [Double], _ turnarounds: [Double]) -> Double {
  var longest = 0.0
  for m in 0..<durations.count { longest = max(longest, durations[m] + turnarounds[m]) }
  return longest
}
