import GRDB
import TraceModel

/// One pass over everything that is stored of a trace. Every count in a row is a claim, and is
/// compared with what is there; the first contradiction ends the pass.
///
/// Memory is one chunk, whatever the rows claim.
struct StoredColumns {
  /// A worker's row.
  struct WorkerRow {
    var worker: Worker
    var gradientCount: Int
    var statistics: WorkerStatistics
  }

  let store: TraceStore
  let trace: StoredTrace
  let database: Database
  private let payload = ChunkPayload()

  init(store: TraceStore, trace: StoredTrace, database: Database) {
    self.store = store
    self.trace = trace
    self.database = database
  }

  /// Calls `begin` for each worker in order of index, and `chunk` for each of its chunks.
  ///
  /// - Throws: `StoreError.damaged` with the table, trace, worker and chunk.
  func forEach(
    begin: (WorkerRow) throws -> Void, chunk: (TimingColumns) throws -> Void
  ) throws {
    guard trace.workerCount > 0 else { throw damaged("trace", "it claims to have no worker") }
    let workers = try SQLStatement(
      database,
      """
      SELECT worker_index, label, host, trust, gradient_count, duration_sum_ns, duration_min_ns,
        duration_max_ns, wait_sum_ns, turnaround_sum_ns
      FROM worker WHERE trace_id = ? ORDER BY worker_index
      """)
    try workers.bind([.integer(trace.id)])
    let chunks = try SQLStatement(
      database,
      """
      SELECT chunk_index, gradient_count, first_start_ns, last_end_ns, duration_sum_ns,
        duration_min_ns, duration_max_ns, payload
      FROM timing_chunk WHERE trace_id = ? AND worker_index = ? ORDER BY chunk_index
      """)
    var workerCount = 0
    var gradientCount = 0
    var firstStart = Int64.max
    var lastEnd: Int64 = 0
    var before: WorkerLabel?
    while try workers.step() {
      let row = try typed("worker", workerCount, nil) { try workerRow(workers) }
      guard row.worker.index == workerCount else {
        throw damaged("worker", "its row is missing", worker: workerCount)
      }
      if let before, !(before < row.worker.label) {
        throw damaged("worker", "its label is not in order", worker: workerCount)
      }
      before = row.worker.label
      try begin(row)
      let found = try readChunks(chunks, of: row, chunk)
      gradientCount += found.count
      firstStart = min(firstStart, found.firstStart)
      lastEnd = max(lastEnd, found.lastEnd)
      workerCount += 1
    }
    guard workerCount == trace.workerCount else {
      throw damaged("trace", "it claims \(trace.workerCount) workers, and \(workerCount) are there")
    }
    guard gradientCount == trace.gradientCount else {
      throw damaged(
        "trace", "it claims \(trace.gradientCount) gradients, and \(gradientCount) are there")
    }
    guard firstStart == 0, lastEnd == trace.spanNs else {
      throw damaged("trace", "it claims a span of \(trace.spanNs) ns, and it is \(lastEnd) ns")
    }
  }

  /// Reads the chunks of one worker and returns what they add up to.
  private func readChunks(
    _ rows: SQLStatement, of row: WorkerRow, _ body: (TimingColumns) throws -> Void
  ) throws -> WorkerStatistics {
    let worker = row.worker.index
    var found = WorkerStatistics()
    var chunkIndex = 0
    var previousStart: Int64 = 0
    try rows.bind([.integer(trace.id), .integer(worker)])
    while try rows.step() {
      let columns = try typed("timing_chunk", worker, chunkIndex) {
        try unpack(rows, worker: worker, chunk: chunkIndex)
      }
      func fail(_ problem: String) -> StoreError {
        damaged("timing_chunk", problem, worker: worker, chunk: chunkIndex)
      }
      guard found.count == chunkIndex * TimingColumns.gradientLimit else {
        throw fail("the chunk before it is not full")
      }
      guard let start = columns.starts.first, start >= previousStart else {
        throw fail("it starts before the chunk before it")
      }
      previousStart = columns.starts.last ?? start
      for index in 0..<columns.count {
        let entry = columns[index]
        guard found.add(entry) else { throw fail("a sum of times exceeds 64 bits") }
        found.lastEnd = max(found.lastEnd, entry.start + entry.duration)
      }
      guard found.count <= row.gradientCount else {
        throw fail("the worker has more than its \(row.gradientCount) gradients")
      }
      try body(columns)
      chunkIndex += 1
    }
    let claimed = row.statistics
    guard found.count == row.gradientCount else {
      throw damaged(
        "worker", "it claims \(row.gradientCount) gradients, and \(found.count) are there",
        worker: worker)
    }
    guard claimed.durationSum == found.durationSum, claimed.durationMin == found.durationMin,
      claimed.durationMax == found.durationMax, claimed.waitSum == found.waitSum,
      claimed.turnaroundSum == found.turnaroundSum
    else {
      throw damaged("worker", "its sums are not those of its chunks", worker: worker)
    }
    return found
  }

  private func workerRow(_ row: SQLStatement) throws -> WorkerRow {
    let index = Int(try row.integer(0))
    guard let trust = TrustGrade(rawValue: try row.text(3)) else {
      throw damaged("worker", "its grade of trust is unknown", worker: index)
    }
    let worker = Worker(
      index: index, label: WorkerLabel(try row.text(1)), host: try row.optionalText(2), trust: trust
    )
    var statistics = WorkerStatistics()
    statistics.durationSum = try row.integer(5)
    statistics.durationMin = try row.integer(6)
    statistics.durationMax = try row.integer(7)
    statistics.waitSum = try row.integer(8)
    statistics.turnaroundSum = try row.optionalInteger(9)
    return WorkerRow(
      worker: worker, gradientCount: Int(try row.integer(4)), statistics: statistics)
  }

  private func unpack(_ row: SQLStatement, worker: Int, chunk: Int) throws -> TimingColumns {
    func fail(_ problem: String) -> StoreError {
      damaged("timing_chunk", problem, worker: worker, chunk: chunk)
    }
    guard try row.integer(0) == Int64(chunk) else { throw fail("the chunk is missing") }
    let claimed = ChunkRow(
      gradientCount: Int(try row.integer(1)), firstStart: try row.integer(2),
      lastEnd: try row.integer(3), durationSum: try row.integer(4),
      durationMin: try row.integer(5), durationMax: try row.integer(6))
    guard claimed.firstStart >= 0 else { throw fail("it starts before the trace") }
    do {
      let columns = try payload.unpack(
        try row.blob(7), gradientCount: claimed.gradientCount, firstStart: claimed.firstStart)
      guard ChunkRow(columns) == claimed else { throw fail("the row is not that of its payload") }
      return columns
    } catch let failure as ChunkPayload.Failure {
      throw fail(failure.problem)
    }
  }

  private func typed<Value>(
    _ table: String, _ worker: Int, _ chunk: Int?, _ body: () throws -> Value
  ) throws -> Value {
    do {
      return try body()
    } catch let error as SQLStatement.TypeMismatch {
      throw damaged(table, error.problem, worker: worker, chunk: chunk)
    }
  }

  private func damaged(
    _ table: String, _ problem: String, worker: Int? = nil, chunk: Int? = nil
  ) -> StoreError {
    store.damaged(
      trace: "\(trace.name) (#\(trace.id))", table, problem, worker: worker, chunk: chunk)
  }
}
