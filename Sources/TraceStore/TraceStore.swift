import CSQLite
import Foundation
import GRDB
import GRDBSQLite

/// One SQLite file of traces and their replays.
///
/// The file keeps SQLite's rollback journal: it is one file when nobody writes, and can be read
/// from a read-only disk. A store is one connection, used by one thread at a time; open another
/// one for another thread.
public final class TraceStore: Sendable {
  /// What a connection may do.
  public enum Mode: Sendable {
    /// Never creates, migrates or writes.
    case readOnly
    /// Creates a missing file, and migrates an older one.
    case readWrite
  }

  /// As it was given.
  public let path: String
  /// What this connection may do.
  public let mode: Mode
  /// The one connection: everything on it is one after the other.
  package let queue: DatabaseQueue

  /// Opens a store.
  ///
  /// - Parameters:
  ///   - path: a file, relative to the working folder if it does not begin with a slash.
  ///   - busyTimeout: seconds to wait for another process's lock.
  /// - Throws: `StoreError`; a file of another program or of a later version stays as it is.
  public init(path: String, mode: Mode, busyTimeout: Double = 30) throws {
    self.path = path
    self.mode = mode
    let kind = FileKind(path)
    switch (mode, kind) {
    case (.readOnly, .missing): throw StoreError.missing(path: path)
    case (.readOnly, .folder): throw StoreError.cannotOpen(path: path, problem: "it is a folder")
    case (.readWrite, .folder): throw StoreError.cannotCreate(path: path, problem: "it is a folder")
    case (.readWrite, .other): throw StoreError.cannotCreate(path: path, problem: "it is no file")
    default: break
    }
    // SQLite takes "file:" and ":memory:" for something else than names.
    queue = try Self.opened(
      path, as: path.hasPrefix("/") ? path : "./" + path, mode: mode, busyTimeout: busyTimeout,
      isNew: kind == .missing)
    do {
      try prepare()
    } catch let error as DatabaseError {
      throw StoreError(opening: path, error)
    }
  }

  /// A store for a trace that nobody asked to keep.
  ///
  /// SQLite makes a file that only this user can read, takes its name away at once, and gives the
  /// disk back when the process ends, however it does: a folder of our own was left behind by every
  /// crash and every signal that nobody had thought of.
  public static func temporary() throws -> TraceStore { try TraceStore() }

  private init() throws {
    path = "temporary database"
    mode = .readWrite
    // The empty name is SQLite's for such a file.
    queue = try Self.opened(path, as: "", mode: .readWrite, busyTimeout: 30, isNew: true)
    do {
      try prepare()
    } catch let error as DatabaseError {
      throw StoreError(writing: path, error)
    }
  }

  private static func opened(
    _ path: String, as name: String, mode: Mode, busyTimeout: Double, isNew: Bool
  ) throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.readonly = mode == .readOnly
    configuration.foreignKeysEnabled = true
    configuration.busyMode = .timeout(busyTimeout)
    configuration.prepareDatabase { try Self.harden($0) }
    do {
      return try connect(to: name, configuration)
    } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN && isNew {
      throw StoreError.cannotCreate(path: path, problem: error.message ?? "unknown error")
    } catch let error as DatabaseError {
      throw StoreError(opening: path, error)
    }
  }

  private static func connect(
    to name: String, _ configuration: Configuration
  ) throws -> DatabaseQueue {
    func connect() throws -> DatabaseQueue {
      let queue = try DatabaseQueue(path: name, configuration: configuration)
      try queue.inDatabase { try $0.execute(sql: "SELECT count(*) FROM sqlite_schema") }
      return queue
    }
    do {
      return try connect()
    } catch let error as DatabaseError
      where error.resultCode == .SQLITE_READONLY && isOurs(name)
    {
      try rollBack(name)
      return try connect()
    }
  }

  /// Undoes what a killed process left half written. SQLite does so by itself for whoever may
  /// write, and refuses to read before.
  private static func rollBack(_ name: String) throws {
    let queue = try DatabaseQueue(path: name)
    try queue.inDatabase { try $0.execute(sql: "SELECT count(*) FROM sqlite_schema") }
    try queue.close()
  }

  /// Whether the file's header has our `application_id`, without asking SQLite.
  private static func isOurs(_ path: String) -> Bool {
    guard let file = FileHandle(forReadingAtPath: path) else { return false }
    defer { try? file.close() }
    guard let header = try? file.read(upToCount: 100), header.count == 100 else { return false }
    return header[68..<72].reduce(0) { $0 << 8 | UInt32($1) } == UInt32(Schema.applicationID)
  }

  /// A database is input like any other: what its schema says must not run code, and no value is
  /// larger than a chunk can be.
  private static func harden(_ database: Database) throws {
    try database.execute(sql: "PRAGMA trusted_schema = OFF")
    try database.execute(sql: "PRAGMA cell_size_check = ON")
    let code = outpace_sqlite_set_defensive(database.sqliteConnection)
    guard code == SQLITE_OK else {
      throw DatabaseError(resultCode: ResultCode(rawValue: code), message: "not defensive")
    }
    sqlite3_limit(database.sqliteConnection, SQLITE_LIMIT_LENGTH, 256 << 20)
    // The spool deletes what it no longer needs; overwriting that with zeros protects nobody.
    try database.execute(sql: "PRAGMA temp.secure_delete = OFF")
    // Blocks of 32 KB in pages of 4 would be read and written in eight pieces each.
    try database.execute(sql: "PRAGMA temp.page_size = 32768")
  }

  /// Tells whether the file is ours, and brings it up to date if it may.
  private func prepare() throws {
    // In one transaction: another process may be filling in the new file at this very moment, and
    // what is read before and after that does not fit together.
    let (version, isBlank) = try queue.read { try self.identify($0) }
    if mode == .readOnly {
      guard !isBlank else { throw StoreError.blank(path: path) }
      guard version >= Schema.oldestReadable else {
        throw StoreError.older(path: path, version: version, supported: Schema.version)
      }
      return
    }
    if isBlank || version < Schema.version { try migrate() }
    try leaveWriteAheadLog()
  }

  /// Fills in a new file, or brings an older one up to date.
  ///
  /// That is writing, and fails as writing does: on a full disk, say.
  private func migrate() throws {
    do {
      try WritesUnderWay.all.run(on: queue) {
        try queue.inTransaction(.immediate) { database in
          // Another process may have been faster: in filling the file in, or in taking it away because
          // there was no room for its tables. Of a file without pages SQLite does not notice the latter
          // once there is another one in its place.
          guard !Self.hasLostItsName(database) else { throw StoreError.busy(path: self.path) }
          let (version, _) = try self.identify(database)
          try Schema.migrate(database, from: version)
          return .commit
        }
      }
    } catch let error as DatabaseError {
      throw StoreError(writing: path, error)
    }
  }

  /// Returns the version of the schema and whether the file is still empty.
  private func identify(_ database: Database) throws -> (version: Int, isBlank: Bool) {
    let id = try number("PRAGMA application_id", in: database)
    let version = try number("PRAGMA user_version", in: database)
    let objects = try number("SELECT count(*) FROM sqlite_schema", in: database)
    if id == 0, version == 0, objects == 0 { return (0, true) }
    guard id == Int64(Schema.applicationID) else {
      throw StoreError.foreign(path: path, applicationID: Int32(truncatingIfNeeded: id))
    }
    guard version <= Schema.version else {
      throw StoreError.newer(
        path: path, version: Int(version), supported: Schema.version)
    }
    guard version > 0 else { throw damaged("sqlite_schema", "the schema has no version") }
    for table in Schema.tables {
      let statement = try SQLStatement(
        database, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?")
      try statement.bind([.text(table)])
      guard try statement.step(), try statement.integer(0) == 1 else {
        throw damaged(table, "the table is missing")
      }
    }
    return (Int(version), false)
  }

  /// Somebody else's tool may have switched the file; a finished file is one file.
  private func leaveWriteAheadLog() throws {
    try queue.inDatabase { database in
      guard try journalMode(database) == "wal" else { return }
      try SQLStatement(database, "PRAGMA journal_mode = DELETE").run()
    }
  }

  private func journalMode(_ database: Database) throws -> String {
    let statement = try SQLStatement(database, "PRAGMA journal_mode")
    return try statement.step() ? statement.text(0) : ""
  }

  private func number(_ sql: String, in database: Database) throws -> Int64 {
    let statement = try SQLStatement(database, sql)
    guard try statement.step() else { return 0 }
    return try statement.integer(0)
  }

  func damaged(_ table: String, _ problem: String) -> StoreError {
    .damaged(StorePlace(path: path, table: table), problem: problem)
  }

  // MARK: Access

  /// Reads in one transaction, so that what is read fits together.
  func reading<Value>(_ table: String, _ body: (Database) throws -> Value) throws -> Value {
    do {
      return try queue.read(body)
    } catch let error as DatabaseError {
      throw StoreError(reading: path, table: table, error)
    } catch let error as SQLStatement.TypeMismatch {
      throw damaged(table, error.problem)
    }
  }

  /// Writes in one transaction that holds the write lock from its beginning.
  package func writing<Value>(_ body: (Database) throws -> Value) throws -> Value {
    guard mode == .readWrite else {
      throw StoreError.cannotWrite(path: path, problem: "it was opened to be read")
    }
    do {
      var result: Result<Value, any Error>?
      try WritesUnderWay.all.run(on: queue) {
        try queue.inTransaction(.immediate) { database in
          result = .success(try body(database))
          return .commit
        }
      }
      guard let result else { preconditionFailure("a transaction ended without a result") }
      return try result.get()
    } catch let error as DatabaseError {
      throw StoreError(writing: path, error)
    } catch let error as SQLStatement.TypeMismatch {
      throw damaged("sqlite_schema", error.problem)
    }
  }
}

extension StoreError {
  init(opening path: String, _ error: DatabaseError) {
    self =
      switch error.resultCode {
      case .SQLITE_NOTADB: .notADatabase(path: path)
      case .SQLITE_BUSY, .SQLITE_LOCKED: .busy(path: path)
      case .SQLITE_CORRUPT: .damaged(StorePlace(path: path, table: "sqlite_schema"), error)
      default: .cannotOpen(path: path, problem: error.message ?? "unknown error")
      }
  }

  init(reading path: String, table: String, _ error: DatabaseError) {
    self =
      switch error.resultCode {
      case .SQLITE_NOTADB: .notADatabase(path: path)
      case .SQLITE_BUSY, .SQLITE_LOCKED: .busy(path: path)
      // Read-only: a process was killed while it wrote, after this store was opened.
      case .SQLITE_CANTOPEN, .SQLITE_IOERR, .SQLITE_PERM, .SQLITE_READONLY:
        .cannotOpen(path: path, problem: error.message ?? "unknown error")
      default: .damaged(StorePlace(path: path, table: table), error)
      }
  }

  init(writing path: String, _ error: DatabaseError) {
    self =
      switch error.resultCode {
      case .SQLITE_BUSY, .SQLITE_LOCKED: .busy(path: path)
      // Whoever created the file took it away again; trying again makes a new one. Where it had no pages
      // yet, SQLite misses it only when a journal is to have its permissions.
      case _
      where [.SQLITE_READONLY_DBMOVED, .SQLITE_IOERR_FSTAT].contains(error.extendedResultCode):
        .busy(path: path)
      case .SQLITE_CORRUPT: .damaged(StorePlace(path: path, table: "sqlite_schema"), error)
      default: .cannotWrite(path: path, problem: error.message ?? "unknown error")
      }
  }

  private static func damaged(_ place: StorePlace, _ error: DatabaseError) -> StoreError {
    .damaged(place, problem: "SQLite: \(error.message ?? "unknown error")")
  }
}
