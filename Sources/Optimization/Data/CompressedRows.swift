/// A matrix as a reader collects it: the entries other than zero of each row, in order of columns.
public struct CompressedRows: Sendable {
  /// d, the width of the matrix.
  public private(set) var columnCount: Int
  /// Where each row starts, and after the last the number of entries.
  public private(set) var starts = [0]
  /// The column of each value, ascending within a row.
  public private(set) var columns: [Int32] = []
  /// The values that are not 0, row after row.
  public private(set) var values: [Double] = []

  /// n, the rows that were ended.
  public var rowCount: Int { starts.count - 1 }

  /// - Parameter columnCount: at least so many columns; grows with the entries.
  public init(columnCount: Int = 0) {
    self.columnCount = columnCount
  }

  /// Dense rows of `columnCount` entries each, without their zeros.
  public init(rows: [[Double]], columnCount: Int = 0) {
    self.init(columnCount: columnCount)
    for row in rows {
      precondition(row.count == columnCount, "a row of \(row.count) entries, not \(columnCount)")
      for (column, value) in row.enumerated() { append(value, column: column) }
      endRow()
    }
  }

  /// Adds an entry to the row under way. Zeros need no place.
  public mutating func append(_ value: Double, column: Int) {
    columnCount = max(columnCount, column + 1)
    guard value != 0 else { return }
    columns.append(Int32(column))
    values.append(value)
  }

  /// Ends the row under way; the next value belongs to the next one.
  public mutating func endRow() {
    starts.append(values.count)
  }

  /// The same rows with a 1 at the end of each: the column of an intercept.
  public func appendingOnes() -> Self {
    var result = Self(columnCount: columnCount + 1)
    for row in 0..<rowCount {
      for entry in starts[row]..<starts[row + 1] {
        result.append(values[entry], column: Int(columns[entry]))
      }
      result.append(1, column: columnCount)
      result.endRow()
    }
    return result
  }
}
