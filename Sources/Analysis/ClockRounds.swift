import TraceModel

/// Backup rounds when slowness belongs to the moment and the machine, not to the gradient.
///
/// In sequence an aborted slow gradient is drawn anew, which flatters backup workers wherever the
/// same machine would have been slow again. Here a worker has a speed at every moment: 1/d from the
/// start of a recorded gradient of length d to the start of the next, so that a gap keeps the speed
/// before it. A gradient started at t ends when the integral of the speed reaches one. All workers
/// repeat with the trace's span; before its first and after its last gradient a worker has its
/// nearest speed.
struct ClockRounds {
  private let starts: [[Double]]
  private let durations: [[Double]]
  private let turnarounds: [Double]
  private let span: Double

  init(_ trace: Trace, _ timings: Timings, withTurnaround: Bool) {
    starts = trace.workers.map { $0.startsNs.map(Double.init) }
    durations = trace.workers.map { $0.durationsNs.map(Double.init) }
    turnarounds =
      withTurnaround
      ? timings.turnaroundMeans : [Double](repeating: 0, count: timings.workerCount)
    span = Double(max(1, trace.spanNs))
  }

  /// Mean time of a round that ends with its N-th gradient, over `rounds` rounds.
  ///
  /// - Complexity: O(M log M) a round, and two recorded gradients a worker.
  func meanRound(need: Int, rounds: Int) -> Double {
    let workerCount = starts.count
    var entries = [Int](repeating: 0, count: workerCount)
    var ends = [Double](repeating: 0, count: workerCount)
    var now = 0.0
    var total = 0.0
    for _ in 0..<rounds {
      for m in 0..<workerCount {
        let start = now + turnarounds[m]
        ends[m] = turnarounds[m] + work(m, &entries[m], from: start, now)
      }
      ends.sort()
      let time = ends[need - 1]
      total += time
      now += time
      if now >= span {
        now -= (now / span).rounded(.down) * span
        for m in 0..<workerCount { entries[m] = 0 }
      }
    }
    return total / Double(rounds)
  }

  /// How long worker m computes one gradient from a moment on; moves `entry` to the gradient that was
  /// under way at `now`.
  private func work(_ m: Int, _ entry: inout Int, from start: Double, _ now: Double) -> Double {
    let count = starts[m].count
    while entry + 1 < count, starts[m][entry + 1] <= now { entry += 1 }
    var at = start
    var j = entry
    while at >= span {
      at -= span
      j = 0
    }
    while j + 1 < count, starts[m][j + 1] <= at { j += 1 }
    var rest = 1.0
    var time = 0.0
    while true {
      let end = j + 1 < count ? starts[m][j + 1] : span
      let share = (end - at) / durations[m][j]
      if share >= rest { return time + rest * durations[m][j] }
      rest -= share
      time += end - at
      at = end
      j += 1
      if j == count {
        j = 0
        at = 0
      }
    }
  }
}

/// By how much the round of each backup policy is longer under clock timing than in sequence, at
/// least 1; the policy is judged by the longer one.
///
/// Above 64 workers only 64 choices of N are timed, and the others are infinitely bad.
func backupPenalties(
  _ trace: Trace, _ timings: Timings, withTurnaround: Bool, inSequence: [Double]
) -> [Double] {
  let workerCount = timings.workerCount
  guard workerCount <= workerLimitOfExtras else {
    return (1...workerCount).map { $0 == workerCount ? 1 : .infinity }
  }
  let clock = ClockRounds(trace, timings, withTurnaround: withTurnaround)
  let choices = min(64, workerCount)
  let longest = timings.counts.max() ?? 1
  let rounds = max(8, min(longest, 4_000_000 / (choices * workerCount)))
  var penalties = [Double](repeating: .infinity, count: workerCount)
  for choice in 1...choices {
    let need = workerCount * choice / choices
    penalties[need - 1] =
      need == workerCount
      ? 1 : max(1, clock.meanRound(need: need, rounds: rounds) / inSequence[need - 1])
  }
  return penalties
}
