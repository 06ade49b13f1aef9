import Foundation
import Optimization
import ReplayEngine
import Reports
import TraceModel

/// A finished replay with every gradient of it, to be drawn.
struct DrawnReplay {
  /// The process's name.
  var name: String
  var method: MethodChoice
  /// In the order in which they ended.
  var records: [LedgerRecord]
  /// When it ended.
  var timeNs: Int64
  /// K
  var updateCount: Int
  /// Computing time of each worker, unfinished work included.
  var busyNs: [Int64]
  /// The loss over time; empty for a schedule.
  var points: [Run.Point]
  /// Whether stepsizes mean anything: a schedule has none.
  var hasStepsizes: Bool
}

/// Writes a replay as a process: a thread for the server, with a mark where each iterate was made, and
/// one for each worker, with its gradients, its exchanges with the server and its waiting.
///
/// An arrow goes from the iterate that a gradient was computed at through the gradient to the iterate
/// that it made. When a worker read its iterate x_j follows from its last gradient and from x_j: it is
/// handed x_j at the end of that gradient, or when x_j is made, whichever is later.
///
/// Iterates are slices of no length, and not ones that last until the next iterate: Perfetto draws an
/// arrow from the end of a slice to the beginning of another one, and where times are equal it takes
/// slices without length and arrows in the order of the file, but longer slices before them.
struct ReplayTimeline {
  private let replay: DrawnReplay
  private let labels: [WorkerLabel]
  private let window: TimelineWindow
  /// t_k, when x_k was made; t_0 = 0.
  private let updateTimesNs: [Int64]
  /// τ of each update, the largest of its gradients.
  private let delays: [Int]
  private let process: Int
  private let serverThread: Int
  private let firstFlow: Int

  /// - Parameters:
  ///   - firstThread: the first number of a thread that is free.
  ///   - firstFlow: the first number of an arrow that is free.
  init(
    _ replay: DrawnReplay, labels: [WorkerLabel], window: TimelineWindow, process: Int,
    firstThread: Int, firstFlow: Int
  ) {
    self.replay = replay
    self.labels = labels
    self.window = window
    self.process = process
    self.firstFlow = firstFlow
    serverThread = firstThread
    var times: [Int64] = [0]
    var delays: [Int] = [0]
    for record in replay.records where record.fate == .applied || record.fate == .collected {
      let update = record.updateCount + 1
      // A batch that the replay ended before.
      guard update <= replay.updateCount else { continue }
      let delay = update - record.updatesAtRead
      if times.count == update {
        times.append(record.endNs)
        delays.append(delay)
      } else {
        times[update] = record.endNs
        delays[update] = max(delays[update], delay)
      }
    }
    updateTimesNs = times
    self.delays = delays
  }

  /// Threads that it takes.
  var threadCount: Int { labels.count + 1 }

  private var endNs: Int64 { replay.timeNs }

  private func track(_ worker: Int) -> TimelineWriter.Track {
    .init(process: process, thread: serverThread + 1 + worker)
  }

  private var server: TimelineWriter.Track { .init(process: process, thread: serverThread) }

  func write(
    _ timeline: inout TimelineWriter, progress: (Int) -> Void, to write: (Data) throws -> Void
  ) throws {
    try timeline.nameProcess(process, replay.name, to: write)
    try timeline.nameThread(server, "iterates (server)", to: write)
    for (worker, label) in labels.enumerated() {
      try timeline.nameThread(track(worker), label.text, to: write)
    }
    let work = work()
    try writeServer(work, &timeline, to: write)
    try writeWorkers(work, &timeline, progress: progress, to: write)
    for update in updateTimesNs.indices.dropFirst() where isInWindow(update: update) {
      try timeline.counter(
        "delay", in: "updates", Double(delays[update]), process: process,
        at: updateTimesNs[update], to: write)
    }
    for point in replay.points where window.touches(point.timeNs, point.timeNs) {
      try timeline.counter(
        "loss", in: "f(x)", point.loss, process: process, at: point.timeNs, to: write)
    }
  }

  // MARK: - What belongs together

  /// The gradients by worker and by iterate, as places in the ledger.
  private struct Work {
    /// When each worker was handed the iterate of the gradient.
    var readTimesNs: [Int64]
    var hasArrow: [Bool]
    var byWorker: Groups
    /// Those with an arrow, by the iterate that was read, in order of arrival.
    var readersOf: Groups
    /// Those with an arrow, by the update that they made.
    var makersOf: Groups
  }

  private func work() -> Work {
    let records = replay.records
    var readTimesNs: [Int64] = []
    var hasArrow: [Bool] = []
    readTimesNs.reserveCapacity(records.count)
    hasArrow.reserveCapacity(records.count)
    var lastEndsNs = [Int64](repeating: 0, count: labels.count)
    for record in records {
      readTimesNs.append(
        max(lastEndsNs[record.worker], updateTimesNs[record.updatesAtRead]))
      lastEndsNs[record.worker] = record.endNs
      hasArrow.append(isApplied(record) && isInWindow(record))
    }
    let updateCount = updateTimesNs.count
    return Work(
      readTimesNs: readTimesNs, hasArrow: hasArrow,
      byWorker: Groups(count: labels.count, of: records.indices) { records[$0].worker },
      readersOf: Groups(count: updateCount, of: records.indices) {
        hasArrow[$0] ? records[$0].updatesAtRead : nil
      },
      makersOf: Groups(count: updateCount, of: records.indices) {
        hasArrow[$0] ? records[$0].updateCount + 1 : nil
      })
  }

  private func isApplied(_ record: LedgerRecord) -> Bool {
    switch record.fate {
    case .applied, .collected: record.updateCount < replay.updateCount
    case .discarded, .aborted: false
    }
  }

  /// An arrow is drawn where all three of its slices are.
  private func isInWindow(_ record: LedgerRecord) -> Bool {
    isInWindow(update: record.updatesAtRead) && isInWindow(update: record.updateCount + 1)
      && window.touches(record.startNs, record.endNs)
  }

  private func isInWindow(update: Int) -> Bool {
    window.touches(updateTimesNs[update], updateTimesNs[update])
  }

  // MARK: - The server

  private func writeServer(
    _ work: Work, _ timeline: inout TimelineWriter, to write: (Data) throws -> Void
  ) throws {
    for update in updateTimesNs.indices where isInWindow(update: update) {
      let timeNs = updateTimesNs[update]
      var arguments = "{\"update\":\(update)"
      if update > 0 { arguments += ",\"delay\":\(delays[update])" }
      try timeline.slice(
        "x_\(update)", "iterate", on: server, from: timeNs, to: timeNs,
        arguments: arguments + "}", to: write)
      for place in work.makersOf[update] {
        try timeline.flow(.end, id: firstFlow + place, on: server, at: timeNs, to: write)
      }
      for place in work.readersOf[update] {
        try timeline.flow(.begin, id: firstFlow + place, on: server, at: timeNs, to: write)
      }
    }
  }

  // MARK: - The workers

  private func writeWorkers(
    _ work: Work, _ timeline: inout TimelineWriter, progress: (Int) -> Void,
    to write: (Data) throws -> Void
  ) throws {
    var gradientCount = 0
    for worker in labels.indices {
      let track = track(worker)
      var lastEndNs: Int64 = 0
      var busyNs: Int64 = 0
      for (count, place) in work.byWorker[worker].enumerated() {
        let record = replay.records[place]
        let readNs = work.readTimesNs[place]
        // Aborted during the exchange, it never began.
        let startNs = min(record.startNs, record.endNs)
        try idle("waiting", lastEndNs, readNs, track, &timeline, to: write)
        // Nothing was exchanged before the first.
        try idle(
          count == 0 ? "waiting" : "exchange", readNs, startNs, track, &timeline, to: write)
        lastEndNs = record.endNs
        busyNs += record.endNs - startNs
        guard record.startNs < record.endNs, window.touches(startNs, record.endNs) else { continue }
        try timeline.slice(
          name(record), "gradient", on: track, from: startNs, to: record.endNs,
          arguments: arguments(record), to: write)
        guard work.hasArrow[place] else { continue }
        try timeline.flow(.pass, id: firstFlow + place, on: track, at: startNs, to: write)
      }
      // Of the workers that `fastest` leaves out there is nothing to tell.
      guard replay.busyNs[worker] > 0 else { continue }
      let unfinishedNs = replay.busyNs[worker] - busyNs
      try writeRest(
        track, after: lastEndNs, startNs: endNs - unfinishedNs, &timeline, to: write)
      gradientCount += work.byWorker[worker].count
      progress(gradientCount)
    }
  }

  private func idle(
    _ name: String, _ startNs: Int64, _ endNs: Int64, _ track: TimelineWriter.Track,
    _ timeline: inout TimelineWriter, to write: (Data) throws -> Void
  ) throws {
    guard startNs < endNs, window.touches(startNs, endNs) else { return }
    try timeline.slice(name, "idle", on: track, from: startNs, to: endNs, to: write)
  }

  /// What a worker does when the replay ends: the ledger has only gradients that ended.
  ///
  /// - Parameter startNs: when what it computes began; the end, if it does not compute.
  private func writeRest(
    _ track: TimelineWriter.Track, after lastEndNs: Int64, startNs: Int64,
    _ timeline: inout TimelineWriter, to write: (Data) throws -> Void
  ) throws {
    let lastUpdateNs = updateTimesNs.last ?? 0
    guard startNs < endNs else {
      // On its way to or from the server, or without anything left to compute: the ledger does not say.
      let isWaiting = isInRounds && lastEndNs > lastUpdateNs
      return try idle(isWaiting ? "waiting" : "idle", lastEndNs, endNs, track, &timeline, to: write)
    }
    // In rounds it goes on when the last one ended, else as soon as it is done.
    let readNs = isInRounds ? max(lastEndNs, lastUpdateNs) : lastEndNs
    try idle("waiting", lastEndNs, readNs, track, &timeline, to: write)
    try idle("exchange", readNs, startNs, track, &timeline, to: write)
    guard window.touches(startNs, endNs) else { return }
    try timeline.slice(
      "gradient, unfinished", "gradient", on: track, from: startNs, to: endNs, to: write)
  }

  private var isInRounds: Bool {
    switch replay.method {
    case .minibatch, .backup, .local: true
    default: false
    }
  }

  private func name(_ record: LedgerRecord) -> String {
    switch record.fate {
    case .applied, .collected:
      if !isApplied(record) { return "gradient, update not completed" }
      return record.fate == .applied && record.stepsize == 0 ? "gradient, stepsize 0" : "gradient"
    case .discarded: return "gradient, discarded"
    case .aborted: return "gradient, aborted"
    }
  }

  private func arguments(_ record: LedgerRecord) -> String {
    var text = "{\"read_update\":\(record.updatesAtRead)"
    if isApplied(record) { text += ",\"applied_update\":\(record.updateCount + 1)" }
    if record.fate != .aborted {
      text += ",\"delay\":\(record.updateCount + 1 - record.updatesAtRead)"
    }
    if let steps = replay.method.localSteps, steps > 1 { text += ",\"gradients\":\(steps)" }
    if replay.hasStepsizes, isApplied(record) { text += ",\"stepsize\":\(record.stepsize)" }
    return text + "}"
  }
}

/// Places sorted into groups, in their order; flat, since there may be as many groups as places.
private struct Groups {
  private var ends: [Int]
  private var places: [Int]

  /// - Parameter group: of a place; nil for one that is left out.
  init(count: Int, of all: Range<Int>, group: (Int) -> Int?) {
    // Counted, then each place goes where its group has got to.
    var next = [Int](repeating: 0, count: count)
    for place in all { if let group = group(place) { next[group] += 1 } }
    var total = 0
    for group in next.indices { (next[group], total) = (total, total + next[group]) }
    places = Array(repeating: 0, count: total)
    for place in all {
      guard let group = group(place) else { continue }
      places[next[group]] = place
      next[group] += 1
    }
    ends = next
  }

  subscript(group: Int) -> ArraySlice<Int> {
    places[(group == 0 ? 0 : ends[group - 1])..<ends[group]]
  }
}
