import ByteStreams
import TraceModel

/// Any Chrome trace, in array or object form: gradients are the slices whose names match
/// ``ReadOptions/event``.
///
/// Slices are `X` events and pairs of `B` and `E`, matched by a stack per process and thread. With
/// ``ReadOptions/stepBy`` a gradient is one step of one replica: the largest over the replica's ranks
/// of the sum of a rank's slices in that step, since the ranks of a replica share the work of a
/// gradient and the slowest decides. It starts with the first of these slices. Without, each slice
/// is a gradient.
///
/// Memory: about 130 bytes for each rank and step, at most a million of them. Without steps, 24 for
/// each slice up to a million: workers may be named after processes, whose names may come last.
package final class ChromeReader: TraceReader {
  private struct Slice {
    var rank: Int32
    var startNs: Int64
    var durationNs: Int64
  }

  private struct Open {
    var rank: Int32
    var step: Int64?
    var startNs: Int64
    var isGradient: Bool
  }

  private static let cellLimit = 1 << 20
  private static let openLimit = 1 << 20

  private let options: ReadOptions
  private let log: IssueLog
  private let pattern: EventPattern
  private let sliceLimit: Int
  private var events: ChromeEvents
  private var ranks: RankTable
  private var steps = StepSums()
  private var slices: [Slice] = []
  /// Too many slices to keep: they are pushed as they come.
  private var isDirect = false
  private var open: [UInt64: [Open]] = [:]
  private var openCount = 0
  /// The last gradient slice of each thread, to find slices inside slices.
  private var lastSlices: [UInt64: Stretch] = [:]
  private var handles: [WorkerLabel: Int] = [:]
  private var handlesByRank: [Int] = []
  private var hasTimes: [Bool] = []
  private var labels: [WorkerLabel] = []
  /// The gradients pushed so far; slices that are added up to steps are pushed by ``finish()``.
  package private(set) var gradientCount = 0
  private var path = ""
  private var fileCount = 0
  private var firstStartNs = Int64.max

  package init(
    options: ReadOptions, log: IssueLog, sliceLimit: Int = 1 << 20
  ) throws(TraceFormatError) {
    self.options = options
    self.log = log
    self.sliceLimit = sliceLimit
    pattern = try EventPattern(options.event)
    let option: String?
    switch options.map {
    case .dataParallel: throw TraceFormatError(reason: .noDataParallelGroup, path: "--map dp")
    case .table: option = "--map"
    case .ranks, nil: option = options.replicaBy.isEmpty ? nil : "--replica-by"
    }
    if let option, options.stepBy == nil {
      throw TraceFormatError(reason: .replicasWithoutSteps, path: option)
    }
    ranks = RankTable(options)
    events = ChromeEvents(argumentKeys: ranks.argumentKeys, stepKey: options.stepBy)
  }

  static func claims(_ head: FileHead) -> Bool { ChromeEvents.claims(head) { _ in true } }

  /// Collects the slices of one file that the pattern picks.
  package func read(_ source: ByteSource) throws {
    path = source.path
    fileCount += 1
    guard fileCount == 1 || !options.rankBy.isEmpty else {
      throw TraceFormatError(reason: .ranksOfSeveralFiles, path: path)
    }
    ranks.begin(file: path)
    var events = self.events
    try events.read(source, options: options, log: log) { try take($0, $1) }
    self.events = events
    log.count(.openSlice, openCount, at: path)
    open = [:]
    openCount = 0
    lastSlices = [:]
  }

  /// Pushes the slices that are kept, or a gradient a replica and step where they are added up.
  package func finish() throws -> TraceFacts {
    guard pattern.isGiven else {
      throw TraceFormatError(reason: .eventNeeded(found: pattern.mostFrequent), path: path)
    }
    if options.stepBy != nil {
      try pushSteps()
    } else {
      for slice in slices { try push(slice) }
    }
    guard gradientCount > 0 || ranks.missing != nil else {
      throw TraceFormatError(
        reason: .noEvent(pattern: pattern.text, found: pattern.mostFrequent), path: path)
    }
    if gradientCount == 0, let missing = ranks.missing {
      throw TraceFormatError(reason: .noSliceHas(key: missing), path: path)
    }
    for (label, hasTime) in zip(labels, hasTimes) where !hasTime {
      throw TraceFormatError(reason: .onlyZeroDurations(worker: label.text), path: path)
    }
    let isAbsolute = firstStartNs > 1_000_000_000_000_000_000
    return TraceFacts(
      format: TraceFormat.chrome.rawValue,
      kind: options.stepBy == nil ? .independent : .synchronous,
      unixNsOfZero: isAbsolute ? 0 : nil,
      notes: pattern.used.map { "event \($0.name): \($0.count) slices, gradients" })
  }

  // MARK: - Events

  private func take(_ event: ChromeEvent, _ events: ChromeEvents) throws {
    switch event.phase {
    case .metadata: ranks.take(metadata: event, events)
    case .complete: try takeComplete(event, events)
    case .begin: try begin(event, events)
    case .end: try end(event)
    case .instant: break
    }
  }

  private func takeComplete(_ event: ChromeEvent, _ events: ChromeEvents) throws {
    guard pattern.matches(events.name) else { return }
    guard let start = event.startNs, let duration = event.durationNs,
      isUsable(startNs: start, durationNs: duration),
      let rank = ranks.rank(of: event, events), let step = step(of: event)
    else { return log.count(.badEvent, byte: event.offset, at: "\(path): byte \(event.offset)") }
    try add(
      Slice(rank: rank, startNs: start, durationNs: duration), step: step,
      thread: ChromeReader.thread(of: event), at: event.offset)
  }

  private func begin(_ event: ChromeEvent, _ events: ChromeEvents) throws {
    let isMatch = pattern.matches(events.name)
    let rank = isMatch ? ranks.rank(of: event, events) : nil
    let step = isMatch ? step(of: event) : nil
    let start = event.startNs.flatMap { isUsable(startNs: $0, durationNs: 0) ? $0 : nil }
    let isGradient = rank != nil && step != nil && start != nil
    if isMatch, !isGradient {
      log.count(.badEvent, byte: event.offset, at: "\(path): byte \(event.offset)")
    }
    openCount += 1
    guard openCount <= ChromeReader.openLimit else {
      throw TraceFormatError.Reason.tooManyOpenSlices(limit: ChromeReader.openLimit)
    }
    open[ChromeReader.thread(of: event), default: []].append(
      Open(rank: rank ?? -1, step: step ?? nil, startNs: start ?? 0, isGradient: isGradient))
  }

  /// An end belongs to the slice of its thread that began last; its own name, if it has one, says
  /// nothing more.
  private func end(_ event: ChromeEvent) throws {
    let thread = ChromeReader.thread(of: event)
    guard let begin = open[thread]?.popLast() else {
      return log.count(.badEvent, byte: event.offset, at: "\(path): byte \(event.offset)")
    }
    openCount -= 1
    guard begin.isGradient else { return }
    guard let end = event.startNs, isUsable(startNs: end, durationNs: 0),
      isUsable(startNs: begin.startNs, durationNs: end - begin.startNs)
    else { return log.count(.badEvent, byte: event.offset, at: "\(path): byte \(event.offset)") }
    try add(
      Slice(rank: begin.rank, startNs: begin.startNs, durationNs: end - begin.startNs),
      step: begin.step, thread: thread, at: event.offset)
  }

  /// Nil where a step is needed and missing; else the step, which may be none.
  private func step(of event: ChromeEvent) -> Int64?? {
    guard let key = options.stepBy else { return .some(nil) }
    guard let step = event.step else {
      ranks.note(missing: .argument(key))
      return nil
    }
    return .some(step)
  }

  private func add(_ slice: Slice, step: Int64?, thread: UInt64, at offset: Int64) throws {
    let stretch = Stretch(start: slice.startNs, end: slice.startNs + slice.durationNs)
    if let last = lastSlices[thread], stretch.contains(last) || last.contains(stretch) {
      log.count(.nestedSlice, at: "\(path): byte \(offset)")
    }
    lastSlices[thread] = stretch
    log.tally(used: 1)
    firstStartNs = min(firstStartNs, slice.startNs)
    if let step {
      try steps.add(stretch, rank: slice.rank, step: step, limit: ChromeReader.cellLimit)
    } else if isDirect || slices.count >= sliceLimit {
      if !isDirect {
        isDirect = true
        for slice in slices { try push(slice) }
        slices = []
      }
      try push(slice)
    } else {
      slices.append(slice)
    }
  }

  private static func thread(of event: ChromeEvent) -> UInt64 {
    UInt64(UInt32(bitPattern: event.process ?? -1)) << 32
      | UInt64(UInt32(bitPattern: event.thread ?? -1))
  }

  // MARK: - Gradients

  private func push(_ slice: Slice) throws {
    let rank = Int(slice.rank)
    while handlesByRank.count <= rank { handlesByRank.append(-2) }
    if handlesByRank[rank] == -2 {
      // Afterwards a name could no longer change which worker the slices belong to.
      guard !isDirect || ranks.isNamed(rank) else {
        throw TraceFormatError.Reason.lateNames(limit: sliceLimit)
      }
      handlesByRank[rank] = try worker(labelled: ranks.labels(of: rank).rank)
    }
    try push(
      GradientInterval(startNs: slice.startNs, durationNs: slice.durationNs),
      worker: handlesByRank[rank])
  }

  private func pushSteps() throws {
    let names = try (0..<ranks.count).map { rank in
      let labels = ranks.labels(of: rank)
      guard case .table(let table) = options.map else {
        return (labels.replica ?? labels.rank, labels.rank)
      }
      guard let replica = table[labels.rank.text] else {
        throw TraceFormatError(reason: .rankNotMapped(labels.rank.text), path: path)
      }
      return (WorkerLabel(replica), labels.rank)
    }
    for gradient in steps.gradients(of: names) {
      try push(
        GradientInterval(
          startNs: gradient.startNs, durationNs: gradient.durationNs, step: gradient.step),
        worker: try worker(labelled: gradient.replica))
    }
  }

  private func push(_ gradient: GradientInterval, worker: Int) throws {
    guard worker >= 0 else { return log.count(.workerSkipped, at: path) }
    var gradient = gradient
    if gradient.durationNs == 0 {
      gradient.durationNs = events.hasFractions ? 1 : 500
      log.count(.zeroDuration, at: "\(path): worker \(labels[worker])")
    } else {
      hasTimes[worker] = true
    }
    gradientCount += 1
    try log.sink.append(gradient, worker: worker)
  }

  /// The handle for a label; −1 for a worker that is left out.
  private func worker(labelled label: WorkerLabel) throws -> Int {
    if let known = handles[label] { return known }
    guard label.text.utf8.count <= WorkerLabel.byteSizeLimit else {
      throw TraceFormatError(
        reason: .labelTooLong(byteSize: label.text.utf8.count), path: path)
    }
    var handle = -1
    if !log.isSkipped(label.text, options) {
      handle = try log.sink.worker(
        labelled: label, host: nil, trust: options.trust ?? .measured)
      labels.append(label)
      hasTimes.append(false)
    }
    handles[label] = handle
    return handle
  }
}

extension Stretch {
  func contains(_ other: Stretch) -> Bool { start <= other.start && other.end <= end }
}
