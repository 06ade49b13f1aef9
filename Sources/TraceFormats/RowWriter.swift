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
  private var labels = ByteTable()
  /// −1 for a worker that is left out.
  private var handles: [Int] = []
  /// Whether any duration of the worker was above 0.
  private var hasTimes: [Bool] = []
  /// Where the next gradient of a worker starts if rows have no start times.
  private var nextStartsNs: [Int64] = []
  private(set) var gradientCount = 0
  private(set) var hasWaits = false
  private(set) var hasSteps = false
  /// Whether a row told when its gradient started or ended.
  private var hasStarts = false
  private var hasUngraded = false
  private var isRelative = false
  private var kind: TraceKind?
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
    let known = labels.find(label)
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
    let handle = handles[worker]
    guard handle >= 0 else { return log.count(.workerSkipped, at: "\(path):\(line)") }
    if isZero {
      log.count(.zeroDuration, at: "\(path):\(line)")
    } else {
      hasTimes[worker] = true
    }
    if let grade = row.trust { try regrade(worker, grade) }
    nextStartsNs[worker] = endNs
    gradientCount += 1
    if row.waitNs > 0 { hasWaits = true }
    if row.step != nil { hasSteps = true }
    if row.startNs != nil || row.endNs != nil { hasStarts = true }
    if row.trust == nil { hasUngraded = true }
    if row.isRelative { isRelative = true }
    if let rowKind = row.kind, kind != .synchronous { kind = rowKind }
    try log.sink.append(
      GradientInterval(
        startNs: startNs, durationNs: durationNs, waitNs: row.waitNs,
        turnaroundNs: row.turnaroundNs, step: row.step, samples: row.samples),
      worker: handle)
  }

  /// Rows that record waiting step by step come from a job that advanced together, unless they say
  /// otherwise.
  ///
  /// - Throws: `onlyZeroDurations` for a worker whose speed cannot be told.
  func facts(
    format: TraceFormat, options: ReadOptions, path: String
  ) throws(TraceFormatError) -> TraceFacts {
    for worker in handles.indices where handles[worker] >= 0 && !hasTimes[worker] {
      throw TraceFormatError(
        reason: .onlyZeroDurations(worker: labels.text(worker).text), path: path)
    }
    return TraceFacts(
      format: format.rawValue, kind: kind ?? (hasWaits && hasSteps ? .synchronous : .independent),
      unit: isRelative || options.unit == .relative ? .relative : .seconds,
      startsRecorded: hasStarts, trustRecorded: !hasUngraded)
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
    let index = labels.index(of: label).index
    let (text, isLatin1) = labels.text(index)
    if isLatin1 { log.count(.latin1Label, at: "\(path):\(line)") }
    let hostText = host.flatMap { $0.isEmpty ? nil : decodedText($0).text }
    let handle =
      log.isSkipped(text, options)
      ? -1
      : try log.sink.worker(
        labelled: WorkerLabel(text), host: hostText, trust: trust ?? rowTrust ?? .measured)
    handles.append(handle)
    hasTimes.append(false)
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
      labelled: WorkerLabel(labels.text(worker).text), host: nil, trust: grade)
  }
}
