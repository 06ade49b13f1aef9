import TraceModel

/// Mean durations by worker and time, small enough to draw.
public struct HeatmapData: Hashable, Sendable {
  /// One worker, or one quantile of many.
  public struct Row: Hashable, Sendable {
    /// A worker's name, or `ranks 33–64`.
    public var name: String
    /// The worker, nil for a group.
    public var label: WorkerLabel?
    /// Mean duration in seconds of the gradients under way in each column; nil where there is none.
    public var means: [Double?]

    public init(name: String, label: WorkerLabel?, means: [Double?]) {
      self.name = name
      self.label = label
      self.means = means
    }
  }

  /// Slowest first; groups by speed, then the ten slowest one by one, above 64 workers.
  public var rows: [Row]
  /// The time of a column.
  public var columnSeconds: Double
  /// From the first start to the last end.
  public var spanSeconds: Double
  /// M, those that are not drawn included.
  public var workerCount: Int

  public init(rows: [Row], columnSeconds: Double, spanSeconds: Double, workerCount: Int) {
    self.rows = rows
    self.columnSeconds = columnSeconds
    self.spanSeconds = spanSeconds
    self.workerCount = workerCount
  }

  /// Computes the map of a trace.
  ///
  /// A gradient counts in every column that it touches: a long one would else leave holes behind
  /// its start, and holes mean that a worker computed nothing.
  ///
  /// - Parameter columnLimit: at most so many columns; a trace with few gradients a worker has
  ///   fewer, about one a gradient of the busiest worker.
  /// - Complexity: O(gradients + workers · columns).
  public init(_ trace: Trace, columnLimit: Int = 120) {
    let busiest = trace.workers.map(\.gradientCount).max() ?? 0
    let columnCount = max(1, min(columnLimit, busiest))
    let span = max(1, trace.spanNs)
    let grid = Grid(columnCount: columnCount, spanNs: span)
    columnSeconds = Double(span) / Double(columnCount) / 1e9
    spanSeconds = Double(trace.spanNs) / 1e9
    workerCount = trace.workerCount
    rows = drawnRows(trace).map { row in
      Row(
        name: row.name, label: row.label,
        means: grid.means(row.members.map { trace.workers[$0] }))
    }
  }

  private struct Grid {
    var columnCount: Int
    var spanNs: Int64

    func means(_ workers: [WorkerTimings]) -> [Double?] {
      var sums = [Double](repeating: 0, count: columnCount)
      var counts = [Int](repeating: 0, count: columnCount)
      for timings in workers {
        for (start, duration) in zip(timings.startsNs, timings.durationsNs) {
          let first = column(start)
          // The end belongs to the next column's beginning, not to this gradient.
          let last = max(first, column(start + duration - 1))
          for index in first...last {
            sums[index] += Double(duration)
            counts[index] += 1
          }
        }
      }
      return zip(sums, counts).map { $1 == 0 ? nil : $0 / Double($1) / 1e9 }
    }

    private func column(_ timeNs: Int64) -> Int {
      let share = Double(timeNs) / Double(spanNs) * Double(columnCount)
      return min(columnCount - 1, max(0, Int(share)))
    }
  }
}
