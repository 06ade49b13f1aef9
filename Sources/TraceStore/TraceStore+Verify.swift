import GRDB
import TraceModel

/// What `verifyChunks` read, and what was wrong.
public struct ChunkVerification: Hashable, Sendable {
  /// Traces whose rows agree with one another.
  public var traceCount = 0
  /// Chunks whose checksum and sums hold.
  public var chunkCount = 0
  /// Gradients in them.
  public var gradientCount = 0
  /// The first problem of each damaged trace.
  public var problems: [StoreError] = []
}

extension TraceStore {
  /// Unpacks every chunk of one trace, or of all, compares all rows with them, and computes the
  /// digests anew. A damaged trace does not keep the next one from being read.
  ///
  /// - Parameter reference: `#id` or a name; nil for all traces.
  public func verifyChunks(of reference: String? = nil) throws -> ChunkVerification {
    let traces = try reference.map { [try find($0)] } ?? list()
    var verification = ChunkVerification()
    for trace in traces {
      verification.traceCount += 1
      do {
        try reading("timing_chunk") { try verify(trace, in: $0, counting: &verification) }
      } catch let error as StoreError {
        guard case .damaged = error else { throw error }
        verification.problems.append(error)
      }
    }
    return verification
  }

  private func verify(
    _ trace: StoredTrace, in database: Database, counting verification: inout ChunkVerification
  ) throws {
    var digest = ContentDigest.Workers(unit: trace.unit, workerCount: trace.workerCount)
    var current: (row: StoredColumns.WorkerRow, firstStart: Int64?, hash: ContentDigest.Columns)?
    func closeWorker() {
      guard let (row, firstStart, hash) = current else { return }
      digest.update(
        ContentDigest.worker(
          label: row.worker.label.text, host: row.worker.host, trust: row.worker.trust,
          firstStart: firstStart ?? 0, gradientCount: row.gradientCount,
          columns: hash.finalized()))
    }
    try StoredColumns(store: self, trace: trace, database: database).forEach { row in
      closeWorker()
      current = (row, nil, ContentDigest.Columns())
    } chunk: { columns in
      if current?.firstStart == nil { current?.firstStart = columns.starts.first }
      current?.hash.update(columns)
      verification.chunkCount += 1
      verification.gradientCount += columns.count
    }
    closeWorker()
    guard digest.finalized() == trace.digest else {
      throw damaged(
        trace: "\(trace.name) (#\(trace.id))", "trace", "its content does not have its digest")
    }
  }
}
