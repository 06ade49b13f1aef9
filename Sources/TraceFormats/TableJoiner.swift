import TraceModel

/// Sets the files of one table beside one another: those of our own formats, of logs and of rates.
///
/// A folder has a file per worker, or per node with the workers of it. Files that hold the same
/// workers are of different jobs as far as anyone can tell, and are refused unless the user says that
/// they are one trace.
///
/// Memory: about 40 bytes and the label for each worker of all files.
final class TableJoiner: PartJoiner {
  private struct File {
    var path: String
    var workerCount: Int
    var hasStarts: Bool
    var window: Stretch
  }

  private struct Span {
    var file: Int
    var window: Stretch
  }

  private let format: TraceFormat
  private let options: ReadOptions
  private let isJoined: Bool
  /// Nil while there is one file.
  private let sink: (any PartedSink)?
  private var joined = TablePart()
  private var files: [File] = []
  /// By worker: the first file that has it.
  private var owners: [Int32] = []
  /// The times of workers that are in several files.
  private var spans: [Int: [Span]] = [:]

  init(
    options: ReadOptions, format: TraceFormat, isJoined: Bool, sink: (any PartedSink)?
  ) {
    self.options = options
    self.format = format
    self.isJoined = isJoined
    self.sink = sink
  }

  var gradientCount: Int { joined.gradientCount }

  func take(_ part: FilePart, number: Int) throws {
    guard case .table(let table) = part.content, table.workerCount > 0 else { return }
    let window = Stretch(
      start: table.firstStartsNs.min() ?? 0, end: table.lastEndsNs.max() ?? 0)
    let file = File(
      path: part.path, workerCount: table.workerCount, hasStarts: table.hasStarts, window: window)
    guard !files.isEmpty else {
      files = [file]
      joined = table
      return
    }
    guard format != .rates || isJoined else {
      throw TraceFormatError(
        reason: .severalJobs(.wholeJobs(format.rawValue), firstPath: files[0].path),
        path: part.path)
    }
    if owners.isEmpty { owners = Array(repeating: 0, count: joined.workerCount) }
    guard table.isRelative == joined.isRelative else {
      throw TraceFormatError(
        reason: .severalJobs(.units, firstPath: files[0].path), path: part.path)
    }
    let sharesWorkers = try add(table, of: file, number: number)
    if !isJoined, !sharesWorkers { try checkTimes(of: file) }
    files.append(file)
    joined.gradientCount += table.gradientCount
    joined.matchCount += table.matchCount
    joined.hasWaits = joined.hasWaits || table.hasWaits
    joined.hasSteps = joined.hasSteps || table.hasSteps
    joined.hasStarts = joined.hasStarts || table.hasStarts
    joined.hasUngraded = joined.hasUngraded || table.hasUngraded
    joined.hasDates = joined.hasDates || table.hasDates
    if let kind = table.kind, joined.kind != .synchronous { joined.kind = kind }
  }

  /// Rows that record waiting step by step come from a job that advanced together, unless they say
  /// otherwise.
  ///
  /// - Throws: `onlyZeroDurations` for a worker whose speed cannot be told.
  func finish() throws -> TraceFacts {
    let path = files.first?.path ?? ""
    for worker in 0..<joined.workerCount where joined.handles[worker] >= 0 {
      guard joined.hasTimes[worker] else {
        throw TraceFormatError(
          reason: .onlyZeroDurations(worker: joined.workers.text(worker).text), path: path)
      }
    }
    return TraceFacts(
      format: format.rawValue,
      kind: joined.kind ?? (joined.hasWaits && joined.hasSteps ? .synchronous : .independent),
      unit: joined.isRelative || options.unit == .relative ? .relative : .seconds,
      unixNsOfZero: joined.hasDates ? 0 : nil, startsRecorded: joined.hasStarts,
      trustRecorded: !joined.hasUngraded,
      notes: format == .log ? ["\(joined.matchCount) lines matched"] : [])
  }

  /// Adds the workers of a file; returns whether another file has any of them too.
  private func add(_ table: TablePart, of file: File, number: Int) throws -> Bool {
    var sharesWorkers = false
    for index in 0..<table.workerCount {
      let label = table.workers.bytes(index)
      let (worker, isNew) = label.withUnsafeBytes { joined.workers.index(of: $0) }
      guard !isNew else {
        owners.append(Int32(truncatingIfNeeded: files.count))
        joined.handles.append(table.handles[index])
        joined.hasTimes.append(table.hasTimes[index])
        joined.firstStartsNs.append(table.firstStartsNs[index])
        joined.lastEndsNs.append(table.lastEndsNs[index])
        continue
      }
      guard table.handles[index] >= 0 else { continue }
      sharesWorkers = true
      let window = Stretch(start: table.firstStartsNs[index], end: table.lastEndsNs[index])
      if !isJoined { try check(worker, of: file, window) }
      joined.hasTimes[worker] = joined.hasTimes[worker] || table.hasTimes[index]
      guard !table.hasStarts else {
        joined.lastEndsNs[worker] = max(joined.lastEndsNs[worker], window.end)
        continue
      }
      // Rows without starts follow one another, also from file to file.
      let shiftNs = joined.lastEndsNs[worker]
      let (endNs, overflow) = shiftNs.addingReportingOverflow(window.end)
      guard !overflow else {
        throw TraceFormatError(
          reason: .overflow(column: "the end", text: "\(shiftNs) + \(window.end)"),
          path: file.path)
      }
      joined.lastEndsNs[worker] = endNs
      try sink?.shift(part: number, worker: Int(table.handles[index]), by: shiftNs)
    }
    return sharesWorkers
  }

  /// A worker is in two files: that is one job only if each has this worker alone, at another time.
  private func check(_ worker: Int, of file: File, _ window: Stretch) throws(TraceFormatError) {
    let owner = files[Int(owners[worker])]
    let label = joined.workers.text(worker).text
    func refusal(_ evidence: TraceFormatError.SeveralJobs, _ other: String) -> TraceFormatError {
      TraceFormatError(reason: .severalJobs(evidence, firstPath: other), path: file.path)
    }
    guard owner.workerCount == 1, file.workerCount == 1 else {
      throw refusal(.sharedWorker(label), owner.path)
    }
    guard owner.hasStarts, file.hasStarts else { throw refusal(.noStarts(label), owner.path) }
    var known =
      spans[worker]
      ?? [
        Span(
          file: Int(owners[worker]),
          window: Stretch(
            start: joined.firstStartsNs[worker], end: joined.lastEndsNs[worker]))
      ]
    for span in known where span.window.start < window.end && window.start < span.window.end {
      throw refusal(.rankTwice(label), files[span.file].path)
    }
    known.append(Span(file: files.count, window: window))
    spans[worker] = known
  }

  /// Several workers that all were done before several others began never trained together.
  private func checkTimes(of file: File) throws(TraceFormatError) {
    guard file.workerCount > 1, file.hasStarts else { return }
    for other in files where other.workerCount > 1 && other.hasStarts {
      guard file.window.end <= other.window.start || other.window.end <= file.window.start else {
        continue
      }
      throw TraceFormatError(reason: .severalJobs(.apart, firstPath: other.path), path: file.path)
    }
  }
}
