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
}

/// Turns rows of our own formats into gradients, or refuses them.
///
/// A value rather than an object, so that the loop over rows can own it.
struct RowWriter {
  private let log: IssueLog
  private let trust: TrustGrade
  private let skipped: Set<String>
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

  init(options: ReadOptions, log: IssueLog) {
    self.log = log
    trust = options.trust ?? .measured
    skipped = options.skippedWorkers
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
    let worker = try known ?? register(label, host: host, path, line)
    let handle = handles[worker]
    guard handle >= 0 else { return log.count(.workerSkipped, at: "\(path):\(line)") }
    if isZero {
      log.count(.zeroDuration, at: "\(path):\(line)")
    } else {
      hasTimes[worker] = true
    }
    nextStartsNs[worker] = endNs
    gradientCount += 1
    if row.waitNs > 0 { hasWaits = true }
    if row.step != nil { hasSteps = true }
    if row.startNs != nil || row.endNs != nil { hasStarts = true }
    try log.sink.append(
      GradientInterval(
        startNs: startNs, durationNs: durationNs, waitNs: row.waitNs,
        turnaroundNs: row.turnaroundNs, step: row.step, samples: row.samples),
      worker: handle)
  }

  /// Rows that record waiting step by step come from a job that advanced together.
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
      format: format.rawValue, kind: hasWaits && hasSteps ? .synchronous : .independent,
      unit: options.unit == .relative ? .relative : .seconds, startsRecorded: hasStarts)
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
    _ label: UnsafeRawBufferPointer, host: UnsafeRawBufferPointer?, _ path: String, _ line: Int
  ) throws -> Int {
    let index = labels.index(of: label).index
    let (text, isLatin1) = labels.text(index)
    if isLatin1 { log.count(.latin1Label, at: "\(path):\(line)") }
    let hostText = host.flatMap { $0.isEmpty ? nil : decodedText($0).text }
    let handle =
      skipped.contains(text)
      ? -1 : try log.sink.worker(labelled: WorkerLabel(text), host: hostText, trust: trust)
    handles.append(handle)
    hasTimes.append(false)
    nextStartsNs.append(0)
    return index
  }
}
