import GRDB
import GRDBSQLite

/// A value that goes into a statement.
package enum SQLValue {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])

  /// Counts and indices, which are `Int` in Swift.
  package static func integer(_ value: Int) -> SQLValue { .integer(Int64(value)) }
  /// nil is NULL.
  package static func optional(_ value: Int64?) -> SQLValue { value.map { .integer($0) } ?? .null }
  /// nil is NULL, and an empty text is one.
  package static func optional(_ value: String?) -> SQLValue { value.map { .text($0) } ?? .null }
}

/// A prepared statement on GRDB's connection.
///
/// GRDB opens connections, waits for locks and runs transactions; rows go through here. Its own
/// rows trap where a column has another type than was asked for, and a database is input like any
/// other; its strings end at a zero byte, and a label may have one.
package final class SQLStatement {
  /// A column does not hold what the schema says.
  package struct TypeMismatch: Error {
    var problem: String
  }

  private let database: Database
  private var statement: OpaquePointer?
  private let sql: String

  package init(_ database: Database, _ sql: String) throws {
    self.database = database
    self.sql = sql
    let code = sqlite3_prepare_v2(database.sqliteConnection, sql, -1, &statement, nil)
    guard code == SQLITE_OK else { throw failure(code) }
  }

  deinit {
    sqlite3_finalize(statement)
  }

  /// Binds all parameters anew and rewinds.
  package func bind(_ values: [SQLValue]) throws {
    sqlite3_reset(statement)
    for (index, value) in zip(Int32(1)..., values) {
      let code =
        switch value {
        case .null: sqlite3_bind_null(statement, index)
        case .integer(let number): sqlite3_bind_int64(statement, index, number)
        case .real(let number): sqlite3_bind_double(statement, index, number)
        case .text(let text): bind(text, at: index)
        case .blob(let bytes): bind(bytes, at: index)
        }
      guard code == SQLITE_OK else { throw failure(code) }
    }
  }

  /// Moves to the next row, if there is one.
  package func step() throws -> Bool {
    let code = sqlite3_step(statement)
    switch code {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default:
      let error = failure(code)
      sqlite3_reset(statement)
      throw error
    }
  }

  /// Runs a statement that has no rows.
  package func run(_ values: [SQLValue] = []) throws {
    try bind(values)
    while try step() {}
    sqlite3_reset(statement)
  }

  // MARK: Columns of the current row

  /// Columns count from 0.
  package func isNull(_ column: Int32) -> Bool {
    sqlite3_column_type(statement, column) == SQLITE_NULL
  }

  /// - Throws: ``TypeMismatch`` for anything but an integer, NULL too.
  package func integer(_ column: Int32) throws -> Int64 {
    try expect(SQLITE_INTEGER, "an integer", at: column)
    return sqlite3_column_int64(statement, column)
  }

  /// NULL is NaN: SQLite stores a NaN as NULL.
  package func real(_ column: Int32) throws -> Double {
    if isNull(column) { return .nan }
    try expect(SQLITE_FLOAT, "a number", at: column)
    return sqlite3_column_double(statement, column)
  }

  /// Bytes that are no UTF-8 are replaced; zero bytes stay.
  ///
  /// - Throws: ``TypeMismatch`` for anything but a text, NULL too.
  package func text(_ column: Int32) throws -> String {
    try expect(SQLITE_TEXT, "a text", at: column)
    guard let pointer = sqlite3_column_text(statement, column) else { return "" }
    let count = Int(sqlite3_column_bytes(statement, column))
    return String(decoding: UnsafeBufferPointer(start: pointer, count: count), as: UTF8.self)
  }

  /// - Throws: ``TypeMismatch`` for anything but a blob, NULL too.
  package func blob(_ column: Int32) throws -> [UInt8] {
    try expect(SQLITE_BLOB, "a blob", at: column)
    guard let pointer = sqlite3_column_blob(statement, column) else { return [] }
    let count = Int(sqlite3_column_bytes(statement, column))
    return [UInt8](UnsafeRawBufferPointer(start: pointer, count: count))
  }

  /// nil for NULL.
  ///
  /// - Throws: ``TypeMismatch`` for any other type.
  package func optionalInteger(_ column: Int32) throws -> Int64? {
    isNull(column) ? nil : try integer(column)
  }

  /// nil for NULL.
  ///
  /// - Throws: ``TypeMismatch`` for any other type.
  package func optionalText(_ column: Int32) throws -> String? {
    isNull(column) ? nil : try text(column)
  }

  // MARK: Inside

  private func expect(_ type: Int32, _ name: String, at column: Int32) throws {
    guard sqlite3_column_type(statement, column) == type else {
      let label = sqlite3_column_name(statement, column).map { String(cString: $0) } ?? ""
      throw TypeMismatch(problem: "column \(label) does not hold \(name)")
    }
  }

  /// SQLite copies what is bound: it must outlive this call.
  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  private func bind(_ text: String, at index: Int32) -> Int32 {
    var text = text
    return text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        // Without an address SQLite would bind NULL.
        guard let base = characters.baseAddress else {
          return sqlite3_bind_text(statement, index, "", 0, Self.copied)
        }
        return sqlite3_bind_text(statement, index, base, Int32(characters.count), Self.copied)
      }
    }
  }

  private func bind(_ bytes: [UInt8], at index: Int32) -> Int32 {
    bytes.withUnsafeBytes { buffer in
      guard let base = buffer.baseAddress, buffer.count > 0 else {
        return sqlite3_bind_zeroblob(statement, index, 0)
      }
      return sqlite3_bind_blob(statement, index, base, Int32(buffer.count), Self.copied)
    }
  }

  private func failure(_ code: Int32) -> DatabaseError {
    let message = sqlite3_errmsg(database.sqliteConnection).map { String(cString: $0) }
    return DatabaseError(resultCode: ResultCode(rawValue: code), message: message, sql: sql)
  }
}
