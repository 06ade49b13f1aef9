import TraceModel

/// Gradients in the order in which they arrived, until they are enough for a sorted run.
package struct SpoolBuffer {
  private var columns = TimingColumns()
  private var handles: ContiguousArray<Int32> = []
  private let recordLimit: Int

  /// A start, a duration and a handle; start and duration again once they are sorted.
  package static let recordByteSize =
    4 * MemoryLayout<Int64>.size + MemoryLayout<Int32>.size

  package init(byteLimit: Int = 0) {
    recordLimit = byteLimit / Self.recordByteSize + 1
  }

  /// Gradients, of all workers.
  package var count: Int { handles.count }
  /// Whether no gradient is waiting for a run.
  package var isEmpty: Bool { handles.isEmpty }

  /// What is held, with the order of a sorted run; capacity that is not used yet is left out.
  package var byteSize: Int {
    var recordByteSize = Self.recordByteSize
    if !columns.presence.isEmpty {
      // The three other times, where a batch ends, and the place in the order.
      recordByteSize += 3 * MemoryLayout<Int64>.size + 2 * MemoryLayout<Int32>.size
    }
    return count * recordByteSize + columns.samples.count * MemoryLayout<Int32>.size
  }

  /// Takes in one gradient of the worker with this handle.
  @inline(__always)
  package mutating func append(_ entry: TimingColumns.Entry, samples batch: [Int32], handle: Int) {
    makeRoom(for: 1)
    handles.append(Int32(truncatingIfNeeded: handle))
    columns.append(entry, samples: batch)
  }

  /// Adds gradients of which only the times are known.
  package mutating func append(_ gradients: GradientBatch) {
    makeRoom(for: gradients.count)
    handles.append(contentsOf: gradients.handles)
    columns.append(starts: gradients.startsNs, durations: gradients.durationsNs)
  }

  /// Doubling would end at up to twice the limit, with a copy of half of that beside it.
  @inline(__always)
  private mutating func makeRoom(for count: Int) {
    guard handles.count + count > handles.capacity, handles.count >= recordLimit / 8 else { return }
    let capacity = max(recordLimit, handles.count + count)
    handles.reserveCapacity(capacity)
    columns.reserve(capacity)
  }

  /// Empties it, and keeps its memory for the next run.
  package mutating func removeAll() {
    handles.removeAll(keepingCapacity: true)
    columns.removeAll()
  }

  /// The buffer's gradients as a run sorted by (place, start, arrival).
  ///
  /// Counting by worker keeps the arrival order within a worker, and most sources push each
  /// worker's gradients in order: then nothing is left to sort. O(n + workers).
  ///
  /// - Parameters:
  ///   - places: by handle, the worker's place in the order of labels.
  ///   - scratch: memory for what is sorted, taken from a run before: fresh pages cost more than
  ///     the sorting.
  func sorted(places: [Int32], scratch: consuming SortedTimes = SortedTimes()) -> BufferedRun {
    let groups = groups(places)
    var ends = ContiguousArray<Int32>(repeating: 0, count: places.count)
    var begin: Int32 = 0
    for group in groups {
      ends[Int(group.handle)] = begin
      begin = group.end
    }
    // Where everything but the times is to be found again.
    var order = ContiguousArray<Int32>(
      repeating: 0, count: columns.presence.isEmpty ? 0 : count)
    var sorted = scratch
    sorted.resize(to: count)
    handles.withUnsafeBufferPointer { handles in
      ends.withUnsafeMutableBufferPointer { ends in
        sorted.fill(from: columns) { index in
          let handle = Int(handles[index])
          let place = ends[handle]
          ends[handle] = place + 1
          return Int(place)
        }
      }
    }
    if !order.isEmpty {
      begin = 0
      for group in groups {
        ends[Int(group.handle)] = begin
        begin = group.end
      }
      for (index, handle) in handles.enumerated() {
        order[Int(ends[Int(handle)])] = Int32(truncatingIfNeeded: index)
        ends[Int(handle)] += 1
      }
    }
    begin = 0
    for group in groups {
      sorted.sort(Int(begin)..<Int(group.end), order: &order)
      begin = group.end
    }
    return BufferedRun(
      sorted, groups: groups, rest: order.isEmpty ? TimingColumns() : columns, order: order)
  }

  /// The workers that have gradients, in the order of their places, each with where its own end.
  private func groups(_ places: [Int32]) -> ContiguousArray<SpoolGroup> {
    var counts = ContiguousArray<Int32>(repeating: 0, count: places.count)
    counts.withUnsafeMutableBufferPointer { counts in
      for handle in handles { counts[Int(handle)] += 1 }
    }
    var handlesByPlace = ContiguousArray<Int32>(repeating: 0, count: places.count)
    for (handle, place) in places.enumerated() {
      handlesByPlace[Int(place)] = Int32(truncatingIfNeeded: handle)
    }
    var groups: ContiguousArray<SpoolGroup> = []
    var end: Int32 = 0
    for handle in handlesByPlace where counts[Int(handle)] > 0 {
      end += counts[Int(handle)]
      groups.append(SpoolGroup(handle: handle, end: end))
    }
    return groups
  }
}

/// One worker's gradients in a sorted run: those up to `end` that are not of the group before.
package struct SpoolGroup {
  var handle: Int32
  var end: Int32
}

/// The starts and durations of a run.
struct SortedTimes {
  private(set) var starts: ContiguousArray<Int64> = []
  private(set) var durations: ContiguousArray<Int64> = []

  /// What is in them does not matter.
  mutating func resize(to count: Int) {
    func resize(_ column: inout ContiguousArray<Int64>) {
      let missing = count - column.count
      if missing > 0 {
        column.append(contentsOf: repeatElement(0, count: missing))
      } else {
        column.removeLast(-missing)
      }
    }
    resize(&starts)
    resize(&durations)
  }

  /// Puts gradient after gradient where `place` says.
  @inline(__always)
  mutating func fill(from columns: borrowing TimingColumns, place: (Int) -> Int) {
    let count = columns.count
    starts.withUnsafeMutableBufferPointer { starts in
      durations.withUnsafeMutableBufferPointer { durations in
        columns.starts.withUnsafeBufferPointer { sourceStarts in
          columns.durations.withUnsafeBufferPointer { sourceDurations in
            for index in 0..<count {
              let place = place(index)
              starts[place] = sourceStarts[index]
              durations[place] = sourceDurations[index]
            }
          }
        }
      }
    }
  }

  /// Sorts one worker's gradients by (start, arrival).
  ///
  /// - Parameter order: moves with them, unless it is empty.
  mutating func sort(_ range: Range<Int>, order: inout ContiguousArray<Int32>) {
    let isSorted = starts.withUnsafeBufferPointer { starts in
      var isSorted = true
      for index in range.dropFirst() where starts[index - 1] > starts[index] { isSorted = false }
      return isSorted
    }
    guard !isSorted else { return }
    // Swift's sort does not promise to be stable: the arrival is part of the key.
    let indices = range.sorted { (starts[$0], $0) < (starts[$1], $1) }
    let sortedStarts = indices.map { starts[$0] }
    let sortedDurations = indices.map { durations[$0] }
    starts.replaceSubrange(range, with: sortedStarts)
    durations.replaceSubrange(range, with: sortedDurations)
    guard !order.isEmpty else { return }
    let sortedOrder = indices.map { order[$0] }
    order.replaceSubrange(range, with: sortedOrder)
  }
}

/// Up to 4,096 gradients of one worker, in order of start.
package struct SpoolSegment {
  /// The worker's, as the sink gave it out.
  package var handle: Int
  /// At least one gradient.
  package var columns: TimingColumns
}

/// Segments in order of (place of the label, start).
package protocol SpoolRun: AnyObject {
  /// The next segment; nil at the end.
  func next() throws -> SpoolSegment?
}

/// A run that is still in memory.
package final class BufferedRun: SpoolRun {
  private var times: SortedTimes
  private let groups: ContiguousArray<SpoolGroup>
  /// What else was recorded, in the order of arrival, and where to find it; empty if nothing was.
  private let rest: TimingColumns
  private let order: ContiguousArray<Int32>
  private var group = 0
  private var position = 0

  init(
    _ times: SortedTimes, groups: ContiguousArray<SpoolGroup>, rest: TimingColumns,
    order: ContiguousArray<Int32>
  ) {
    self.times = times
    self.groups = groups
    self.rest = rest
    self.order = order
  }

  /// Gives its memory to another run, and is empty from then on.
  func takeTimes() -> SortedTimes {
    var taken = SortedTimes()
    swap(&taken, &times)
    group = groups.count
    return taken
  }

  /// Begins anew with the first segment.
  package func rewind() {
    group = 0
    position = 0
  }

  /// The next segment, cut where the worker changes or a chunk is full; nil behind the last.
  package func next() -> SpoolSegment? {
    guard group < groups.count else { return nil }
    let handle = Int(groups[group].handle)
    let groupEnd = Int(groups[group].end)
    let end = min(groupEnd, position + TimingColumns.gradientLimit)
    var columns = TimingColumns()
    if order.isEmpty {
      columns = TimingColumns(
        starts: ContiguousArray(times.starts[position..<end]),
        durations: ContiguousArray(times.durations[position..<end]))
      position = end
    }
    // A batch of a million samples a gradient must not make a segment too large to be packed.
    while position < end, columns.samples.count < 1 << 20 {
      let index = Int(order[position])
      columns.append(rest[index], samples: rest.batch(index))
      position += 1
    }
    if position == groupEnd { group += 1 }
    return SpoolSegment(handle: handle, columns: columns)
  }
}
