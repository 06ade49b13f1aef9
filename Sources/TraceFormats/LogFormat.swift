import ByteStreams
import TraceModel

/// Text logs: a line that matches ``ReadOptions/pattern`` ends a gradient.
///
/// The pattern has the named groups `worker`, `time` or `duration`, and optionally `step`. With a
/// `duration` (in ``ReadOptions/unit``, else seconds) the gradient ends at `time` if there is one,
/// else when the next one starts. With `time` alone its duration is the gap since the worker's line
/// before, and the first line of a worker in a file only starts its clock. Without a group `worker` each file
/// is one worker: the rank in its name, else its name.
///
/// Times are numbers in the same unit, or dates as of ISO 8601 with any number of digits behind the
/// second, after a point or a comma; without a zone they count as UTC. Each line is matched once.
final class LogReader: FileReader {
  private let options: ReadOptions
  private let log: IssueLog
  private let pattern: LinePattern
  private let scale: Int
  private var writer: RowWriter
  private var lastTimesNs: [String: Int64] = [:]
  private var matchCount = 0
  private var places = 0
  private var hasDates = false

  init(options: ReadOptions, log: IssueLog) throws(TraceFormatError) {
    self.options = options
    self.log = log
    guard let text = options.pattern else {
      throw TraceFormatError(reason: .patternNeeded, path: "--format log")
    }
    pattern = try LinePattern(text)
    scale = (options.unit ?? .seconds).scale
    writer = RowWriter(options: options, log: log)
  }

  /// One of the first lines matches the user's pattern.
  static func claims(_ head: FileHead, options: ReadOptions) -> Bool {
    guard let text = options.pattern, let pattern = try? LinePattern(text),
      !head.bytes.contains(0)
    else { return false }
    return head.bytes.prefix(64 << 10).split(whereSeparator: { $0 == 0x0a || $0 == 0x0d })
      .contains { pattern.match(decodedText($0).text) != nil }
  }

  func read(_ source: ByteSource) throws -> FilePart.Content {
    var lines = LineReader(source: source, bufferSize: options.bufferSize)
    let path = source.path
    var lineCount = 0
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let fileWorker = rank(inName: name).map { "\($0)" } ?? String(name.prefix(200))
    while let line = try lines.next() {
      guard !line.isEmpty else { continue }
      let number = lines.lineNumber
      lineCount += 1
      guard let match = pattern.match(decodedText(line).text) else {
        log.count(.lineSkipped, byte: lines.byteOffset, at: "\(path):\(number)")
        continue
      }
      matchCount += 1
      do {
        try take(match, worker: match.worker ?? fileWorker, path, number)
        if lines.isUnterminated { log.count(.unterminatedLineKept, at: "\(path):\(number)") }
      } catch let reason as TraceFormatError.Reason {
        guard lines.isUnterminated else {
          throw TraceFormatError(reason: reason, path: path, place: .line(number))
        }
        log.count(.unterminatedLineDropped, byte: lines.byteOffset, at: "\(path):\(number)")
      }
    }
    if lines.isTruncated { log.count(.cutCompressedStream, at: path) }
    guard matchCount > 0 else {
      throw TraceFormatError(reason: .noLineMatches(pattern: pattern.text), path: path)
    }
    var part = writer.takePart()
    part.hasDates = hasDates
    part.matchCount = matchCount
    log.tally(read: lineCount, used: part.gradientCount)
    return .table(part)
  }

  private func take(
    _ match: LinePattern.Match, worker: String, _ path: String, _ line: Int
  ) throws {
    var row = GradientRow()
    if let step = match.step {
      row.step = try Array(step.utf8).withUnsafeBytes { try CellText.whole($0, "the step") }
    }
    let timeNs = try match.time.map { try time($0) }
    if let duration = match.duration {
      row.durationNs = try Array(duration.utf8).withUnsafeBytes { bytes in
        places = max(places, DecimalText.decimalPlaces(bytes) + 9 - scale)
        return try CellText.time(bytes, scale: scale, "the duration")
      }
      row.endNs = timeNs
    } else {
      guard let timeNs else { throw TraceFormatError.Reason.missingValue(column: "the time") }
      guard lastTimesNs[worker] != nil || lastTimesNs.count < 1 << 20 else { return }
      let before = lastTimesNs.updateValue(timeNs, forKey: worker)
      guard let before else { return }
      guard timeNs >= before else { return log.count(.clockBack, at: "\(path):\(line)") }
      row.startNs = before
      row.endNs = timeNs
    }
    let digits = min(max(places, 0), 9)
    let halfNs = digits == 9 ? 1 : (0..<(9 - digits)).reduce(Int64(5)) { half, _ in half * 10 } / 10
    try Array(worker.utf8).withUnsafeBytes { label in
      try writer.write(
        row, worker: label, host: nil, halfResolutionNs: halfNs, path: path, line: line)
    }
  }

  private func time(_ text: String) throws(TraceFormatError.Reason) -> Int64 {
    if let date = DateText(text) {
      hasDates = true
      places = max(places, date.places)
      guard date.unixNs >= 0 else { throw .negative(column: "the time", text: text) }
      return date.unixNs
    }
    let bytes = Array(text.utf8)
    places = max(places, bytes.withUnsafeBytes { DecimalText.decimalPlaces($0) } + 9 - scale)
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(TraceFormatError.Reason) in
        try CellText.time(bytes, scale: scale, "the time")
      }
    }
    return try result.get()
  }
}
