/// What every round of a trace would be without each of its units, from one pass over the rounds.
///
/// Without who was last, a round lasts as long as the next one took; without anybody else it stays as
/// it is. So each round has one unit to whom its difference is owed.
struct LeaveOneOut {
  private let study: PolicyStudy
  private let units: WorkerUnits
  private let roundCount: Double
  /// Σ of the rounds.
  private var total = 0.0
  /// Σ of the differences owed to each unit.
  private var owed: [Double]
  /// Σ of what each unit takes above an ideal worker.
  private var aboveIdeal: [Double]
  /// What a gradient costs in the fastest quarter of the workers, in the mean.
  let idealCycle: Double

  /// - Complexity: O(M) a round, over as many rounds as the round times of a comparison.
  init(_ study: PolicyStudy, _ units: WorkerUnits) {
    self.study = study
    self.units = units
    owed = [Double](repeating: 0, count: units.members.count)
    aboveIdeal = owed
    let timings = study.timings
    let ideal = Sample(timings.cycles(withTurnaround: study.withTurnaround)).quantile(0.25)
    idealCycle = ideal
    let rounds = RoundTimes.roundCount(timings.counts)
    roundCount = Double(rounds)
    var longest = owed
    var total = 0.0
    var owed = owed
    var aboveIdeal = owed
    let unitOfWorker = units.unitOfWorker
    let paired = PairedRounds(timings, withTurnaround: study.withTurnaround)
    paired.forEach(count: rounds) { durations, turnarounds in
      for unit in longest.indices { longest[unit] = 0 }
      for m in durations.indices {
        let unit = unitOfWorker[m]
        longest[unit] = max(longest[unit], durations[m] + turnarounds[m])
      }
      var first = 0.0
      var second = 0.0
      var last = 0
      for unit in longest.indices {
        let time = longest[unit]
        if time > ideal { aboveIdeal[unit] += time - ideal }
        if time > first {
          (second, first, last) = (first, time, unit)
        } else if time > second {
          second = time
        }
      }
      total += first
      owed[last] += first - second
    }
    self.total = total
    self.owed = owed
    self.aboveIdeal = aboveIdeal
  }

  /// Mean round of minibatch SGD without a unit.
  func roundWithout(_ unit: Int) -> Double { (total - owed[unit]) / roundCount }

  /// Mean round of a unit among ideal workers.
  func roundAmongIdeal(_ unit: Int) -> Double { idealCycle + aboveIdeal[unit] / roundCount }

  /// What the rate of a synchronous policy gains without each of the listed units.
  ///
  /// A subset goes on without the same others, backup rounds wait for as many, and batches are shared
  /// out anew.
  ///
  /// - Parameter from: the rate with all of them.
  func gains(of schedule: Schedule, from rate: Double, listed: [Int]) -> [Int: Double] {
    let counts = study.timings.counts
    let total = study.timings.workerCount
    // A pass a unit; a long trace of many workers is judged by its first rounds.
    let passes = max(1, listed.count)
    let rounds = min(
      RoundTimes.roundCount(counts), max(8, 400_000_000 / (passes * max(1, total))))
    var gains: [Int: Double] = [:]
    let base = rounds == RoundTimes.roundCount(counts) ? rate : self.rate(of: schedule, rounds)
    for unit in listed {
      guard units.members[unit].count < total else { continue }
      let without = self.rate(of: schedule, rounds, without: Set(units.members[unit]))
      gains[unit] = without.map { $0 - (base ?? rate) }
    }
    return gains
  }

  private func rate(
    of schedule: Schedule, _ rounds: Int, without left: Set<Int> = []
  ) -> Double? {
    let timings = study.timings
    let kept = timings.counts.indices.filter { !left.contains($0) }
    let setup = study.setup
    var gradients = Double(kept.count)
    var workers = kept
    var need = kept.count
    var shares: [Double] = []
    switch schedule {
    case .minibatch: break
    case .subset(let drop):
      let drained = Set(setup.slowestFirst.prefix(drop))
      workers = kept.filter { !drained.contains($0) }
      gradients = Double(workers.count)
    case .backup(let asked):
      need = min(asked, kept.count)
      gradients = Double(need)
    case .rebalanced:
      let scale =
        Double(kept.count) / orderFreeSum(kept.map { 1 / timings.means[$0] })
      shares = timings.means.map { scale / $0 }
    case .async: return nil
    }
    guard !workers.isEmpty else { return nil }
    var sum = 0.0
    var values = [Double](repeating: 0, count: workers.count)
    let isBackup = need < kept.count
    PairedRounds(timings, withTurnaround: study.withTurnaround).forEach(count: rounds) {
      durations, turnarounds in
      if isBackup {
        for (place, m) in workers.enumerated() { values[place] = durations[m] + turnarounds[m] }
        values.sort()
        sum += values[need - 1]
        return
      }
      var longest = 0.0
      for m in workers {
        var time = durations[m]
        if !shares.isEmpty {
          let fixed = min(setup.fixedCost, time)
          time = fixed + shares[m] * (time - fixed)
        }
        longest = max(longest, time + turnarounds[m])
      }
      sum += longest
    }
    var round = sum / Double(rounds)
    if case .backup(let asked) = schedule { round *= setup.backupPenalty(need: asked) }
    return 1e9 * gradients / (round + study.server)
  }
}
