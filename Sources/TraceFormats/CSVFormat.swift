import ByteStreams
import TraceModel

/// A table with a header, one gradient a row.
///
/// Our own columns are `worker`, `start_ns`, `duration_ns` or `end_ns` (also `_us`, `_ms`, `_s`) and,
/// optionally, `wait_*`, `turnaround_*`, `step`, `samples` (`3;17;4`) and `host`. Anyone else's are
/// named by ``ReadOptions/columns``. Rows without a start follow one another within their worker.
/// Fields are separated by commas, or by tabs or semicolons where the header has no comma.
struct CSVTraceReader: FileReader {
  private let options: ReadOptions
  private let log: IssueLog

  init(options: ReadOptions, log: IssueLog) {
    self.options = options
    self.log = log
  }

  static func claims(_ head: FileHead, options: ReadOptions) -> Bool {
    guard let names = header(of: head.bytes) else { return false }
    return claimsTable(names: names, options: options)
  }

  func read(_ source: ByteSource) throws -> FilePart.Content {
    let head = try FileHead(source)
    let lines = LineReader(source: source, bufferSize: options.bufferSize)
    var table = CSVReader(lines: lines, separator: CSVTraceReader.separator(of: head.bytes))
    let path = source.path
    guard try table.next() else { throw TraceFormatError(reason: .empty, path: path) }
    let names = table.fieldTexts()
    let layout: TableLayout
    do {
      layout = try TableLayout(names: names, options: options)
    } catch {
      throw TraceFormatError(reason: error, path: path, place: .line(table.lineNumber))
    }
    var resolution = TableResolution(layout, head)
    var writer = RowWriter(options: options, log: log, hasStarts: layout[.start] != nil)
    var rowCount = 0
    let shape = layout.plainShape
    try withUnsafeTemporaryAllocation(of: PlainRow.self, capacity: 512) { rows in
      while true {
        if let shape {
          rowCount += try writePlainRows(of: &table, shape, rows, layout, to: &writer, path)
        }
        guard try next(&table) else { return }
        rowCount += 1
        do {
          try write(table, layout, &resolution, to: &writer, path)
          if table.isUnterminated {
            log.count(.unterminatedLineKept, at: "\(path):\(table.lineNumber)")
          }
        } catch let reason as TraceFormatError.Reason {
          guard table.endsInOneLine else {
            throw TraceFormatError(reason: reason, path: path, place: .line(table.lineNumber))
          }
          log.count(
            .unterminatedLineDropped, byte: table.byteOffset, at: "\(path):\(table.lineNumber)")
        }
      }
    }
    if table.isTruncated { log.count(.cutCompressedStream, at: path) }
    let part = writer.takePart()
    log.tally(read: rowCount, used: part.gradientCount)
    return .table(part)
  }

  /// The next row; a last line that breaks off inside a quoted field is none.
  private func next(_ table: inout CSVReader) throws -> Bool {
    do {
      return try table.next()
    } catch let error as ByteStreamError {
      guard case .unclosedQuote(let line) = error.reason, table.endsInOneLine else { throw error }
      log.count(.unterminatedLineDropped, at: "\(error.path):\(line)")
      return false
    }
  }

  /// Writes the plain rows that are buffered, most of a large table, and returns their number.
  private func writePlainRows(
    of table: inout CSVReader, _ shape: PlainRowShape, _ rows: UnsafeMutableBufferPointer<PlainRow>,
    _ layout: TableLayout, to writer: inout RowWriter, _ path: String
  ) throws -> Int {
    var sum = 0
    while true {
      let firstLine = table.linesTaken + 1
      let count = table.takePlainRows(shape, into: rows)
      guard count > 0 else { return sum }
      sum += count
      try writer.write(
        UnsafeBufferPointer(rebasing: rows[..<count]), layout, path: path, firstLine: firstLine)
    }
  }

  private func write(
    _ table: borrowing CSVReader, _ layout: TableLayout, _ resolution: inout TableResolution,
    to writer: inout RowWriter, _ path: String
  ) throws {
    guard table.fieldCount == layout.names.count else {
      throw TraceFormatError.Reason.fieldCount(
        expected: layout.names.count, found: table.fieldCount)
    }
    var row = GradientRow()
    var worker = UnsafeRawBufferPointer(start: nil, count: 0)
    var host: UnsafeRawBufferPointer?
    for column in layout.columns {
      let text = table.field(column.index)
      if column.isRelative { row.isRelative = true }
      let index = column.index
      switch column.role {
      case .worker: worker = text
      case .host: host = text
      case .start: row.startNs = try CellText.time(text, scale: column.scale, layout.names[index])
      case .end: row.endNs = try CellText.time(text, scale: column.scale, layout.names[index])
      case .duration:
        row.durationNs = try CellText.time(text, scale: column.scale, layout.names[index])
      case .wait where !text.isEmpty:
        row.waitNs = try CellText.time(text, scale: column.scale, layout.names[index])
      case .turnaround where !text.isEmpty:
        row.turnaroundNs = try CellText.time(text, scale: column.scale, layout.names[index])
      case .step where !text.isEmpty: row.step = try CellText.whole(text, layout.names[index])
      case .samples: row.samples = try CellText.samples(text, layout.names[index])
      case .trust: row.trust = try CellText.word(text, layout.names[index])
      case .kind: row.kind = try CellText.word(text, layout.names[index])
      case .wait, .turnaround, .step, .rate: break
      }
    }
    let isZero = row.durationNs.map { $0 == 0 } ?? (row.startNs == row.endNs)
    try writer.write(
      row, worker: worker, host: host, halfResolutionNs: isZero ? resolution.halfNs(of: table) : 1,
      path: path, line: table.lineNumber)
  }

  static func separator(of head: [UInt8]) -> UInt8 {
    let line = head.prefix { $0 != 0x0a }
    return [0x2c, 0x09, 0x3b].first { line.contains($0) } ?? 0x2c
  }

  /// The fields of the first line, if it looks like the header of a table.
  static func header(of head: [UInt8]) -> [String]? {
    guard let line = head.split(separator: 0x0a, maxSplits: 1).first, !line.contains(0),
      let source = try? ByteSource(path: "", bytes: Array(line))
    else { return nil }
    var table = CSVReader(lines: LineReader(source: source), separator: separator(of: head))
    guard (try? table.next()) == true, table.fieldCount > 1 else { return nil }
    return table.fieldTexts()
  }

  /// Whether the file is a table at all, so that its columns can be named in a message.
  static func looksLikeTable(_ head: FileHead) -> Bool {
    guard let first = head.firstByte, first != 0x7b, first != 0x5b else { return false }
    return header(of: head.bytes) != nil
  }
}

/// The smallest difference that the durations of a table can show: that of the last digit of the
/// most precise one among a row and the beginning of the file.
///
/// A table often writes 0 with fewer digits than its other numbers, so the row alone says little.
private struct TableResolution {
  private let columns: [TableLayout.Column]
  private let head: FileHead
  /// By column; counted when the first 0 is met.
  private var headPlaces: [Int]?

  init(_ layout: TableLayout, _ head: FileHead) {
    columns = layout[.duration].map { [$0] } ?? [layout[.start], layout[.end]].compactMap { $0 }
    self.head = head
  }

  mutating func halfNs(of table: borrowing CSVReader) -> Int64 {
    let known = headPlaces ?? countHeadPlaces()
    headPlaces = known
    var scale = 9
    for (column, places) in zip(columns, known) {
      let places = max(places, DecimalText.decimalPlaces(table.field(column.index)))
      scale = min(scale, column.scale - places)
    }
    guard scale > 0 else { return 1 }
    return (0..<scale).reduce(5) { power, _ in power * 10 } / 10
  }

  private func countHeadPlaces() -> [Int] {
    var places = columns.map { _ in 0 }
    let start = Array(head.bytes.prefix(64 << 10))
    guard let source = try? ByteSource(path: "", bytes: start) else { return places }
    var table = CSVReader(
      lines: LineReader(source: source), separator: CSVTraceReader.separator(of: head.bytes))
    // The header is no number, and a last line that is cut has too few digits, never too many.
    while (try? table.next()) == true {
      for (index, column) in columns.enumerated()
      where table.lineNumber > 1 && column.index < table.fieldCount {
        places[index] = max(places[index], DecimalText.decimalPlaces(table.field(column.index)))
      }
    }
    return places
  }
}
