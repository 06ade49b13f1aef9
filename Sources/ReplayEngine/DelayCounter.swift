import Kernels

/// Counts how often each pair (worker, delay) occurred, without an allocation per count.
///
/// Most delays are a few times M at the most, and have a row of counters for each worker, in which those of one
/// worker lie side by side. A slow worker sees delays as large as the number of updates: beyond the rows
/// there is one open-addressing table for all.
struct DelayCounter: ~Copyable {
  /// Above this many workers only the overall histogram is kept, as per-worker tables would take
  /// memory in proportion to the number of updates.
  static let workerLimit = 4096

  /// The most counters in all rows together: 2 MiB.
  private static let denseLimit = 1 << 18

  private static let emptyKey = UInt64.max

  private let workerCount: Int
  /// Row by row; 0 where nothing was counted.
  private let dense: UnsafeMutablePointer<Int>
  /// Of a row.
  private let width: Int
  /// From one worker's row to the next; 0 where all share one. A line of 64 bytes more than a row: what all workers
  /// count most would otherwise want the same few places of the nearest cache.
  private let rowStride: Int
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
    let rowCount = workerCount <= Self.workerLimit ? max(1, workerCount) : 1
    width = min(max(64, 4 * workerCount), Self.denseLimit / rowCount)
    rowStride = workerCount <= Self.workerLimit ? width + 8 : 0
    let room = rowCount * (width + 8)
    dense = allocateLarge(byteCount: room * MemoryLayout<Int>.stride)
      .bindMemory(to: Int.self, capacity: room)
    dense.initialize(repeating: 0, count: room)
    mask = 1023
    slots = .allocate(capacity: mask + 1)
    slots.initialize(repeating: Slot(), count: mask + 1)
  }

  deinit {
    dense.deallocate()
    slots.deallocate()
  }

  private var keepsWorkers: Bool { workerCount <= Self.workerLimit }

  @inline(__always)
  mutating func count(worker: Int, delay: Int) {
    if UInt(bitPattern: delay) < UInt(bitPattern: width) {
      // Not `&+=`: compiled for the thread sanitizer, Swift 6.3 breaks off at it.
      let place = worker &* rowStride &+ delay
      dense[place] = dense[place] &+ 1
    } else {
      let row = keepsWorkers ? worker : 0
      add(1, to: UInt64(truncatingIfNeeded: row) << 48 | UInt64(truncatingIfNeeded: delay))
    }
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
    for row in 0..<(keepsWorkers ? workerCount : 1) {
      for delay in 0..<width where dense[row * rowStride + delay] != 0 {
        let bin = DelayHistogram.Bin(delay: delay, count: dense[row * rowStride + delay])
        entries.append((row, bin))
      }
    }
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
