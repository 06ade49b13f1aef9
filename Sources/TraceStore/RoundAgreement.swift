/// Tells a table of step times of a synchronous job: all workers end each step together, since the
/// fast wait in it for the slow, and nothing tells the waiting from the computing.
///
/// Looked for in the first 65,536 gradients of each worker, which bounds memory; needs at least 2
/// workers and 3 rounds and no recorded wait.
struct RoundAgreement {
  static let roundLimit = 1 << 16
  /// The most that the ends of a round may differ, as a share of its mean duration.
  static let tolerance = 0.02
  static let shareOfRounds = 0.9

  private struct Round {
    var lowest: Int64
    var highest: Int64
    var durationSum: Double
  }

  /// Ends can be compared between workers; else the durations are.
  let comparesEnds: Bool
  private var rounds: ContiguousArray<Round> = []
  private var workerCount = 0
  private var countMin = Int.max
  private var hasWaits = false

  init(startsRecorded: Bool) {
    comparesEnds = startsRecorded
  }

  mutating func take(_ entry: TimingColumns.Entry, at position: Int) {
    if entry.wait != 0 { hasWaits = true }
    guard position < Self.roundLimit else { return }
    let value = comparesEnds ? entry.start + entry.duration : entry.duration
    if position == rounds.count {
      rounds.append(Round(lowest: value, highest: value, durationSum: Double(entry.duration)))
    } else {
      rounds[position].lowest = min(rounds[position].lowest, value)
      rounds[position].highest = max(rounds[position].highest, value)
      rounds[position].durationSum += Double(entry.duration)
    }
  }

  mutating func end(count: Int) {
    workerCount += 1
    countMin = min(countMin, count, Self.roundLimit)
  }

  /// In how many of the rounds the workers agree, if that is enough to say so.
  func verdict() -> (agreeing: Int, rounds: Int)? {
    guard !hasWaits, workerCount >= 2, countMin >= 3, countMin <= rounds.count else { return nil }
    let agreeing = rounds.prefix(countMin).count { round in
      let mean = round.durationSum / Double(workerCount)
      return Double(round.highest - round.lowest) <= Self.tolerance * mean
    }
    guard Double(agreeing) >= Self.shareOfRounds * Double(countMin) else { return nil }
    return (agreeing, countMin)
  }
}
