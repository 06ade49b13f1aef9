import Kernels

/// A row of Philox words for one shuffle or one resample.
///
/// The counter is (block, repetition, purpose, owner): the row of repetition 17 does not depend on
/// how many words repetition 16 used, so that a cap on the work changes how many repetitions there
/// are and never what one of them draws.
struct Draws {
  /// What the words are for; two purposes of one stream never share a word.
  enum Purpose: UInt32 {
    case equalWorkers = 0
    case shuffledRounds = 1
    case burstiness = 2
    case blocks = 3
    case seeds = 4
    case clockShifts = 5
    case listedUnits = 16

    var stream: RandomStream {
      switch self {
      case .equalWorkers, .shuffledRounds, .burstiness, .clockShifts: .shuffles
      case .blocks, .seeds, .listedUnits: .bootstrap
      }
    }
  }

  /// The owner of a row that belongs to no single worker.
  static let everybody = Int(UInt32.max)

  private let key: (UInt32, UInt32)
  private let purpose: UInt32
  private let repetition: UInt32
  private let owner: UInt32
  private var block: UInt32 = 0
  private var words: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
  private var used = 4

  init(seed: UInt64, purpose: Purpose, repetition: Int, owner: Int) {
    key = (
      UInt32(truncatingIfNeeded: seed),
      UInt32(truncatingIfNeeded: seed >> 32) ^ purpose.stream.rawValue
    )
    self.purpose = purpose.rawValue
    self.repetition = UInt32(truncatingIfNeeded: repetition)
    self.owner = UInt32(truncatingIfNeeded: owner)
  }

  private mutating func word() -> UInt32 {
    if used == 4 {
      words = philox(counter: (block, repetition, purpose, owner), key: key)
      block &+= 1
      used = 0
    }
    used += 1
    switch used {
    case 1: return words.0
    case 2: return words.1
    case 3: return words.2
    default: return words.3
    }
  }

  /// An index below `count` ≤ 2^31: ⌊w · count / 2^32⌋.
  mutating func index(below count: Int) -> Int {
    Int((UInt64(word()) &* UInt64(count)) >> 32)
  }

  /// From 0 on, below 1: w / 2^32.
  mutating func share() -> Double { Double(word()) * 0x1p-32 }

  /// Shuffles `values[range]` in place (Fisher and Yates, from the end).
  mutating func shuffle<Value>(_ values: inout [Value], in range: Range<Int>) {
    var last = range.upperBound - 1
    while last > range.lowerBound {
      values.swapAt(last, range.lowerBound + index(below: last - range.lowerBound + 1))
      last -= 1
    }
  }
}
