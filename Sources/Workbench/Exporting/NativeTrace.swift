import ByteStreams
import Foundation
import Reports
import TraceModel
import TraceStore

/// Writes a trace with everything that its store knows of it, so that importing it into another
/// database gives the same trace, and exporting it from there the same bytes.
///
/// The text is described in the documentation, article "The native format". What is not in it is what
/// a database gives every trace anew: its number and the time of its import.
///
/// - Complexity: O(gradients + rows of its replays); one piece in memory beside the trace.
func writeNative(
  _ trace: Trace, as stored: StoredTrace, from store: TraceStore,
  progress: (Int) -> Void, to write: (Data) throws -> Void
) throws {
  try writePacked(with: ZstdCompressor(level: nativeLevel), to: write) { write in
    var buffer = RowBuffer()
    buffer.append(JSONWriter(.compact).string(header(of: stored)))
    try buffer.endRow(write)
    var gradientCount = 0
    for timings in trace.workers {
      try writeWorker(timings, &buffer, to: write)
      gradientCount += timings.gradientCount
      progress(gradientCount)
    }
    try store.forEachReplayRow(of: stored.id) { count in
      buffer.append(JSONWriter(.compact).string(["replays": .count(count)]))
      try buffer.endRow(write)
    } _: { table, row, rowCounts in
      append(row, of: table, rowCounts, to: &buffer)
      try buffer.endRow(write)
    }
    try buffer.flush(to: write)
  }
}

/// Level 3, zstd's default, is 7% larger; level 9 is 1% smaller and takes twice as long.
private let nativeLevel: Int32 = 6

/// Packs what `body` writes.
func writePacked(
  with compressor: any StreamCompressor, to write: (Data) throws -> Void,
  _ body: ((Data) throws -> Void) throws -> Void
) throws {
  // A closure that calls another one that may not escape cannot be handed on.
  try withoutActuallyEscaping(write) { write in
    func pass(_ packed: [UInt8]) throws {
      if !packed.isEmpty { try write(Data(packed)) }
    }
    try body { data in
      // The bytes are only lent for the call, and the compressor copies what it needs.
      try pass(unsafe data.withUnsafeBytes { unsafe compressor.pack($0) })
    }
    try pass(compressor.finish())
  }
}

private func header(of stored: StoredTrace) -> JSONValue {
  [
    "outpace_trace": .integer(1),
    "name": .string(stored.name),
    "digest": .string(stored.digest),
    "format": .string(stored.format),
    "kind": .string(stored.kind.rawValue),
    "unit": .string(stored.unit.rawValue),
    "start_unix_ns": stored.startUnixNs.map { .integer($0) } ?? .null,
    "source": .string(stored.source),
    "options_json": .string(stored.optionsJSON),
    "workers": .count(stored.workerCount),
    "gradients": .count(stored.gradientCount),
    "issues": .array(
      stored.issues.map { issue in
        [
          "code": .string(issue.code), "severity": .string(issue.severity.rawValue),
          "count": .count(issue.count), "first_place": .string(issue.firstPlace),
          "meaning": .string(issue.meaning),
        ]
      }),
  ]
}

private func writeWorker(
  _ timings: WorkerTimings, _ buffer: inout RowBuffer, to write: (Data) throws -> Void
) throws {
  let worker = timings.worker
  buffer.append(
    JSONWriter(.compact).string([
      "worker": .string(worker.label.text), "host": .text(worker.host),
      "trust": .string(worker.trust.rawValue), "gradients": .count(timings.gradientCount),
    ]))
  try buffer.endRow(write)
  let label = JSONWriter(.compact).string(.string(worker.label.text))
  let head = Array("{\"worker\":\(label),\"start_ns\":".utf8)
  for gradient in 0..<timings.gradientCount {
    buffer.append(head)
    buffer.append(timings.startsNs[gradient])
    buffer.append(",\"duration_ns\":")
    buffer.append(timings.durationsNs[gradient])
    let waitNs = timings.waitNs(gradient)
    if waitNs != 0 {
      buffer.append(",\"wait_ns\":")
      buffer.append(waitNs)
    }
    if let turnaround = timings.turnaroundNs(gradient) {
      buffer.append(",\"turnaround_ns\":")
      buffer.append(turnaround)
    }
    if let step = timings.step(gradient) {
      buffer.append(",\"step\":")
      buffer.append(step)
    }
    let batch = timings.batch(gradient)
    if !batch.isEmpty { buffer.append(batch, as: .json) }
    buffer.append("}")
    try buffer.endRow(write)
  }
}

private func append(
  _ row: [StoredValue], of table: ReplayTable, _ rowCounts: [Int], to buffer: inout RowBuffer
) {
  let object = JSONValue.object(
    zip(table.columns, row).map { column, value in .init(column.name, JSONValue(value)) })
  guard table == .replay else {
    buffer.append(JSONWriter(.compact).string(object))
    return
  }
  let counts = zip(ReplayTable.dependent, rowCounts).map { table, count in
    JSONValue.Member(table.rawValue, .count(count))
  }
  buffer.append(JSONWriter(.compact).string(.object([.init("replay", object)] + counts)))
}

extension JSONValue {
  fileprivate init(_ value: StoredValue) {
    self =
      switch value {
      case .null: .null
      case .integer(let number): .integer(number)
      case .text(let text): .string(text)
      // JSON has no infinite numbers, and null is one that nobody knows.
      case .real(let number): number.isFinite ? .number(number) : .string("\(number)")
      }
  }
}
