/// Finds the rounds of a synchronous job also where rows are missing, so that the n-th gradients of two workers
/// need not belong together.
///
/// A gradient belongs to the round of the first worker that ended next to it, or that has its step. Looked for in
/// the first 4,096 gradients of each worker.
struct AlignedRounds {
  static let roundLimit = 4096

  private struct Round {
    /// What tells its gradients: the first worker's end, or its step.
    var key: Int64
    var lowest: Int64
    var highest: Int64
    var durationSum: Double
    var count = 1
  }

  /// Ends can be compared between workers; else durations are, step by step.
  private let comparesEnds: Bool
  private var rounds: ContiguousArray<Round> = []
  /// Gradients that were looked at.
  private var gradientCount = 0
  private var workerCount = 0
  /// Of the worker at hand: the round to look at next, and the last one that it has a gradient in.
  private var cursor = 0
  private var taken = -1

  init(comparesEnds: Bool) {
    self.comparesEnds = comparesEnds
  }

  /// Takes consecutive gradients of a worker, of which the first has this place among its own.
  mutating func take(_ columns: borrowing TimingColumns, _ range: Range<Int>, at position: Int) {
    guard comparesEnds || columns.presence.contains(.steps) else { return }
    if position == 0 { (cursor, taken) = (0, -1) }
    for index in range.prefix(max(0, Self.roundLimit - position)) {
      let duration = columns.durations[index]
      let key = comparesEnds ? columns.starts[index] + duration : columns.steps[index]
      if workerCount == 0 {
        gradientCount += 1
        let value = comparesEnds ? key : duration
        rounds.append(
          Round(key: key, lowest: value, highest: value, durationSum: Double(duration)))
      } else {
        match(key: key, duration: duration)
      }
    }
  }

  private mutating func match(key: Int64, duration: Int64) {
    guard let last = rounds.last?.key else { return }
    // Nobody knows what the first worker did after the last round that is kept.
    let isKnown =
      rounds.count < Self.roundLimit || key <= last
      || comparesEnds && distance(key, last) <= duration.magnitude / 2
    guard isKnown else { return }
    gradientCount += 1
    while cursor + 1 < rounds.count,
      distance(rounds[cursor + 1].key, key) <= distance(rounds[cursor].key, key)
    {
      cursor += 1
    }
    let distance = distance(rounds[cursor].key, key)
    guard cursor != taken, distance <= (comparesEnds ? duration.magnitude / 2 : 0) else { return }
    taken = cursor
    let value = comparesEnds ? key : duration
    rounds[cursor].lowest = min(rounds[cursor].lowest, value)
    rounds[cursor].highest = max(rounds[cursor].highest, value)
    rounds[cursor].durationSum += Double(duration)
    rounds[cursor].count += 1
  }

  /// Steps may be any numbers: their difference need not fit into 63 bits.
  private func distance(_ a: Int64, _ b: Int64) -> UInt64 {
    UInt64(bitPattern: a > b ? a &- b : b &- a)
  }

  mutating func end() { workerCount += 1 }

  /// In how many of the rounds of several workers they agree, if that is enough to say so: 9 in 10 of all
  /// gradients have to be in such rounds.
  func verdict() -> (agreeing: Int, rounds: Int)? {
    guard workerCount >= 2 else { return nil }
    let shared = rounds.filter { $0.count > 1 }
    let agreeing = shared.filter { round in
      let mean = round.durationSum / Double(round.count)
      return Double(round.highest - round.lowest) <= RoundAgreement.tolerance * mean
    }
    let covered = agreeing.reduce(0) { $0 + $1.count }
    guard agreeing.count >= 3,
      Double(covered) >= RoundAgreement.shareOfRounds * Double(gradientCount)
    else { return nil }
    return (agreeing.count, shared.count)
  }
}
