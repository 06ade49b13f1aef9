import GRDB
import TraceModel

/// The traces of a store, without their gradients.
extension TraceStore {
  /// All traces, in order of import.
  public func list() throws -> [StoredTrace] {
    try reading("trace") { database in
      try traces("ORDER BY id", [], in: database)
    }
  }

  /// The trace that `reference` means: `#id`, else a name.
  public func find(_ reference: String) throws -> StoredTrace {
    try reading("trace") { try find(reference, in: $0) }
  }

  func find(_ reference: String, in database: Database) throws -> StoredTrace {
    if reference.hasPrefix("#"), let id = Int64(reference.dropFirst()),
      let trace = try trace(withID: id, in: database)
    {
      return trace
    }
    let named = try traces("WHERE name = ?", [.text(reference)], in: database)
    guard let trace = named.first else { throw StoreError.unknownTrace(reference) }
    return trace
  }

  func trace(withID id: Int64, in database: Database) throws -> StoredTrace? {
    try traces("WHERE id = ?", [.integer(id)], in: database).first
  }

  /// What an import of known content returns.
  func trace(whereDigest digest: String, in database: Database) throws -> StoredTrace? {
    var trace = try traces("WHERE digest = ?", [.text(digest)], in: database).first
    trace?.alreadyPresent = true
    return trace
  }

  private func traces(
    _ condition: String, _ values: [SQLValue], in database: Database
  ) throws -> [StoredTrace] {
    let rows = try SQLStatement(
      database,
      """
      SELECT id, name, digest, format, kind, unit, worker_count, gradient_count, span_ns,
        start_unix_ns, imported_at, source, options_json
      FROM trace \(condition)
      """)
    try rows.bind(values)
    var traces: [StoredTrace] = []
    while try rows.step() {
      let name = try rows.text(1)
      guard let kind = TraceKind(rawValue: try rows.text(4)) else {
        throw damaged(trace: name, "trace", "its kind is unknown")
      }
      guard let unit = TimeUnit(rawValue: try rows.text(5)) else {
        throw damaged(trace: name, "trace", "its unit is unknown")
      }
      let id = try rows.integer(0)
      traces.append(
        StoredTrace(
          id: id, name: name, digest: try rows.text(2), format: try rows.text(3), kind: kind,
          unit: unit, workerCount: Int(try rows.integer(6)),
          gradientCount: Int(try rows.integer(7)), spanNs: try rows.integer(8),
          startUnixNs: try rows.optionalInteger(9), importedAt: try rows.text(10),
          source: try rows.text(11), optionsJSON: try rows.text(12), alreadyPresent: false,
          issues: try issues(of: id, named: name, in: database)))
    }
    return traces
  }

  private func issues(
    of id: Int64, named name: String, in database: Database
  ) throws -> [ImportIssue] {
    let rows = try SQLStatement(
      database,
      """
      SELECT code, severity, count, first_place, meaning FROM import_issue
      WHERE trace_id = ? ORDER BY rowid
      """)
    try rows.bind([.integer(id)])
    var issues: [ImportIssue] = []
    while try rows.step() {
      guard let severity = ImportIssue.Severity(rawValue: try rows.text(1)) else {
        throw damaged(trace: name, "import_issue", "a severity is unknown")
      }
      issues.append(
        ImportIssue(
          code: try rows.text(0), severity: severity, count: Int(try rows.integer(2)),
          firstPlace: try rows.text(3), meaning: try rows.text(4)))
    }
    return issues
  }

  func damaged(
    trace: String, _ table: String, _ problem: String, worker: Int? = nil, chunk: Int? = nil
  ) -> StoreError {
    .damaged(
      StorePlace(
        path: path, table: table, trace: trace, workerIndex: worker, chunkIndex: chunk),
      problem: problem)
  }
}

/// The rows that an import adds besides workers and chunks.
extension TraceSpool {
  func insertTrace(
    digest: String, kind: TraceKind, facts: TraceFacts, options: ImportOptions,
    assembled: Assembled, in database: Database
  ) throws -> Int64 {
    let given = options.anonymize ? "" : options.name
    let name = try freeName(given.isEmpty ? "trace" : given, in: database)
    // When a job ran can tell whose it was.
    let zero = options.anonymize ? nil : facts.unixNsOfZero
    let startUnixNs = zero.flatMap { zero -> Int64? in
      let start = zero.addingReportingOverflow(assembled.origin)
      return start.overflow ? nil : start.partialValue
    }
    try SQLStatement(
      database,
      """
      INSERT INTO trace (name, digest, format, kind, unit, worker_count, gradient_count, span_ns,
        start_unix_ns, imported_at, source, options_json)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now'), ?, ?)
      """
    ).run([
      .text(name), .text(digest), .text(facts.format), .text(kind.rawValue),
      .text(facts.unit.rawValue), .integer(assembled.workerCount),
      .integer(assembled.gradientCount), .integer(assembled.spanNs), .optional(startUnixNs),
      .text(options.anonymize ? "" : options.source),
      .text(options.anonymize ? "{}" : options.optionsJSON),
    ])
    return database.lastInsertedRowID
  }

  func insertIssues(of traceID: Int64, in database: Database) throws {
    let insert = try SQLStatement(
      database,
      """
      INSERT INTO import_issue (trace_id, severity, code, count, first_place, meaning)
      VALUES (?, ?, ?, ?, ?, ?)
      """)
    for issue in issues.issues {
      try insert.run([
        .integer(traceID), .text(issue.severity.rawValue), .text(issue.code),
        .integer(issue.count), .text(issue.firstPlace), .text(issue.meaning),
      ])
    }
  }

  /// The name, or the first of `-2`, `-3` … that is free.
  private func freeName(_ name: String, in database: Database) throws -> String {
    let taken = try SQLStatement(database, "SELECT 1 FROM trace WHERE name = ?")
    var candidate = name
    var suffix = 2
    while true {
      try taken.bind([.text(candidate)])
      guard try taken.step() else { return candidate }
      candidate = "\(name)-\(suffix)"
      suffix += 1
    }
  }
}
