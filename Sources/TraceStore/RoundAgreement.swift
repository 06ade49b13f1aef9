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
  /// For workers that lack a row or two.
  private var aligned: AlignedRounds
  private var workerCount = 0
  private var countMin = Int.max
  private var hasWaits = false

  init(startsRecorded: Bool) {
    comparesEnds = startsRecorded
    aligned = AlignedRounds(comparesEnds: startsRecorded)
  }

  /// Takes consecutive gradients of a worker, of which the first has this place among its own.
  mutating func take(_ columns: borrowing TimingColumns, _ range: Range<Int>, at position: Int) {
    if columns.presence.contains(.waits), columns.waits[range].contains(where: { $0 != 0 }) {
      hasWaits = true
    }
    if position < AlignedRounds.roundLimit { aligned.take(columns, range, at: position) }
    var place = position
    for index in range {
      guard place < Self.roundLimit else { return }
      let duration = columns.durations[index]
      let value = comparesEnds ? columns.starts[index] + duration : duration
      if place == rounds.count {
        rounds.append(Round(lowest: value, highest: value, durationSum: Double(duration)))
      } else {
        var round = rounds[place]
        round.lowest = min(round.lowest, value)
        round.highest = max(round.highest, value)
        round.durationSum += Double(duration)
        rounds[place] = round
      }
      place += 1
    }
  }

  mutating func end(count: Int) {
    workerCount += 1
    aligned.end()
    countMin = min(countMin, count, Self.roundLimit)
  }

  /// In how many of the rounds the workers agree, if that is enough to say so.
  func verdict() -> (agreeing: Int, rounds: Int)? {
    guard !hasWaits, workerCount >= 2, countMin >= 3, countMin <= rounds.count else { return nil }
    return inOrder ?? aligned.verdict()
  }

  /// The same where nobody lacks a row.
  private var inOrder: (agreeing: Int, rounds: Int)? {
    let agreeing = rounds.prefix(countMin).count { round in
      let mean = round.durationSum / Double(workerCount)
      return Double(round.highest - round.lowest) <= Self.tolerance * mean
    }
    guard Double(agreeing) >= Self.shareOfRounds * Double(countMin) else { return nil }
    return (agreeing, countMin)
  }
}
