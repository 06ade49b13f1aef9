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

/// The realised ratio when every worker's own durations are put into a random order, so that slow
/// moments no longer coincide, for up to 200 seeded shuffles; empty for one worker.
///
/// Where neighbours remember one another, runs that have forgotten are shuffled.
///
/// - Complexity: O(shuffles · M · R), with fewer shuffles, at least 5, above 10^5 gradients.
func realisedOfShuffled(_ timings: Timings, shuffleCount: Int, seed: UInt64) -> [Double] {
  guard timings.workerCount > 1, shuffleCount > 0 else { return [] }
  let rounds = timings.counts.max() ?? 0
  let repetitions = min(
    shuffleCount, max(5, 20_000_000 / (rounds * timings.workerCount)))
  let length = Dependence.runLength(of: timings)
  var shuffled = timings.durations
  var runs = timings.counts.map { count in
    length == 1 ? [] : zip(edges(count, length), edges(count, length).dropFirst()).map { $0..<$1 }
  }
  let scale =
    orderFreeSum(timings.means.map { 1 / $0 }) / Double(rounds * timings.workerCount)
  return (0..<repetitions).map { repetition in
    for m in 0..<timings.workerCount {
      var draws = Draws(
        seed: seed, purpose: .shuffledRounds, repetition: repetition, owner: m)
      let offset = timings.offsets[m]
      guard length > 1 else {
        draws.shuffle(&shuffled, in: offset..<(offset + timings.counts[m]))
        continue
      }
      draws.shuffle(&runs[m], in: 0..<runs[m].count)
      var position = offset
      for run in runs[m] {
        for entry in run {
          shuffled[position] = timings.durations[offset + entry]
          position += 1
        }
      }
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
