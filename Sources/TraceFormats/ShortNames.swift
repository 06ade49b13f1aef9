import ByteStreams

/// The workers of short names that came last, by the names themselves: no comparison byte by byte.
struct ShortNames {
  /// A name of 1 to 16 bytes.
  struct Key: Equatable {
    /// The first eight bytes and the last eight, which overlap; the last are 0 where all are first.
    private var first: UInt64 = 0
    private var last: UInt64 = 0
    /// 0 for none, or for a longer one.
    private(set) var count = 0

    init() {}

    @inline(__always)
    init(_ row: PlainRow) {
      first = row.nameWord
      count = row.name.count
      guard count > 8 else { return }
      last = row.name.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
      if count > 16 { count = 0 }
    }

    @inline(__always)
    var slot: Int {
      Int(truncatingIfNeeded: ((first ^ last &<< 3) &* 0x9e37_79b9_7f4a_7c15) &>> 53)
    }
  }

  struct Entry {
    var key = Key()
    var worker: Int32 = 0
    /// The sink's; −1 for a worker that is left out, and in a slot without one.
    var handle: Int32 = -1
  }

  /// A name is in the slot of its key or in the one beside it: with 64 workers some two share a slot,
  /// and would take turns in it.
  private(set) var entries = ContiguousArray(repeating: Entry(), count: 1 << 11)

  /// Enters a name, unless it is too long.
  mutating func enter(_ key: Key, worker: Int, handle: Int32) {
    guard key.count > 0 else { return }
    let slot = key.slot
    guard entries[slot].key != key, entries[slot ^ 1].key != key else { return }
    if entries[slot].key.count > 0 { entries[slot ^ 1] = entries[slot] }
    entries[slot] = Entry(
      key: key, worker: Int32(truncatingIfNeeded: worker), handle: handle)
  }
}
