import Foundation
import GRDB
import GRDBSQLite

extension TraceStore {
  /// Removes a database that holds no trace, or not even the tables for one since the disk was full;
  /// for whoever created it for an import that failed.
  ///
  /// The write lock is held from the look until the file has lost its name, so that no other
  /// process puts a trace into it meanwhile; one that waits for the lock is told by SQLite that the
  /// file has moved, and ends as if the database were busy. Any thread may call this. A file that
  /// is in use, not ours or not there stays as it is.
  public static func removeUnused(_ path: String) {
    guard FileKind(path) == .file else { return }
    var configuration = Configuration()
    configuration.busyMode = .timeout(0.1)
    let name = path.hasPrefix("/") ? path : "./" + path
    guard let queue = try? DatabaseQueue(path: name, configuration: configuration) else { return }
    // The lock on a file without pages prepares the first one, and its journal would need room.
    if isEmptyFile(path) {
      try? queue.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = MEMORY") }
    }
    try? queue.inTransaction(.immediate) { database in
      func number(_ sql: String) throws -> Int64 {
        let statement = try SQLStatement(database, sql)
        return try statement.step() ? statement.integer(0) : -1
      }
      let isUnused =
        switch try number("PRAGMA application_id") {
        case Int64(Schema.applicationID): try number("SELECT count(*) FROM trace") == 0
        case 0: isEmptyFile(path)
        default: false
        }
      if isUnused { unlink(path) }
      return .rollback
    }
  }

  /// Whether the file that is open has been removed or replaced.
  static func hasLostItsName(_ database: Database) -> Bool {
    var hasMoved: Int32 = 0
    // A temporary database has no name to lose, and leaves this as it is.
    sqlite3_file_control(database.sqliteConnection, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
    return hasMoved != 0
  }

  private static func isEmptyFile(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_size == 0
  }
}

/// What stands at a path.
enum FileKind {
  case missing
  case file
  case folder
  /// A device, a pipe, a socket.
  case other

  init(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      self = .missing
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: self = .file
    case S_IFDIR: self = .folder
    default: self = .other
    }
  }
}
