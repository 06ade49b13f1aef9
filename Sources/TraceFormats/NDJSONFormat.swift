import ByteStreams
import TraceModel

/// One JSON object a line, one gradient an object.
///
/// Keys are the names of our CSV columns; `worker` may be a number, and `samples` is an array. Keys
/// that we do not know are passed over; of a key that comes twice the last value counts.
final class NDJSONReader: FileReader {
  private let options: ReadOptions
  private let log: IssueLog
  private var writer: RowWriter
  private var label: [UInt8] = []
  private var host: [UInt8] = []
  private var word: [UInt8] = []
  private var durationPlaces = 0

  init(options: ReadOptions, log: IssueLog) {
    self.options = options
    self.log = log
    writer = RowWriter(options: options, log: log)
  }

  static func claims(_ head: FileHead, options: ReadOptions) -> Bool {
    guard head.firstByte == 0x7b else { return false }
    let worker = options.columns[.worker] ?? ColumnRole.worker.rawValue
    // A first line that is longer than the head, as with large batches, is known by its keys.
    guard let line = head.firstLine else {
      return head.contains("\"\(worker)\"") && !head.contains("\"traceEvents\"")
    }
    return Array(line).withUnsafeBytes { text in
      var scanner = JSONScanner()
      scanner.load(text)
      guard let names = try? keys(&scanner), (try? scanner.isAtEnd()) == true else { return false }
      return names.contains(worker)
    }
  }

  func read(_ source: ByteSource) throws -> FilePart.Content {
    var lines = LineReader(source: source, bufferSize: options.bufferSize)
    var scanner = JSONScanner()
    // The names of the keys, with what they are for; filled as they are met.
    var columns = KeyColumns(options: options)
    let path = source.path
    var rowCount = 0
    while let line = try lines.next() {
      guard !line.isEmpty else { continue }
      let number = lines.lineNumber
      rowCount += 1
      do {
        scanner.load(line)
        try writeLine(&scanner, &columns, path, number)
        if lines.isUnterminated { log.count(.unterminatedLineKept, at: "\(path):\(number)") }
      } catch {
        let reason = try reason(of: error, in: line)
        guard lines.isUnterminated else {
          throw TraceFormatError(reason: reason, path: path, place: .line(number))
        }
        log.count(.unterminatedLineDropped, byte: lines.byteOffset, at: "\(path):\(number)")
      }
    }
    if lines.isTruncated { log.count(.cutCompressedStream, at: path) }
    let part = writer.takePart()
    log.tally(read: rowCount, used: part.gradientCount)
    return .table(part)
  }

  private func writeLine(
    _ scanner: inout JSONScanner, _ columns: inout KeyColumns, _ path: String,
    _ line: Int
  ) throws {
    guard !(try scanner.isAtEnd()), try scanner.kind() == .object else {
      throw TraceFormatError.Reason.notAnObject
    }
    var row = GradientRow()
    var hasWorker = false
    var zeroScale = 9
    host.removeAll(keepingCapacity: true)
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      guard let (column, name) = columns.column(key) else {
        try scanner.skipValue()
        continue
      }
      switch column.role {
      case .worker:
        guard try take(text: &scanner, name, into: &label) else {
          throw TraceFormatError.Reason.missingValue(column: name)
        }
        hasWorker = true
      case .host: _ = try take(text: &scanner, name, into: &host)
      case .trust: row.trust = try takeWord(&scanner, name)
      case .kind: row.kind = try takeWord(&scanner, name)
      case .samples: row.samples = try samples(&scanner, name)
      case .rate: try scanner.skipValue()
      case .start, .end, .duration, .wait, .turnaround, .step:
        try requireNumber(&scanner, name)
        if column.role.isTime {
          if column.isRelative { row.isRelative = true } else { row.isPhysical = true }
        }
        try set(column, name, try scanner.scalar(), in: &row, &zeroScale)
      }
    }
    guard try scanner.isAtEnd() else { throw TraceFormatError.Reason.notAnObject }
    try require(row, hasWorker: hasWorker)
    let half = zeroScale > 0 ? (0..<zeroScale).reduce(Int64(5)) { power, _ in power * 10 } / 10 : 1
    try label.withUnsafeBytes { label in
      try host.withUnsafeBytes { host in
        try writer.write(
          row, worker: label, host: host, halfResolutionNs: half, path: path, line: line)
      }
    }
  }

  private func set(
    _ column: TableLayout.Column, _ name: String, _ text: UnsafeRawBufferPointer,
    in row: inout GradientRow,
    _ zeroScale: inout Int
  ) throws {
    let isNull = isSame(text, "null")
    switch column.role {
    case .step: row.step = isNull ? nil : try CellText.whole(text, name)
    case .wait: row.waitNs = isNull ? 0 : try CellText.time(text, scale: column.scale, name)
    case .turnaround:
      row.turnaroundNs = isNull ? nil : try CellText.time(text, scale: column.scale, name)
    case .start: row.startNs = try CellText.time(text, scale: column.scale, name)
    case .end:
      row.endNs = try CellText.time(text, scale: column.scale, name)
      zeroScale = min(zeroScale, column.scale - DecimalText.decimalPlaces(text))
    case .duration:
      let durationNs = try CellText.time(text, scale: column.scale, name)
      row.durationNs = durationNs
      // A 0 often has fewer digits than its neighbours; those before it say more.
      durationPlaces = max(durationPlaces, DecimalText.decimalPlaces(text))
      zeroScale = column.scale - durationPlaces
    case .worker, .host, .samples, .trust, .kind, .rate: break
    }
  }

  private func require(
    _ row: GradientRow, hasWorker: Bool
  ) throws(TraceFormatError.Reason) {
    guard hasWorker else { throw .missingColumn(role: "worker", found: []) }
    guard row.durationNs != nil || (row.startNs != nil && row.endNs != nil) else {
      throw .missingColumn(role: "duration", found: [])
    }
  }

  /// Takes a text or number; false, and nothing, for `null`.
  private func take(
    text scanner: inout JSONScanner, _ name: String, into target: inout [UInt8]
  ) throws -> Bool {
    target.removeAll(keepingCapacity: true)
    let text: UnsafeRawBufferPointer
    switch try scanner.kind() {
    case .string: text = try scanner.string()
    case .scalar:
      text = try scanner.scalar()
      if isSame(text, "null") { return false }
    case .object, .array:
      throw TraceFormatError.Reason.notANumber(column: name, text: "an object or list")
    }
    target.append(contentsOf: text)
    return true
  }

  /// What stands in place of a number is shown, as far as it is a text.
  private func requireNumber(_ scanner: inout JSONScanner, _ name: String) throws {
    switch try scanner.kind() {
    case .scalar: return
    case .string:
      throw TraceFormatError.Reason.notANumber(
        column: name, text: "\"\(CellText.excerpt(try scanner.string()))\"")
    case .array: throw TraceFormatError.Reason.notANumber(column: name, text: "[…]")
    case .object: throw TraceFormatError.Reason.notANumber(column: name, text: "{…}")
    }
  }

  private func takeWord<Word: RawRepresentable & CaseIterable>(
    _ scanner: inout JSONScanner, _ name: String
  ) throws -> Word? where Word.RawValue == String {
    guard try take(text: &scanner, name, into: &word) else { return nil }
    return try word.withUnsafeBytes { text throws(TraceFormatError.Reason) in
      try CellText.word(text, name)
    }
  }

  private func samples(
    _ scanner: inout JSONScanner, _ name: String
  ) throws -> [Int32] {
    guard try scanner.kind() == .array else {
      if try scanner.kind() == .scalar, isSame(try scanner.scalar(), "null") { return [] }
      throw TraceFormatError.Reason.notANumber(column: name, text: "no list of numbers")
    }
    var samples: [Int32] = []
    try scanner.enterArray()
    while try scanner.nextElement() {
      try requireNumber(&scanner, name)
      samples.append(try CellText.sample(try scanner.scalar(), name))
    }
    return samples
  }

  private func reason(
    of error: any Error, in line: UnsafeRawBufferPointer
  ) throws -> TraceFormatError.Reason {
    switch error {
    case TraceFormatError.Reason.missingColumn(let role, _):
      var scanner = JSONScanner()
      scanner.load(line)
      return .missingColumn(role: role, found: (try? NDJSONReader.keys(&scanner)) ?? [])
    case let reason as TraceFormatError.Reason: return reason
    case let error as JSONError: return .brokenJSON("\(error), at column \(error.byte + 1)")
    default: throw error
    }
  }

  private static func keys(_ scanner: inout JSONScanner) throws -> [String] {
    var names: [String] = []
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      names.append(String(decoding: key, as: UTF8.self))
      try scanner.skipValue()
    }
    return names
  }
}

/// What each key is for, looked up once per distinct key.
struct KeyColumns {
  private let options: ReadOptions
  private var table = ByteTable()
  private var columns: [(column: TableLayout.Column, name: String)?] = []

  init(options: ReadOptions) {
    self.options = options
  }

  mutating func column(
    _ key: UnsafeRawBufferPointer
  ) -> (column: TableLayout.Column, name: String)? {
    if let known = table.find(key) { return columns[known] }
    let name = decodedText(key).text
    let column = TableLayout.column(named: name, options: options).map { ($0, name) }
    // A file that makes up keys without end must not fill the memory.
    guard table.count < 4096, key.count <= 4096 else { return column }
    _ = table.index(of: key)
    columns.append(column)
    return column
  }
}
