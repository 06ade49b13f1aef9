import ByteStreams
import TraceModel

/// Timelines of Horovod: a gradient is one step of one rank.
///
/// Rank 0 writes for each tensor (a process of the timeline) when each rank was ready to reduce it, as
/// a tick named by the rank inside `NEGOTIATE_ALLREDUCE`, and then the `ALLREDUCE` itself. Each tensor
/// is reduced once in a step, so a step ends where a tensor is negotiated that has already been
/// negotiated in it. With t(r, k) the last tick of rank r in step k and e(k) the end of the last
/// all-reduce of step k,
///
///     own(r, k) = t(r, k) − e(k − 1),   exposed(r, k) = e(k) − t(r, k)
///
/// The smallest exposed time of a step is the transfer, since who is ready last waits for nobody; it
/// becomes the turnaround, and the rest is waiting. The first step has no e(0) and is dropped, and so
/// is a last one that was cut. All times are those of rank 0's clock.
///
/// Memory: two steps of ticks, and an entry a tensor.
final class HorovodReader: TraceReader {
  private enum Activity {
    case negotiation
    case reduction
    case other
  }

  private struct Tensor {
    var stack: [Activity] = []
    /// The step that it was negotiated in last.
    var step: Int64 = 0
    var tickCount = 0
  }

  private struct Step {
    var number: Int64
    /// The last tick of each rank; nil for a rank that was never ready in it.
    var ticksNs: [Int64?] = []
    var endNs: Int64?
    var openCount = 0
    /// Tensors that were negotiated without a tick.
    var silentCount = 0
  }

  private struct Rank {
    /// −1 for one that is left out.
    var handle: Int
    var hasTime = false
  }

  /// Deeper stacks than a handful, and more ranks or tensors than these, are nobody's timeline.
  private static let stackLimit = 1 << 10
  private static let rankLimit = 1 << 20
  private static let tensorLimit = 1 << 20

  private let options: ReadOptions
  private let log: IssueLog
  private var events = ChromeEvents()
  private var tensors: [Int32: Tensor] = [:]
  private var rankTable = ByteTable()
  private var ranks: [Rank?] = []
  /// The step under way and the one before it, whose last all-reduces may still be running.
  private var steps: [Step] = []
  /// e(k − 1) for the first of `steps`.
  private var previousEndNs: Int64?
  private var isFirstStep = true
  private var stepCount = 0
  private(set) var gradientCount = 0
  private var unixNsOfZero: Int64?
  private var path = ""

  init(options: ReadOptions, log: IssueLog) {
    self.options = options
    self.log = log
  }

  /// A list of events of which one of the first has a name that only Horovod writes.
  static func claims(_ head: FileHead) -> Bool {
    ChromeEvents.claims(head) { startsSame($0, "NEGOTIATE_") || isSame($0, "CYCLE_START") }
  }

  func read(_ source: ByteSource) throws {
    path = source.path
    var events = self.events
    try events.read(source, options: options, log: log) { try take($0, $1) }
    self.events = events
    while !steps.isEmpty { try closeFirstStep() }
    // Another file is another run: its first step has nothing before it either.
    tensors = [:]
    previousEndNs = nil
    isFirstStep = true
  }

  func finish() throws -> TraceFacts {
    guard gradientCount > 0 else { throw TraceFormatError(reason: .noTicks, path: path) }
    for (index, rank) in ranks.enumerated() {
      guard let rank, rank.handle >= 0, !rank.hasTime else { continue }
      throw TraceFormatError(
        reason: .onlyZeroDurations(worker: rankTable.text(index).text), path: path)
    }
    return TraceFacts(
      format: TraceFormat.horovod.rawValue, kind: ranks.count > 1 ? .synchronous : .independent,
      unixNsOfZero: unixNsOfZero, notes: ["\(stepCount) steps on \(ranks.count) ranks"])
  }

  // MARK: - Events

  private func take(_ event: ChromeEvent, _ events: ChromeEvents) throws {
    if let zero = event.unixNsOfZero, unixNsOfZero == nil { unixNsOfZero = zero }
    guard let tensor = event.process else { return }
    switch event.phase {
    case .begin: begin(event, events, tensor)
    case .end: end(event, tensor)
    case .complete: tick(event, events, tensor)
    case .metadata, .instant: return
    }
    if steps.count > 2 { try closeFirstStep() }
  }

  private func begin(_ event: ChromeEvent, _ events: ChromeEvents, _ tensor: Int32) {
    guard tensors[tensor] != nil || tensors.count < HorovodReader.tensorLimit else { return }
    var state = tensors[tensor] ?? Tensor()
    guard state.stack.count < HorovodReader.stackLimit else { return }
    var activity = Activity.other
    if events.name.elementsEqual("NEGOTIATE_ALLREDUCE".utf8) {
      activity = .negotiation
      if steps.last.map({ $0.number <= state.step }) ?? true {
        steps.append(Step(number: (steps.last?.number ?? 0) + 1))
      }
      state.step = steps[steps.count - 1].number
      state.tickCount = 0
      steps[steps.count - 1].openCount += 1
    } else if events.name.elementsEqual("ALLREDUCE".utf8) {
      activity = .reduction
    }
    state.stack.append(activity)
    tensors[tensor] = state
  }

  /// Ends carry no name: an end belongs to the activity of its tensor that began last.
  private func end(_ event: ChromeEvent, _ tensor: Int32) {
    guard let activity = tensors[tensor]?.stack.popLast(), let state = tensors[tensor] else {
      return log.count(.badEvent, byte: event.offset, at: "\(path): byte \(event.offset)")
    }
    guard let index = steps.lastIndex(where: { $0.number == state.step }) else { return }
    switch activity {
    case .negotiation:
      if state.tickCount == 0 { steps[index].silentCount += 1 }
    case .reduction:
      guard let timeNs = event.startNs, isUsable(startNs: timeNs, durationNs: 0) else {
        return log.count(.badEvent, byte: event.offset, at: "\(path): byte \(event.offset)")
      }
      steps[index].openCount -= 1
      steps[index].endNs = max(steps[index].endNs ?? timeNs, timeNs)
    case .other: break
    }
  }

  private func tick(_ event: ChromeEvent, _ events: ChromeEvents, _ tensor: Int32) {
    guard var state = tensors[tensor], case .negotiation = state.stack.last,
      let index = steps.lastIndex(where: { $0.number == state.step })
    else { return }
    let isNumber = !events.name.isEmpty && events.name.allSatisfy { $0 &- 0x30 <= 9 }
    guard isNumber, events.name.count <= 10, let timeNs = event.startNs,
      isUsable(startNs: timeNs, durationNs: 0), let rank = rank(events.name)
    else { return log.count(.badEvent, byte: event.offset, at: "\(path): byte \(event.offset)") }
    state.tickCount += 1
    tensors[tensor] = state
    while steps[index].ticksNs.count <= rank { steps[index].ticksNs.append(nil) }
    steps[index].ticksNs[rank] = max(steps[index].ticksNs[rank] ?? timeNs, timeNs)
  }

  private func rank(_ name: [UInt8]) -> Int? {
    name.withUnsafeBytes { bytes in
      if let known = rankTable.find(bytes) { return known }
      guard rankTable.count < HorovodReader.rankLimit else { return nil }
      ranks.append(nil)
      return rankTable.index(of: bytes).index
    }
  }

  // MARK: - Steps

  /// Pushes the gradients of the older step, now that nothing of it can still come.
  private func closeFirstStep() throws {
    let step = steps.removeFirst()
    let beforeNs = previousEndNs
    let wasFirst = isFirstStep
    previousEndNs = step.openCount == 0 ? step.endNs : nil
    isFirstStep = false
    guard step.openCount == 0, let endNs = step.endNs else {
      return log.count(.cutStep, at: "\(path): step \(step.number)")
    }
    guard !wasFirst else { return log.count(.firstStep, at: path) }
    // The step before it was cut.
    guard let beforeNs else { return log.count(.cutStep, at: "\(path): step \(step.number)") }
    guard step.silentCount == 0 else {
      return log.count(.ticksMissing, at: "\(path): step \(step.number)")
    }
    stepCount += 1
    let exposed = step.ticksNs.compactMap { tickNs in tickNs.map { max(0, endNs - $0) } }
    for (rank, tickNs) in step.ticksNs.enumerated() {
      guard let tickNs else { continue }
      let exposedNs = max(0, endNs - tickNs)
      var gradient = GradientInterval(
        startNs: beforeNs, durationNs: tickNs - beforeNs, waitNs: exposedNs, step: step.number)
      // A rank alone cannot tell transfer from waiting.
      if exposed.count > 1, let transferNs = exposed.min() {
        gradient.turnaroundNs = transferNs
        gradient.waitNs = exposedNs - transferNs
      }
      try push(gradient, rank: rank)
    }
  }

  private func push(_ gradient: GradientInterval, rank: Int) throws {
    let label = rankTable.text(rank).text
    var state: Rank
    if let known = ranks[rank] {
      state = known
    } else {
      state = Rank(handle: -1)
      if !log.isSkipped(label, options) {
        state.handle = try log.sink.worker(
          labelled: WorkerLabel(label), host: nil, trust: options.trust ?? .separated)
      }
    }
    defer { ranks[rank] = state }
    guard state.handle >= 0 else { return log.count(.workerSkipped, at: path) }
    var gradient = gradient
    if gradient.durationNs <= 0 {
      gradient.durationNs = 500
      log.count(.zeroDuration, at: "\(path): rank \(label), step \(gradient.step ?? 0)")
    } else {
      state.hasTime = true
    }
    gradientCount += 1
    log.tally(used: 1)
    try log.sink.append(gradient, worker: state.handle)
  }
}
