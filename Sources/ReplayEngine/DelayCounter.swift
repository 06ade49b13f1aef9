/// Counts how often each pair (worker, delay) occurred, without an allocation per count.
///
/// One open-addressing table for all workers: most workers see few different delays, but a slow one
/// sees delays as large as the number of updates, so a dense table would not do.
struct DelayCounter: ~Copyable {
  /// Above this many workers only the overall histogram is kept, as per-worker tables would take
  /// memory in proportion to the number of updates.
  static let workerLimit = 4096

  private static let emptyKey = UInt64.max

  private let workerCount: Int
  private var mask: Int
  private var used = 0
  /// Key and count side by side, for one cache miss and not two.
  private struct Slot {
    var key = DelayCounter.emptyKey
    var count = 0
  }
  private var slots: UnsafeMutablePointer<Slot>

  init(workerCount: Int) {
    self.workerCount = workerCount
    mask = 1023
    slots = .allocate(capacity: mask + 1)
    slots.initialize(repeating: Slot(), count: mask + 1)
  }

  deinit {
    slots.deallocate()
  }

  private var keepsWorkers: Bool { workerCount <= Self.workerLimit }

  @inline(__always)
  mutating func count(worker: Int, delay: Int) {
    let row = keepsWorkers ? UInt64(truncatingIfNeeded: worker) : 0
    add(1, to: row << 48 | UInt64(truncatingIfNeeded: delay))
  }

  @inline(__always)
  private mutating func add(_ amount: Int, to key: UInt64) {
    var place = Self.hash(key) & mask
    while true {
      let found = slots[place].key
      if found == key {
        slots[place].count &+= amount
        return
      }
      if found == Self.emptyKey { break }
      place = (place + 1) & mask
    }
    slots[place] = Slot(key: key, count: amount)
    used += 1
    if 2 * used > mask { grow() }
  }

  @inline(__always)
  private static func hash(_ key: UInt64) -> Int {
    // The worker stands in the highest bits, which a product alone would not bring down: all workers with
    // one delay would look for the same slot.
    Int(truncatingIfNeeded: ((key ^ key >> 37) &* 0x9e37_79b9_7f4a_7c15) >> 32)
  }

  private mutating func grow() {
    let old = slots
    let oldSize = mask + 1
    mask = 2 * oldSize - 1
    used = 0
    slots = .allocate(capacity: mask + 1)
    slots.initialize(repeating: Slot(), count: mask + 1)
    for place in 0..<oldSize where old[place].key != Self.emptyKey {
      add(old[place].count, to: old[place].key)
    }
    old.deallocate()
  }

  /// The histograms, ascending by delay; `perWorker` is empty above ``workerLimit`` workers.
  func histograms() -> (overall: DelayHistogram, perWorker: [DelayHistogram]) {
    var entries: [(worker: Int, bin: DelayHistogram.Bin)] = []
    entries.reserveCapacity(used)
    for place in 0...mask where slots[place].key != Self.emptyKey {
      let key = slots[place].key
      let bin = DelayHistogram.Bin(
        delay: Int(key & 0xffff_ffff_ffff), count: slots[place].count)
      entries.append((Int(key >> 48), bin))
    }
    entries.sort { ($0.bin.delay, $0.worker) < ($1.bin.delay, $1.worker) }
    var overall = DelayHistogram()
    var perWorker = [DelayHistogram](
      repeating: DelayHistogram(), count: keepsWorkers ? workerCount : 0)
    for (worker, bin) in entries {
      if overall.bins.last?.delay == bin.delay {
        overall.bins[overall.bins.count - 1].count += bin.count
      } else {
        overall.bins.append(bin)
      }
      if keepsWorkers { perWorker[worker].bins.append(bin) }
    }
    return (overall, perWorker)
  }
}
