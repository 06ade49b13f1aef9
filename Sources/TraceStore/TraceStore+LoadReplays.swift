import GRDB
import ReplayEngine
import TraceModel

extension TraceStore {
  /// The replays of a trace, in order of saving.
  public func replays(of traceID: Int64) throws -> [StoredReplay] {
    try reading("replay") { database in
      try replays("WHERE trace_id = ?", [.integer(traceID)], in: database)
    }
  }

  /// The replay with this number, or `StoreError.unknownReplay`.
  public func replay(id: Int64) throws -> StoredReplay {
    try reading("replay") { database in
      let found = try replays("WHERE id = ?", [.integer(id)], in: database)
      guard let replay = found.first else { throw StoreError.unknownReplay(id) }
      return replay
    }
  }

  func replays(
    _ condition: String, _ values: [SQLValue], in database: Database
  ) throws -> [StoredReplay] {
    let rows = try SQLStatement(
      database,
      """
      SELECT found.id, trace_id, kind, parameters_json, data_digest, request_json, request_digest,
        version, method, stepsize_rule, stepsize, seed, outcome, duration_ns, update_count,
        gradient_count, computed_count, discarded_count, aborted_count, round_count, utilisation,
        fingerprint, delay_identity, wall_seconds
      FROM (SELECT * FROM replay \(condition)) AS found
      JOIN objective ON objective.id = found.objective_id
      ORDER BY found.id
      """)
    try rows.bind(values)
    var replays: [StoredReplay] = []
    while try rows.step() {
      let id = try rows.integer(0)
      guard let outcome = Run.Outcome(storedText: try rows.text(12)) else {
        throw damaged("replay", "the outcome of replay #\(id) is unknown")
      }
      replays.append(
        StoredReplay(
          id: id, traceID: try rows.integer(1),
          record: ReplayRecord(
            objectiveKind: try rows.text(2), parametersJSON: try rows.text(3),
            dataDigest: try rows.text(4), requestJSON: try rows.text(5),
            requestDigest: try rows.text(6), version: try rows.text(7)),
          method: try rows.text(8), stepsizeRule: try rows.optionalText(9),
          stepsize: try rows.real(10), seed: UInt64(bitPattern: try rows.integer(11)),
          outcome: outcome, timeNs: try rows.integer(13), updateCount: Int(try rows.integer(14)),
          gradientCount: Int(try rows.integer(15)), computedCount: Int(try rows.integer(16)),
          discardedCount: Int(try rows.integer(17)), abortedCount: Int(try rows.integer(18)),
          roundCount: Int(try rows.integer(19)), utilisation: try rows.real(20),
          fingerprint: try rows.optionalText(21),
          delays: try delays(
            of: id, identityHolds: rows.optionalInteger(22).map { $0 != 0 }, in: database),
          points: try points(of: id, in: database), wallSeconds: try rows.real(23),
          alreadyPresent: false))
    }
    return replays
  }

  private func points(of replayID: Int64, in database: Database) throws -> [Run.Point] {
    let rows = try SQLStatement(
      database,
      """
      SELECT time_ns, update_count, gradient_count, loss, gradient_norm_squared
      FROM replay_point WHERE replay_id = ? ORDER BY point_index
      """)
    try rows.bind([.integer(replayID)])
    var points: [Run.Point] = []
    while try rows.step() {
      points.append(
        Run.Point(
          timeNs: try rows.integer(0), updateCount: Int(try rows.integer(1)),
          gradientCount: Int(try rows.integer(2)), loss: try rows.real(3),
          gradientNormSquared: try rows.real(4)))
    }
    return points
  }

  /// nil for a replay without delays. A worker without an update has an empty histogram.
  private func delays(
    of replayID: Int64, identityHolds: Bool?, in database: Database
  ) throws -> DelayStatistics? {
    let rows = try SQLStatement(
      database,
      """
      SELECT worker_index, delay, count,
        (SELECT count(*) FROM worker
          WHERE trace_id = (SELECT trace_id FROM replay WHERE id = ?1))
      FROM delay_count WHERE replay_id = ?1 ORDER BY worker_index, delay
      """)
    try rows.bind([.integer(replayID)])
    var perWorker: [DelayHistogram] = []
    var overall: [Int: Int] = [:]
    while try rows.step() {
      let worker = Int(try rows.integer(0))
      let workerCount = Int(try rows.integer(3))
      guard (0..<workerCount).contains(worker) else {
        throw damaged("delay_count", "replay #\(replayID) names a worker \(worker)")
      }
      if perWorker.isEmpty { perWorker = Array(repeating: DelayHistogram(), count: workerCount) }
      let bin = DelayHistogram.Bin(
        delay: Int(try rows.integer(1)), count: Int(try rows.integer(2)))
      let sum = (overall[bin.delay] ?? 0).addingReportingOverflow(bin.count)
      guard bin.delay >= 1, bin.count > 0, !sum.overflow else {
        throw damaged("delay_count", "replay #\(replayID) has an impossible delay")
      }
      perWorker[worker].bins.append(bin)
      overall[bin.delay] = sum.partialValue
    }
    guard !perWorker.isEmpty else { return nil }
    let bins = overall.sorted { $0.key < $1.key }
      .map { DelayHistogram.Bin(delay: $0.key, count: $0.value) }
    return DelayStatistics(
      overall: DelayHistogram(bins: bins), perWorker: perWorker, identityHolds: identityHolds)
  }
}
