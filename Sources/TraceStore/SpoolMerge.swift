/// Merges sorted runs into the gradients of all workers in order of (handle, start, arrival).
///
/// Runs are in the order in which they were written, so between equal starts the earlier run is
/// the earlier arrival. A binary heap holds the runs; whoever is at its top gives everything that
/// comes before the runner-up at once, which for a source in order is whole segments.
struct SpoolMerge {
  private struct Head {
    var run: any SpoolRun
    var order: Int
    var segment: SpoolSegment
    var position: Int

    var key: (Int, Int64, Int) { (segment.handle, segment.columns.starts[position], order) }
  }

  /// A heap: no entry is after its children.
  private var heads: [Head] = []

  init(_ runs: [any SpoolRun]) throws {
    for (order, run) in runs.enumerated() {
      guard let segment = try run.next() else { continue }
      heads.append(Head(run: run, order: order, segment: segment, position: 0))
    }
    for index in heads.indices.reversed() { sink(index) }
  }

  /// Calls `body` with consecutive gradients of one worker: a handle, columns and a range of them.
  mutating func forEach(
    _ body: (_ handle: Int, _ columns: TimingColumns, _ range: Range<Int>) throws -> Void
  ) throws {
    while !heads.isEmpty {
      let end = endOfTop()
      try body(heads[0].segment.handle, heads[0].segment.columns, heads[0].position..<end)
      if end < heads[0].segment.columns.count {
        heads[0].position = end
      } else if let segment = try heads[0].run.next() {
        heads[0].segment = segment
        heads[0].position = 0
      } else {
        heads.swapAt(0, heads.count - 1)
        heads.removeLast()
      }
      sink(0)
    }
  }

  /// How far the top may go before it is the runner-up's turn; always at least one gradient.
  private func endOfTop() -> Int {
    let top = heads[0]
    let count = top.segment.columns.count
    let children = (1...2).filter { $0 < heads.count }
    guard let runnerUp = children.map({ heads[$0].key }).min(by: <),
      runnerUp.0 == top.segment.handle
    else { return count }
    // Mostly a run is far ahead of the others, and its segment is whole.
    if (top.segment.columns.starts[count - 1], top.order) < (runnerUp.1, runnerUp.2) {
      return count
    }
    var end = top.position + 1
    while end < count, (top.segment.columns.starts[end], top.order) < (runnerUp.1, runnerUp.2) {
      end += 1
    }
    return end
  }

  private mutating func sink(_ index: Int) {
    var index = index
    while true {
      var smallest = index
      for child in [2 * index + 1, 2 * index + 2]
      where child < heads.count && heads[child].key < heads[smallest].key {
        smallest = child
      }
      guard smallest != index else { return }
      heads.swapAt(index, smallest)
      index = smallest
    }
  }
}
