import ReplayEngine
import TraceModel

/// The durations of a trace as numbers, the turnarounds as they are charged, and whether the workers
/// advanced in common rounds. Times are nanoseconds.
///
/// Sums of whole nanoseconds below 2^53 are exact in `Double`, so that no mean depends on an order.
struct Timings {
  let workerCount: Int
  let counts: [Int]
  /// Worker m's entries are `offsets[m] ..< offsets[m] + counts[m]`.
  let offsets: [Int]
  /// d_{m,j}
  let durations: [Double]
  /// What worker m pays before its entry j; before entry 0 it is what follows its last entry. One that
  /// was not recorded costs as much as those of its worker do in the mean. Empty if no turnaround is
  /// charged.
  let turnaroundsBefore: [Double]
  /// s_m
  let means: [Double]
  let fastestMean: Double
  let slowestMean: Double
  /// Mean turnaround of each worker, 0 where none was recorded.
  let turnaroundMeans: [Double]
  let turnaround: Inspection.Turnaround?
  let isInRounds: Bool
  let isBackToBack: Bool

  init(_ trace: Trace, turnaround policy: TurnaroundPolicy) {
    let workers = trace.workers
    workerCount = workers.count
    counts = workers.map(\.gradientCount)
    precondition(counts.allSatisfy { $0 > 0 }, "a trace with a worker without gradients")
    var offsets: [Int] = []
    var durations: [Double] = []
    durations.reserveCapacity(trace.gradientCount)
    for worker in workers {
      offsets.append(durations.count)
      for duration in worker.durationsNs { durations.append(Double(duration)) }
    }
    self.offsets = offsets
    self.durations = durations
    means = zip(offsets, counts).map { offset, count in
      durations[offset..<(offset + count)].reduce(0, +) / Double(count)
    }

    fastestMean = means.min() ?? 0
    precondition(fastestMean > 0, "gradients of \(fastestMean) ns in the mean")
    slowestMean = means.max() ?? 0

    var before: [Double] = []
    var turnaroundMeans: [Double] = []
    var total = 0.0
    var known = 0
    var own = 0.0
    for worker in workers {
      let charged = chargedTurnarounds(of: worker, policy: policy)
      var sum = 0.0
      var count = 0
      for (j, turnaround) in charged.enumerated() where turnaround >= 0 {
        sum += Double(turnaround)
        count += 1
        own += Double(worker.durationsNs[j])
      }
      let mean = count == 0 ? 0 : sum / Double(count)
      turnaroundMeans.append(mean)
      total += sum
      known += count
      func cost(_ turnaround: Int64) -> Double { turnaround < 0 ? mean : Double(turnaround) }
      before.append(charged.last.map(cost) ?? 0)
      for turnaround in charged.dropLast() { before.append(cost(turnaround)) }
      if charged.isEmpty {
        for _ in 1..<max(1, worker.gradientCount) { before.append(0) }
      }
    }
    self.turnaroundMeans = turnaroundMeans
    turnaroundsBefore = known == 0 ? [] : before
    turnaround =
      known == 0
      ? nil
      : Inspection.Turnaround(
        meanSeconds: total / Double(known) / 1e9, shareOfCycle: total / (total + own))
    isBackToBack = workers.allSatisfy(followsWithoutGap)
    isInRounds = trace.kind == .synchronous || advancesInRounds(workers)
  }

  /// The durations of each worker; above `limit` gradients in all the means of runs of `perEntry`.
  func columns(limit: Int) -> (columns: [[Double]], perEntry: Int) {
    let perEntry = durations.count / limit + 1
    let columns = (0..<workerCount).map { m -> [Double] in
      let entries = durations[offsets[m]..<(offsets[m] + counts[m])]
      return perEntry == 1
        ? Array(entries) : runMeans(entries, limit: max(1, entries.count / perEntry))
    }
    return (columns, perEntry)
  }

  /// s_m, or s_m plus the mean turnaround: what one gradient of worker m costs it.
  func cycles(withTurnaround: Bool) -> [Double] {
    guard withTurnaround else { return means }
    return zip(means, turnaroundMeans).map { $0 + $1 }
  }
}

/// The turnaround after each gradient in nanoseconds, −1 where it is unknown; empty if none is
/// charged.
private func chargedTurnarounds(of worker: WorkerTimings, policy: TurnaroundPolicy) -> [Int64] {
  switch policy {
  case .none: []
  case .recorded: worker.turnaroundsNs
  case .fixed(let ns): [Int64](repeating: ns, count: worker.gradientCount)
  }
}

private func followsWithoutGap(_ worker: WorkerTimings) -> Bool {
  for j in 1..<max(1, worker.gradientCount)
  where worker.startsNs[j] != worker.startsNs[j - 1] + worker.durationsNs[j - 1] {
    return false
  }
  return true
}

/// Whether independent workers went from round to round together: equally many gradients, and in 9
/// of 10 rounds nobody starts before the slowest of the round before has ended.
///
/// One worker, or fewer than 3 rounds, prove nothing.
private func advancesInRounds(_ workers: [WorkerTimings]) -> Bool {
  guard workers.count > 1, let rounds = workers.first?.gradientCount, rounds >= 3 else {
    return false
  }
  guard workers.allSatisfy({ $0.gradientCount == rounds }) else { return false }
  var apart = 0
  for round in 1..<rounds {
    var lastEnd = Int64.min
    var firstStart = Int64.max
    for worker in workers {
      lastEnd = max(lastEnd, worker.startsNs[round - 1] + worker.durationsNs[round - 1])
      firstStart = min(firstStart, worker.startsNs[round])
    }
    if firstStart >= lastEnd { apart += 1 }
  }
  return 10 * apart >= 9 * (rounds - 1)
}
