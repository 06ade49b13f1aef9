import ByteStreams
import TraceModel

/// One trace under way: files go in one after the other, and all are of one format.
struct TraceReading {
  private let options: ReadOptions
  private let isFolder: Bool
  private let log: IssueLog
  private var reader: (any TraceReader)?
  private var first: (format: TraceFormat, path: String)?
  private var skipped: [String] = []
  private var readCount = 0

  init(options: ReadOptions, sink: any TraceSink, isFolder: Bool) {
    self.options = options
    self.isFolder = isFolder
    log = IssueLog(sink)
  }

  mutating func read(_ source: ByteSource) throws {
    guard let format = try format(of: source) else {
      skipped.append(source.path)
      return log.count(.fileSkipped, at: source.path)
    }
    if let first, first.format != format {
      throw TraceFormatError(
        reason: .mixedFormats(
          first: first.format.rawValue, firstPath: first.path, second: format.rawValue),
        path: source.path)
    }
    first = first ?? (format, source.path)
    let current = try reader ?? format.reader(options: options, log: log)
    reader = current
    try current.read(source)
    readCount += 1
  }

  /// - Parameter path: What the user gave, if it was one path.
  mutating func finish(path: String?) throws -> TraceFacts {
    guard let reader, let first else {
      throw TraceFormatError(reason: .nothingClaimed(skipped: skipped), path: path ?? "")
    }
    var facts = try reader.finish()
    guard reader.gradientCount > 0 else {
      throw TraceFormatError(reason: .noGradients, path: path ?? first.path)
    }
    log.flush()
    let files = readCount == 1 ? "1 file" : "\(readCount) files"
    var notes = ["\(files) read as \(first.format.rawValue)"] + facts.notes
    notes += skipped.prefix(20).map { "skipped \($0): no format claims it" }
    if skipped.count > 20 { notes.append("skipped \(skipped.count - 20) more files") }
    facts.notes = notes
    facts.skippedWorkers = log.skippedLabels
    return facts
  }

  /// Decides what a file is to be read as; nil if it is to be skipped.
  private func format(of source: ByteSource) throws -> TraceFormat? {
    let head = try FileHead(source)
    let claimed = TraceFormat.claiming(head, options: options)
    if isFolder {
      guard let wanted = options.format else { return claimed }
      return claimed == wanted ? wanted : nil
    }
    if let wanted = options.format { return wanted }
    if let claimed { return claimed }
    guard head.firstByte != nil else {
      throw TraceFormatError(reason: .empty, path: source.path)
    }
    // Its lines are searched one by one, and if none matches the message says so.
    if options.pattern != nil { return .log }
    // Read as a table, it is refused with the columns that were found and how to name them.
    if CSVTraceReader.looksLikeTable(head) { return .csv }
    throw TraceFormatError(reason: .unknownFormat, path: source.path)
  }
}
