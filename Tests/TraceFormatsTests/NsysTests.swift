import ByteStreams
import Foundation
import TestSupport
import Testing
import TraceFormats
import TraceModel

/// Exports that were made up after the published schema; none that the tool itself wrote.
@Suite("Exports of Nsight Systems")
struct NsysTests {
  private static let ranks = "formats/nsys-2-ranks"

  /// Nanoseconds. In step 1 rank 0 computes 1000–1300, reduces 1300–1900 and copies 1850–1950, so 550
  /// are exposed; rank 1 computes to 1500 and reduces 1500–1900: 350. In step 2 rank 0 computes 2000–2400
  /// and reduces 2300–2900: 500; rank 1 computes to 2600 and reduces 2500–2900: 300.
  @Test("Own time is a range less the exposed time of its collectives")
  func own() throws {
    let sink = CollectingSink()
    let facts = try readTrace(
      at: fixture(Self.ranks), options: ReadOptions(event: "^step"), into: sink)
    #expect(sink.sorted.map(\.label.text) == ["0", "1"])
    #expect(
      sink.sorted.map(\.gradients) == [
        [
          GradientInterval(startNs: 1000, durationNs: 450, waitNs: 200, turnaroundNs: 350, step: 1),
          GradientInterval(startNs: 2000, durationNs: 500, waitNs: 200, turnaroundNs: 300, step: 2),
        ],
        [
          GradientInterval(startNs: 1000, durationNs: 650, waitNs: 0, turnaroundNs: 350, step: 1),
          GradientInterval(startNs: 2000, durationNs: 700, waitNs: 0, turnaroundNs: 300, step: 2),
        ],
      ])
    #expect(facts.format == "nsys")
    #expect(facts.kind == .synchronous)
    #expect(sink.workers.allSatisfy { $0.trust == .separated })
    // The range of step 3 has no end.
    #expect(sink.issues.map(\.code) == ["open-slice"])
    #expect(sink.issues.map(\.count) == [2])
  }

  @Test("A file alone has nobody to tell the transfer from the waiting")
  func alone() throws {
    let sink = CollectingSink()
    _ = try readTrace(
      at: fixture("\(Self.ranks)/rank1.sqlite"), options: ReadOptions(event: "step"), into: sink)
    #expect(sink.sorted[0].gradients.map(\.durationNs) == [650, 700])
    #expect(sink.sorted[0].gradients.allSatisfy { $0.turnaroundNs == nil })
  }

  @Test(
    "What is missing is named with a remedy",
    arguments: [
      (
        ReadOptions(),
        ": which slices are gradients? Say so by --event REGEX. Most frequent: step 1 (1), step 2 (1), data (1), step 3 (1)."
      ),
      (
        ReadOptions(event: "epoch"),
        ": no slice is called like “epoch”. Most frequent: step 1 (1), step 2 (1), data (1), step 3 (1)."
      ),
    ])
  func refused(options: ReadOptions, message: String) {
    let path = fixture("\(Self.ranks)/rank0.sqlite")
    let error = #expect(throws: TraceFormatError.self) {
      try readTrace(at: path, options: options, into: CollectingSink())
    }
    #expect(error?.description == path + message)
  }

  @Test("A pipe is refused: a database has to be a file")
  func piped() throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: fixture("\(Self.ranks)/rank0.sqlite")))
    let source = try ByteSource(path: "-", bytes: Array(bytes))
    let error = #expect(throws: TraceFormatError.self) {
      try readTrace(from: source, options: ReadOptions(event: "step"), into: CollectingSink())
    }
    #expect(
      error?.description
        == "standard input: an export of Nsight Systems has to be an uncompressed SQLite file,"
        + " given by its path.")
  }

  @Test("A name with odd letters is opened as it stands")
  func oddName() throws {
    let folder = try TemporaryFolder()
    let bytes = try Data(contentsOf: URL(fileURLWithPath: fixture("\(Self.ranks)/rank0.sqlite")))
    let path = try folder.write(Array(bytes), as: "é 100%?mode=rwc#.sqlite")
    let sink = CollectingSink()
    _ = try readTrace(at: path, options: ReadOptions(event: "step"), into: sink)
    #expect(sink.gradientCount == 2)
    let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    #expect(files.count == 1)
  }

  @Test("Random byte changes never trap", arguments: 0..<200 as Range<UInt64>)
  func mutations(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    var bytes = Array(
      try Data(contentsOf: URL(fileURLWithPath: fixture("\(Self.ranks)/rank0.sqlite"))))
    for _ in 0..<Int.random(in: 1...8, using: &random) {
      bytes[Int.random(in: 16..<bytes.count, using: &random)] = .random(
        in: 0...255, using: &random)
    }
    let folder = try TemporaryFolder()
    let path = try folder.write(bytes, as: "rank0.sqlite")
    let sink = CollectingSink()
    do {
      _ = try readTrace(at: path, options: ReadOptions(format: .nsys, event: "step"), into: sink)
    } catch {
      #expect(error is TraceFormatError, "\(error)")
    }
    #expect(sink.workers.flatMap(\.gradients).allSatisfy { $0.durationNs > 0 })
  }
}
