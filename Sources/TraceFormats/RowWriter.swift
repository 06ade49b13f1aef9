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
  /// Where the next gradient of a worker starts if rows have no start times.
  private var nextStartsNs: [Int64] = []
  /// By worker: the lowest grade of its rows, as far as they say one.
  private var grades: [TrustGrade?] = []

  init(options: ReadOptions, log: IssueLog) {
    self.log = log
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
    let (startNs, recordedNs) = try times(of: row, nextStartNs: known.map { nextStartsNs[$0] } ?? 0)
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
    nextStartsNs[worker] = endNs
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

  /// What the file says, without a copy of it: the writer starts anew.
  mutating func takePart() -> TablePart {
    var taken = TablePart()
    swap(&taken, &part)
    nextStartsNs = []
    grades = []
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
    nextStartsNs.append(0)
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
