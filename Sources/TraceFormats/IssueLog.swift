import ByteStreams
import TraceModel

/// Counts the issues of one import and hands each kind to the sink once.
///
/// A broken file can have an issue per event: a sentence and a place are only written for the first.
package final class IssueLog {
  /// Where issues go, once a kind, when the import ends.
  package let sink: any TraceSink
  private var total = FileFindings()
  /// Those of the file at hand.
  private var current = FileFindings()

  package init(_ sink: any TraceSink) {
    self.sink = sink
  }

  /// Labels that were asked to be left out, and were there.
  var skippedLabels: Set<String> { total.skippedLabels.union(current.skippedLabels) }

  /// - Parameter byte: where it stands, if it is something that could not be used.
  package func count(
    _ kind: IssueKind, _ count: Int = 1, byte: Int64? = nil, at place: @autoclosure () -> String
  ) {
    guard count > 0 else { return }
    if let byte, current.firstBadByte == nil { current.firstBadByte = byte }
    current.add(kind, count, at: place())
  }

  /// Counts what a scanner let pass in a file.
  func count(_ oddities: JSONOddities, at path: String) {
    let byte = oddities.firstByte ?? 0
    count(.looseJSON, oddities.count, at: "\(path): byte \(byte)")
  }

  /// Whether a worker is to be left out; remembers that it was there.
  func isSkipped(_ label: String, _ options: ReadOptions) -> Bool {
    guard options.skippedWorkers.contains(label) else { return false }
    current.skippedLabels.insert(label)
    return true
  }

  /// Counts events, rows or lines of the file at hand, and those that gradients are made of.
  func tally(read: Int = 0, used: Int = 0) {
    current.read += read
    current.used += used
  }

  /// Ends a file, and returns what was found in it.
  func endFile() -> FileFindings {
    let findings = current
    current = FileFindings()
    add(findings)
    return findings
  }

  /// Adds what was found in a file that was read apart.
  func add(_ findings: FileFindings) {
    for entry in findings.counts { total.add(entry.kind, entry.count, at: entry.firstPlace) }
    total.skippedLabels.formUnion(findings.skippedLabels)
  }

  /// Reports everything that was counted, in the order of first sight.
  package func flush() {
    _ = endFile()
    for entry in total.counts {
      sink.report(
        ImportIssue(
          code: entry.kind.rawValue, severity: entry.kind.severity, count: entry.count,
          firstPlace: entry.firstPlace, meaning: entry.kind.meaning))
    }
    total = FileFindings()
  }
}

extension FileFindings {
  mutating func add(_ kind: IssueKind, _ count: Int, at place: @autoclosure () -> String) {
    if let known = counts.firstIndex(where: { $0.kind == kind }) {
      counts[known].count += count
    } else {
      counts.append(Count(kind: kind, count: count, firstPlace: place()))
    }
  }
}

/// Everything dubious that a reader keeps and counts. The raw values are stable.
package enum IssueKind: String, CaseIterable {
  case unterminatedLineKept = "unterminated-line-kept"
  case unterminatedLineDropped = "unterminated-line-dropped"
  case cutCompressedStream = "cut-compressed-stream"
  case truncatedTail = "truncated-tail"
  case zeroDuration = "zero-duration"
  case latin1Label = "latin-1-label"
  case badEvent = "bad-event"
  case stringNumber = "string-number"
  case looseJSON = "loose-json"
  case textAfterEnd = "text-after-end"
  case fileSkipped = "file-skipped"
  case workerSkipped = "worker-skipped"
  case cutStep = "cut-step"
  case noCollectives = "no-collectives"
  case rankMissing = "rank-missing"
  case rankUnknown = "rank-unknown"
  case groupUnknown = "group-unknown"
  case openSlice = "open-slice"
  case nestedSlice = "nested-slice"
  case firstStep = "first-step"
  case ticksMissing = "ticks-missing"
  case taskNotUsed = "task-not-used"
  case executorIdle = "executor-idle"
  case lineSkipped = "line-skipped"
  case clockBack = "clock-back"
  case worldSizesDiffer = "world-sizes-differ"
  case clocksDiffer = "clocks-differ"

  /// A warning where the result may be off, information where it is only told; `--strict` refuses warnings.
  package var severity: ImportIssue.Severity {
    switch self {
    case .unterminatedLineKept, .latin1Label, .fileSkipped, .workerSkipped, .cutStep,
      .rankUnknown, .firstStep, .taskNotUsed, .lineSkipped:
      .info
    case .unterminatedLineDropped, .cutCompressedStream, .truncatedTail, .zeroDuration, .badEvent,
      .stringNumber, .looseJSON, .textAfterEnd, .noCollectives, .rankMissing, .worldSizesDiffer,
      .clocksDiffer,
      .openSlice, .nestedSlice,
      .executorIdle, .clockBack, .ticksMissing, .groupUnknown:
      .warning
    }
  }

  /// Whether what it counts was left out, rather than kept with a doubt.
  var isSkip: Bool {
    switch self {
    case .unterminatedLineDropped, .badEvent, .textAfterEnd, .workerSkipped, .cutStep, .firstStep,
      .ticksMissing,
      .openSlice, .taskNotUsed, .lineSkipped, .clockBack:
      true
    case .unterminatedLineKept, .cutCompressedStream, .truncatedTail, .zeroDuration, .latin1Label,
      .stringNumber, .looseJSON, .fileSkipped, .noCollectives, .rankMissing, .rankUnknown,
      .groupUnknown,
      .nestedSlice, .executorIdle, .worldSizesDiffer, .clocksDiffer:
      false
    }
  }

  /// What it means for the result, as reports print it.
  package var meaning: String {
    switch self {
    case .unterminatedLineKept:
      "The last line has no end and was used as it stands; if the file was cut, its last"
        + " number may be too."
    case .unterminatedLineDropped:
      "The last line has no end and is no whole gradient; it was left out, and later ones"
        + " may be missing."
    case .cutCompressedStream:
      "The compressed file ends early; what came before was used, and later gradients are missing."
    case .truncatedTail:
      "The file ends inside its list of events; what came before was used, and later"
        + " gradients may be missing."
    case .zeroDuration:
      "The clock was too coarse for these gradients; each counts as half of its resolution."
    case .latin1Label:
      "Names that are not UTF-8 were read as Latin-1 and may look odd; no time depends on them."
    case .badEvent:
      "Events without usable times or names were left out; the durations around them may be off."
    case .stringNumber:
      "Numbers written as text were read as numbers."
    case .looseJSON:
      "NaN, Infinity, raw control characters, bytes that are no UTF-8 or backslashes that escape nothing"
        + " were passed over where no time depends on them; what wrote them may be broken elsewhere."
    case .textAfterEnd:
      "The file goes on after the end of its events, and what follows was not read. If several recordings were"
        + " put together, give each as a file of its own."
    case .fileSkipped:
      "These files are no part of the trace as far as their content, name or kind tells; if one is a"
        + " rank, it is missing."
    case .workerSkipped:
      "These gradients were left out as --skip-worker asks; nothing below is about their workers."
    case .cutStep:
      "The recording stopped inside its last step, which was left out."
    case .noCollectives:
      "No collective was recorded on these ranks, so their step times contain the waiting"
        + " for others."
    case .rankMissing:
      "Ranks of the job were not given; who is slowest, and the waiting, may be judged wrongly."
    case .rankUnknown:
      "Neither the file nor its name tells a rank, so the workers are named by their files."
    case .groupUnknown:
      "These collectives do not name their group; those within a replica were taken for waiting,"
        + " so its own time is too short."
    case .openSlice:
      "These slices begin and never end; they were left out, and the last gradients may be missing."
    case .nestedSlice:
      "These slices lie inside others that match too, so their time counts twice; choose by"
        + " --event only one of the two."
    case .firstStep:
      "The first step has no all-reduce before it that tells when its computing began; it was"
        + " left out."
    case .ticksMissing:
      "In these steps a tensor has no ticks, so nobody knows who was ready when; they were left"
        + " out. Record with HOROVOD_CACHE_CAPACITY=0."
    case .taskNotUsed:
      "Tasks of the stage that failed, were repeated or ran a second time to be safe were not used."
    case .executorIdle:
      "These executors ran tasks of other stages and none of this one; they are no workers here."
    case .lineSkipped:
      "These lines do not match the pattern and were passed over."
    case .clockBack:
      "The times of a worker go back at these lines; the gaps before them were left out."
    case .worldSizesDiffer:
      "The files say different sizes of the job; they may come from different runs."
    case .clocksDiffer:
      "Some files have absolute times and some have not; starts cannot be compared across workers."
    }
  }
}
