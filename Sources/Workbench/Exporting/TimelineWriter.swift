import Foundation
import Reports

/// Writes the JSON of Chrome's trace events, which Perfetto reads, one event a line.
///
/// Times go in as nanoseconds and come out as microseconds with three decimals where they are needed,
/// digit by digit: a `Double` would round them from 104 days on.
struct TimelineWriter {
  /// A row of slices.
  struct Track: Hashable {
    var process: Int
    var thread: Int
  }

  /// What an arrow does to the slice that it is bound to.
  enum FlowPhase: String {
    case begin = "s"
    case pass = "t"
    case end = "f"
  }

  private var buffer = RowBuffer()
  private var isFirst = true
  private(set) var eventCount = 0

  /// - Parameter facts: about the whole file.
  mutating func begin(_ facts: [JSONValue.Member], to write: (Data) throws -> Void) throws {
    buffer.append(
      "{\"displayTimeUnit\":\"ms\",\"otherData\":" + Self.text(.object(facts))
        + ",\"traceEvents\":[")
    try buffer.endRow(write)
  }

  mutating func end(to write: (Data) throws -> Void) throws {
    buffer.append("\n]}")
    try buffer.endRow(write)
    try buffer.flush(to: write)
  }

  /// A name or a place for a process, or for one of its threads.
  private mutating func metadata(
    _ name: String, _ value: JSONValue.Member, process: Int, thread: Int? = nil,
    to write: (Data) throws -> Void
  ) throws {
    beginEvent("M", name, process, thread)
    try endEvent(Self.text(.object([value])), to: write)
  }

  /// Names a process and says where it stands among the others.
  mutating func nameProcess(
    _ process: Int, _ name: String, to write: (Data) throws -> Void
  ) throws {
    try metadata("process_name", .init("name", .string(name)), process: process, to: write)
    try metadata(
      "process_sort_index", .init("sort_index", .count(process)), process: process, to: write)
  }

  /// Names a thread and says where it stands among the others.
  mutating func nameThread(
    _ track: Track, _ name: String, to write: (Data) throws -> Void
  ) throws {
    try metadata(
      "thread_name", .init("name", .string(name)), process: track.process, thread: track.thread,
      to: write)
    try metadata(
      "thread_sort_index", .init("sort_index", .count(track.thread)), process: track.process,
      thread: track.thread, to: write)
  }

  /// Something that lasts.
  ///
  /// - Parameter arguments: an object's text.
  mutating func slice(
    _ name: String, _ category: String, on track: Track, from startNs: Int64, to endNs: Int64,
    arguments: String? = nil, to write: (Data) throws -> Void
  ) throws {
    beginEvent("X", name, track.process, track.thread)
    buffer.append(",\"cat\":\"\(category)\",\"ts\":")
    buffer.append(microseconds: startNs)
    buffer.append(",\"dur\":")
    buffer.append(microseconds: endNs - startNs)
    try endEvent(arguments, to: write)
  }

  /// A point of an arrow, bound to the slice around it, which comes before it in the file.
  mutating func flow(
    _ phase: FlowPhase, id: Int, on track: Track, at timeNs: Int64,
    to write: (Data) throws -> Void
  ) throws {
    beginEvent(phase.rawValue, "gradient", track.process, track.thread)
    buffer.append(",\"cat\":\"flow\",\"bp\":\"e\",\"id\":")
    buffer.append(Int64(id))
    buffer.append(",\"ts\":")
    buffer.append(microseconds: timeNs)
    try endEvent(nil, to: write)
  }

  /// A number that changes over time; nothing for one that is none.
  ///
  /// - Parameter unit: viewers show it behind the name.
  mutating func counter(
    _ name: String, in unit: String, _ value: Double, process: Int, at timeNs: Int64,
    to write: (Data) throws -> Void
  ) throws {
    guard value.isFinite else { return }
    beginEvent("C", name, process, nil)
    buffer.append(",\"ts\":")
    buffer.append(microseconds: timeNs)
    try endEvent("{\"\(unit)\":\(value)}", to: write)
  }

  private mutating func beginEvent(_ phase: String, _ name: String, _ process: Int, _ thread: Int?)
  {
    buffer.append(isFirst ? "" : ",\n")
    isFirst = false
    eventCount += 1
    // Names of ours need no escapes; labels only come as values of arguments.
    buffer.append("{\"ph\":\"\(phase)\",\"name\":\"\(name)\",\"pid\":")
    buffer.append(Int64(process))
    guard let thread else { return }
    buffer.append(",\"tid\":")
    buffer.append(Int64(thread))
  }

  private mutating func endEvent(
    _ arguments: String?, to write: (Data) throws -> Void
  ) throws {
    if let arguments {
      buffer.append(",\"args\":")
      buffer.append(arguments)
    }
    buffer.append("}")
    try buffer.flushIfFull(to: write)
  }

  private static func text(_ value: JSONValue) -> String { JSONWriter(.compact).string(value) }
}
