/// Gradients in the order in which they arrived, until they are enough for a sorted run.
package struct SpoolBuffer {
  private struct Record {
    var entry: TimingColumns.Entry
    var handle: Int32
    var batchCount: Int32
    var batchStart: Int
  }

  /// A record, and its place in the order that a run is sorted by.
  package static let recordByteSize = MemoryLayout<Record>.stride + MemoryLayout<Int32>.size

  private var records: ContiguousArray<Record> = []
  private var samples: ContiguousArray<Int32> = []

  private let recordLimit: Int

  package init(byteLimit: Int = 0) {
    recordLimit = byteLimit / Self.recordByteSize + 1
  }

  /// Gradients, of all workers.
  package var count: Int { records.count }
  /// Whether no gradient is waiting for a run.
  package var isEmpty: Bool { records.isEmpty }
  /// What is held, with the order of a sorted run; capacity that is not used yet is left out.
  package var byteSize: Int { records.count * Self.recordByteSize + samples.count * 4 }

  /// Takes in one gradient of the worker with this handle.
  @inline(__always)
  package mutating func append(_ entry: TimingColumns.Entry, samples batch: [Int32], handle: Int) {
    if records.count == records.capacity, records.count >= recordLimit / 8 {
      // Doubling would end at up to twice the limit, with a copy of half of that beside it.
      records.reserveCapacity(recordLimit)
    }
    records.append(
      Record(
        entry: entry, handle: Int32(truncatingIfNeeded: handle),
        batchCount: Int32(truncatingIfNeeded: batch.count), batchStart: samples.count))
    if !batch.isEmpty { samples.append(contentsOf: batch) }
  }

  /// Empties it, and keeps its memory for the next run.
  package mutating func removeAll() {
    records.removeAll(keepingCapacity: true)
    samples.removeAll(keepingCapacity: true)
  }

  /// The buffer's gradients as a run sorted by (place, start, arrival).
  ///
  /// Counting by worker keeps the arrival order within a worker, and most sources push each
  /// worker's gradients in order: then nothing is left to sort. O(n + workers).
  ///
  /// - Parameter places: by handle, the worker's place in the order of labels.
  package func sorted(places: [Int32]) -> BufferedRun {
    var ends = ContiguousArray<Int32>(repeating: 0, count: places.count + 1)
    for record in records { ends[Int(places[Int(record.handle)]) + 1] += 1 }
    for place in 0..<places.count { ends[place + 1] += ends[place] }
    var order = ContiguousArray<Int32>(repeating: 0, count: records.count)
    for (index, record) in records.enumerated() {
      let place = Int(places[Int(record.handle)])
      order[Int(ends[place])] = Int32(truncatingIfNeeded: index)
      ends[place] += 1
    }
    // Now ends[p] is where place p ends.
    var begin = 0
    for place in 0..<places.count {
      let end = Int(ends[place])
      let isSorted = (begin + 1..<max(end, begin + 1)).allSatisfy {
        start(at: order[$0 - 1]) <= start(at: order[$0])
      }
      if !isSorted {
        // Swift's sort does not promise to be stable: the arrival is part of the key.
        order[begin..<end].sort { (start(at: $0), $0) < (start(at: $1), $1) }
      }
      begin = end
    }
    return BufferedRun(buffer: self, order: order)
  }

  private func start(at index: Int32) -> Int64 { records[Int(index)].entry.start }

  /// The worker of the gradient that arrived as number `index`.
  package func handle(at index: Int32) -> Int { Int(records[Int(index)].handle) }

  /// Appends the gradient that arrived as number `index`, with its batch.
  package func copy(_ index: Int32, to columns: inout TimingColumns) {
    let record = records[Int(index)]
    let batch = samples[record.batchStart..<record.batchStart + Int(record.batchCount)]
    columns.append(record.entry, samples: batch)
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
  func next() throws -> SpoolSegment?
}

/// A run that is still in memory.
package final class BufferedRun: SpoolRun {
  private let buffer: SpoolBuffer
  private let order: ContiguousArray<Int32>
  private var position = 0

  package init(buffer: SpoolBuffer, order: ContiguousArray<Int32>) {
    self.buffer = buffer
    self.order = order
  }

  /// Begins anew with the first segment.
  package func rewind() { position = 0 }

  /// The next segment, cut where the worker changes or a chunk is full; nil behind the last.
  package func next() -> SpoolSegment? {
    guard position < order.count else { return nil }
    let handle = buffer.handle(at: order[position])
    var columns = TimingColumns()
    // A batch of a million samples a gradient must not make a segment too large to be packed.
    while position < order.count, columns.count < TimingColumns.gradientLimit,
      columns.samples.count < 1 << 20, buffer.handle(at: order[position]) == handle
    {
      buffer.copy(order[position], to: &columns)
      position += 1
    }
    return SpoolSegment(handle: handle, columns: columns)
  }
}
