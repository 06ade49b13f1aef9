/// Both halves of a trace: parameters are chosen on the first and scored on the second.
struct Halves {
  private let first: RoundTimes
  /// The second half, timed with the order and shares of the first.
  private let second: RoundTimes
  let meansFirst: [Double]
  let meansSecond: [Double]
  /// As the first half has them.
  private let dropCounts: [Int]

  /// Returns nil where a worker has fewer than 8 gradients.
  init?(_ timings: Timings, withTurnaround: Bool, units: WorkerUnits, setup whole: Setup) {
    guard let shortest = timings.counts.min(), shortest >= 8 else { return nil }
    let early = timings.counts.map { 0..<($0 / 2) }
    let late = timings.counts.map { ($0 / 2)..<$0 }
    func means(_ runs: [Range<Int>]) -> [Double] {
      runs.indices.map { m in
        runs[m].reduce(0.0) { $0 + timings.durations[timings.offsets[m] + $1] }
          / Double(runs[m].count)
      }
    }
    meansFirst = means(early)
    meansSecond = means(late)
    var setup = Setup(means: meansFirst, units: units, fixedCost: whole.fixedCost)
    dropCounts = setup.dropCounts
    setup.backupPenalties = whole.backupPenalties
    first = RoundTimes(timings, runs: early, withTurnaround: withTurnaround, setup: setup)
    second = RoundTimes(timings, runs: late, withTurnaround: withTurnaround, setup: setup)
  }

  /// Whether the schedule, set up by the speeds of the first half, beats full minibatch on the second.
  func holds(_ schedule: Schedule, _ law: NoiseLaw, server: Double) -> Bool {
    law.time(schedule, second, server: server) < law.time(.minibatch, second, server: server)
  }

  /// The count ratio to full minibatch of each policy on the second half.
  func countRatios(_ law: NoiseLaw, dropLimit: Int, server: Double) -> [Double] {
    let chosen = law.schedules(
      first, drops: dropCounts.filter { $0 <= dropLimit }, server: server)
    let rate = NoiseLaw(criticalBatch: .infinity, workerCount: law.workerCount)
    let full = rate.time(.minibatch, second, server: server)
    return chosen.map { full / rate.time($0, second, server: server) }
  }
}
