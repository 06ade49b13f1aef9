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
final class RowWriter {
  private let log: IssueLog
  private let trust: TrustGrade
  private var labels = ByteTable()
  private var handles: [Int] = []
  /// Where the next gradient of a worker starts if rows have no start times.
  private var nextStartsNs: [Int64] = []
  private var lastLabel = -1
  private(set) var gradientCount = 0
  private(set) var hasWaits = false
  private(set) var hasSteps = false

  init(options: ReadOptions, log: IssueLog) {
    self.log = log
    trust = options.trust ?? .measured
  }

  /// Pushes the gradient of a row.
  ///
  /// - Parameters:
  ///   - halfResolutionNs: What a duration of 0 counts as.
  ///   - place: For the first issue of a kind.
  func write(
    _ row: GradientRow, worker label: UnsafeRawBufferPointer, host: UnsafeRawBufferPointer?,
    halfResolutionNs: Int64, place: @autoclosure () -> String
  ) throws {
    let worker = try index(of: label, host: host, place: place())
    let (startNs, recordedNs) = try times(of: row, worker: worker)
    var durationNs = recordedNs
    if durationNs == 0 {
      durationNs = max(1, halfResolutionNs)
      log.count(.zeroDuration, at: place())
    }
    let (endNs, overflow) = startNs.addingReportingOverflow(durationNs)
    if overflow {
      throw TraceFormatError.Reason.overflow(column: "the end", text: "\(startNs) + \(durationNs)")
    }
    nextStartsNs[worker] = endNs
    gradientCount += 1
    if row.waitNs > 0 { hasWaits = true }
    if row.step != nil { hasSteps = true }
    try log.sink.append(
      GradientInterval(
        startNs: startNs, durationNs: durationNs, waitNs: row.waitNs,
        turnaroundNs: row.turnaroundNs, step: row.step, samples: row.samples),
      worker: handles[worker])
  }

  /// Rows that record waiting step by step come from a job that advanced together.
  func facts(format: TraceFormat, options: ReadOptions) -> TraceFacts {
    TraceFacts(
      format: format.rawValue, kind: hasWaits && hasSteps ? .synchronous : .independent,
      unit: options.unit == .relative ? .relative : .seconds)
  }

  private func times(of row: GradientRow, worker: Int) throws -> (startNs: Int64, durationNs: Int64)
  {
    if let durationNs = row.durationNs {
      if let startNs = row.startNs { return (startNs, durationNs) }
      guard let endNs = row.endNs else { return (nextStartsNs[worker], durationNs) }
      guard endNs >= durationNs else {
        throw TraceFormatError.Reason.negative(
          column: "the start", text: "\(endNs - durationNs) ns")
      }
      return (endNs - durationNs, durationNs)
    }
    guard let startNs = row.startNs, let endNs = row.endNs else {
      throw TraceFormatError.Reason.missingValue(column: "the duration")
    }
    guard endNs >= startNs else {
      throw TraceFormatError.Reason.endBeforeStart(startNs: startNs, endNs: endNs)
    }
    return (startNs, endNs - startNs)
  }

  private func index(
    of label: UnsafeRawBufferPointer, host: UnsafeRawBufferPointer?,
    place: @autoclosure () -> String
  ) throws -> Int {
    guard !label.isEmpty else { throw TraceFormatError.Reason.emptyLabel }
    guard label.count <= WorkerLabel.byteSizeLimit else {
      throw TraceFormatError.Reason.labelTooLong(byteSize: label.count)
    }
    let (index, isNew) = labels.index(of: label)
    guard isNew else { return index }
    let (text, isLatin1) = labels.text(index)
    if isLatin1 { log.count(.latin1Label, at: place()) }
    let hostText = host.flatMap { $0.isEmpty ? nil : decodedText($0).text }
    handles.append(
      try log.sink.worker(labelled: WorkerLabel(text), host: hostText, trust: trust))
    nextStartsNs.append(0)
    return index
  }
}

/// Reads the text of one value of a table.
enum CellText {
  /// A time in nanoseconds, at least 0.
  static func time(
    _ bytes: UnsafeRawBufferPointer, _ column: TableLayout.Column
  ) throws -> Int64 {
    let value: Int64
    do {
      value = try DecimalText.scaled(bytes, by: column.scale)
    } catch {
      throw reason(error, bytes, column.name)
    }
    guard value >= 0 else {
      throw TraceFormatError.Reason.negative(column: column.name, text: excerpt(bytes))
    }
    return value
  }

  /// A whole number; `3.0` counts, since tables with gaps are written like that.
  static func whole(_ bytes: UnsafeRawBufferPointer, _ name: String) throws -> Int64 {
    guard let value = try? DecimalText.scaled(bytes, by: 0),
      let finer = try? DecimalText.scaled(bytes, by: 3), finer == value * 1000
    else { throw TraceFormatError.Reason.notWhole(column: name, text: excerpt(bytes)) }
    return value
  }

  static func sample(_ bytes: UnsafeRawBufferPointer, _ name: String) throws -> Int32 {
    guard let index = Int32(exactly: try whole(bytes, name)), index >= 0 else {
      throw TraceFormatError.Reason.notWhole(column: name, text: excerpt(bytes))
    }
    return index
  }

  /// Data indices with `;` in between.
  static func samples(_ bytes: UnsafeRawBufferPointer, _ name: String) throws -> [Int32] {
    guard !bytes.isEmpty else { return [] }
    return try bytes.split(separator: 0x3b, omittingEmptySubsequences: false).map {
      try sample(UnsafeRawBufferPointer(rebasing: $0), name)
    }
  }

  private static func reason(
    _ failure: DecimalText.Failure, _ bytes: UnsafeRawBufferPointer, _ name: String
  ) -> TraceFormatError.Reason {
    if bytes.isEmpty { return .missingValue(column: name) }
    return switch failure {
    case .notANumber: .notANumber(column: name, text: excerpt(bytes))
    case .notFinite: .notFinite(column: name, text: excerpt(bytes))
    case .overflow: .overflow(column: name, text: excerpt(bytes))
    }
  }

  static func excerpt(_ bytes: UnsafeRawBufferPointer) -> String {
    let text = decodedText(bytes.prefix(40)).text
    return bytes.count > 40 ? text + "…" : text
  }
}
