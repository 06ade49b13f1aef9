/// Rounds of minibatch SGD as a replay forms them: in round r worker m takes its entry r mod n.
struct PairedRounds {
  let timings: Timings
  /// Charges every worker its turnaround before it starts, in the first round too: these rounds stand for
  /// a long run, whose rate is set against that of workers who pay for every gradient.
  let withTurnaround: Bool

  init(_ timings: Timings, withTurnaround: Bool) {
    self.timings = timings
    self.withTurnaround = withTurnaround && !timings.turnaroundsBefore.isEmpty
  }

  /// R: the least common multiple of the workers' counts where that is at most 20 times the largest
  /// one, else 20 times the largest one.
  ///
  /// After a multiple of all counts the rounds repeat, so that this is the exact long-run mean
  /// wherever it can be had.
  static func fullCount(_ counts: [Int]) -> Int {
    let limit = 20 * (counts.max() ?? 0)
    var multiple = 1
    for count in counts {
      var (a, b) = (multiple, count)
      while b != 0 { (a, b) = (b, a % b) }
      multiple *= count / a
      if multiple > limit { return limit }
    }
    return multiple
  }

  /// Calls `body` with what each worker pays in each of `count` rounds from the start of the trace.
  ///
  /// - Parameters:
  ///   - body: own durations and charged turnarounds, in order of worker; the second is all zeros
  ///     without turnaround.
  /// - Complexity: O(M) a round.
  func forEach(count: Int, _ body: (_ durations: [Double], _ turnarounds: [Double]) -> Void) {
    let whole = (0..<timings.workerCount).map { 0..<timings.counts[$0] }
    forEach(in: whole, count: count, body)
  }

  /// The same within runs of entries, one run a worker, each repeated on its own.
  func forEach(
    in runs: [Range<Int>], count: Int,
    _ body: (_ durations: [Double], _ turnarounds: [Double]) -> Void
  ) {
    let workerCount = timings.workerCount
    var durations = [Double](repeating: 0, count: workerCount)
    var turnarounds = [Double](repeating: 0, count: workerCount)
    var entries = runs.map(\.lowerBound)
    for _ in 0..<count {
      for m in 0..<workerCount {
        let position = timings.offsets[m] + entries[m]
        durations[m] = timings.durations[position]
        if withTurnaround { turnarounds[m] = timings.turnaroundsBefore[position] }
        entries[m] += 1
        if entries[m] == runs[m].upperBound { entries[m] = runs[m].lowerBound }
      }
      body(durations, turnarounds)
    }
  }

  /// Mean time of a round of all workers, and mean computing of a worker in it.
  func meanRound(count: Int) -> (time: Double, busy: Double) {
    var time = 0.0
    var busy = 0.0
    forEach(count: count) { durations, turnarounds in
      var longest = 0.0
      for m in 0..<durations.count {
        longest = max(longest, durations[m] + turnarounds[m])
        busy += durations[m]
      }
      time += longest
    }
    return (time / Double(count), busy / Double(count * timings.workerCount))
  }
}
