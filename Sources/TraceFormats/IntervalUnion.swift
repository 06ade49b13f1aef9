/// A stretch of time from `start` up to `end`, in nanoseconds.
package struct Stretch: Hashable {
  /// Inclusive.
  package var start: Int64
  /// Exclusive; a stretch that ends where it starts is empty and never kept.
  package var end: Int64

  package init(start: Int64, end: Int64) {
    self.start = start
    self.end = end
  }
}

/// A set of moments, collected as stretches in any order and kept small.
///
/// A profile of a minute has millions of operations, most of them inside one another or end to end.
/// Only their union matters, so that it is formed now and then on the way: sorted, joined, and packed
/// as gaps and lengths. A stretch that touches no other takes about 5 bytes, as an operation that
/// lasts microseconds does; 16 while it waits to be sorted.
package struct IntervalUnion {
  private let byteLimit: Int
  /// The union so far, in order; no two stretches of it touch.
  private var blocks: [StretchBlock] = []
  private var packedCount = 0
  private var packedByteSize = 0
  /// What came since, in any order.
  private var recent: [Stretch] = []
  /// Whether these begin one after the other.
  private var isInOrder = true
  /// How many of them there may be before they are sorted in.
  private var recentLimit = Self.recentLimits.lowerBound

  /// So many stretches are collected before they are sorted in; with a large union more, so that
  /// inserting n of them stays within O(n log n) altogether.
  private static let recentLimits = 1 << 16...1 << 20

  /// - Parameter byteLimit: the most that the packed union may take.
  package init(byteLimit: Int = .max) {
    self.byteLimit = byteLimit
  }

  /// Whether nothing of a positive length was inserted.
  package var isEmpty: Bool { blocks.isEmpty && recent.isEmpty }

  /// The stretches kept at the moment, some of which may overlap.
  package var count: Int { packedCount + recent.count }

  /// What these take.
  package var byteSize: Int { packedByteSize + recent.count * MemoryLayout<Stretch>.stride }

  /// The union as it stands.
  ///
  /// - Precondition: The set is tidy.
  package var stretches: [Stretch] {
    precondition(recent.isEmpty, "a set was used before it was tidied")
    var stretches: [Stretch] = []
    var cursor = Cursor(blocks)
    while let stretch = cursor.current {
      stretches.append(stretch)
      cursor.advance()
    }
    return stretches
  }

  /// - Throws: `tooManyIntervals` if the union itself gets too large.
  package mutating func insert(_ stretch: Stretch) throws(TraceFormatError.Reason) {
    guard stretch.start < stretch.end else { return }
    if let last = recent.last, stretch.start < last.start { isInOrder = false }
    recent.append(stretch)
    guard recent.count >= recentLimit else { return }
    tidy()
    guard packedByteSize <= byteLimit else { throw .tooManyIntervals(count: packedCount) }
  }

  /// Sorts in what came since the last time, and joins stretches that touch.
  package mutating func tidy() {
    guard let first = sortRecent() else { return }
    let last = recent[recent.count - 1].end
    // What lies before all of the new stretches, or behind them, stays as it is.
    let begin = blocks.firstIndex { $0.end >= first } ?? blocks.count
    let end = blocks[begin...].firstIndex { $0.start > last } ?? blocks.count
    var packer = Packer()
    var next = 0
    var stretches: [Stretch] = []
    for index in begin..<end {
      blocks[index].unpack(into: &stretches)
      // Not held twice while it is written anew.
      forget(index)
      for old in stretches {
        while next < recent.count, recent[next].start < old.start {
          packer.append(recent[next])
          next += 1
        }
        packer.append(old)
      }
    }
    while next < recent.count {
      packer.append(recent[next])
      next += 1
    }
    recent.removeAll(keepingCapacity: true)
    isInOrder = true
    let packed = packer.finish()
    packedCount += packed.reduce(0) { $0 + $1.count }
    packedByteSize += packed.reduce(0) { $0 + $1.byteSize }
    blocks.replaceSubrange(begin..<end, with: packed)
    let limits = Self.recentLimits
    recentLimit = min(max(limits.lowerBound, packedCount / 8), limits.upperBound)
  }

  /// Sorts the new stretches and joins those that touch; returns the first start.
  private mutating func sortRecent() -> Int64? {
    guard !recent.isEmpty else { return nil }
    if !isInOrder { recent.sort { $0.start < $1.start } }
    var kept = 0
    for index in 1..<recent.count {
      if recent[index].start <= recent[kept].end {
        recent[kept].end = max(recent[kept].end, recent[index].end)
      } else {
        kept += 1
        recent[kept] = recent[index]
      }
    }
    recent.removeSubrange((kept + 1)...)
    return recent[0].start
  }

  private mutating func forget(_ index: Int) {
    packedCount -= blocks[index].count
    packedByteSize -= blocks[index].byteSize
    blocks[index] = StretchBlock()
  }

  /// Whether any time of the set lies inside `window`.
  ///
  /// - Precondition: The set is tidy.
  package func meets(_ window: Stretch) -> Bool {
    precondition(recent.isEmpty, "a set was used before it was tidied")
    guard window.start < window.end else { return false }
    return Cursor(blocks, from: window.start).current.map { $0.start < window.end } ?? false
  }

  /// How much time of the set lies inside `window`.
  ///
  /// - Precondition: The set is tidy.
  package func measure(in window: Stretch) -> Int64 {
    measure(in: window, without: IntervalUnion())
  }

  /// How much time inside `window` is of this set and not of `other`.
  ///
  /// The difference is never formed: it can be longer than both.
  ///
  /// - Precondition: Both are tidy.
  /// - Complexity: O(stretches in the window + log stretches).
  package func measure(in window: Stretch, without other: IntervalUnion) -> Int64 {
    precondition(
      recent.isEmpty && other.recent.isEmpty, "a set was used before it was tidied")
    guard !blocks.isEmpty else { return 0 }
    var sum: Int64 = 0
    var holes = Cursor(other.blocks, from: window.start)
    var cursor = Cursor(blocks, from: window.start)
    while let stretch = cursor.current, stretch.start < window.end {
      var start = max(stretch.start, window.start)
      let end = min(stretch.end, window.end)
      while let hole = holes.current, hole.start < end {
        if start < hole.start { sum += hole.start - start }
        start = max(start, hole.end)
        // A hole that goes on may take from the next stretch too.
        guard hole.end <= end else { break }
        holes.advance()
      }
      if start < end { sum += end - start }
      cursor.advance()
    }
    return sum
  }
}

extension IntervalUnion {
  /// The stretches of some blocks, one after the other.
  private struct Cursor {
    private let blocks: [StretchBlock]
    private var nextBlock = 0
    /// Those of the block before `nextBlock`.
    private var stretches: [Stretch] = []
    private var next = 0
    private(set) var current: Stretch?

    /// Begins with the first stretch that ends behind `time`.
    init(_ blocks: [StretchBlock], from time: Int64 = .min) {
      self.blocks = blocks
      var low = 0
      var high = blocks.count
      while low < high {
        let middle = (low + high) / 2
        if blocks[middle].end <= time { low = middle + 1 } else { high = middle }
      }
      nextBlock = low
      repeat { advance() } while current.map { $0.end <= time } ?? false
    }

    mutating func advance() {
      if next == stretches.count {
        // No block is empty.
        guard nextBlock < blocks.count else { return current = nil }
        blocks[nextBlock].unpack(into: &stretches)
        nextBlock += 1
        next = 0
      }
      current = stretches[next]
      next += 1
    }
  }

  /// Puts stretches in order of start into blocks, and joins those that touch.
  private struct Packer {
    private var blocks: [StretchBlock] = []
    private var gathered: [Stretch] = []
    private var pending: Stretch?

    mutating func append(_ stretch: Stretch) {
      guard let before = pending else {
        pending = stretch
        return
      }
      if stretch.start <= before.end {
        pending = Stretch(start: before.start, end: max(before.end, stretch.end))
      } else {
        put(before)
        pending = stretch
      }
    }

    private mutating func put(_ stretch: Stretch) {
      gathered.append(stretch)
      if gathered.count == StretchBlock.countLimit { close() }
    }

    private mutating func close() {
      blocks.append(StretchBlock(gathered))
      gathered.removeAll(keepingCapacity: true)
    }

    mutating func finish() -> [StretchBlock] {
      if let pending { put(pending) }
      pending = nil
      if !gathered.isEmpty { close() }
      return blocks
    }
  }
}
