import ByteStreams
import TraceModel

/// What one file of a trace says, read apart from the others. Its gradients, if the format has any
/// before all files are known, are in the sink that it was read into.
struct FilePart: Sendable {
  enum Content: Sendable {
    /// The rows of our own tables, of logs and of rates.
    case table(TablePart)
    /// What ranks recorded; the most frequent names, for a message, if there was nothing.
    case ranks([RankProfile], names: [String])
  }

  var format: TraceFormat
  var path: String
  var content: Content
  var findings: FileFindings
}

/// Reads one file at a time, and keeps nothing between them.
protocol FileReader {
  func read(_ source: ByteSource) throws -> FilePart.Content
}

/// Sets the files of a trace beside one another, in their order.
protocol PartJoiner: AnyObject {
  /// The gradients pushed so far, those of the parts included.
  var gradientCount: Int { get }
  /// - Parameter number: the place of the file among those of the trace.
  func take(_ part: FilePart, number: Int) throws
  /// Pushes what could not be pushed before everything was seen.
  func finish() throws -> TraceFacts
}

/// What was dubious in a file, and how much of it was used.
struct FileFindings: Sendable {
  struct Count: Sendable {
    var kind: IssueKind
    var count: Int
    var firstPlace: String
  }

  var counts: [Count] = []
  /// Labels that were asked to be left out, and were there.
  var skippedLabels: Set<String> = []
  var read = 0
  var used = 0
  var firstBadByte: Int64?

  func report(path: String, format: TraceFormat?) -> FileReport {
    FileReport(
      path: path, format: format?.rawValue, read: read, used: used,
      skipped: counts.filter(\.kind.isSkip).map {
        FileReport.Skipped(code: $0.kind.rawValue, count: $0.count)
      }, firstBadByte: firstBadByte)
  }
}

// MARK: - Between two imports

extension FilePart {
  /// Changes whenever a description of an earlier version could be taken for something else.
  private static let version = 1

  /// What a sink keeps of a finished file, so that it need not be read again.
  var encoded: [UInt8] {
    var writer = PartWriter()
    writer.put(FilePart.version)
    writer.put(format.rawValue)
    findings.encode(to: &writer)
    switch content {
    case .table(let table):
      writer.put(0)
      table.encode(to: &writer)
    case .ranks(let profiles, let names):
      writer.put(1)
      writer.put(list: profiles) { $1.encode(to: &$0) }
      writer.put(list: names) { $0.put($1) }
    }
    return writer.bytes
  }

  init(decoding bytes: [UInt8], path: String) throws(PartReader.Damaged) {
    var reader = PartReader(bytes)
    guard try reader.int() == FilePart.version,
      let format = TraceFormat(rawValue: try reader.text())
    else { throw PartReader.Damaged() }
    self.format = format
    self.path = path
    findings = try FileFindings(decoding: &reader)
    switch try reader.int() {
    case 0: content = .table(try TablePart(decoding: &reader))
    case 1:
      let profiles = try reader.list { (reader) throws(PartReader.Damaged) in
        try RankProfile(decoding: &reader)
      }
      content = .ranks(
        profiles,
        names: try reader.list { (reader) throws(PartReader.Damaged) in try reader.text() })
    default: throw PartReader.Damaged()
    }
    guard reader.isAtEnd else { throw PartReader.Damaged() }
  }
}

extension FileFindings {
  func encode(to writer: inout PartWriter) {
    writer.put(list: counts) {
      $0.put($1.kind.rawValue)
      $0.put($1.count)
      $0.put($1.firstPlace)
    }
    writer.put(list: skippedLabels.sorted()) { $0.put($1) }
    writer.put(read)
    writer.put(used)
    writer.put(optional: firstBadByte)
  }

  init(decoding reader: inout PartReader) throws(PartReader.Damaged) {
    counts = try reader.list { (reader) throws(PartReader.Damaged) in
      guard let kind = IssueKind(rawValue: try reader.text()) else { throw PartReader.Damaged() }
      return Count(kind: kind, count: try reader.int(), firstPlace: try reader.text())
    }
    skippedLabels = Set(
      try reader.list { (reader) throws(PartReader.Damaged) in try reader.text() })
    read = try reader.int()
    used = try reader.int()
    firstBadByte = try reader.optionalNumber()
  }
}
