import GRDB
import Optimization
import ReplayEngine

extension TraceStore {
  /// Writes a row a gradient, in place of those that were there.
  ///
  /// A collected gradient counts as applied at the update that its batch makes; where the replay ends
  /// before that update, it was not applied.
  func insertLedger(
    _ ledger: [LedgerRecord], of run: Run, _ replayID: Int64, in database: Database
  ) throws {
    try SQLStatement(database, "DELETE FROM gradient_ledger WHERE replay_id = ?")
      .run([.integer(replayID)])
    let insert = try SQLStatement(
      database,
      """
      INSERT INTO gradient_ledger (replay_id, arrival_index, worker_index, read_update,
        applied_update, delay, start_ns, end_ns, stepsize, fate)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """)
    for (index, record) in ledger.enumerated() {
      let fate = LedgerFate(record, of: run)
      let update = record.updateCount + 1
      try insert.run([
        .integer(replayID), .integer(index), .integer(record.worker),
        .integer(record.updatesAtRead), fate.isApplied ? .integer(update) : .null,
        record.fate == .aborted ? .null : .integer(update - record.updatesAtRead),
        // An abort during the turnaround comes before the start.
        .integer(min(record.startNs, record.endNs)), .integer(record.endNs),
        fate.isApplied ? .real(record.stepsize) : .null, .text(fate.text),
      ])
    }
  }

  /// How many gradients of all kept ledgers had each fate, by the view that counts them.
  package func ledgerSummary() throws -> [(fate: String, gradientCount: Int)] {
    try queue.inDatabase { database in
      let rows = try SQLStatement(
        database,
        "SELECT fate, sum(gradients) FROM ledger_summary GROUP BY fate ORDER BY fate")
      var found: [(fate: String, gradientCount: Int)] = []
      while try rows.step() {
        found.append((try rows.text(0), Int(try rows.integer(1))))
      }
      return found
    }
  }
}

/// What became of a gradient, as the ledger words it.
private struct LedgerFate {
  /// Whether an update has it, if only with the stepsize 0.
  var isApplied: Bool
  var text: String

  init(_ record: LedgerRecord, of run: Run) {
    switch record.fate {
    case .applied:
      isApplied = true
      text = record.stepsize == 0 ? "dropped: stepsize 0" : "applied"
    case .collected:
      isApplied = record.updateCount < run.updateCount
      text = isApplied ? "applied" : "update not completed"
    case .discarded:
      isApplied = false
      text =
        switch run.request.method {
        case .rennala: "discarded: not of the newest iterate"
        case .ringmaster: "discarded: delay above the limit"
        case .picky: "discarded: the iterate moved too far"
        default: "discarded"
        }
    case .aborted:
      isApplied = false
      text = "aborted"
    }
  }
}
