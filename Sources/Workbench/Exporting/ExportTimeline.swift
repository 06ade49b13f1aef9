import ByteStreams
import Foundation
import Optimization
import ReplayEngine
import Reports
import TraceModel

/// What a timeline shows.
public struct TimelineRequest: Sendable {
  /// Replays, a process a method; nil for the trace as it was recorded.
  public var job: ReplayJob?
  /// Whether gradients are computed, for the loss over time. Without it only the schedule is replayed,
  /// which does not depend on them.
  public var computesGradients: Bool
  /// Which part of it is written.
  public var window: TimelineWindow

  public init(
    job: ReplayJob? = nil, computesGradients: Bool = false, window: TimelineWindow = .whole
  ) {
    self.job = job
    self.computesGradients = computesGradients
    self.window = window
  }
}

/// Writes a timeline in the format of Chrome's trace events, gzip-compressed, for Perfetto.
///
/// Without replays it shows the recorded gradients, a thread a worker, with waiting and exchanges; with
/// them each method is a process with a thread a worker and one for the server, whose slices are the
/// iterates. An arrow goes from the iterate that a gradient read through the gradient to the iterate
/// that it made; counters show the delay of each update and, with gradients, the loss.
///
/// Slices that begin and end on one thread nest, and a thread's events come in order of time; the
/// file's do not. Times are exact. Names of workers are data, and escaped.
///
/// - Parameter progress: told now and then how many gradients have been written.
/// - Returns: the number of events.
/// - Throws: `Failure`; also for a method that looks at iterates where no gradients are computed.
/// - Complexity: time and memory as the ledger of one replay; the file itself is written piece by
///   piece.
@discardableResult
public func exportTimeline(
  _ opened: OpenedTrace, _ request: TimelineRequest, progress: (Int) -> Void = { _ in },
  to write: (Data) throws -> Void
) throws -> Int {
  try Failure.mapping {
    var timeline = TimelineWriter()
    try writePacked(with: GzipCompressor(), to: write) { write in
      try timeline.begin(
        facts(opened.trace.name, digest: opened.summary.digest, opened.trace.unit), to: write)
      if let job = request.job {
        try writeReplays(of: opened, job, request, &timeline, progress: progress, to: write)
      } else {
        try writeTraceTimeline(
          opened.trace, window: request.window, &timeline, progress: progress, to: write)
      }
      try timeline.end(to: write)
    }
    return timeline.eventCount
  }
}

/// The recorded gradients of a trace that is in no store.
func writeTimeline(
  of trace: Trace, progress: (Int) -> Void, to write: (Data) throws -> Void
) throws {
  var timeline = TimelineWriter()
  try writePacked(with: GzipCompressor(), to: write) { write in
    try timeline.begin(facts(trace.name, digest: nil, trace.unit), to: write)
    try writeTraceTimeline(trace, window: .whole, &timeline, progress: progress, to: write)
    try timeline.end(to: write)
  }
}

private func facts(_ name: String, digest: String?, _ unit: TimeUnit) -> [JSONValue.Member] {
  [
    .init("outpace", .string(outpaceVersion)), .init("trace", .string(name)),
    .init("digest", .text(digest)), .init("unit", .string(unit.rawValue)),
  ]
}

private func writeReplays(
  of opened: OpenedTrace, _ job: ReplayJob, _ request: TimelineRequest,
  _ timeline: inout TimelineWriter, progress: (Int) -> Void, to write: (Data) throws -> Void
) throws {
  let prepared = try PreparedReplay(opened.trace, job)
  let labels = opened.trace.workers.map(\.worker.label)
  // No thread has the number of a process: Perfetto would take it for its main one.
  var nextThread = job.methods.count + 1
  var nextFlow = 1
  var written = 0
  func draw(_ replay: DrawnReplay, process: Int) throws {
    let drawn = ReplayTimeline(
      replay, labels: labels, window: request.window, process: process, firstThread: nextThread,
      firstFlow: nextFlow)
    try drawn.write(&timeline, progress: { progress(written + $0) }, to: write)
    nextThread += drawn.threadCount
    nextFlow += replay.records.count
    written += replay.records.count
  }
  guard request.computesGradients else {
    for (place, method) in job.methods.enumerated() {
      try draw(prepared.schedule(of: method), process: place + 1)
    }
    return
  }
  let ledgers = LedgerCollector()
  let report = try prepared.report(on: opened.summary, ledgers: ledgers)
  for (place, (run, records)) in zip(report.runs, ledgers.lists).enumerated() {
    try draw(DrawnReplay(run, records), process: place + 1)
  }
}

extension PreparedReplay {
  /// Who arrives when, without gradients.
  fileprivate func schedule(of method: MethodSpec) throws -> DrawnReplay {
    if case .picky = method.choice {
      throw Failure(
        .usage, "picky looks at iterates. Name what is minimised with --objective.")
    }
    var records: [LedgerRecord] = []
    let schedule = try replaySchedule(
      of: trace,
      ScheduleRequest(of: base, method: method.choice),
      observer: ReplayObserver(gradient: { records.append($0) }))
    return DrawnReplay(
      name: method.choice.text, method: method.choice, records: records, timeNs: schedule.timeNs,
      updateCount: schedule.updateCount, busyNs: schedule.busyNs, points: [],
      hasStepsizes: false)
  }
}

extension DrawnReplay {
  fileprivate init(_ run: Run, _ records: [LedgerRecord]) {
    let stepsize = Numbers.significant(run.request.stepsize, trimming: true)
    self.init(
      name: "\(run.request.method.text), stepsize \(stepsize)", method: run.request.method,
      records: records, timeNs: run.timeNs, updateCount: run.updateCount, busyNs: run.busyNs,
      points: run.points, hasStepsizes: true)
  }
}
