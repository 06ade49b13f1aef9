import GRDB
import TraceModel

/// The rows of a finished trace in TEMP tables, before they are copied into the store.
final class AssembledTables {
  private let name: String
  private let insertChunk: SQLStatement
  private let insertWorker: SQLStatement

  /// Creates the tables; `drop` removes them.
  init(_ database: Database, name: String) throws {
    self.name = name
    try SQLStatement(
      database,
      """
      CREATE TEMP TABLE \(name)_chunk (
        worker_index INTEGER NOT NULL, chunk_index INTEGER NOT NULL,
        gradient_count INTEGER NOT NULL, first_start_ns INTEGER NOT NULL,
        last_end_ns INTEGER NOT NULL, duration_sum_ns INTEGER NOT NULL,
        duration_min_ns INTEGER NOT NULL, duration_max_ns INTEGER NOT NULL,
        payload BLOB NOT NULL, PRIMARY KEY (worker_index, chunk_index))
      """
    ).run()
    try SQLStatement(
      database,
      """
      CREATE TEMP TABLE \(name)_worker (
        worker_index INTEGER PRIMARY KEY, label TEXT NOT NULL, host TEXT, trust TEXT NOT NULL,
        gradient_count INTEGER NOT NULL, first_start_ns INTEGER NOT NULL,
        duration_sum_ns INTEGER NOT NULL, duration_min_ns INTEGER NOT NULL,
        duration_max_ns INTEGER NOT NULL, wait_sum_ns INTEGER NOT NULL, turnaround_sum_ns INTEGER,
        columns_digest BLOB NOT NULL)
      """
    ).run()
    insertChunk = try SQLStatement(
      database, "INSERT INTO temp.\(name)_chunk VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")
    insertWorker = try SQLStatement(
      database, "INSERT INTO temp.\(name)_worker VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
  }

  static func drop(_ name: String, in database: Database) throws {
    for suffix in ["", "_chunk", "_worker"] {
      try SQLStatement(database, "DROP TABLE IF EXISTS temp.\(name)\(suffix)").run()
    }
  }

  func insert(_ row: ChunkRow, payload: [UInt8], workerIndex: Int, chunkIndex: Int) throws {
    try insertChunk.run([
      .integer(workerIndex), .integer(chunkIndex), .integer(row.gradientCount),
      .integer(row.firstStart), .integer(row.lastEnd), .integer(row.durationSum),
      .integer(row.durationMin), .integer(row.durationMax), .blob(payload),
    ])
  }

  func insert(
    _ worker: WorkerStatistics, index: Int, registry: WorkerRegistry, digest: [UInt8]
  ) throws {
    try insertWorker.run([
      .integer(index), .text(registry.label(worker.handle).text),
      .optional(registry.host(worker.handle)), .text(registry.trust(worker.handle).rawValue),
      .integer(worker.count), .integer(worker.firstStart), .integer(worker.durationSum),
      .integer(worker.durationMin), .integer(worker.durationMax), .integer(worker.waitSum),
      .optional(worker.turnaroundSum), .blob(digest),
    ])
  }

  /// The digest of the trace that begins at `origin` on the source's clock.
  func digest(
    unit: TimeUnit, workerCount: Int, origin: Int64, trust: TrustGrade?, in database: Database
  ) throws -> String {
    var digest = ContentDigest.Workers(unit: unit, workerCount: workerCount)
    let rows = try SQLStatement(
      database,
      """
      SELECT label, host, trust, first_start_ns, gradient_count, columns_digest
      FROM temp.\(name)_worker ORDER BY worker_index
      """)
    while try rows.step() {
      digest.update(
        ContentDigest.worker(
          label: try rows.text(0), host: try rows.optionalText(1),
          trust: try trust ?? TrustGrade(rawValue: rows.text(2)) ?? .wallClock,
          firstStart: try rows.integer(3) - origin, gradientCount: Int(try rows.integer(4)),
          columns: try rows.blob(5)))
    }
    return digest.finalized()
  }

  /// Copies everything into the store, under a trace that is already there.
  func copy(to traceID: Int64, origin: Int64, trust: TrustGrade?, in database: Database) throws {
    try SQLStatement(
      database,
      """
      INSERT INTO main.worker (trace_id, worker_index, label, host, trust, gradient_count,
        duration_sum_ns, duration_min_ns, duration_max_ns, wait_sum_ns, turnaround_sum_ns)
      SELECT ?1, worker_index, label, host, coalesce(?2, trust), gradient_count,
        duration_sum_ns, duration_min_ns, duration_max_ns, wait_sum_ns, turnaround_sum_ns
      FROM temp.\(name)_worker ORDER BY worker_index
      """
    ).run([.integer(traceID), .optional(trust?.rawValue)])
    try SQLStatement(
      database,
      """
      INSERT INTO main.timing_chunk (trace_id, worker_index, chunk_index, gradient_count,
        first_start_ns, last_end_ns, duration_sum_ns, duration_min_ns, duration_max_ns, payload)
      SELECT ?1, worker_index, chunk_index, gradient_count, first_start_ns - ?2, last_end_ns - ?2,
        duration_sum_ns, duration_min_ns, duration_max_ns, payload
      FROM temp.\(name)_chunk ORDER BY worker_index, chunk_index
      """
    ).run([.integer(traceID), .integer(origin)])
  }
}
