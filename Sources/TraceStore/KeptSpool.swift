import Crypto
import Foundation
import GRDB
import Synchronization
import TraceModel

/// What an import has read so far, in a file beside the store that outlives the process.
///
/// A SQLite file of its own, attached to the store's connection: a table of runs as the TEMP one, and a
/// row for each file that was finished. A file is there whole or not at all, since its row is written
/// after its last run. The file goes away with the import's success.
final class KeptSpool: Sendable {
  /// "OPSP"
  private static let applicationID: Int64 = 0x4f50_5350
  private static let version: Int64 = 1

  struct Part: Sendable {
    var id: Int
    var runCount: Int
    var gradientCount: Int
    var registry: WorkerRegistry
    var description: [UInt8]
  }

  let path: String
  let table: SpoolTable
  private let store: TraceStore
  private let schema: String
  private let nextPart: Mutex<Int>
  private let isAttached = Mutex(true)

  /// Opens what an import kept, or begins it.
  ///
  /// - Parameter request: what is imported and how, for people; what was kept for another one is
  ///   refused.
  init(store: TraceStore, path: String, schema: String, request: String) throws {
    self.path = path
    self.store = store
    self.schema = schema
    table = SpoolTable(name: "\(schema).run")
    try Self.requireOurs(path)
    let queue = store.queue
    var next = 0
    do {
      try queue.inDatabase { database in
        try SQLStatement(database, "ATTACH DATABASE ? AS \(schema)")
          .run([.text(path.hasPrefix("/") ? path : "./" + path)])
        do {
          next = try Self.prepare(schema, request: request, path: path, in: database)
        } catch {
          try? SQLStatement(database, "DETACH DATABASE \(schema)").run()
          throw error
        }
      }
    } catch let error as DatabaseError {
      throw Self.failure(path, error)
    } catch let error as SQLStatement.TypeMismatch {
      throw StoreError.keptDamaged(path: path, problem: error.problem)
    }
    nextPart = Mutex(next)
  }

  /// A number that no part has.
  func newPart() -> Int {
    nextPart.withLock { next in
      next += 1
      return next - 1
    }
  }

  func recall(path file: String, identity: FileIdentity) throws -> Part? {
    try reading { database in
      let row = try SQLStatement(
        database,
        """
        SELECT part, run_count, gradient_count, workers, description, checksum
        FROM \(schema).part WHERE path = ? AND identity = ?
        """)
      try row.bind([.text(file), .text(identity.text)])
      guard try row.step() else { return nil }
      let workers = try row.blob(3)
      let description = try row.blob(4)
      let numbers = (Int(try row.integer(0)), Int(try row.integer(1)), Int(try row.integer(2)))
      guard try row.blob(5) == Self.checksum(numbers, workers, description),
        let registry = WorkerRegistry(decoding: workers)
      else {
        throw StoreError.keptDamaged(path: path, problem: "the checksum of \(file) does not hold")
      }
      return Part(
        id: numbers.0, runCount: numbers.1, gradientCount: numbers.2, registry: registry,
        description: description)
    }
  }

  /// Takes note of a file all of whose runs are written.
  func keep(
    _ part: SpoolPart, path file: String, identity: FileIdentity, description: [UInt8]
  ) throws {
    let workers = part.registry.encoded
    do {
      try store.queue.inTransaction(.deferred) { database in
        try SQLStatement(
          database,
          """
          DELETE FROM \(schema).run
          WHERE part IN (SELECT part FROM \(schema).part WHERE path = ?)
          """
        ).run([.text(file)])
        try SQLStatement(
          database, "INSERT OR REPLACE INTO \(schema).part VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
        ).run([
          .integer(part.id), .text(file), .text(identity.text), .integer(part.runCount),
          .integer(part.gradientCount), .blob(workers), .blob(description),
          .blob(
            Self.checksum((part.id, part.runCount, part.gradientCount), workers, description)),
        ])
        return .commit
      }
    } catch let error as DatabaseError {
      throw Self.failure(path, error)
    }
  }

  /// Lets go of the file, before anything is written to the store.
  func detach() {
    isAttached.withLock { isAttached in
      guard isAttached else { return }
      try? store.queue.inDatabase { try SQLStatement($0, "DETACH DATABASE \(schema)").run() }
      isAttached = false
    }
  }

  /// Lets go of the file, and removes it if it is of no more use.
  func close(removing: Bool) {
    var isEmpty = false
    if !removing, isAttached.withLock({ $0 }) {
      let found = try? reading { database in
        let count = try SQLStatement(database, "SELECT count(*) FROM \(schema).part")
        return try count.step() && count.integer(0) == 0
      }
      isEmpty = found ?? false
    }
    detach()
    guard removing || isEmpty else { return }
    for suffix in ["", "-journal"] { try? FileManager.default.removeItem(atPath: path + suffix) }
  }

  // MARK: Inside

  private static let tables = [
    """
    CREATE TABLE part (part INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, identity TEXT NOT NULL, \
    run_count INTEGER NOT NULL, gradient_count INTEGER NOT NULL, workers BLOB NOT NULL, \
    description BLOB NOT NULL, checksum BLOB NOT NULL)
    """,
    "CREATE TABLE request (text TEXT NOT NULL)", SpoolTable.columns("run"),
  ]

  /// A file that is not ours is not even opened.
  private static func requireOurs(_ path: String) throws {
    var isFolder = ObjCBool(false)
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return }
    guard !isFolder.boolValue, let file = FileHandle(forReadingAtPath: path) else {
      throw StoreError.keptForeign(path: path)
    }
    defer { try? file.close() }
    let header = (try? file.read(upToCount: 100)) ?? Data()
    guard !header.isEmpty else { return }
    let id = header.count < 72 ? 0 : header[68..<72].reduce(Int64(0)) { $0 << 8 | Int64($1) }
    guard header.starts(with: Array("SQLite format 3\0".utf8)), id == applicationID else {
      throw StoreError.keptForeign(path: path)
    }
  }

  /// Returns the number of the next part.
  private static func prepare(
    _ schema: String, request: String, path: String, in database: Database
  ) throws -> Int {
    func value(_ sql: String) throws -> Int64 {
      let statement = try SQLStatement(database, sql)
      return try statement.step() ? statement.integer(0) : 0
    }
    // Nobody else may go on with it at the same time.
    _ = try SQLStatement(database, "PRAGMA \(schema).locking_mode = EXCLUSIVE").step()
    // Not IMMEDIATE: that would begin to write to the store as well, and two files written at once
    // need a third that a killed process leaves behind.
    try SQLStatement(database, "BEGIN").run()
    do {
      if try value("SELECT count(*) FROM \(schema).sqlite_schema") == 0 {
        for table in tables {
          let sql = table.replacingOccurrences(
            of: "CREATE TABLE ", with: "CREATE TABLE \(schema).")
          try SQLStatement(database, sql).run()
        }
        try SQLStatement(database, "INSERT INTO \(schema).request VALUES (?)").run([.text(request)])
        try SQLStatement(database, "PRAGMA \(schema).application_id = \(applicationID)").run()
        try SQLStatement(database, "PRAGMA \(schema).user_version = \(version)").run()
      } else {
        try check(schema, request: request, path: path, in: database)
      }
      // What a killed process left of a file that it had not finished.
      try SQLStatement(
        database, "DELETE FROM \(schema).run WHERE part NOT IN (SELECT part FROM \(schema).part)"
      ).run()
      let next = try value("SELECT coalesce(max(part), -1) + 1 FROM \(schema).part")
      try SQLStatement(database, "COMMIT").run()
      return Int(next)
    } catch {
      try? SQLStatement(database, "ROLLBACK").run()
      throw error
    }
  }

  private static func check(
    _ schema: String, request: String, path: String, in database: Database
  ) throws {
    let version = try SQLStatement(database, "PRAGMA \(schema).user_version")
    guard try version.step(), try version.integer(0) == Self.version else {
      throw StoreError.keptDamaged(path: path, problem: "another version of outpace wrote it")
    }
    let rows = try SQLStatement(
      database, "SELECT sql FROM \(schema).sqlite_schema WHERE sql IS NOT NULL ORDER BY name")
    var found: [String] = []
    while try rows.step() { found.append(try rows.text(0)) }
    guard found == tables else {
      throw StoreError.keptDamaged(path: path, problem: "its tables are not those of outpace")
    }
    let asked = try SQLStatement(database, "SELECT text FROM \(schema).request")
    guard try asked.step() else {
      throw StoreError.keptDamaged(path: path, problem: "it does not say what was imported")
    }
    let known = try asked.text(0)
    guard known == request else {
      throw StoreError.keptOfAnother(path: path, request: known)
    }
  }

  private static func checksum(
    _ numbers: (Int, Int, Int), _ workers: [UInt8], _ description: [UInt8]
  ) -> [UInt8] {
    var hash = SHA256()
    hash.update(data: Array("\(numbers.0) \(numbers.1) \(numbers.2) \(workers.count) ".utf8))
    hash.update(data: workers)
    hash.update(data: description)
    return Array(hash.finalize())
  }

  private func reading<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do {
      return try store.queue.inDatabase(body)
    } catch let error as DatabaseError {
      throw Self.failure(path, error)
    } catch let error as SQLStatement.TypeMismatch {
      throw StoreError.keptDamaged(path: path, problem: error.problem)
    }
  }

  static func failure(_ path: String, _ error: DatabaseError) -> StoreError {
    switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED: .busy(path: path)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      .keptDamaged(path: path, problem: error.message ?? "it is no database")
    default: .cannotWrite(path: path, problem: error.message ?? "unknown error")
    }
  }
}

extension WorkerRegistry {
  /// For each worker: label, host (or none) and trust, each a length in four bytes and its bytes.
  var encoded: [UInt8] {
    var bytes: [UInt8] = []
    func put(_ text: String?) {
      let count = text.map { UInt32($0.utf8.count) } ?? .max
      withUnsafeBytes(of: count.littleEndian) { bytes.append(contentsOf: $0) }
      bytes.append(contentsOf: text?.utf8.map { $0 } ?? [])
    }
    for handle in 0..<count {
      put(label(handle).text)
      put(host(handle))
      put(trust(handle).rawValue)
    }
    return bytes
  }

  init?(decoding bytes: [UInt8]) {
    self.init()
    var rest = bytes[...]
    func take() -> String?? {
      guard rest.count >= 4 else { return nil }
      let count = rest.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      rest = rest.dropFirst(4)
      if count == .max { return .some(nil) }
      guard rest.count >= Int(count),
        let text = String(validating: rest.prefix(Int(count)), as: UTF8.self)
      else { return nil }
      rest = rest.dropFirst(Int(count))
      return text
    }
    while !rest.isEmpty {
      guard case .some(.some(let label)) = take(), case .some(let host) = take(),
        case .some(.some(let word)) = take(), let trust = TrustGrade(rawValue: word),
        (try? handle(of: WorkerLabel(label), host: host, trust: trust)) != nil
      else { return nil }
    }
  }
}
