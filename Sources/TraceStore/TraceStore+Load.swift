import GRDB
import TraceModel

extension TraceStore {
  /// Reads a whole trace into memory.
  ///
  /// - Parameter reference: `#id`, else a name.
  /// - Throws: `StoreError.unknownTrace`; `StoreError.damaged` at the first contradiction.
  /// - Complexity: O(gradients), 16 bytes a gradient and 8 more for every optional column.
  public func load(_ reference: String) throws -> Trace {
    try reading("timing_chunk") { try load(find(reference, in: $0), in: $0) }
  }

  /// Reads the trace with this id into memory.
  public func load(id: Int64) throws -> Trace { try load("#\(id)") }

  private func load(_ stored: StoredTrace, in database: Database) throws -> Trace {
    var workers: [WorkerTimings] = []
    try StoredColumns(store: self, trace: stored, database: database).forEach { row in
      workers.append(WorkerTimings(worker: row.worker, startsNs: [], durationsNs: []))
    } chunk: { columns in
      workers[workers.count - 1].append(columns)
    }
    return Trace(
      name: stored.name, digest: stored.digest, format: stored.format, kind: stored.kind,
      unit: stored.unit, startUnixNs: stored.startUnixNs, workers: workers, issues: stored.issues)
  }
}

extension WorkerTimings {
  /// Adds a chunk. A column is filled up with its neutral value at the first chunk that has it.
  fileprivate mutating func append(_ columns: TimingColumns) {
    let before = gradientCount
    startsNs.append(contentsOf: columns.starts)
    durationsNs.append(contentsOf: columns.durations)
    func extend(
      _ column: inout [Int64], by values: ContiguousArray<Int64>, neutral: Int64,
      present: TimingColumns.Presence
    ) {
      let isPresent = columns.presence.contains(present)
      guard isPresent || !column.isEmpty else { return }
      if column.isEmpty { column = Array(repeating: neutral, count: before) }
      if isPresent {
        column.append(contentsOf: values)
      } else {
        column.append(contentsOf: repeatElement(neutral, count: columns.count))
      }
    }
    extend(&waitsNs, by: columns.waits, neutral: 0, present: .waits)
    extend(
      &turnaroundsNs, by: columns.turnarounds, neutral: TimingColumns.unknownTurnaround,
      present: .turnarounds)
    extend(&steps, by: columns.steps, neutral: TimingColumns.unknownStep, present: .steps)
    guard columns.presence.contains(.samples) || samples != nil else { return }
    var column =
      samples ?? SampleColumn(offsets: Array(repeating: 0, count: before + 1), indices: [])
    // Not held twice while it grows.
    samples = nil
    for index in 0..<columns.count { column.append(columns.batch(index)) }
    samples = column
  }
}
