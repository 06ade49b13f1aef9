/// Rounds of independent tasks: everybody has ended gradient r before anybody starts r + 1.
struct RoundStructure {
  /// The smallest gap of each round over the workers: what the exchange itself costs, since the
  /// worker that came last waited for nobody. One entry fewer than there are rounds.
  var smallestGaps: ContiguousArray<Int64>
  /// How many gradients each worker had before the first common round, by handle; empty for none.
  var warmUps: [Int32]

  func round(of position: Int, handle: Int) -> Int {
    warmUps.isEmpty ? position : position - Int(warmUps[handle])
  }
}

/// Finds out whether the workers of a trace advance in rounds.
///
/// They do if there are at least 2 workers and 3 rounds, no worker has more than twice the
/// gradients of another, and for 9 in 10 rounds r every start of round r + 1 is at or after every
/// end of round r. Gradient j of a worker belongs to round j. Where that fails and the workers have
/// up to two gradients more or less, the extra ones are taken for warm-up, and it is tried again.
struct RoundScan: WorkerConsumer {
  /// Traces with more rounds count as asynchronous: no format with gaps has that many tasks, and
  /// memory stays bounded (24 bytes a round).
  static let roundLimit = 1 << 22
  static let shareOfRounds = 0.9
  static let warmUpLimit = 2

  private var lastEnds: ContiguousArray<Int64> = []
  private var firstStarts: ContiguousArray<Int64> = []
  private var smallestGaps: ContiguousArray<Int64> = []
  private var position = 0
  private var previousEnd: Int64 = 0
  private let warmUps: [Int32]
  private(set) var countsByHandle: [Int32]
  private(set) var workerCount = 0
  private(set) var countMin = Int.max
  private(set) var countMax = 0

  init(handleCount: Int, warmUps: [Int32] = []) {
    countsByHandle = Array(repeating: 0, count: handleCount)
    self.warmUps = warmUps
  }

  mutating func begin(_ handle: Int) {
    position = warmUps.isEmpty ? 0 : -Int(warmUps[handle])
  }

  mutating func take(_ columns: TimingColumns, _ range: Range<Int>) {
    for index in range { take(columns, index) }
  }

  private mutating func take(_ columns: borrowing TimingColumns, _ index: Int) {
    let start = columns.starts[index]
    let end = start + columns.durations[index]
    defer {
      position += 1
      previousEnd = end
    }
    guard position >= 0, position < Self.roundLimit else { return }
    if position == lastEnds.count {
      lastEnds.append(end)
      firstStarts.append(start)
      smallestGaps.append(.max)
    } else {
      lastEnds[position] = max(lastEnds[position], end)
      firstStarts[position] = min(firstStarts[position], start)
    }
    if position > 0 {
      let gap = max(0, start - previousEnd)
      smallestGaps[position - 1] = min(smallestGaps[position - 1], gap)
    }
  }

  mutating func end(_ handle: Int, dropped: Int) {
    let count = position + (warmUps.isEmpty ? 0 : Int(warmUps[handle]))
    guard count > 0 else { return }
    countsByHandle[handle] = Int32(clamping: count)
    workerCount += 1
    countMin = min(countMin, position)
    countMax = max(countMax, position)
  }

  /// The rounds, or nil if the workers do not advance in rounds.
  func structure() -> RoundStructure? {
    let rounds = countMin
    guard workerCount >= 2, rounds >= 3, countMax <= 2 * rounds, countMax <= Self.roundLimit
    else { return nil }
    let ordered = (0..<rounds - 1).count { firstStarts[$0 + 1] >= lastEnds[$0] }
    guard Double(ordered) >= Self.shareOfRounds * Double(rounds - 1) else { return nil }
    return RoundStructure(
      smallestGaps: ContiguousArray(smallestGaps.prefix(rounds - 1)), warmUps: warmUps)
  }

  /// The gradients of each worker beyond the fewest, if there are few enough to be warm-up.
  var possibleWarmUps: [Int32]? {
    guard workerCount >= 2, countMax > countMin, countMax - countMin <= Self.warmUpLimit else {
      return nil
    }
    let fewest = Int32(clamping: countMin)
    return countsByHandle.map { max(0, $0 - fewest) }
  }
}
