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
/// Only their union matters, so that it is formed now and then on the way: 16 bytes for each
/// stretch that touches no other, at most `limit` of them.
package struct IntervalUnion {
  private let limit: Int
  /// Apart and in order after ``tidy()``; before it in any order, and some may overlap.
  package private(set) var stretches: [Stretch] = []
  private var isUnion = true
  private var nextTidying = 1 << 16

  package init(limit: Int = .max) {
    self.limit = limit
  }

  /// Whether nothing of a positive length was inserted.
  package var isEmpty: Bool { stretches.isEmpty }

  /// The stretches kept at the moment, some of which may overlap.
  package var count: Int { stretches.count }

  /// - Throws: `tooManyIntervals` if the union itself gets too long.
  package mutating func insert(_ stretch: Stretch) throws(TraceFormatError.Reason) {
    guard stretch.start < stretch.end else { return }
    stretches.append(stretch)
    isUnion = false
    guard stretches.count >= nextTidying else { return }
    tidy()
    // Doubling keeps the sorting within O(n log n) altogether.
    nextTidying = max(nextTidying, stretches.count * 2)
    guard stretches.count <= limit else { throw .tooManyIntervals(limit: limit) }
  }

  /// Sorts the stretches and joins those that touch.
  package mutating func tidy() {
    guard !isUnion else { return }
    stretches.sort { $0.start < $1.start }
    var kept = 0
    for index in 1..<max(stretches.count, 1) {
      if stretches[index].start <= stretches[kept].end {
        stretches[kept].end = max(stretches[kept].end, stretches[index].end)
      } else {
        kept += 1
        stretches[kept] = stretches[index]
      }
    }
    stretches.removeSubrange(min(kept + 1, stretches.count)...)
    isUnion = true
  }

  /// The moments of this set that are not in `other`.
  ///
  /// - Precondition: Both are tidy.
  package func subtracting(_ other: IntervalUnion) -> IntervalUnion {
    precondition(isUnion && other.isUnion, "a set was used before it was tidied")
    var result = IntervalUnion()
    var next = 0
    for stretch in stretches {
      var start = stretch.start
      while next < other.stretches.count, other.stretches[next].end <= start { next += 1 }
      var hole = next
      while hole < other.stretches.count, other.stretches[hole].start < stretch.end {
        let gap = other.stretches[hole]
        if start < gap.start { result.stretches.append(Stretch(start: start, end: gap.start)) }
        start = max(start, gap.end)
        hole += 1
      }
      if start < stretch.end { result.stretches.append(Stretch(start: start, end: stretch.end)) }
    }
    return result
  }

  /// How much time of the set lies inside `window`.
  ///
  /// - Precondition: The set is tidy.
  package func measure(in window: Stretch) -> Int64 {
    precondition(isUnion, "a set was used before it was tidied")
    var low = 0
    var high = stretches.count
    while low < high {
      let middle = (low + high) / 2
      if stretches[middle].end <= window.start { low = middle + 1 } else { high = middle }
    }
    var sum: Int64 = 0
    while low < stretches.count, stretches[low].start < window.end {
      sum += min(stretches[low].end, window.end) - max(stretches[low].start, window.start)
      low += 1
    }
    return sum
  }
}
