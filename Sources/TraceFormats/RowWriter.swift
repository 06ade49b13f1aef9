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
  /// Whether its times are without physical unit.
  var isRelative = false
}

/// Turns rows of our own formats into gradients, or refuses them.
///
/// A value rather than an object, so that the loop over rows can own it.
struct RowWriter {
  private let log: IssueLog
  /// What the user said, whatever the rows say.
  private let trust: TrustGrade?
  private let options: ReadOptions
  /// What is known of the file so far.
  private(set) var part = TablePart()
  /// Where the next gradient of a worker starts if rows have no start times; empty if all have.
  private var nextStartsNs: [Int64] = []
  private let hasStarts: Bool
  /// By worker: the lowest grade of its rows, as far as they say one.
  private var grades: [TrustGrade?] = []
  private var shortNames = ShortNames()
  private var batch = GradientBatch()

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
    let known = part.workers.find(label)
    let (startNs, recordedNs) = try times(of: row, nextStartNs: nextStartNs(of: known))
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
    let worker = try known ?? register(label, host: host, trust: row.trust, path, line)
    let handle = Int(part.handles[worker])
    guard handle >= 0 else { return log.count(.workerSkipped, at: "\(path):\(line)") }
    if isZero {
      log.count(.zeroDuration, at: "\(path):\(line)")
    } else {
      part.hasTimes[worker] = true
    }
    if let grade = row.trust { try regrade(worker, grade) }
    if !hasStarts { nextStartsNs[worker] = endNs }
    part.firstStartsNs[worker] = min(part.firstStartsNs[worker], startNs)
    part.lastEndsNs[worker] = max(part.lastEndsNs[worker], endNs)
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
    batch.removeAll()
    for (index, row) in rows.enumerated() {
      let worker: Int
      let handle: Int32
      do {
        worker = try self.worker(of: row, path, firstLine + index)
        handle = part.handles[worker]
        guard handle >= 0 else {
          log.count(.workerSkipped, at: "\(path):\(firstLine + index)")
          continue
        }
        let startNs = hasStarts ? row.first : nextStartNs(of: worker)
        let durationNs = isSpan ? row.last - row.first : row.last
        let (endNs, overflow) = startNs.addingReportingOverflow(durationNs)
        if overflow {
          throw TraceFormatError.Reason.overflow(
            column: "the end", text: "\(startNs) + \(durationNs)")
        }
        batch.startsNs.append(startNs)
        batch.durationsNs.append(durationNs)
        batch.handles.append(handle)
        if !hasStarts { nextStartsNs[worker] = endNs }
        if !part.hasTimes[worker] { part.hasTimes[worker] = true }
        if startNs < part.firstStartsNs[worker] { part.firstStartsNs[worker] = startNs }
        if endNs > part.lastEndsNs[worker] { part.lastEndsNs[worker] = endNs }
      } catch let reason as TraceFormatError.Reason {
        throw TraceFormatError(reason: reason, path: path, place: .line(firstLine + index))
      }
    }
    guard batch.count > 0 else { return }
    part.gradientCount += batch.count
    part.hasUngraded = true
    if hasStarts || isSpan { part.hasStarts = true }
    if layout.columns.contains(where: \.isRelative) { part.isRelative = true }
    try log.sink.append(batch)
  }

  @inline(__always)
  private mutating func worker(of row: PlainRow, _ path: String, _ line: Int) throws -> Int {
    guard row.name.count <= 8 else { return try findWorker(row.name, path, line) }
    let slot = shortNames.slot(row.nameWord)
    if let known = shortNames.find(row.nameWord, row.name.count, in: slot) { return known }
    let worker = try findWorker(row.name, path, line)
    shortNames.enter(row.nameWord, row.name.count, worker, in: slot)
    return worker
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

  private func nextStartNs(of worker: Int?) -> Int64 {
    guard let worker, !hasStarts else { return 0 }
    return nextStartsNs[worker]
  }

  /// What the file says, without a copy of it: the writer starts anew.
  mutating func takePart() -> TablePart {
    var taken = TablePart()
    swap(&taken, &part)
    nextStartsNs = []
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
    part.handles.append(Int32(truncatingIfNeeded: handle))
    part.hasTimes.append(false)
    part.firstStartsNs.append(.max)
    part.lastEndsNs.append(.min)
    grades.append(rowTrust)
    if !hasStarts { nextStartsNs.append(0) }
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

/// The workers of short names that came last, by the names themselves: no hash, no comparison of bytes.
private struct ShortNames {
  private struct Entry {
    var word: UInt64 = 0
    /// 0 while the slot is empty.
    var count: Int32 = 0
    var worker: Int32 = 0
  }

  private static let slotCount = 1 << 10
  private var entries = ContiguousArray(repeating: Entry(), count: slotCount)

  @inline(__always)
  func slot(_ word: UInt64) -> Int {
    Int(truncatingIfNeeded: (word &* 0x9e37_79b9_7f4a_7c15) >> 54)
  }

  @inline(__always)
  func find(_ word: UInt64, _ count: Int, in slot: Int) -> Int? {
    let entry = entries[slot]
    return entry.word == word && Int(entry.count) == count ? Int(entry.worker) : nil
  }

  mutating func enter(_ word: UInt64, _ count: Int, _ worker: Int, in slot: Int) {
    entries[slot] = Entry(
      word: word, count: Int32(truncatingIfNeeded: count),
      worker: Int32(truncatingIfNeeded: worker))
  }
}
