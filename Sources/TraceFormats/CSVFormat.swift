import ByteStreams
import TraceModel

/// A table with a header, one gradient a row.
///
/// Our own columns are `worker`, `start_ns`, `duration_ns` or `end_ns` (also `_us`, `_ms`, `_s`) and,
/// optionally, `wait_*`, `turnaround_*`, `step`, `samples` (`3;17;4`) and `host`. Anyone else's are
/// named by ``ReadOptions/columns``. Rows without a start follow one another within their worker.
/// Fields are separated by commas, or by tabs or semicolons where the header has no comma.
final class CSVTraceReader: TraceReader {
  private let options: ReadOptions
  private let log: IssueLog
  private let writer: RowWriter

  init(options: ReadOptions, log: IssueLog) {
    self.options = options
    self.log = log
    writer = RowWriter(options: options, log: log)
  }

  static func claims(_ head: FileHead, options: ReadOptions) -> Bool {
    guard let names = header(of: head.bytes) else { return false }
    return claimsTable(names: names, options: options)
  }

  func read(_ source: ByteSource) throws {
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
    while try next(&table) {
      do {
        try writeRow(table, layout, names.count, head)
        if table.isUnterminated {
          log.count(.unterminatedLineKept, at: "\(path):\(table.lineNumber)")
        }
      } catch let reason as TraceFormatError.Reason {
        guard table.endsInOneLine else {
          throw TraceFormatError(reason: reason, path: path, place: .line(table.lineNumber))
        }
        log.count(.unterminatedLineDropped, at: "\(path):\(table.lineNumber)")
      }
    }
    if table.isTruncated { log.count(.cutCompressedStream, at: path) }
  }

  func finish() -> TraceFacts { writer.facts(format: .csv, options: options) }

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

  private func writeRow(
    _ table: borrowing CSVReader, _ layout: TableLayout, _ fieldCount: Int, _ head: FileHead
  ) throws {
    guard table.fieldCount == fieldCount else {
      throw TraceFormatError.Reason.fieldCount(expected: fieldCount, found: table.fieldCount)
    }
    var row = GradientRow()
    var worker = 0
    var host: Int?
    for column in layout.columns {
      switch column.role {
      case .worker: worker = column.index
      case .host: host = column.index
      case .start: row.startNs = try table.withField(column.index) { try CellText.time($0, column) }
      case .end: row.endNs = try table.withField(column.index) { try CellText.time($0, column) }
      case .duration:
        row.durationNs = try table.withField(column.index) { try CellText.time($0, column) }
      case .wait:
        row.waitNs = try table.withField(column.index) {
          try $0.isEmpty ? 0 : CellText.time($0, column)
        }
      case .turnaround:
        row.turnaroundNs = try table.withField(column.index) {
          try $0.isEmpty ? nil : CellText.time($0, column)
        }
      case .step:
        row.step = try table.withField(column.index) {
          try $0.isEmpty ? nil : CellText.whole($0, column.name)
        }
      case .samples:
        row.samples = try table.withField(column.index) { try CellText.samples($0, column.name) }
      }
    }
    let isZero = row.durationNs.map { $0 == 0 } ?? (row.startNs == row.endNs)
    let half = isZero ? CSVTraceReader.halfResolutionNs(layout, table, head) : 1
    let (path, line) = (table.path, table.lineNumber)
    func write(_ label: UnsafeRawBufferPointer, _ host: UnsafeRawBufferPointer?) throws {
      try writer.write(
        row, worker: label, host: host, halfResolutionNs: half, place: "\(path):\(line)")
    }
    if let host {
      try table.withFields(worker, host, write)
    } else {
      try table.withField(worker) { try write($0, nil) }
    }
  }

  /// Half of the smallest difference that the durations can show: that of the last digit of the
  /// most precise one among this row and the beginning of the file.
  ///
  /// A table often writes 0 with fewer digits than its other numbers, so the row alone says little.
  private static func halfResolutionNs(
    _ layout: TableLayout, _ table: borrowing CSVReader, _ head: FileHead
  ) -> Int64 {
    let timed = layout[.duration].map { [$0] } ?? [layout[.start], layout[.end]].compactMap { $0 }
    var scale = 9
    for column in timed {
      let places = table.withField(column.index) { DecimalText.decimalPlaces($0) }
      scale = min(scale, column.scale - max(places, headPlaces(column.index, head)))
    }
    guard scale > 0 else { return 1 }
    return (0..<scale).reduce(5) { power, _ in power * 10 } / 10
  }

  private static func headPlaces(_ index: Int, _ head: FileHead) -> Int {
    guard let source = try? ByteSource(path: "", bytes: Array(head.bytes.prefix(64 << 10))) else {
      return 0
    }
    var table = CSVReader(
      lines: LineReader(source: source), separator: separator(of: head.bytes))
    var places = 0
    // The header is no number, and a last line that is cut has too few digits rather than too many.
    while (try? table.next()) == true {
      guard table.lineNumber > 1, index < table.fieldCount else { continue }
      places = max(places, table.withField(index) { DecimalText.decimalPlaces($0) })
    }
    return places
  }

  private static func separator(of head: [UInt8]) -> UInt8 {
    let line = head.prefix { $0 != 0x0a }
    return [0x2c, 0x09, 0x3b].first { line.contains($0) } ?? 0x2c
  }

  /// The fields of the first line, if it looks like the header of a table.
  private static func header(of head: [UInt8]) -> [String]? {
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
