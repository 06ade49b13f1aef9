/// What the formula would be if all workers were one: its distribution when durations change hands.
///
/// Durations that remember change hands in runs, long enough to forget: single ones would make the
/// permuted workers more alike than equal workers are. Where the trace is too short for such runs,
/// the permuted means are spread about the common one by what the runs still miss.
struct EqualWorkers {
  var formulaNull: Double
  /// Share of the permutations, the trace as it is counted among them, whose formula is at least
  /// the trace's.
  var pEqual: Double
  /// The formula of every permutation.
  var formulas: [Double]
  /// What a duration remembers of those before it on its worker.
  var dependence: Dependence
  /// Durations that were averaged to one entry before anything else.
  private var perEntry: Int

  /// Permutes runs of durations between workers: within the same rounds where the workers advanced in
  /// rounds, so that slow rounds stay slow for all of them, and over the whole trace otherwise. A run
  /// is one duration where neighbours are uncorrelated.
  ///
  /// Above a million gradients each worker's durations are first averaged in runs. Under the null
  /// all runs are still equal, and the means vary as much as before.
  ///
  /// - Complexity: O(gradients + permutations · min(runs, 10^6)), with fewer permutations, at least
  ///   40, above 2·10^5 runs.
  init?(_ timings: Timings, permutationCount: Int, seed: UInt64) {
    guard timings.workerCount > 1, permutationCount > 0 else { return nil }
    let columns: [[Double]]
    (columns, perEntry) = timings.columns(limit: 1_000_000)
    dependence =
      timings.isInRounds ? Dependence(inRounds: columns) : Dependence(columns)
    var deal = Deal(columns, isInRounds: timings.isInRounds, dependence)
    let repetitions = min(permutationCount, max(40, 40_000_000 / deal.runCount))
    let observed = countFormula(columns.map { $0.reduce(0, +) / Double($0.count) })
    var formulas: [Double] = []
    var reached = 1
    for repetition in 0..<repetitions {
      var draws = Draws(
        seed: seed, purpose: .equalWorkers, repetition: repetition,
        owner: Draws.everybody)
      let formula = countFormula(deal.means(&draws))
      formulas.append(formula)
      // Equal up to rounding is equal: a trace without noise must not look rarer than it is.
      if formula >= observed * (1 - 1e-12) { reached += 1 }
    }
    formulaNull = formulas.reduce(0, +) / Double(repetitions)
    self.formulas = formulas
    pEqual = Double(reached) / Double(repetitions + 1)
  }

  /// The variance of the mean of a worker's `count` durations over that of independent ones.
  func noiseInflation(count: Int) -> Double {
    dependence.inflation(count: max(1, count / perEntry))
  }
}

/// Durations in runs, dealt to the workers anew for every permutation.
private struct Deal {
  private let columns: [[Double]]
  private let isInRounds: Bool
  /// The edges of the runs of each block of rounds; unused for independent workers.
  private let roundEdges: [Int]
  /// All durations, one worker after another, as sums of those before; empty for runs of 1.
  private var before: [Double] = [0]
  /// The runs of all workers, in the order in which they were dealt last.
  private var runs: [Range<Int>] = []
  /// The same for runs of 1.
  private var pool: [Double] = []
  /// How far a mean of permuted durations is moved away from the common one; empty for not at all.
  private var widenings: [Double] = []
  private let commonMean: Double
  private let shortest: Double

  /// What is shuffled in a permutation.
  var runCount: Int {
    isInRounds ? columns.count * (roundEdges.count - 1) : max(pool.count, runs.count)
  }

  init(_ columns: [[Double]], isInRounds: Bool, _ dependence: Dependence) {
    self.columns = columns
    self.isInRounds = isInRounds
    let length = dependence.runLength
    let rounds = columns.map(\.count).max() ?? 0
    roundEdges = isInRounds ? edges(rounds, length) : []
    if !isInRounds, length == 1 { pool = columns.flatMap { $0 } }
    if !isInRounds, length > 1 {
      for column in columns {
        let start = before.count - 1
        let edges = edges(column.count, length)
        for (lower, upper) in zip(edges, edges.dropFirst()) {
          runs.append((start + lower)..<(start + upper))
        }
        for duration in column { before.append(before[before.count - 1] + duration) }
      }
    }
    let widenings = columns.map { dependence.widening(count: $0.count) }
    if widenings.contains(where: { $0 > 1 }) { self.widenings = widenings }
    commonMean =
      columns.reduce(0) { $1.reduce($0, +) } / Double(columns.reduce(0) { $0 + $1.count })
    shortest = columns.reduce(.infinity) { min($0, $1.min() ?? .infinity) }
  }

  /// The means of the workers after one permutation.
  mutating func means(_ draws: inout Draws) -> [Double] {
    let sums: [Double]
    if isInRounds {
      sums = sumsWithinRounds(&draws)
    } else if runs.isEmpty {
      sums = sumsOfPool(&draws)
    } else {
      sums = sumsOfRuns(&draws)
    }
    let means = zip(sums, columns).map { $0 / Double($1.count) }
    guard !widenings.isEmpty else { return means }
    // No mean is below the shortest duration.
    return zip(means, widenings).map { max(shortest, commonMean + $1 * ($0 - commonMean)) }
  }

  private mutating func sumsOfPool(_ draws: inout Draws) -> [Double] {
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

  /// Each worker takes as many durations as it has, from where the one before stopped: in the middle
  /// of a run if need be, so that who has few durations gets few.
  private mutating func sumsOfRuns(_ draws: inout Draws) -> [Double] {
    draws.shuffle(&runs, in: 0..<runs.count)
    var next = 0
    var rest = 0..<0
    return columns.map { column in
      var missing = column.count
      var sum = 0.0
      while missing > 0 {
        if rest.isEmpty {
          rest = runs[next]
          next += 1
        }
        let end = min(rest.upperBound, rest.lowerBound + missing)
        sum += before[end] - before[rest.lowerBound]
        missing -= end - rest.lowerBound
        rest = end..<rest.upperBound
      }
      return sum
    }
  }

  /// Workers with fewer rounds take part in those that they have.
  private func sumsWithinRounds(_ draws: inout Draws) -> [Double] {
    var sums = [Double](repeating: 0, count: columns.count)
    var present: [Int] = []
    var values: [Double] = []
    for (lower, upper) in zip(roundEdges, roundEdges.dropFirst()) {
      present.removeAll(keepingCapacity: true)
      values.removeAll(keepingCapacity: true)
      for m in columns.indices where lower < columns[m].count {
        let end = min(upper, columns[m].count)
        present.append(m)
        var sum = 0.0
        for round in lower..<end { sum += columns[m][round] }
        values.append(sum / Double(end - lower))
      }
      draws.shuffle(&values, in: 0..<values.count)
      for (m, value) in zip(present, values) {
        sums[m] += value * Double(min(upper, columns[m].count) - lower)
      }
    }
    return sums
  }
}

/// The edges of runs of about `length` of `count` entries, of at least one run.
func edges(_ count: Int, _ length: Int) -> [Int] {
  let runs = max(1, count / length)
  return (0...runs).map { count * $0 / runs }
}
