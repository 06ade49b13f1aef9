import Foundation
import Reports
import TraceModel
import TraceStore

/// Writes every gradient of a trace as a row of our own columns, so that importing what was written
/// gives a trace with the same digest.
///
/// The digest covers unit, labels, hosts, trust grades and every recorded column, so the rows carry
/// all of them, in this order:
///
/// | column | where |
/// | --- | --- |
/// | `worker`, `start_ns`, `duration_ns` | always; starts are from the trace's first one |
/// | `wait_ns`, `turnaround_ns`, `step`, `samples`, `host` | if any gradient of the trace has one |
/// | `trust` | always: an import then need not guess from the times whether waiting hides in them |
/// | `trace_kind` | if waits and steps do not already say whether the job was synchronous |
///
/// In a trace without physical time the endings are `_relative`, in units with up to nine decimals.
/// Rows come worker by worker in order of index, each in order of start, since the order of rows
/// breaks ties between equal starts. What the digest leaves out stays behind: the name, the Unix
/// time of the start, and the issues of the first import.
///
/// The native format is more than rows: it is what a store knows of the trace. A trace that is in none
/// goes through a temporary one, with `source` and `startUnixNs` as an import would have them.
///
/// - Parameters:
///   - source: where a trace that is in no store came from, for people.
///   - write: takes pieces of about 1 MiB, in order.
/// - Throws: `Failure` for a label with a CR LF in it, which CSV readers (ours too) do not keep.
/// - Complexity: O(gradients); one piece in memory at a time.
public func exportTrace(
  _ trace: Trace, as format: ExportFormat, source: String = "", to write: (Data) throws -> Void
) throws {
  switch format {
  case .csv, .ndjson: try writeRows(trace, as: format, progress: { _ in }, to: write)
  case .native:
    try Failure.mapping {
      let store = try TraceStore.temporary()
      let stored = try keep(trace, source: source, in: store, startUnixNs: trace.startUnixNs)
      try writeNative(
        store.load(id: stored.id), as: stored, from: store, progress: { _ in }, to: write)
    }
  case .perfetto: try writeTimeline(of: trace, progress: { _ in }, to: write)
  }
}

/// An opened trace in any of the formats.
///
/// - Parameter progress: told now and then how many gradients have been written.
public func exportTrace(
  _ opened: OpenedTrace, as format: ExportFormat, progress: (Int) -> Void = { _ in },
  to write: (Data) throws -> Void
) throws {
  switch format {
  case .csv, .ndjson: try writeRows(opened.trace, as: format, progress: progress, to: write)
  case .native:
    try Failure.mapping {
      guard let id = opened.summary.id else { preconditionFailure("a trace without a number") }
      try writeNative(
        opened.trace, as: opened.store.find("#\(id)"), from: opened.store, progress: progress,
        to: write)
    }
  case .perfetto: try exportTimeline(opened, TimelineRequest(), progress: progress, to: write)
  }
}

private func writeRows(
  _ trace: Trace, as format: ExportFormat, progress: (Int) -> Void,
  to write: (Data) throws -> Void
) throws {
  let columns = ExportColumns(trace)
  let form = format == .csv ? RowForm.csv() : .ndjson(columns)
  if format == .csv { try requireKept(trace) }
  var buffer = RowBuffer()
  if format == .csv { buffer.append(columns.names.joined(separator: ",") + "\n") }
  var gradientCount = 0
  for timings in trace.workers {
    try writeRows(of: timings, columns, as: form, &buffer, to: write)
    gradientCount += timings.gradientCount
    progress(gradientCount)
  }
  try buffer.flush(to: write)
}

private func requireKept(_ trace: Trace) throws {
  for timings in trace.workers {
    for text in [timings.worker.label.text, timings.worker.host ?? ""]
    where text.unicodeScalars.contains("\r") && text.contains("\r\n") {
      throw Failure(
        .failed,
        "the name \(JSONWriter(.compact).string(.string(text))) holds a line end of two "
          + "characters, which a CSV file does not keep. Write .ndjson instead.")
    }
  }
}

/// Which columns a trace needs.
struct ExportColumns {
  let hasWaits: Bool
  let hasTurnarounds: Bool
  let hasSteps: Bool
  let hasSamples: Bool
  let hasHosts: Bool
  let isRelative: Bool
  /// Nil where waits and steps say it already.
  let kind: TraceKind?

  init(_ trace: Trace) {
    hasWaits = trace.workers.contains { $0.waitsNs.contains { $0 != 0 } }
    hasTurnarounds = trace.workers.contains { $0.turnaroundsNs.contains { $0 >= 0 } }
    hasSteps = trace.workers.contains { $0.steps.contains { $0 != .min } }
    hasSamples = trace.workers.contains { !($0.samples?.indices.isEmpty ?? true) }
    hasHosts = trace.workers.contains { $0.worker.host != nil }
    isRelative = trace.unit == .relative
    // What a reader of our own tables takes without the column.
    let inferred: TraceKind = hasWaits && hasSteps ? .synchronous : .independent
    kind = trace.kind == inferred ? nil : trace.kind
  }

  /// `start_ns`, or `start_relative` without physical time.
  func time(_ role: String) -> String { role + (isRelative ? "_relative" : "_ns") }

  var names: [String] {
    var names = ["worker", time("start"), time("duration")]
    if hasWaits { names.append(time("wait")) }
    if hasTurnarounds { names.append(time("turnaround")) }
    if hasSteps { names.append("step") }
    if hasSamples { names.append("samples") }
    if hasHosts { names.append("host") }
    names.append("trust")
    if kind != nil { names.append("trace_kind") }
    return names
  }
}

extension WorkerTimings {
  /// 0 where nothing waited.
  func waitNs(_ gradient: Int) -> Int64 { waitsNs.isEmpty ? 0 : waitsNs[gradient] }

  /// Nil where it is unknown.
  func turnaroundNs(_ gradient: Int) -> Int64? {
    turnaroundsNs.isEmpty || turnaroundsNs[gradient] < 0 ? nil : turnaroundsNs[gradient]
  }

  /// Nil where none was recorded.
  func step(_ gradient: Int) -> Int64? {
    steps.isEmpty || steps[gradient] == .min ? nil : steps[gradient]
  }

  /// Empty where none was recorded.
  func batch(_ gradient: Int) -> ArraySlice<Int32> { samples.map { $0[gradient] } ?? [] }
}

/// What `export --json` says of the file that it wrote. Only tables have columns.
public func exportJSON(_ opened: OpenedTrace, as format: ExportFormat, path: String) -> JSONValue {
  let columns = format.isBinary ? [] : ExportColumns(opened.trace).names
  return [
    "schema": .string("outpace/export/1"),
    "trace": .string(opened.summary.name),
    "digest": .string(opened.summary.digest),
    "format": .string(format.rawValue),
    "columns": .array(columns.map { .string($0) }),
    "gradients": .count(opened.summary.gradientCount),
    "written": .string(path),
  ]
}
