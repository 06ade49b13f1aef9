import ByteStreams
import TraceModel

/// One row of a table or line of NDJSON, as far as it has been read.
struct GradientRow {
  var startNs: Int64?
  var durationNs: Int64?
  var endNs: Int64?
  var waitNs: Int64 = 0
  var turnaroundNs: Int64?
  var step: Int64?
  var samples: [Int32] = []
  var trust: TrustGrade?
  var kind: TraceKind?
  /// Whether there are times without physical unit.
  var isRelative = false
  /// Whether there are others, as far as the reader has not seen to that before.
  var isPhysical = false
}

/// Turns rows of our own formats into gradients, or refuses them.
///
/// A value rather than an object, so that the loop over rows can own it.
struct RowWriter {
  private let log: IssueLog
  /// What the user said, whatever the rows say.
  private let trust: TrustGrade?
  private let options: ReadOptions
  /// What is known of the file so far, without what is in `known`.
  private var part = TablePart()
  private var known: ContiguousArray<KnownWorker> = []
  private let hasStarts: Bool
  /// By worker: the lowest grade of its rows, as far as they say one.
  private var grades: [TrustGrade?] = []
  private var shortNames = ShortNames()
  private var batch = GradientBatch()

  /// What rows have told of a worker: together, since a row changes all of it.
  private struct KnownWorker {
    /// The sink's; −1 for a worker that is left out.
    var handle: Int32
    var hasTimes = false
    var firstStartNs = Int64.max
    /// Where its next gradient starts if rows have no start times.
    var nextStartNs: Int64 = 0
    var lastEndNs = Int64.min

    /// Takes note of a gradient.
    @inline(__always)
    mutating func take(_ startNs: Int64, _ endNs: Int64) {
      nextStartNs = endNs
      if startNs < firstStartNs { firstStartNs = startNs }
      if endNs > lastEndNs { lastEndNs = endNs }
    }
  }

  /// - Parameter hasStarts: every row tells when its gradient started or ended.
  init(options: ReadOptions, log: IssueLog, hasStarts: Bool = false) {
    self.log = log
    self.hasStarts = hasStarts
    trust = options.trust
    self.options = options
  }

  /// Pushes the gradient of a row.
  ///
  /// - Parameters:
  ///   - halfResolutionNs: What a duration of 0 counts as.
  ///   - path, line: For the first issue of a kind.
  mutating func write(
    _ row: GradientRow, worker label: UnsafeRawBufferPointer, host: UnsafeRawBufferPointer?,
    halfResolutionNs: Int64, path: String, line: Int
  ) throws {
    guard !label.isEmpty else { throw TraceFormatError.Reason.emptyLabel }
    guard label.count <= WorkerLabel.byteSizeLimit else {
      throw TraceFormatError.Reason.labelTooLong(byteSize: label.count)
    }
    if row.isRelative ? row.isPhysical : row.isPhysical && part.isRelative {
      throw TraceFormatError.Reason.mixedUnits
    }
    if row.isRelative, !part.isRelative, part.gradientCount > 0 {
      throw TraceFormatError.Reason.mixedUnits
    }
    let found = part.workers.find(label)
    let (startNs, recordedNs) = try times(
      of: row, nextStartNs: found.map { hasStarts ? 0 : known[$0].nextStartNs } ?? 0)
    var durationNs = recordedNs
    let isZero = durationNs == 0
    if isZero {
      durationNs = max(1, halfResolutionNs)
    }
    let (endNs, overflow) = startNs.addingReportingOverflow(durationNs)
    if overflow {
      throw TraceFormatError.Reason.overflow(column: "the end", text: "\(startNs) + \(durationNs)")
    }
    // Only now: a last line that is dropped must not leave a worker without gradients.
    let worker = try found ?? register(label, host: host, trust: row.trust, path, line)
    let handle = Int(known[worker].handle)
    guard handle >= 0 else { return log.count(.workerSkipped, at: "\(path):\(line)") }
    if isZero {
      log.count(.zeroDuration, at: "\(path):\(line)")
    } else {
      known[worker].hasTimes = true
    }
    if let grade = row.trust { try regrade(worker, grade) }
    known[worker].take(startNs, endNs)
    part.gradientCount += 1
    if row.waitNs > 0 { part.hasWaits = true }
    if row.step != nil { part.hasSteps = true }
    if row.startNs != nil || row.endNs != nil { part.hasStarts = true }
    if row.trust == nil { part.hasUngraded = true }
    if row.isRelative { part.isRelative = true }
    if let rowKind = row.kind, part.kind != .synchronous { part.kind = rowKind }
    try log.sink.append(
      GradientInterval(
        startNs: startNs, durationNs: durationNs, waitNs: row.waitNs,
        turnaroundNs: row.turnaroundNs, step: row.step, samples: row.samples),
      worker: handle)
  }

  /// Pushes the gradients of plain rows, one a line.
  mutating func write(
    _ rows: UnsafeBufferPointer<PlainRow>, _ layout: TableLayout, path: String, firstLine: Int
  ) throws {
    precondition(hasStarts == (layout[.start] != nil), "the layout changed")
    let isSpan = layout[.end] != nil
    batch.resize(to: rows.count)
    var count = 0
    var index = 0
    while true {
      index = takeKnown(rows, from: index, isSpan: isSpan, count: &count)
      guard index < rows.count else { break }
      do {
        try takeOne(rows[index], isSpan: isSpan, count: &count, path, firstLine + index)
      } catch let reason as TraceFormatError.Reason {
        throw TraceFormatError(reason: reason, path: path, place: .line(firstLine + index))
      }
      index += 1
    }
    batch.resize(to: count)
    guard batch.count > 0 else { return }
    part.gradientCount += batch.count
    part.hasUngraded = true
    if hasStarts || isSpan { part.hasStarts = true }
    if layout.columns.contains(where: \.isRelative) { part.isRelative = true }
    try log.sink.append(batch)
  }

  /// Takes rows as far as their workers are those that came last under short names, and nothing is
  /// wrong with them; returns where it stopped.
  ///
  /// - Parameter count: the gradients of the batch so far.
  private mutating func takeKnown(
    _ rows: UnsafeBufferPointer<PlainRow>, from begin: Int, isSpan: Bool, count: inout Int
  ) -> Int {
    // Out of `self` and back, so that the loop has them to itself.
    var columns = GradientBatch()
    var workers: ContiguousArray<KnownWorker> = []
    swap(&columns, &batch)
    swap(&workers, &known)
    defer {
      swap(&columns, &batch)
      swap(&workers, &known)
    }
    return takeKnown(
      rows, from: begin, isSpan: isSpan, count: &count, starts: &columns.startsNs,
      durations: &columns.durationsNs, handles: &columns.handles, workers: &workers)
  }

  private func takeKnown(
    _ rows: UnsafeBufferPointer<PlainRow>, from begin: Int, isSpan: Bool, count: inout Int,
    starts: inout ContiguousArray<Int64>, durations: inout ContiguousArray<Int64>,
    handles: inout ContiguousArray<Int32>, workers: inout ContiguousArray<KnownWorker>
  ) -> Int {
    let hasStarts = hasStarts
    let names = shortNames.entries.span
    var starts = starts.mutableSpan
    var durations = durations.mutableSpan
    var handles = handles.mutableSpan
    var known = workers.mutableSpan
    for index in begin..<rows.count {
      let row = rows[index]
      let key = ShortNames.Key(row)
      var name = names[key.slot]
      if name.key != key {
        name = names[key.slot ^ 1]
        guard name.key == key else { return index }
      }
      guard name.handle >= 0 else { return index }
      let worker = Int(name.worker)
      let startNs = hasStarts ? row.first : known[worker].nextStartNs
      let durationNs = isSpan ? row.last &- row.first : row.last
      let (endNs, overflow) = startNs.addingReportingOverflow(durationNs)
      if overflow { return index }
      starts[count] = startNs
      durations[count] = durationNs
      handles[count] = name.handle
      count &+= 1
      known[worker].hasTimes = true
      known[worker].take(startNs, endNs)
    }
    return rows.count
  }

  /// Takes one row.
  private mutating func takeOne(
    _ row: PlainRow, isSpan: Bool, count: inout Int, _ path: String, _ line: Int
  ) throws {
    let worker = try findWorker(row.name, path, line)
    let handle = known[worker].handle
    shortNames.enter(ShortNames.Key(row), worker: worker, handle: handle)
    guard handle >= 0 else { return log.count(.workerSkipped, at: "\(path):\(line)") }
    let startNs = hasStarts ? row.first : known[worker].nextStartNs
    let durationNs = isSpan ? row.last - row.first : row.last
    let (endNs, overflow) = startNs.addingReportingOverflow(durationNs)
    if overflow {
      throw TraceFormatError.Reason.overflow(
        column: "the end", text: "\(startNs) + \(durationNs)")
    }
    batch.startsNs[count] = startNs
    batch.durationsNs[count] = durationNs
    batch.handles[count] = handle
    count += 1
    known[worker].hasTimes = true
    known[worker].take(startNs, endNs)
  }

  private mutating func findWorker(
    _ label: UnsafeRawBufferPointer, _ path: String, _ line: Int
  ) throws -> Int {
    if let known = part.workers.find(label) { return known }
    guard label.count <= WorkerLabel.byteSizeLimit else {
      throw TraceFormatError.Reason.labelTooLong(byteSize: label.count)
    }
    return try register(label, host: nil, trust: nil, path, line)
  }

  /// What the file says, without a copy of it: the writer starts anew.
  mutating func takePart() -> TablePart {
    var taken = TablePart()
    swap(&taken, &part)
    taken.handles = known.map(\.handle)
    taken.hasTimes = known.map(\.hasTimes)
    taken.firstStartsNs = known.map(\.firstStartNs)
    taken.lastEndsNs = known.map(\.lastEndNs)
    known = []
    grades = []
    shortNames = ShortNames()
    return taken
  }

  private func times(
    of row: GradientRow, nextStartNs: Int64
  ) throws(TraceFormatError.Reason) -> (startNs: Int64, durationNs: Int64) {
    if let durationNs = row.durationNs {
      if let startNs = row.startNs { return (startNs, durationNs) }
      guard let endNs = row.endNs else { return (nextStartNs, durationNs) }
      guard endNs >= durationNs else {
        throw .negative(
          column: "the start", text: "\(endNs - durationNs) ns")
      }
      return (endNs - durationNs, durationNs)
    }
    guard let startNs = row.startNs, let endNs = row.endNs else {
      throw .missingValue(column: "the duration")
    }
    guard endNs >= startNs else {
      throw .endBeforeStart(startNs: startNs, endNs: endNs)
    }
    return (startNs, endNs - startNs)
  }

  private mutating func register(
    _ label: UnsafeRawBufferPointer, host: UnsafeRawBufferPointer?, trust rowTrust: TrustGrade?,
    _ path: String, _ line: Int
  ) throws -> Int {
    let (text, isLatin1) = decodedText(label)
    // Latin-1 letters take two bytes once they are text.
    guard text.utf8.count <= WorkerLabel.byteSizeLimit else {
      throw TraceFormatError.Reason.labelTooLong(byteSize: text.utf8.count)
    }
    let index = part.workers.index(of: label).index
    if isLatin1 { log.count(.latin1Label, at: "\(path):\(line)") }
    let hostText = host.flatMap { $0.isEmpty ? nil : decodedText($0).text }
    let handle =
      log.isSkipped(text, options)
      ? -1
      : try log.sink.worker(
        labelled: WorkerLabel(text), host: hostText, trust: trust ?? rowTrust ?? .measured)
    known.append(KnownWorker(handle: Int32(truncatingIfNeeded: handle)))
    grades.append(rowTrust)
    return index
  }

  /// A worker is as trustworthy as its worst row.
  private mutating func regrade(_ worker: Int, _ grade: TrustGrade) throws {
    guard trust == nil, grade < grades[worker] ?? .measured else { return }
    grades[worker] = grade
    // Announced again: a sink keeps the lowest grade.
    _ = try log.sink.worker(
      labelled: WorkerLabel(part.workers.text(worker).text), host: nil, trust: grade)
  }
}
