import ByteStreams
import TraceModel

/// One trace under way: files go in one after the other, and all are of one format.
struct TraceReading {
  private let options: ReadOptions
  /// Whether the user said that all files are one trace.
  private let isJoined: Bool
  private let log: IssueLog
  /// Takes the files apart; nil while there is one.
  private let sink: (any PartedSink)?
  private var joiner: (any PartJoiner)?
  private var reader: (any TraceReader)?
  private var first: (format: TraceFormat, path: String)?
  private var files: [FileReport] = []
  private let passedOver: [TraceFiles.PassedOver]
  private var readCount = 0

  init(
    options: ReadOptions, log: IssueLog, parts sink: (any PartedSink)?, isJoined: Bool,
    passedOver: [TraceFiles.PassedOver] = []
  ) {
    self.passedOver = passedOver
    self.options = options
    self.log = log
    self.sink = sink
    self.isJoined = isJoined
  }

  /// - Parameter source: opens the file where it is read here and now.
  mutating func take(
    _ outcome: FileOutcome, path: String, number: Int, source: () throws -> ByteSource
  ) throws {
    switch outcome {
    case .skipped:
      log.count(.fileSkipped, at: path)
      files.append(FileReport(path: path, format: nil))
    case .failed(let format, let error):
      if let format { try check(format, path) }
      throw error
    case .part(let part):
      try check(part.format, path)
      log.add(part.findings)
      let joiner =
        try joiner
        ?? part.format.joiner(options: options, log: log, isJoined: isJoined, sink: sink)
      self.joiner = joiner
      try joiner.take(part, number: number)
      files.append(part.findings.report(path: path, format: part.format))
      readCount += 1
    case .whole(let format):
      try check(format, path)
      if let first, readCount > 0, !isJoined {
        try format.requireOneJob(path: path, firstPath: first.path)
      }
      let reader = try reader ?? format.wholeReader(options: options, log: log)
      self.reader = reader
      try reader.read(try source())
      files.append(log.endFile().report(path: path, format: format))
      readCount += 1
    }
  }

  private mutating func check(_ format: TraceFormat, _ path: String) throws(TraceFormatError) {
    if let first, first.format != format {
      throw TraceFormatError(
        reason: .mixedFormats(
          first: first.format.rawValue, firstPath: first.path, second: format.rawValue),
        path: path)
    }
    first = first ?? (format, path)
  }

  /// - Parameter path: What the user gave, if it was one path.
  mutating func finish(path: String?) throws -> TraceFacts {
    guard let first else {
      throw TraceFormatError(
        reason: .nothingClaimed(skipped: files.map(\.path)), path: path ?? "")
    }
    guard var facts = try reader?.finish() ?? joiner?.finish() else {
      preconditionFailure("a format without a reader")
    }
    let gradientCount = reader?.gradientCount ?? joiner?.gradientCount ?? 0
    guard gradientCount > 0 else {
      throw TraceFormatError(reason: .noGradients, path: path ?? first.path)
    }
    reader?.complete(&files)
    for entry in passedOver {
      log.count(.fileSkipped, at: entry.path)
      files.append(FileReport(path: entry.path, format: nil))
    }
    facts.skippedWorkers = log.skippedLabels
    log.flush()
    let count = readCount == 1 ? "1 file" : "\(readCount) files"
    let skipped = files.filter { $0.format == nil }
    var notes = ["\(count) read as \(first.format.rawValue)"] + facts.notes
    let reasons = Dictionary(
      passedOver.map { ($0.path, $0.reason) }, uniquingKeysWith: { first, _ in first })
    notes += skipped.prefix(20).map {
      "skipped \($0.path): \(reasons[$0.path] ?? "no format claims it")"
    }
    if skipped.count > 20 { notes.append("skipped \(skipped.count - 20) more files") }
    facts.notes = notes
    facts.files = files
    return facts
  }
}
