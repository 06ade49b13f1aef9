import GRDB
import ReplayEngine

extension TraceStore {
  /// Keeps a finished replay.
  ///
  /// A trace has one replay a request. If it is there with the same fingerprint, nothing changes;
  /// with another one (an earlier version of the program computed it) it is replaced.
  ///
  /// - Parameter ledger: every gradient of the run in the order in which they ended; nil to keep none.
  /// - Throws: `StoreError.unknownTrace`.
  public func save(
    _ run: Run, traceID: Int64, record: ReplayRecord, ledger: [LedgerRecord]? = nil
  ) throws -> StoredReplay {
    try writing { database in
      guard try trace(withID: traceID, in: database) != nil else {
        throw StoreError.unknownTrace("#\(traceID)")
      }
      return try save(run, traceID: traceID, record: record, ledger: ledger, in: database)
    }
  }

  /// The same inside of a transaction, for a trace that is there.
  func save(
    _ run: Run, traceID: Int64, record: ReplayRecord, ledger: [LedgerRecord]?,
    in database: Database
  ) throws -> StoredReplay {
    let known = try replays(
      "WHERE trace_id = ? AND request_digest = ?",
      [.integer(traceID), .text(record.requestDigest)], in: database)
    if var known = known.first {
      // A schedule has no fingerprint, and is a pure function of the request.
      if known.fingerprint == run.fingerprint, known.record.version == record.version {
        known.alreadyPresent = true
        if let ledger { try insertLedger(ledger, of: run, known.id, in: database) }
        return known
      }
      try SQLStatement(database, "DELETE FROM replay WHERE id = ?").run([.integer(known.id)])
    }
    let objectiveID = try objective(record, in: database)
    let id = try insert(run, traceID, objectiveID, record, in: database)
    try insertPoints(of: run, id, in: database)
    try insertDelays(of: run, id, in: database)
    if let ledger { try insertLedger(ledger, of: run, id, in: database) }
    let stored = try replays("WHERE id = ?", [.integer(id)], in: database)
    guard let replay = stored.first else {
      preconditionFailure("the replay \(id) was inserted and is not there")
    }
    return replay
  }

  private func objective(_ record: ReplayRecord, in database: Database) throws -> Int64 {
    let values: [SQLValue] = [
      .text(record.objectiveKind), .text(record.parametersJSON), .text(record.dataDigest),
    ]
    try SQLStatement(
      database,
      "INSERT OR IGNORE INTO objective (kind, parameters_json, data_digest) VALUES (?, ?, ?)"
    ).run(values)
    let find = try SQLStatement(
      database,
      "SELECT id FROM objective WHERE kind = ? AND parameters_json = ? AND data_digest = ?")
    try find.bind(values)
    guard try find.step() else { throw damaged("objective", "a row that was added is missing") }
    return try find.integer(0)
  }

  private func insert(
    _ run: Run, _ traceID: Int64, _ objectiveID: Int64, _ record: ReplayRecord,
    in database: Database
  ) throws -> Int64 {
    let identity: SQLValue =
      run.delays?.identityHolds.map { .integer($0 ? Int64(1) : 0) } ?? .null
    try SQLStatement(
      database,
      """
      INSERT INTO replay (trace_id, objective_id, method, stepsize_rule, stepsize, seed,
        request_json, request_digest, outcome, duration_ns, update_count, gradient_count,
        computed_count, discarded_count, aborted_count, round_count, utilisation, delay_identity,
        fingerprint, version, wall_seconds)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """
    ).run([
      .integer(traceID), .integer(objectiveID), .text(run.request.method.name),
      .optional(run.request.method.rule?.rawValue), .real(run.request.stepsize),
      .integer(Int64(bitPattern: run.request.seed)), .text(record.requestJSON),
      .text(record.requestDigest), .text(run.outcome.storedText), .integer(run.timeNs),
      .integer(run.updateCount), .integer(run.gradientCount), .integer(run.computedCount),
      .integer(run.discardedCount), .integer(run.abortedCount), .integer(run.roundCount),
      .real(run.utilisation), identity, .optional(run.fingerprint), .text(record.version),
      .real(run.wallSeconds),
    ])
    return database.lastInsertedRowID
  }

  private func insertPoints(of run: Run, _ replayID: Int64, in database: Database) throws {
    let insert = try SQLStatement(
      database,
      """
      INSERT INTO replay_point (replay_id, point_index, time_ns, update_count, gradient_count,
        loss, gradient_norm_squared) VALUES (?, ?, ?, ?, ?, ?, ?)
      """)
    for (index, point) in run.points.enumerated() {
      try insert.run([
        .integer(replayID), .integer(index), .integer(point.timeNs),
        .integer(point.updateCount), .integer(point.gradientCount), .real(point.loss),
        .real(point.gradientNormSquared),
      ])
    }
  }

  private func insertDelays(of run: Run, _ replayID: Int64, in database: Database) throws {
    let insert = try SQLStatement(
      database,
      "INSERT INTO delay_count (replay_id, worker_index, delay, count) VALUES (?, ?, ?, ?)")
    for (worker, histogram) in (run.delays?.perWorker ?? []).enumerated() {
      for bin in histogram.bins {
        try insert.run([
          .integer(replayID), .integer(worker), .integer(bin.delay), .integer(bin.count),
        ])
      }
    }
  }
}
