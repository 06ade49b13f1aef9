import ByteStreams

/// A data set as it was read: sample i is the i-th data line.
public struct DataSet: Sendable {
  /// One sample a row.
  public var rows: CompressedRows
  /// The number that each line begins with.
  public var targets: [Double]
}

/// Reads a data set line by line, in LIBSVM or CSV form, whichever the first line is.
///
/// - LIBSVM: `label index:value …`, indices from 1 and ascending, `#` begins a comment.
/// - CSV: a line with a comma in it; the label is the first field, as in LIBSVM; a first line whose
///   first field is no number is a header.
///
/// Empty lines are no samples.
public struct DataParser {
  /// 2^27: an iterate of so many numbers is 1 GiB.
  public static let largestIndex = 1 << 27

  private enum Form {
    case unknown
    case libsvm
    case csv(fieldCount: Int)
  }

  /// As it was given, for messages.
  public let path: String
  private var form = Form.unknown
  private var rows = CompressedRows()
  private var targets: [Double] = []

  /// - Parameter path: for messages.
  public init(path: String) {
    self.path = path
  }

  /// Reads a plain, `.gz` or `.zst` file, or standard input for `-`.
  public static func read(path: String) throws -> DataSet {
    var reader = try LineReader(path: path)
    var parser = DataParser(path: path)
    while let line = try reader.next() {
      try parser.consume(line, number: reader.lineNumber)
    }
    if reader.isTruncated { throw DataError(.truncated, path: path) }
    return try parser.finish()
  }

  /// - Parameters:
  ///   - line: without its terminator.
  ///   - number: counted from 1, for messages.
  public mutating func consume(
    _ line: UnsafeRawBufferPointer, number: Int
  ) throws(DataError) {
    var line = line
    // A byte order mark is no part of a number.
    if number == 1, line.count >= 3, line[0] == 0xEF, line[1] == 0xBB, line[2] == 0xBF {
      line = UnsafeRawBufferPointer(rebasing: line[3...])
    }
    if case .unknown = form {
      guard let first = line.first(where: { !isBlank($0) }), first != UInt8(ascii: "#") else {
        return
      }
      if line.contains(UInt8(ascii: ",")) {
        let fields = line.reduce(1) { $0 + ($1 == UInt8(ascii: ",") ? 1 : 0) }
        form = .csv(fieldCount: fields)
        let label = trimmed(line, 0, line.firstIndex(of: UInt8(ascii: ",")) ?? line.count)
        if scanDecimal(label) == nil, isHeader(label) { return }
      } else {
        form = .libsvm
      }
    }
    if case .csv(let fieldCount) = form {
      try consumeCSV(line, fieldCount: fieldCount, number: number)
    } else {
      try consumeLIBSVM(line, number: number)
    }
  }

  /// The data, once every line was given to the parser.
  public consuming func finish() throws(DataError) -> DataSet {
    guard !targets.isEmpty else { throw DataError(.noSamples, path: path) }
    guard rows.columnCount > 0 else { throw DataError(.noFeatures, path: path) }
    return DataSet(rows: rows, targets: targets)
  }

  /// A name, not a number gone wrong: `nan` and `1e` at the top of a file are mistakes.
  private func isHeader(_ field: UnsafeRawBufferPointer) -> Bool {
    guard let first = field.first else { return false }
    let lowered = text(field).lowercased()
    let isLetter =
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first | 0x20)
      || first == UInt8(ascii: "\"") || first == UInt8(ascii: "_")
    return isLetter && !["nan", "inf", "infinity"].contains(lowered)
  }

  private mutating func consumeLIBSVM(
    _ line: UnsafeRawBufferPointer, number: Int
  ) throws(DataError) {
    let end = line.firstIndex(of: UInt8(ascii: "#")) ?? line.count
    var position = 0
    var isFirst = true
    var previous = 0
    while let token = nextToken(line, &position, end) {
      if isFirst {
        guard let label = scanDecimal(token) else {
          throw DataError(.noLabel(text(token)), path: path, line: number)
        }
        targets.append(label)
        isFirst = false
        continue
      }
      guard let colon = token.firstIndex(of: UInt8(ascii: ":")) else {
        throw DataError(.notAnEntry(text(token)), path: path, line: number)
      }
      let indexBytes = UnsafeRawBufferPointer(rebasing: token[..<colon])
      let valueBytes = UnsafeRawBufferPointer(rebasing: token[(colon + 1)...])
      guard let index = scanIndex(indexBytes) else {
        let isNumber = indexBytes.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2D }
        throw DataError(
          isNumber && !indexBytes.isEmpty
            ? .indexOutOfRange(text(indexBytes)) : .notAnEntry(text(token)),
          path: path, line: number)
      }
      guard index > previous else {
        throw DataError(.indexNotAscending(index), path: path, line: number)
      }
      guard let value = scanDecimal(valueBytes) else {
        throw DataError(.notANumber(text(valueBytes)), path: path, line: number)
      }
      previous = index
      rows.append(value, column: index - 1)
    }
    if !isFirst { rows.endRow() }
  }

  private mutating func consumeCSV(
    _ line: UnsafeRawBufferPointer, fieldCount: Int, number: Int
  ) throws(DataError) {
    guard line.contains(where: { !isBlank($0) }) else { return }
    let found = line.reduce(1) { $0 + ($1 == UInt8(ascii: ",") ? 1 : 0) }
    guard found == fieldCount else {
      throw DataError(
        .fieldCount(found: found, expected: fieldCount), path: path, line: number)
    }
    var start = 0
    for field in 0..<fieldCount {
      var end = start
      while end < line.count, line[end] != UInt8(ascii: ",") { end += 1 }
      let bytes = trimmed(line, start, end)
      guard let value = scanDecimal(bytes) else {
        throw DataError(
          field == 0 ? .noLabel(text(bytes)) : .notANumber(text(bytes)), path: path,
          line: number)
      }
      if field == 0 { targets.append(value) } else { rows.append(value, column: field - 1) }
      start = end + 1
    }
    rows.endRow()
  }

  private func isBlank(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
  }

  private func nextToken(
    _ line: UnsafeRawBufferPointer, _ position: inout Int, _ end: Int
  ) -> UnsafeRawBufferPointer? {
    while position < end, isBlank(line[position]) { position += 1 }
    guard position < end else { return nil }
    let start = position
    while position < end, !isBlank(line[position]) { position += 1 }
    return UnsafeRawBufferPointer(rebasing: line[start..<position])
  }

  private func trimmed(
    _ line: UnsafeRawBufferPointer, _ start: Int, _ end: Int
  ) -> UnsafeRawBufferPointer {
    var (start, end) = (start, end)
    while start < end, isBlank(line[start]) { start += 1 }
    while end > start, isBlank(line[end - 1]) { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: line[start..<end])
  }

  private func scanIndex(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard !bytes.isEmpty, bytes.count <= 10 else { return nil }
    var index = 0
    for byte in bytes {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      index = index * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return index >= 1 && index <= Self.largestIndex ? index : nil
  }

  /// For messages: hostile files have long words.
  private func text(_ bytes: UnsafeRawBufferPointer) -> String {
    let shown = String(decoding: bytes.prefix(40), as: UTF8.self)
    return bytes.count > 40 ? shown + "…" : shown
  }
}
