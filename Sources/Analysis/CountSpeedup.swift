/// (1/M) Σ s_max/s_m: gradients of asynchronous SGD over those of minibatch SGD at equal time when
/// every gradient of worker m takes s_m.
///
/// Reference: Mishchenko, Bach, Even, Woodworth, "Asynchronous SGD Beats Minibatch SGD Under
/// Arbitrary Delays", NeurIPS 2022.
func countFormula(_ speeds: [Double]) -> Double {
  sumOfRelativeSpeeds(speeds) / Double(speeds.count)
}

/// Σ s_max/s_m: the delay to expect of the slowest worker.
func sumOfRelativeSpeeds(_ speeds: [Double]) -> Double {
  let slowest = speeds.max() ?? 0
  return orderFreeSum(speeds.map { slowest / $0 })
}

/// A sum that does not depend on the order of its terms: they are added in ascending order.
func orderFreeSum(_ terms: [Double]) -> Double {
  terms.sorted().reduce(0, +)
}

/// What the formula would be if all workers were one: its distribution when durations change hands.
struct EqualWorkers {
  var formulaNull: Double
  /// Share of the permutations, the trace as it is counted among them, whose formula is at least
  /// the trace's.
  var pEqual: Double
  /// The formula of every permutation.
  var formulas: [Double]

  /// Permutes durations between workers: within a round where the workers advanced in rounds, so
  /// that slow rounds stay slow for all of them, and over the whole trace otherwise.
  ///
  /// Above a million gradients each worker's durations are first averaged in runs. Under the null
  /// all runs are still equal, and the means vary as much as before.
  ///
  /// - Complexity: O(permutations · min(gradients, 10^6)), with fewer permutations, at least 40,
  ///   above 2·10^5 gradients.
  init?(_ timings: Timings, permutationCount: Int, seed: UInt64) {
    guard timings.workerCount > 1, permutationCount > 0 else { return nil }
    let total = timings.durations.count
    let perRun = total / 1_000_000 + 1
    let columns = (0..<timings.workerCount).map { m -> [Double] in
      let entries = timings.durations[timings.offsets[m]..<(timings.offsets[m] + timings.counts[m])]
      return perRun == 1
        ? Array(entries) : runMeans(entries, limit: max(1, entries.count / perRun))
    }
    let entryCount = columns.reduce(0) { $0 + $1.count }
    let repetitions = min(permutationCount, max(40, 40_000_000 / entryCount))
    let observed = countFormula(columns.map { $0.reduce(0, +) / Double($0.count) })
    var formulas: [Double] = []
    var reached = 1
    var pool = timings.isInRounds ? [] : columns.flatMap { $0 }
    for repetition in 0..<repetitions {
      var draws = Draws(
        seed: seed, purpose: .equalWorkers, repetition: repetition,
        owner: Draws.everybody)
      let sums =
        timings.isInRounds
        ? sumsPermutedWithinRounds(columns, &draws) : sumsPermuted(&pool, like: columns, &draws)
      let formula = countFormula(zip(sums, columns).map { $0 / Double($1.count) })
      formulas.append(formula)
      // Equal up to rounding is equal: a trace without noise must not look rarer than it is.
      if formula >= observed * (1 - 1e-12) { reached += 1 }
    }
    formulaNull = formulas.reduce(0, +) / Double(repetitions)
    self.formulas = formulas
    pEqual = Double(reached) / Double(repetitions + 1)
  }
}

private func sumsPermuted(
  _ pool: inout [Double], like columns: [[Double]], _ draws: inout Draws
) -> [Double] {
  draws.shuffle(&pool, in: 0..<pool.count)
  var start = 0
  return columns.map { column in
    let end = start + column.count
    defer { start = end }
    var sum = 0.0
    for position in start..<end { sum += pool[position] }
    return sum
  }
}

private func sumsPermutedWithinRounds(_ columns: [[Double]], _ draws: inout Draws) -> [Double] {
  var sums = [Double](repeating: 0, count: columns.count)
  let rounds = columns.map(\.count).max() ?? 0
  var present: [Int] = []
  var values: [Double] = []
  for round in 0..<rounds {
    present.removeAll(keepingCapacity: true)
    values.removeAll(keepingCapacity: true)
    for m in 0..<columns.count where round < columns[m].count {
      present.append(m)
      values.append(columns[m][round])
    }
    draws.shuffle(&values, in: 0..<values.count)
    for (m, value) in zip(present, values) { sums[m] += value }
  }
  return sums
}

/// The realised ratio when every worker's own durations are put into a random order, so that slow
/// moments no longer coincide, for up to 200 seeded shuffles; empty for one worker.
///
/// - Complexity: O(shuffles · M · R), with fewer shuffles, at least 5, above 10^5 gradients.
func realisedOfShuffled(_ timings: Timings, shuffleCount: Int, seed: UInt64) -> [Double] {
  guard timings.workerCount > 1, shuffleCount > 0 else { return [] }
  let rounds = timings.counts.max() ?? 0
  let repetitions = min(
    shuffleCount, max(5, 20_000_000 / (rounds * timings.workerCount)))
  var shuffled = timings.durations
  let scale =
    orderFreeSum(timings.means.map { 1 / $0 }) / Double(rounds * timings.workerCount)
  return (0..<repetitions).map { repetition in
    for m in 0..<timings.workerCount {
      var draws = Draws(
        seed: seed, purpose: .shuffledRounds, repetition: repetition, owner: m)
      draws.shuffle(
        &shuffled, in: timings.offsets[m]..<(timings.offsets[m] + timings.counts[m]))
    }
    var longestSum = 0.0
    for round in 0..<rounds {
      var longest = 0.0
      for m in 0..<timings.workerCount {
        longest = max(longest, shuffled[timings.offsets[m] + round % timings.counts[m]])
      }
      longestSum += longest
    }
    return scale * longestSum
  }
}
