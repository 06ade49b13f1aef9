/// One policy with its parameter, as a schedule to be timed.
enum Schedule: Hashable {
  case minibatch
  /// Without the `drop` slowest workers.
  case subset(drop: Int)
  case rebalanced
  /// The first `need` gradients of a round.
  case backup(need: Int)
  case async

  var name: PolicyName {
    switch self {
    case .minibatch: .minibatch
    case .subset: .subset
    case .rebalanced: .rebalanced
    case .backup: .backup
    case .async: .async
    }
  }

  var parameter: String? {
    switch self {
    case .minibatch, .rebalanced, .async: nil
    case .subset(let drop): "drop=\(drop)"
    case .backup(let need): "need=\(need)"
    }
  }

  /// b, the gradients in an update of M workers.
  func gradients(workerCount: Int) -> Double {
    switch self {
    case .minibatch, .rebalanced: Double(workerCount)
    case .subset(let drop): Double(workerCount - drop)
    case .backup(let need): Double(need)
    case .async: 1
    }
  }
}

/// How the speeds of a trace, or of a half of it, set up the policies that use them.
struct Setup {
  /// Worker indices by falling mean, ties by lower index; where whole hosts are left out, host by
  /// host, the one with the slowest worker first.
  var slowestFirst: [Int]
  /// How many workers may be drained: the sizes of the first units of ``slowestFirst``, added up
  /// from 0 on, always fewer than all.
  var dropCounts: [Int]
  /// What is left out as one.
  let units: WorkerUnits
  /// w_m ∝ 1/s_m with mean 1.
  var shares: [Double]
  /// Nanoseconds of each gradient that do not grow with the batch.
  var fixedCost: Double
  /// How much longer backup rounds are under clock timing, by N − 1; empty for not at all.
  var backupPenalties: [Double] = []

  init(means: [Double], units: WorkerUnits, fixedCost: Double) {
    self.units = units
    let order = units.slowestFirst(means)
    slowestFirst = order.flatMap { unit in
      Analysis.slowestFirst(units.members[unit].map { means[$0] }).map { units.members[unit][$0] }
    }
    dropCounts = order.dropLast().reduce(into: [0]) { counts, unit in
      counts.append((counts.last ?? 0) + units.members[unit].count)
    }
    let scale = Double(means.count) / orderFreeSum(means.map { 1 / $0 })
    shares = means.map { scale / $0 }
    self.fixedCost = fixedCost
  }

  func backupPenalty(need: Int) -> Double {
    backupPenalties.isEmpty ? 1 : backupPenalties[need - 1]
  }

  /// The time of one round in nanoseconds.
  ///
  /// - Precondition: `schedule` is synchronous.
  func roundTime(
    _ schedule: Schedule, _ durations: [Double], _ turnarounds: [Double], _ scratch: inout [Double]
  ) -> Double {
    switch schedule {
    case .minibatch:
      return longestDraw(durations, turnarounds)
    case .subset(let drop):
      var longest = 0.0
      for place in drop..<slowestFirst.count {
        let m = slowestFirst[place]
        longest = max(longest, durations[m] + turnarounds[m])
      }
      return longest
    case .rebalanced:
      var longest = 0.0
      for m in 0..<durations.count {
        let fixed = min(fixedCost, durations[m])
        longest = max(longest, fixed + shares[m] * (durations[m] - fixed) + turnarounds[m])
      }
      return longest
    case .backup(let need):
      for m in 0..<durations.count { scratch[m] = durations[m] + turnarounds[m] }
      scratch.sort()
      return scratch[need - 1] * backupPenalty(need: need)
    case .async:
      preconditionFailure("asynchronous SGD has no rounds")
    }
  }
}

/// Mean round times of all synchronous policies at all their parameters, in nanoseconds.
struct RoundTimes {
  /// `subset[k]` without the k slowest workers; `subset[0]` is full minibatch.
  var subset: [Double]
  /// `backup[N − 1]` with the first N of M.
  var backup: [Double]
  var rebalanced: Double
  /// What a gradient costs worker m under asynchronous SGD.
  var cycles: [Double]

  /// - Parameters:
  ///   - runs: the entries of each worker to look at, each run repeated on its own.
  ///   - setup: made from the same entries, or from others to score a choice out of time.
  ///   - gradientLimit: of all workers together, where rounds do not repeat before.
  /// - Complexity: O(M log M) a round, over at most `gradientLimit` / M rounds, but not fewer than the
  ///   longest run.
  init(
    _ timings: Timings, runs: [Range<Int>], withTurnaround: Bool, setup: Setup,
    gradientLimit: Int = 20_000_000
  ) {
    let workerCount = timings.workerCount
    let counts = runs.map(\.count)
    let rounds = Self.roundCount(counts, gradientLimit: gradientLimit)
    var subset = [Double](repeating: 0, count: workerCount)
    var backup = subset
    var rebalanced = 0.0
    var scratch = subset
    let paired = PairedRounds(timings, withTurnaround: withTurnaround)
    paired.forEach(in: runs, count: rounds) { durations, turnarounds in
      var longest = 0.0
      for place in stride(from: workerCount - 1, through: 0, by: -1) {
        let m = setup.slowestFirst[place]
        longest = max(longest, durations[m] + turnarounds[m])
        subset[place] += longest
      }
      rebalanced += setup.roundTime(.rebalanced, durations, turnarounds, &scratch)
      for m in 0..<workerCount { scratch[m] = durations[m] + turnarounds[m] }
      scratch.sort()
      for place in 0..<workerCount { backup[place] += scratch[place] }
    }
    let count = Double(rounds)
    self.subset = subset.map { $0 / count }
    self.backup = backup.indices.map { backup[$0] / count * setup.backupPenalty(need: $0 + 1) }
    self.rebalanced = rebalanced / count
    cycles = runs.indices.map { m in
      var time = 0.0
      for entry in runs[m] {
        time += timings.durations[timings.offsets[m] + entry]
      }
      return time / Double(counts[m]) + (withTurnaround ? timings.turnaroundMeans[m] : 0)
    }
  }

  /// The rounds that are timed: all until they repeat, as far as 2·10^7 / M of them, and never fewer
  /// than the longest run.
  static func roundCount(_ counts: [Int], gradientLimit: Int = 20_000_000) -> Int {
    min(
      PairedRounds.fullCount(counts), max(counts.max() ?? 1, gradientLimit / max(1, counts.count)))
  }

  /// The same with backup rounds made longer.
  func charged(_ penalties: [Double]) -> RoundTimes {
    var times = self
    for place in backup.indices { times.backup[place] *= penalties[place] }
    return times
  }

  /// Mean time of a round; for asynchronous SGD of an update.
  ///
  /// A server that takes `server` nanoseconds an update adds them to every round. Asynchronous
  /// workers wait for it in a queue: their rate is at most one update per server time.
  func time(_ schedule: Schedule, server: Double) -> Double {
    switch schedule {
    case .minibatch: subset[0] + server
    case .subset(let drop): subset[drop] + server
    case .rebalanced: rebalanced + server
    case .backup(let need): backup[need - 1] + server
    case .async: asyncUpdateTime(cycles: cycles, server: server)
    }
  }
}

/// 1/λ with λ = Σ 1/(cycle + server), at least the server's time.
func asyncUpdateTime(cycles: [Double], server: Double) -> Double {
  max(server, 1 / orderFreeSum(cycles.map { 1 / ($0 + server) }))
}
