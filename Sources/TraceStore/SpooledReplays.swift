import GRDB
import TraceModel

/// The replays that come with a trace, in TEMP tables until the trace itself is known to be whole.
///
/// Nothing is checked here: a reader hands over rows that fit the schema.
final class SpooledReplays {
  /// Rows are written in transactions of about this size.
  private static let batchByteSize = 4 << 20

  private let queue: DatabaseQueue
  private let name: String
  /// Of the rows that wait to be written.
  private var byteSize = 0
  private var rows: [(table: ReplayTable, values: [SQLValue])] = []
  /// Replays begun, and the rows of the last one in each table.
  private var replayCount = 0
  private var rowCounts: [ReplayTable: Int] = [:]
  private var isCreated = false

  init(queue: DatabaseQueue, name: String) {
    self.queue = queue
    self.name = name
  }

  func append(_ row: [StoredValue], to table: ReplayTable) throws {
    precondition(row.count == table.columns.count, "\(row.count) values for \(table)")
    if table == .replay {
      replayCount += 1
      rowCounts = [:]
    }
    let index = rowCounts[table] ?? 0
    rowCounts[table] = index + 1
    rows.append(
      (table, [.integer(replayCount), .integer(index)] + row.map { SQLValue($0) }))
    for case .text(let text) in row { byteSize += text.utf8.count }
    byteSize += 40 * row.count
    if byteSize >= Self.batchByteSize { try flush() }
  }

  func flush() throws {
    guard !rows.isEmpty else { return }
    try queue.inTransaction(.deferred) { database in
      if !isCreated { try create(in: database) }
      let inserts = try ReplayTable.allCases.map { table in
        let places = repeatElement("?", count: table.columns.count + 2).joined(separator: ", ")
        return try SQLStatement(
          database, "INSERT INTO temp.\(name(of: table)) VALUES (\(places))")
      }
      for (insert, table) in zip(inserts, ReplayTable.allCases) {
        for row in rows where row.table == table { try insert.run(row.values) }
      }
      return .commit
    }
    isCreated = true
    rows = []
    byteSize = 0
  }

  private func create(in database: Database) throws {
    for table in ReplayTable.allCases {
      try SQLStatement(
        database,
        """
        CREATE TEMP TABLE \(name(of: table)) (replay_place INTEGER NOT NULL,
          row_place INTEGER NOT NULL, \(table.columnList),
          PRIMARY KEY (replay_place, row_place)) WITHOUT ROWID
        """
      ).run()
    }
  }

  private func name(of table: ReplayTable) -> String { Self.name(name, of: table) }

  private static func name(_ name: String, of table: ReplayTable) -> String {
    "\(name)_\(table.rawValue)"
  }

  static func drop(_ name: String, in database: Database) throws {
    for table in ReplayTable.allCases {
      try SQLStatement(
        database, "DROP TABLE IF EXISTS temp.\(Self.name(name, of: table))"
      ).run()
    }
  }

  /// Copies them into the store, under a trace that is already there. A replay of which the store
  /// has one with the same request stays as the store has it.
  ///
  /// - Precondition: Everything has been flushed.
  func copy(to traceID: Int64, in database: Database) throws {
    guard isCreated else { return }
    let objectives = ReplayTable.replay.columns.prefix(ReplayTable.objectiveColumnCount)
      .map(\.name).joined(separator: ", ")
    let facts = ReplayTable.replay.columns.dropFirst(ReplayTable.objectiveColumnCount)
      .map(\.name).joined(separator: ", ")
    let addObjective = try SQLStatement(
      database,
      """
      INSERT OR IGNORE INTO main.objective (\(objectives))
      SELECT \(objectives) FROM temp.\(name(of: .replay)) WHERE replay_place = ?
      """)
    let isKnown = try SQLStatement(
      database,
      """
      SELECT 1 FROM main.replay WHERE trace_id = ? AND request_digest =
        (SELECT request_digest FROM temp.\(name(of: .replay)) WHERE replay_place = ?)
      """)
    let addReplay = try SQLStatement(
      database,
      """
      INSERT INTO main.replay (trace_id, objective_id, \(facts))
      SELECT ?1, (SELECT id FROM main.objective AS known
          WHERE (known.kind, known.parameters_json, known.data_digest)
            = (given.kind, given.parameters_json, given.data_digest)), \(facts)
      FROM temp.\(name(of: .replay)) AS given WHERE replay_place = ?2
      """)
    let addRows = try ReplayTable.dependent.map { table in
      let place = table.placeColumn.map { "\($0), " } ?? ""
      let index = table.placeColumn == nil ? "" : "row_place, "
      return try SQLStatement(
        database,
        """
        INSERT INTO main.\(table.rawValue) (replay_id, \(place)\(table.columnList))
        SELECT ?1, \(index)\(table.columnList)
        FROM temp.\(name(of: table)) WHERE replay_place = ?2 ORDER BY row_place
        """)
    }
    for replay in 1...replayCount {
      try isKnown.bind([.integer(traceID), .integer(replay)])
      if try isKnown.step() { continue }
      try addObjective.run([.integer(replay)])
      try addReplay.run([.integer(traceID), .integer(replay)])
      let id = database.lastInsertedRowID
      for add in addRows { try add.run([.integer(id), .integer(replay)]) }
    }
  }
}

extension ReplayTable {
  /// The column with a row's place in its replay.
  fileprivate var placeColumn: String? {
    switch self {
    case .point: "point_index"
    case .ledger: "arrival_index"
    case .replay, .delay: nil
    }
  }
}
