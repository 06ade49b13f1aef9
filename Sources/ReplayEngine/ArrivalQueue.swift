import Kernels

/// The gradients under way, the next to end first: a 4-ary heap ordered by (time, worker).
///
/// Four children share a cache line, for which the first entry lies at the end of one, and most
/// arrivals only replace the top by the same worker's next end; measured against a binary heap this
/// saves 40% at 64 workers and more above. Which of four children is the least no processor can guess:
/// it is chosen without a branch. The order is total, so the shape of the heap never shows.
///
/// Entries are never removed from the middle. A worker that is aborted gets a new entry, and the
/// owner recognises the old one by its time (``ReplayLoop``).
struct ArrivalQueue: ~Copyable {
  struct Entry {
    var time: Int64
    var worker: Int32

    @inline(__always)
    static func < (lhs: Entry, rhs: Entry) -> Bool {
      lhs.time < rhs.time || (lhs.time == rhs.time && lhs.worker < rhs.worker)
    }

    /// 1 if the left one comes first, else 0: `<` as arithmetic.
    @inline(__always)
    static func comesFirst(_ lhs: Entry, _ rhs: Entry) -> Int {
      let earlier = lhs.time < rhs.time ? 1 : 0
      let equal = lhs.time == rhs.time ? 1 : 0
      let lower = lhs.worker < rhs.worker ? 1 : 0
      return earlier | (equal & lower)
    }
  }

  private(set) var count = 0
  private var capacity: Int
  private var base: UnsafeMutablePointer<Entry>

  init(capacity: Int) {
    self.capacity = max(1, capacity)
    base = Self.allocate(self.capacity)
  }

  deinit {
    Self.deallocate(base)
  }

  /// Entries 1, 5, 9 … begin a cache line of 64 bytes.
  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Entry> {
    let lines = allocateLarge(byteCount: (capacity + 3) * MemoryLayout<Entry>.stride)
    return (lines + 3 * MemoryLayout<Entry>.stride).bindMemory(to: Entry.self, capacity: capacity)
  }

  private static func deallocate(_ base: UnsafeMutablePointer<Entry>) {
    (UnsafeMutableRawPointer(base) - 3 * MemoryLayout<Entry>.stride).deallocate()
  }

  var isEmpty: Bool { count == 0 }

  /// The first entry. The queue must not be empty.
  var top: Entry {
    @inline(__always) get { base[0] }
  }

  /// The worker of the second entry, if there is one.
  var second: Int? {
    @inline(__always) get {
      guard count > 1 else { return nil }
      var least = base[1]
      for child in 2..<max(2, min(count, 5)) where base[child] < least { least = base[child] }
      return Int(least.worker)
    }
  }

  mutating func removeAll() {
    count = 0
  }

  mutating func push(_ entry: Entry) {
    if count == capacity { grow() }
    var hole = count
    count += 1
    while hole > 0 {
      let parent = (hole - 1) >> 2
      guard entry < base[parent] else { break }
      base[hole] = base[parent]
      hole = parent
    }
    base[hole] = entry
  }

  mutating func removeTop() {
    count -= 1
    if count > 0 { sink(base[count]) }
  }

  /// Takes the first entry away and puts another one in, with one pass instead of two.
  @inline(__always)
  mutating func replaceTop(with entry: Entry) {
    sink(entry)
  }

  /// Puts `entry` where it belongs, from the hole at the top downwards.
  @inline(__always)
  private mutating func sink(_ entry: Entry) {
    let base = self.base
    let count = self.count
    var hole = 0
    while true {
      let first = 4 * hole + 1
      guard first < count else { break }
      var least = first
      if first + 4 <= count {
        let one = first + Entry.comesFirst(base[first + 1], base[first])
        let other = first + 2 + Entry.comesFirst(base[first + 3], base[first + 2])
        least = one + (other - one) * Entry.comesFirst(base[other], base[one])
      } else {
        for child in (first + 1)..<max(first + 1, count) where base[child] < base[least] {
          least = child
        }
      }
      let leastEntry = base[least]
      guard leastEntry < entry else { break }
      base[hole] = leastEntry
      hole = least
    }
    base[hole] = entry
  }

  private mutating func grow() {
    let larger = Self.allocate(2 * capacity)
    larger.moveInitialize(from: base, count: count)
    Self.deallocate(base)
    base = larger
    capacity *= 2
  }
}
