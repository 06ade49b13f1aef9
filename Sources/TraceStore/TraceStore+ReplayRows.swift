import GRDB
import TraceModel

extension TraceStore {
  /// Calls `body` with everything that is kept of a trace's replays, in order of saving: the row of a
  /// replay with the numbers of its rows in `ReplayTable.dependent`, then those rows in that order.
  ///
  /// All is read in one transaction, a row at a time.
  ///
  /// - Parameter begin: is told how many replays there are.
  package func forEachReplayRow(
    of traceID: Int64, begin: (Int) throws -> Void,
    _ body: (ReplayTable, [StoredValue], [Int]) throws -> Void
  ) throws {
    try reading("replay") { database in
      let list = try SQLStatement(
        database, "SELECT id FROM replay WHERE trace_id = ? ORDER BY id")
      try list.bind([.integer(traceID)])
      var ids: [Int64] = []
      while try list.step() { ids.append(try list.integer(0)) }
      try begin(ids.count)
      let selects = try ReplayTable.allCases.map { try SQLStatement(database, $0.selection) }
      let counts = try ReplayTable.dependent.map {
        try SQLStatement(database, "SELECT count(*) FROM \($0.rawValue) WHERE replay_id = ?")
      }
      for id in ids {
        let rowCounts = try counts.map { statement in
          try statement.bind([.integer(id)])
          return try statement.step() ? Int(try statement.integer(0)) : 0
        }
        for (table, rows) in zip(ReplayTable.allCases, selects) {
          try rows.bind([.integer(id)])
          while try rows.step() { try body(table, try rows.values(of: table), rowCounts) }
        }
      }
    }
  }
}

extension ReplayTable {
  var columnList: String { columns.map(\.name).joined(separator: ", ") }

  /// Its rows for one replay.
  fileprivate var selection: String {
    switch self {
    case .replay:
      "SELECT \(columnList) FROM replay JOIN objective ON objective.id = objective_id "
        + "WHERE replay.id = ?"
    case .point: "SELECT \(columnList) FROM replay_point WHERE replay_id = ? ORDER BY point_index"
    case .delay:
      "SELECT \(columnList) FROM delay_count WHERE replay_id = ? ORDER BY worker_index, delay"
    case .ledger:
      "SELECT \(columnList) FROM gradient_ledger WHERE replay_id = ? ORDER BY arrival_index"
    }
  }
}

extension SQLStatement {
  /// The current row, whose columns are those of `table`.
  ///
  /// - Throws: ``TypeMismatch`` for a value that the column does not take.
  func values(of table: ReplayTable) throws -> [StoredValue] {
    try zip(Int32(0)..., table.columns).map { index, column in
      if column.isOptional, isNull(index) { return .null }
      switch column.kind {
      case .integer: return .integer(try integer(index))
      case .text: return .text(try text(index))
      case .real:
        guard !isNull(index) else { throw TypeMismatch(problem: "column \(column.name) is empty") }
        return .real(try real(index))
      }
    }
  }
}

extension SQLValue {
  init(_ value: StoredValue) {
    self =
      switch value {
      case .null: .null
      case .integer(let number): .integer(number)
      case .real(let number): .real(number)
      case .text(let text): .text(text)
      }
  }
}
