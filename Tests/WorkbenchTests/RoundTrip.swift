import ByteStreams
import Foundation
import TestSupport
import Testing
import TraceModel
import Workbench

// What tests of exports share: traces that have everything, and the way out and back.

extension Trace {
  /// Every optional column with known and unknown entries, ties of starts, an overlap, mixed grades.
  ///
  /// - Parameters:
  ///   - label: of the second worker, whose only gradient starts at `startNs` and takes as long.
  static func withEverything(
    _ name: String, secondWorker label: String, startNs: Int64
  ) -> Trace {
    Trace(
      name: name, kind: .synchronous,
      workers: [
        WorkerTimings(
          worker: Worker(index: 0, label: WorkerLabel("a"), host: "node, 1", trust: .separated),
          startsNs: [0, 0, 7], durationsNs: [9, 3, 1], waitsNs: [0, 2, 0],
          turnaroundsNs: [-1, 0, 5], steps: [.min, -4, 12],
          samples: SampleColumn(offsets: [0, 2, 2, 3], indices: [5, 0, .max])),
        WorkerTimings(
          worker: Worker(index: 1, label: WorkerLabel(label), trust: .wallClock),
          startsNs: [startNs], durationsNs: [startNs]),
      ])
  }

  /// Times in no unit of ours, with nine decimals.
  static let withoutPhysicalTime = Trace(
    name: "relative", unit: .relative,
    workers: [
      WorkerTimings(
        worker: Worker(index: 0, label: WorkerLabel("0")),
        startsNs: [0, 1_500_000_000, 7_000_000_001], durationsNs: [1_500_000_000, 1, 20_000_000])
    ])
}

/// The bytes of an export.
func exported(_ trace: Trace, as format: ExportFormat, source: String = "") throws -> [UInt8] {
  var bytes: [UInt8] = []
  try exportTrace(trace, as: format, source: source) { bytes += $0 }
  return bytes
}

/// The text of a compressed file.
func unpacked(_ packed: [UInt8]) throws -> String {
  let source = try ByteSource(path: "packed", bytes: packed)
  var text: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while case let count = try buffer.withUnsafeMutableBytes({ try source.read(into: $0) }), count > 0
  {
    text += buffer[..<count]
  }
  return String(decoding: text, as: UTF8.self)
}

extension TemporaryFolder {
  func write(_ bytes: [UInt8], to name: String) throws -> String {
    let path = path(name)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Opens the one trace of a file with these bytes.
  ///
  /// - Parameter database: nil for one that goes away with the value.
  func opened(
    _ bytes: [UInt8], as name: String, into database: String? = nil,
    reading: ReadingChoices = ReadingChoices()
  ) throws -> OpenedTrace {
    try opened(write(bytes, to: name), into: database, reading: reading)
  }

  /// Opens the one trace of a file.
  func opened(
    _ path: String, into database: String? = nil, reading: ReadingChoices = ReadingChoices()
  ) throws -> OpenedTrace {
    try #require(
      openTraces(
        [path], databasePath: database, reading: reading, keepsReplays: database != nil
      ).first)
  }
}
