import ByteStreams
import CSQLite

/// Somebody else's SQLite file, opened immutable and for reading only.
///
/// Only tables are read: a view or a virtual table runs what its maker wrote.
struct SQLiteFile: ~Copyable {
  private let database: OpaquePointer
  private let path: String

  static let magic = Array("SQLite format 3\0".utf8)

  private init(_ database: OpaquePointer, path: String) {
    self.database = database
    self.path = path
  }

  static func open(path: String) throws -> SQLiteFile {
    var database: OpaquePointer?
    let result = outpace_sqlite_open(uri(path), &database)
    guard result == 0, let database else {
      if let database { outpace_sqlite_close(database) }
      throw TraceFormatError(reason: .brokenSQLite("it cannot be opened"), path: path)
    }
    let file = SQLiteFile(database, path: path)
    guard outpace_sqlite_set_defensive(database) == 0 else {
      throw TraceFormatError(reason: .brokenSQLite("it cannot be opened safely"), path: path)
    }
    for pragma in ["PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON"] {
      try file.forEachRow(of: pragma) { _ in }
    }
    return file
  }

  deinit {
    outpace_sqlite_close(database)
  }

  /// A row of a result, valid until the next one.
  struct Row {
    fileprivate let statement: OpaquePointer

    func integer(_ column: Int32) -> Int64? {
      outpace_sqlite_type(statement, column) == 1
        ? outpace_sqlite_integer(statement, column) : nil
    }

    func text(_ column: Int32) -> UnsafeRawBufferPointer? {
      guard outpace_sqlite_type(statement, column) == 3,
        let bytes = outpace_sqlite_text(statement, column)
      else { return nil }
      return UnsafeRawBufferPointer(
        start: bytes, count: Int(outpace_sqlite_byte_count(statement, column)))
    }
  }

  /// Runs a query; what it throws names the file.
  func forEachRow(of sql: String, _ body: (Row) throws -> Void) throws {
    var statement: OpaquePointer?
    guard outpace_sqlite_prepare(database, sql, &statement) == 0, let statement else {
      throw failure()
    }
    defer { outpace_sqlite_finalize(statement) }
    while true {
      switch outpace_sqlite_step(statement) {
      case 100: try body(Row(statement: statement))
      case 101: return
      default: throw failure()
      }
    }
  }

  /// The names of the columns of an ordinary table; none if there is no such table.
  func columns(of table: String) throws -> Set<String> {
    var isTable = false
    let schema = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 AND name = "
    try forEachRow(of: schema + "'\(table)'") { _ in isTable = true }
    guard isTable else { return [] }
    var names: Set<String> = []
    try forEachRow(of: "SELECT name FROM pragma_table_info('\(table)')") { row in
      if let name = row.text(0) { names.insert(decodedText(name).text) }
    }
    return names
  }

  private func failure() -> TraceFormatError {
    let message = String(cString: outpace_sqlite_message(database))
    // Its text began like a database's: it is one, compressed.
    if message == "file is not a database" {
      return TraceFormatError(reason: .notADatabase, path: path)
    }
    return TraceFormatError(reason: .brokenSQLite(message), path: path)
  }

  /// The path as a URI that keeps SQLite from looking for journals and locks.
  private static func uri(_ path: String) -> String {
    let digits = Array("0123456789ABCDEF")
    var uri = "file:"
    for byte in path.utf8 {
      let isPlain =
        byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a || byte >= 0x2d && byte <= 0x39 || byte == 0x5f
      if isPlain {
        uri.unicodeScalars.append(UnicodeScalar(byte))
      } else {
        uri += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
      }
    }
    return uri + "?immutable=1"
  }
}
