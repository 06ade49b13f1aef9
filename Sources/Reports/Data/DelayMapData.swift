import TraceModel

/// Mean delays by worker and simulated time of one replay, small enough to draw.
///
/// Gradients are added one by one while a schedule is replayed, and only their sums by row and column
/// are kept: a replay of 10⁸ gradients takes no more room than one of a hundred.
public struct DelayMapData: Hashable, Sendable {
  /// One worker, or one group of many.
  public struct Row: Hashable, Sendable {
    /// A worker's name, or `ranks 33–64`.
    public var name: String
    /// The worker, nil for a group.
    public var label: WorkerLabel?
    /// Applied gradients.
    public var count: Int
    /// Σ τ over them; 1 = fresh.
    public var sum: Int
    fileprivate var cellCounts: [Int]
    fileprivate var cellSums: [Int]

    /// Mean delay in each column of the applied gradients under way; nil where there is none.
    public var means: [Double?] {
      zip(cellSums, cellCounts).map { $1 == 0 ? nil : Double($0) / Double($1) }
    }

    /// Mean delay; nil without gradients.
    public var mean: Double? { count == 0 ? nil : Double(sum) / Double(count) }
  }

  /// Slowest first; above 64 workers 32 groups by speed, then the ten slowest one by one.
  public private(set) var rows: [Row]
  /// Simulated time, in nanoseconds.
  public var spanNs: Int64
  /// At least 1.
  public var columnCount: Int
  /// M, those that are not drawn one by one included.
  public var workerCount: Int
  /// Applied gradients of all workers.
  public private(set) var gradientCount = 0

  /// By position in the trace: the row of the worker or of its group.
  private var rowOf: [Int32]
  /// By position in the trace: the row that the worker has beside its group's; −1 for none.
  private var ownRowOf: [Int32]

  /// An empty map.
  ///
  /// - Parameters:
  ///   - trace: what is replayed.
  ///   - spanNs: the simulated time of the replay.
  ///   - gradientLimit: a bound on one worker's gradients; there are no more columns than that.
  ///   - markLimit: at most so many cells.
  public init(
    _ trace: Trace, spanNs: Int64, gradientLimit: Int = .max, markLimit: Int = 5000
  ) {
    let drawn = drawnRows(trace)
    let columnCount = max(1, min(120, gradientLimit, markLimit / max(1, drawn.count)))
    rows = drawn.map { row in
      Row(
        name: row.name, label: row.label, count: 0, sum: 0,
        cellCounts: [Int](repeating: 0, count: columnCount),
        cellSums: [Int](repeating: 0, count: columnCount))
    }
    self.spanNs = max(1, spanNs)
    self.columnCount = columnCount
    workerCount = trace.workerCount
    rowOf = [Int32](repeating: -1, count: trace.workerCount)
    ownRowOf = rowOf
    for (position, row) in drawn.enumerated() {
      for member in row.members {
        if rowOf[member] < 0 {
          rowOf[member] = Int32(position)
        } else {
          ownRowOf[member] = Int32(position)
        }
      }
    }
  }

  /// Adds one applied gradient to every column that it touches: a late one would else leave holes
  /// behind its start, and holes mean that nothing under way was applied.
  ///
  /// - Parameters:
  ///   - worker: position in the trace.
  ///   - delay: τ, 1 = fresh.
  ///   - startNs: simulated time at which its computing began.
  ///   - endNs: simulated time at which it arrived.
  /// - Complexity: O(columns that it touches).
  public mutating func add(worker: Int, delay: Int, startNs: Int64, endNs: Int64) {
    let first = column(startNs)
    // The end belongs to the next column's beginning, not to this gradient.
    let last = max(first, column(endNs - 1))
    gradientCount += 1
    add(delay, to: rowOf[worker], columns: first...last)
    add(delay, to: ownRowOf[worker], columns: first...last)
  }

  private mutating func add(_ delay: Int, to row: Int32, columns: ClosedRange<Int>) {
    guard row >= 0 else { return }
    let row = Int(row)
    rows[row].count += 1
    rows[row].sum += delay
    for index in columns {
      rows[row].cellCounts[index] += 1
      rows[row].cellSums[index] += delay
    }
  }

  private func column(_ timeNs: Int64) -> Int {
    let share = Double(timeNs) / Double(spanNs) * Double(columnCount)
    return min(columnCount - 1, max(0, Int(share)))
  }

  /// The time of a column.
  public var columnSeconds: Double { spanSeconds / Double(columnCount) }

  /// The simulated time.
  public var spanSeconds: Double { Double(spanNs) / 1e9 }
}
