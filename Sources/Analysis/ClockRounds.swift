import ReplayEngine
import TraceModel

/// Rounds when slowness belongs to the moment and the machine, not to the gradient: those of a replay
/// with `Timing.clock`, without the queue and without rounding to nanoseconds, so that ratios do not
/// depend on the unit of time.
struct ClockRounds {
  private let clock: RecordedClock
  /// Mean turnaround of each worker.
  private let turnarounds: [Double]
  private let workerCount: Int
  private let period: Double
  /// Where on its axis each worker begins, as a share of the period; all 0 for the trace as it was
  /// recorded.
  var shifts: [Double]

  init(_ trace: Trace, _ timings: Timings, withTurnaround: Bool) {
    clock = RecordedClock(trace)
    workerCount = timings.workerCount
    period = Double(clock.periodNs)
    shifts = [Double](repeating: 0, count: workerCount)
    turnarounds = withTurnaround ? timings.turnaroundMeans : shifts
  }

  /// λ: the gradients of all workers in a nanosecond, over a whole period.
  var rate: Double { orderFreeSum((0..<workerCount).map { clock.rate(worker: $0) }) }

  /// Mean time of a round that ends with its N-th gradient.
  ///
  /// - Parameters:
  ///   - rounds: the most rounds to look at.
  ///   - periods: stops after so many, once there are 20 rounds; nil for all the rounds.
  /// - Complexity: O(M log n) a round, and O(M log M) where N is not M.
  func meanRound(need: Int, rounds: Int, periods: Int? = nil) -> (time: Double, rounds: Int) {
    let enough = periods.map { Double($0) * period } ?? .infinity
    var hints = [Int](repeating: 0, count: workerCount)
    var ends = [Double](repeating: 0, count: workerCount)
    var now = 0.0
    var total = 0.0
    var count = 0
    while count < rounds, count < 20 || total < enough {
      var longest = 0.0
      for m in 0..<workerCount {
        let at = wrapped(now + shifts[m] * period + turnarounds[m])
        ends[m] = turnarounds[m] + clock.duration(worker: m, from: at, hint: &hints[m])
        longest = max(longest, ends[m])
      }
      if need < workerCount {
        ends.sort()
        longest = ends[need - 1]
      }
      total += longest
      count += 1
      now = wrapped(now + longest)
    }
    return (total / Double(count), count)
  }

  private func wrapped(_ time: Double) -> Double {
    guard time >= period else { return time }
    let rest = time - (time / period).rounded(.down) * period
    // The quotient may round up to a whole number.
    return rest >= 0 && rest < period ? rest : 0
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
      ? 1 : max(1, clock.meanRound(need: need, rounds: rounds).time / inSequence[need - 1])
  }
  return penalties
}
