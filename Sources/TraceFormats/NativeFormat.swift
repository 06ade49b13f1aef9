import ByteStreams
import TraceModel

/// Files of our native format: a trace with everything that a store keeps of it.
///
/// A line is a JSON object. The first says what holds for the whole trace; then comes a line a worker
/// in order of label, each followed by its gradients in order of start; then the number of replays, and
/// for each its row and those that belong to it. Every number of lines is announced before them.
///
/// The file is a copy of rows and no recording, so the reader is strict, and checks everything that the
/// store's schema demands. The store checks the digest, which is that of all gradients.
///
/// Memory: one line, and what the sink keeps.
final class NativeReader: TraceReader {
  typealias Reason = TraceFormatError.Reason

  /// The version that is read and written.
  static let version = 1
  /// Of names of traces and formats.
  private static let nameLimit = 4096
  /// The store has a few dozen codes.
  private static let issueLimit = 1000

  private let options: ReadOptions
  private let log: IssueLog
  private(set) var gradientCount = 0
  private var facts: TraceFacts?

  init(options: ReadOptions, log: IssueLog) {
    self.options = options
    self.log = log
  }

  static func claims(_ head: FileHead) -> Bool {
    guard head.firstByte == 0x7b else { return false }
    return head.scan { scanner in
      try scanner.enterObject()
      return try scanner.nextKey().map { isSame($0, "outpace_trace") } ?? false
    } ?? false
  }

  func read(_ source: ByteSource) throws {
    if let first = facts?.record?.path {
      throw TraceFormatError(
        reason: .severalJobs(.wholeTraces, firstPath: first), path: source.path)
    }
    var lines = NativeLines(source, bufferSize: options.bufferSize)
    let header = try lines.next("its first line") { try self.header(&$0, path: source.path) }
    facts = header.facts
    try readGradients(&lines, header)
    let replayCount = try readReplays(&lines, workerCount: header.workerCount)
    try lines.end()
    log.tally(read: gradientCount, used: gradientCount)
    if replayCount > 0 {
      facts?.notes = [replayCount == 1 ? "1 replay with it" : "\(replayCount) replays with it"]
    }
  }

  func finish() throws -> TraceFacts {
    guard let facts else { preconditionFailure("no file was read") }
    return facts
  }

  func take(_ row: [StoredValue], _ table: ReplayTable) throws {
    try (log.sink as? any ReplaySink)?.append(row, to: table)
  }

  // MARK: - The first line

  private struct Header {
    var facts: TraceFacts
    var workerCount: Int
    var gradientCount: Int
  }

  private func header(_ scanner: inout JSONScanner, path: String) throws -> Header {
    try scanner.expect("outpace_trace")
    guard try scanner.kind() == .scalar else {
      throw Reason.brokenNative("“outpace_trace” is no version")
    }
    let version = CellText.excerpt(try scanner.scalar())
    guard version == "\(Self.version)" else { throw Reason.nativeVersion(version) }
    try scanner.expect("name")
    let name = try scanner.text("name", atMost: Self.nameLimit)
    try scanner.expect("digest")
    let digest = try scanner.text("digest", atMost: 64)
    try scanner.expect("format")
    let format = try scanner.text("format", atMost: Self.nameLimit)
    try scanner.expect("kind")
    let kind: TraceKind = try scanner.word("kind")
    try scanner.expect("unit")
    let unit: TimeUnit = try scanner.word("unit")
    try scanner.expect("start_unix_ns")
    let start = try scanner.optionalWhole(key: "start_unix_ns", from: .min)
    try scanner.expect("source")
    let source = try scanner.text("source")
    try scanner.expect("options_json")
    let optionsJSON = try scanner.text("options_json")
    try scanner.expect("workers")
    let workerCount = Int(try scanner.whole("workers", from: 1))
    try scanner.expect("gradients")
    let gradientCount = Int(try scanner.whole("gradients", from: 1))
    try scanner.expect("issues")
    try readIssues(&scanner)
    try scanner.expectEnd()
    var facts = TraceFacts(
      format: format, kind: kind, unit: unit, unixNsOfZero: start, trustRecorded: true)
    facts.record = TraceRecord(
      path: path, name: name, source: source, optionsJSON: optionsJSON, digest: digest)
    return Header(facts: facts, workerCount: workerCount, gradientCount: gradientCount)
  }

  private func readIssues(_ scanner: inout JSONScanner) throws {
    var codes: Set<String> = []
    try scanner.enterArray()
    while try scanner.nextElement() {
      try scanner.enterObject()
      try scanner.expect("code")
      let code = try scanner.text("code", atMost: Self.nameLimit)
      guard codes.insert(code).inserted, codes.count <= Self.issueLimit else {
        throw Reason.brokenNative("the issue “\(code)” is one too many")
      }
      try scanner.expect("severity")
      let severity: ImportIssue.Severity = try scanner.word("severity")
      try scanner.expect("count")
      let count = Int(try scanner.whole("count", from: 1))
      try scanner.expect("first_place")
      let place = try scanner.text("first_place")
      try scanner.expect("meaning")
      let meaning = try scanner.text("meaning")
      try scanner.expectEnd()
      log.sink.report(
        ImportIssue(
          code: code, severity: severity, count: count, firstPlace: place, meaning: meaning))
    }
  }

  // MARK: - Gradients

  private func readGradients(_ lines: inout NativeLines, _ header: Header) throws {
    var before: WorkerLabel?
    for place in 0..<header.workerCount {
      let rest = header.gradientCount - gradientCount
      let missing = "worker \(place) of \(header.workerCount)"
      let (worker, count) = try lines.next(missing) { scanner in
        let (worker, count) = try self.worker(&scanner)
        if let before, !(before < worker.label) {
          throw Reason.brokenNative("the worker “\(worker.label)” is not in the order of labels")
        }
        // The last worker has what is left, and every one behind it at least one.
        let later = header.workerCount - place - 1
        guard later == 0 ? count == rest : count < rest && rest - count >= later else {
          throw Reason.brokenNative(
            "the gradients of the workers are not \(header.gradientCount) in all")
        }
        return (worker, count)
      }
      before = worker.label
      let handle = try log.sink.worker(
        labelled: worker.label, host: worker.host, trust: worker.trust)
      let label = Array(worker.label.text.utf8)
      var previousNs: Int64 = 0
      for index in 0..<count {
        let gradient = try lines.next("gradient \(index) of worker “\(worker.label)”") {
          try Self.gradient(&$0, of: label, notBefore: previousNs)
        }
        previousNs = gradient.startNs
        try log.sink.append(gradient, worker: handle)
      }
      gradientCount += count
    }
  }

  private func worker(_ scanner: inout JSONScanner) throws -> (Worker, Int) {
    try scanner.expect("worker")
    let label = try scanner.text("worker")
    guard !label.isEmpty else { throw Reason.emptyLabel }
    guard label.utf8.count <= WorkerLabel.byteSizeLimit else {
      throw Reason.labelTooLong(byteSize: label.utf8.count)
    }
    try scanner.expect("host")
    let host = try scanner.optionalText("host")
    try scanner.expect("trust")
    let trust: TrustGrade = try scanner.word("trust")
    try scanner.expect("gradients")
    let count = Int(try scanner.whole("gradients", from: 1))
    try scanner.expectEnd()
    return (Worker(index: 0, label: WorkerLabel(label), host: host, trust: trust), count)
  }

  private static func gradient(
    _ scanner: inout JSONScanner, of label: [UInt8], notBefore previousNs: Int64
  ) throws -> GradientInterval {
    try scanner.expect("worker")
    guard try scanner.kind() == .string, try scanner.string().elementsEqual(label) else {
      throw Reason.brokenNative(
        "the gradient is not of the worker “\(String(decoding: label, as: UTF8.self))”")
    }
    try scanner.expect("start_ns")
    let startNs = try scanner.whole("start_ns")
    guard startNs >= previousNs else {
      throw Reason.brokenNative("the gradient starts before the one above it")
    }
    try scanner.expect("duration_ns")
    var gradient = GradientInterval(
      startNs: startNs, durationNs: try scanner.whole("duration_ns", from: 1))
    guard !startNs.addingReportingOverflow(gradient.durationNs).overflow else {
      throw Reason.overflow(column: "the end", text: "\(startNs) + \(gradient.durationNs)")
    }
    // What a gradient does not have is left out.
    var last = 0
    while let key = try scanner.nextKey() {
      if last < 1, isSame(key, "wait_ns") {
        last = 1
        gradient.waitNs = try scanner.whole("wait_ns")
      } else if last < 2, isSame(key, "turnaround_ns") {
        last = 2
        gradient.turnaroundNs = try scanner.whole("turnaround_ns")
      } else if last < 3, isSame(key, "step") {
        last = 3
        gradient.step = try scanner.whole("step", from: .min)
      } else if last < 4, isSame(key, "samples") {
        last = 4
        try scanner.enterArray()
        while try scanner.nextElement() {
          guard let sample = Int32(exactly: try scanner.whole("samples")) else {
            throw Reason.brokenNative("“samples” has an index above \(Int32.max)")
          }
          gradient.samples.append(sample)
        }
      } else {
        throw Reason.brokenNative("the key “\(CellText.excerpt(key))” is not in its place")
      }
    }
    return gradient
  }
}
