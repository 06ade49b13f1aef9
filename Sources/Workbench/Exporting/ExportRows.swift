import Foundation
import Reports
import TraceModel

/// Bytes on their way out, handed over in pieces.
struct RowBuffer {
  private static let byteLimit = 1 << 20

  private var bytes: [UInt8] = []

  init() {
    bytes.reserveCapacity(Self.byteLimit + 4096)
  }

  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func append(_ text: [UInt8]) { bytes.append(contentsOf: text) }

  mutating func append(_ byte: UInt8) { bytes.append(byte) }

  /// A whole number. Digit by digit, since a `String` a field would be most of the time.
  mutating func append(_ number: Int64) {
    if number < 0 { bytes.append(minus) }
    appendDigits(number.magnitude, atLeast: 1)
  }

  /// A time in nanoseconds, or in units of 10⁹ of them with the decimals that it needs.
  mutating func append(time ns: Int64, isRelative: Bool) {
    guard isRelative else { return append(ns) }
    append(ns / 1_000_000_000)
    var rest = UInt64(ns % 1_000_000_000)
    guard rest > 0 else { return }
    bytes.append(point)
    var digits = 9
    while rest % 10 == 0 {
      rest /= 10
      digits -= 1
    }
    appendDigits(rest, atLeast: digits)
  }

  /// A member of an object that is not its first; nothing if there are none.
  mutating func append(samples batch: ArraySlice<Int32>) {
    guard !batch.isEmpty else { return }
    append(",\"samples\":[")
    for (position, sample) in batch.enumerated() {
      if position > 0 { bytes.append(comma) }
      append(Int64(sample))
    }
    append("]")
  }

  /// A time of at least 0 in microseconds, with the decimals that it needs.
  mutating func append(microseconds ns: Int64) {
    append(ns / 1000)
    var rest = UInt64(ns % 1000)
    guard rest > 0 else { return }
    bytes.append(point)
    var digits = 3
    while rest % 10 == 0 {
      rest /= 10
      digits -= 1
    }
    appendDigits(rest, atLeast: digits)
  }

  private mutating func appendDigits(_ number: UInt64, atLeast count: Int) {
    let start = bytes.count
    var rest = number
    repeat {
      bytes.append(zero + UInt8(rest % 10))
      rest /= 10
    } while rest > 0 || bytes.count - start < count
    bytes[start...].reverse()
  }

  /// Ends a row.
  mutating func endRow(_ write: (Data) throws -> Void) throws {
    bytes.append(newline)
    try flushIfFull(to: write)
  }

  mutating func flushIfFull(to write: (Data) throws -> Void) throws {
    if bytes.count >= Self.byteLimit { try flush(to: write) }
  }

  mutating func flush(to write: (Data) throws -> Void) throws {
    if !bytes.isEmpty { try write(Data(bytes)) }
    bytes.removeAll(keepingCapacity: true)
  }
}

private let zero = UInt8(ascii: "0")
private let minus = UInt8(ascii: "-")
private let point = UInt8(ascii: ".")
private let comma = UInt8(ascii: ",")
private let semicolon = UInt8(ascii: ";")
private let newline = UInt8(ascii: "\n")

func writeCSV(
  _ timings: WorkerTimings, _ columns: ExportColumns, _ buffer: inout RowBuffer,
  to write: (Data) throws -> Void
) throws {
  let head = Array((quoted(timings.worker.label.text) + ",").utf8)
  var tail = columns.hasHosts ? "," + quoted(timings.worker.host ?? "") : ""
  tail += "," + timings.worker.trust.rawValue
  if let kind = columns.kind { tail += "," + kind.rawValue }
  let end = Array(tail.utf8)
  for gradient in 0..<timings.gradientCount {
    buffer.append(head)
    buffer.append(time: timings.startsNs[gradient], isRelative: columns.isRelative)
    buffer.append(comma)
    buffer.append(time: timings.durationsNs[gradient], isRelative: columns.isRelative)
    if columns.hasWaits {
      buffer.append(comma)
      buffer.append(time: timings.waitNs(gradient), isRelative: columns.isRelative)
    }
    if columns.hasTurnarounds {
      buffer.append(comma)
      if let turnaround = timings.turnaroundNs(gradient) {
        buffer.append(time: turnaround, isRelative: columns.isRelative)
      }
    }
    if columns.hasSteps {
      buffer.append(comma)
      if let step = timings.step(gradient) { buffer.append(step) }
    }
    if columns.hasSamples {
      buffer.append(comma)
      for (position, sample) in timings.batch(gradient).enumerated() {
        if position > 0 { buffer.append(semicolon) }
        buffer.append(Int64(sample))
      }
    }
    buffer.append(end)
    try buffer.endRow(write)
  }
}

/// A field of RFC 4180. Nothing is put in front of what a spreadsheet takes for a formula, unlike in
/// tables for people: a label has to come back as it was.
private func quoted(_ text: String) -> String {
  let special = text.unicodeScalars.contains { "\",\r\n".unicodeScalars.contains($0) }
  guard special else { return text }
  var result = "\""
  for scalar in text.unicodeScalars {
    if scalar == "\"" { result += "\"" }
    result.unicodeScalars.append(scalar)
  }
  return result + "\""
}

func writeNDJSON(
  _ timings: WorkerTimings, _ columns: ExportColumns, _ buffer: inout RowBuffer,
  to write: (Data) throws -> Void
) throws {
  let head = Array("{\"worker\":\(json(timings.worker.label.text)),".utf8)
  var tail = timings.worker.host.map { ",\"host\":" + json($0) } ?? ""
  tail += ",\"trust\":\"\(timings.worker.trust.rawValue)\""
  if let kind = columns.kind { tail += ",\"trace_kind\":\"\(kind.rawValue)\"" }
  let end = Array((tail + "}").utf8)
  let names = ["start", "duration", "wait", "turnaround"].map { "\"\(columns.time($0))\":" }
  for gradient in 0..<timings.gradientCount {
    buffer.append(head)
    buffer.append(names[0])
    buffer.append(time: timings.startsNs[gradient], isRelative: columns.isRelative)
    buffer.append("," + names[1])
    buffer.append(time: timings.durationsNs[gradient], isRelative: columns.isRelative)
    if columns.hasWaits {
      buffer.append("," + names[2])
      buffer.append(time: timings.waitNs(gradient), isRelative: columns.isRelative)
    }
    if let turnaround = timings.turnaroundNs(gradient) {
      buffer.append("," + names[3])
      buffer.append(time: turnaround, isRelative: columns.isRelative)
    }
    if let step = timings.step(gradient) {
      buffer.append(",\"step\":")
      buffer.append(step)
    }
    buffer.append(samples: timings.batch(gradient))
    buffer.append(end)
    try buffer.endRow(write)
  }
}

private func json(_ text: String) -> String { JSONWriter(.compact).string(.string(text)) }
