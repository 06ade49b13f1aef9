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

  /// The indices of samples.
  mutating func append(_ batch: ArraySlice<Int32>, as form: RowForm.Samples) {
    append(form.opening)
    for (position, sample) in batch.enumerated() {
      if position > 0 { bytes.append(form.separator) }
      append(Int64(sample))
    }
    append(form.closing)
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

/// What stands between the fields of a row; the fields themselves are the same in every table.
struct RowForm {
  /// Around and between the indices of samples.
  struct Samples {
    var opening: [UInt8]
    var separator: UInt8
    var closing: [UInt8]

    static let csv = Samples(opening: Array(",".utf8), separator: semicolon, closing: [])
    static let json = Samples(
      opening: Array(",\"samples\":[".utf8), separator: comma, closing: Array("]".utf8))
  }

  /// In front of the label of the worker; the next ones stand in front of their figures.
  var opening: String
  var start: [UInt8]
  var duration: [UInt8]
  var wait: [UInt8]
  var turnaround: [UInt8]
  var step: [UInt8]
  var samples: Samples
  /// Whether what is unknown has an empty place, or none.
  var keepsPlaces: Bool
  /// Text as a field.
  var field: (String) -> String
  /// What follows the figures of every gradient of a worker.
  var ending: (Worker, ExportColumns) -> String

  static func csv() -> RowForm {
    let comma = Array(",".utf8)
    return RowForm(
      opening: "", start: comma, duration: comma, wait: comma, turnaround: comma, step: comma,
      samples: .csv, keepsPlaces: true, field: quoted,
      ending: { worker, columns in
        (columns.hasHosts ? "," + quoted(worker.host ?? "") : "") + "," + worker.trust.rawValue
          + (columns.kind.map { "," + $0.rawValue } ?? "")
      })
  }

  static func ndjson(_ columns: ExportColumns) -> RowForm {
    func key(_ name: String) -> [UInt8] { Array(",\"\(name)\":".utf8) }
    return RowForm(
      opening: "{\"worker\":", start: key(columns.time("start")),
      duration: key(columns.time("duration")), wait: key(columns.time("wait")),
      turnaround: key(columns.time("turnaround")), step: key("step"),
      samples: .json, keepsPlaces: false, field: json,
      ending: { worker, columns in
        (worker.host.map { ",\"host\":" + json($0) } ?? "")
          + ",\"trust\":\"\(worker.trust.rawValue)\""
          + (columns.kind.map { ",\"trace_kind\":\"\($0.rawValue)\"" } ?? "") + "}"
      })
  }
}

/// Writes every gradient of a worker as a row.
func writeRows(
  of timings: WorkerTimings, _ columns: ExportColumns, as form: RowForm, _ buffer: inout RowBuffer,
  to write: (Data) throws -> Void
) throws {
  let head = Array((form.opening + form.field(timings.worker.label.text)).utf8) + form.start
  let end = Array(form.ending(timings.worker, columns).utf8)
  for gradient in 0..<timings.gradientCount {
    buffer.append(head)
    buffer.append(time: timings.startsNs[gradient], isRelative: columns.isRelative)
    buffer.append(form.duration)
    buffer.append(time: timings.durationsNs[gradient], isRelative: columns.isRelative)
    if columns.hasWaits {
      buffer.append(form.wait)
      buffer.append(time: timings.waitNs(gradient), isRelative: columns.isRelative)
    }
    if columns.hasTurnarounds {
      let turnaround = timings.turnaroundNs(gradient)
      if turnaround != nil || form.keepsPlaces { buffer.append(form.turnaround) }
      if let turnaround { buffer.append(time: turnaround, isRelative: columns.isRelative) }
    }
    if columns.hasSteps {
      let step = timings.step(gradient)
      if step != nil || form.keepsPlaces { buffer.append(form.step) }
      if let step { buffer.append(step) }
    }
    if columns.hasSamples {
      let batch = timings.batch(gradient)
      if !batch.isEmpty || form.keepsPlaces { buffer.append(batch, as: form.samples) }
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

private func json(_ text: String) -> String { JSONWriter(.compact).string(.string(text)) }
