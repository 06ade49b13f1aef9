import ByteStreams
import TraceModel

/// The formats that traces come in.
///
/// A format is one file in this module: a rule that claims a file by its first bytes, and a `FileReader`
/// if its files can be read apart from one another, else a `TraceReader`. To add one, add a case here
/// and in the switches below.
public enum TraceFormat: String, Hashable, Sendable, CaseIterable {
  /// Our own table, a row a gradient.
  case csv
  /// Our own columns as keys, a JSON object a line.
  case ndjson
  /// What `outpace export` writes as `.outpace.zst`: a whole trace, with all that is known of it.
  case native
  /// Files of the PyTorch profiler, one a rank.
  case pytorch
  /// What `ray timeline` writes.
  case ray
  /// What rank 0 of a Horovod job writes.
  case horovod
  /// Any other Chrome trace, with `--event`.
  case chrome
  /// Event logs of Spark's driver.
  case spark
  /// Gradients per second of each worker.
  case rates
  /// SQLite exports of Nsight Systems.
  case nsys
  /// Lines of text that `--pattern` matches.
  case log
}

extension TraceFormat {
  /// Far enough into a profile to see past a long list of process groups to its first events.
  static let headByteSize = 256 << 10

  /// Returns the format whose rule claims a file with these first bytes, or nil.
  static func claiming(_ head: FileHead, options: ReadOptions) -> TraceFormat? {
    // Who gives a pattern for lines means it, whatever else the file looks like.
    if LogReader.claims(head, options: options) { return .log }
    // The most particular rules come first.
    if NativeReader.claims(head) { return .native }
    if PyTorchReader.claims(head) { return .pytorch }
    if RayReader.claims(head) { return .ray }
    if HorovodReader.claims(head) { return .horovod }
    if ChromeReader.claims(head) { return .chrome }
    if SparkReader.claims(head) { return .spark }
    if NsysReader.claims(head) { return .nsys }
    if NDJSONReader.claims(head, options: options) { return .ndjson }
    if CSVTraceReader.claims(head, options: options) { return .csv }
    if RatesReader.claims(head, options: options) { return .rates }
    return nil
  }

  /// Whether each of its files can be read apart from the others.
  var isSeparable: Bool {
    switch self {
    case .csv, .ndjson, .pytorch, .rates, .nsys, .log: true
    case .native, .ray, .horovod, .chrome, .spark: false
    }
  }

  /// Reads the files of a format whose files can be read apart.
  func fileReader(
    options: ReadOptions, log: IssueLog
  ) throws(TraceFormatError) -> any FileReader {
    switch self {
    case .csv: CSVTraceReader(options: options, log: log)
    case .ndjson: NDJSONReader(options: options, log: log)
    case .pytorch: PyTorchReader(options: options, log: log)
    case .rates: RatesReader(options: options, log: log)
    case .nsys: try NsysReader(options: options, log: log)
    case .log: try LogReader(options: options, log: log)
    case .native, .ray, .horovod, .chrome, .spark: preconditionFailure("\(self) is read as a whole")
    }
  }

  /// Sets such files beside one another.
  func joiner(
    options: ReadOptions, log: IssueLog, isJoined: Bool, sink: (any PartedSink)?
  ) throws(TraceFormatError) -> any PartJoiner {
    switch self {
    case .csv, .ndjson, .log, .rates:
      TableJoiner(options: options, format: self, isJoined: isJoined, sink: sink)
    case .pytorch, .nsys:
      try RankJoiner(options: options, log: log, format: self, isJoined: isJoined)
    case .native, .ray, .horovod, .chrome, .spark: preconditionFailure("\(self) is read as a whole")
    }
  }

  /// Reads the files of a format in which they build on one another.
  func wholeReader(
    options: ReadOptions, log: IssueLog
  ) throws(TraceFormatError) -> any TraceReader {
    switch self {
    case .native: NativeReader(options: options, log: log)
    case .ray: RayReader(options: options, log: log)
    case .horovod: HorovodReader(options: options, log: log)
    case .chrome: try ChromeReader(options: options, log: log)
    case .spark: SparkReader(options: options, log: log)
    case .csv, .ndjson, .pytorch, .rates, .nsys, .log:
      preconditionFailure("the files of \(self) are read apart")
    }
  }

  /// Refuses a second file of a format that holds a whole job in each.
  func requireOneJob(path: String, firstPath: String) throws(TraceFormatError) {
    switch self {
    // Its own rule: nothing makes one trace of two.
    case .native: return
    case .ray, .horovod: break
    case .spark
    where SparkReader.isRolling(path) && SparkReader.isRolling(firstPath)
      && SparkReader.folder(of: path) == SparkReader.folder(of: firstPath):
      return
    case .spark: break
    // Its own rule: what tells the ranks of several files apart has to be said.
    case .chrome, .csv, .ndjson, .pytorch, .rates, .nsys, .log: return
    }
    throw TraceFormatError(
      reason: .severalJobs(.wholeJobs(rawValue), firstPath: firstPath), path: path)
  }
}

/// Turns the files of one trace into gradients, one after the other.
package protocol TraceReader: AnyObject {
  /// The gradients pushed so far.
  var gradientCount: Int { get }
  /// Reads one file; files come in the order of the bytes of their paths.
  func read(_ source: ByteSource) throws
  /// Pushes what could not be pushed before everything was seen.
  func finish() throws -> TraceFacts
  /// Adds what is only known at the end to the reports of the files.
  func complete(_ files: inout [FileReport])
}

extension TraceReader {
  /// Nothing: most readers know of each file as they read it.
  package func complete(_ files: inout [FileReport]) {}
}

/// The first bytes of a file, and whether they are all of it.
struct FileHead {
  var bytes: [UInt8]
  var isWhole: Bool

  init(_ source: ByteSource) throws {
    var bytes = try source.head(TraceFormat.headByteSize)
    isWhole = bytes.count < TraceFormat.headByteSize
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { bytes.removeFirst(3) }
    self.bytes = bytes
  }

  /// The first byte that is no white space, if there is one.
  var firstByte: UInt8? { bytes.first { !($0 == 0x20 || $0 >= 0x09 && $0 <= 0x0d) } }

  /// The first line that is not empty, without its end. The last line of a head that is not whole
  /// is none.
  var firstLine: ArraySlice<UInt8>? {
    guard let start = bytes.firstIndex(where: { $0 != 0x0a && $0 != 0x0d }) else { return nil }
    let rest = bytes[start...]
    guard let end = rest.firstIndex(of: 0x0a) else { return isWhole ? rest : nil }
    let line = rest[..<end]
    return line.last == 0x0d ? line.dropLast() : line
  }

  /// Whether the text occurs among the bytes.
  func contains(_ text: String) -> Bool {
    let wanted = Array(text.utf8)
    guard let first = wanted.first, bytes.count >= wanted.count else { return false }
    return bytes.indices.dropLast(wanted.count - 1).contains { start in
      bytes[start] == first && bytes[start..<start + wanted.count].elementsEqual(wanted)
    }
  }

  /// Runs `body` over the bytes as JSON; nil where they break off or are no JSON before it returns.
  func scan<Result>(_ body: (inout JSONScanner) throws -> Result) -> Result? {
    bytes.withUnsafeBytes { text in
      var scanner = JSONScanner()
      scanner.isLenient = true
      scanner.load(text)
      return try? body(&scanner)
    }
  }
}
