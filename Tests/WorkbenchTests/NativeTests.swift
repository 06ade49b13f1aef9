import ByteStreams
import Foundation
import ReplayEngine
import Reports
import TestSupport
import Testing
import TraceModel
import TraceStore
import Workbench

/// A file of the native format is a copy of what a store knows of a trace.
@Suite("The native format")
struct NativeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func export(_ opened: OpenedTrace) throws -> [UInt8] {
    var bytes: [UInt8] = []
    try exportTrace(opened, as: .native) { bytes += $0 }
    return bytes
  }

  private func packed(_ text: String) -> [UInt8] {
    let compressor = ZstdCompressor(level: 1)
    var text = text
    let first = text.withUTF8 { compressor.pack(UnsafeRawBufferPointer($0)) }
    return first + compressor.finish()
  }

  /// Imports a file into a database of its own.
  private func imported(
    _ bytes: [UInt8], into database: String? = nil,
    _ change: (inout ReadingChoices) -> Void = { _ in }
  ) throws -> OpenedTrace {
    var reading = ReadingChoices()
    change(&reading)
    return try folder.opened(
      bytes, as: "trace.bin", into: database ?? folder.path("\(UUID()).db"), reading: reading)
  }

  /// With two issues of its own, and a count that the gradients contradict.
  private static let everything = {
    var trace = Trace.withEverything("every\"thing", secondWorker: "b\u{0}", startNs: 1 << 60)
    trace.format = "ray"
    trace.startUnixNs = -5
    trace.issues = [
      ImportIssue(
        code: "odd", severity: .warning, count: 3, firstPlace: "a.json:7", meaning: "it is odd"),
      ImportIssue(
        code: "overlapping", severity: .warning, count: 77, firstPlace: "nowhere",
        meaning: "what the gradients themselves say counts"),
      ImportIssue(
        code: "told", severity: .info, count: .max, firstPlace: "", meaning: "often"),
    ]
    return trace
  }()

  private static let overlap =
    #"{"code":"overlapping","severity":"warning","count":2,"first_place":"worker a, gradient 1","#
    + #""meaning":"gradients start before an earlier one of their worker has ended; a replay runs them one "#
    + #"after the other, so it makes such a worker slower than it was"}"#

  @Test("Line by line, by hand")
  func byHand() throws {
    let bytes = try exported(Self.everything, as: .native, source: "a.json b.json")
    let lines = try unpacked(bytes).split(separator: "\n", omittingEmptySubsequences: false)
    let digest = try keepTrace(Self.everything, source: "", in: folder.path("a.db")).trace.digest
    try #require(lines.count == 9)
    #expect(
      lines[0]
        == #"{"outpace_trace":1,"name":"every\"thing","digest":"\#(digest)","format":"ray","#
        + #""kind":"synchronous","unit":"s","start_unix_ns":-5,"source":"a.json b.json","#
        + #""options_json":"{}","workers":2,"gradients":4,"issues":["#
        + #"{"code":"odd","severity":"warning","count":3,"first_place":"a.json:7","meaning":"it is odd"},"#
        + Self.overlap
        + #",{"code":"told","severity":"info","count":9223372036854775807,"first_place":"","meaning":"often"}]}"#
    )
    #expect(
      lines[1...].joined(separator: "\n")
        == #"""
        {"worker":"a","host":"node, 1","trust":"separated","gradients":3}
        {"worker":"a","start_ns":0,"duration_ns":9,"samples":[5,0]}
        {"worker":"a","start_ns":0,"duration_ns":3,"wait_ns":2,"turnaround_ns":0,"step":-4}
        {"worker":"a","start_ns":7,"duration_ns":1,"turnaround_ns":5,"step":12,"samples":[2147483647]}
        {"worker":"b\u0000","host":null,"trust":"wall-clock","gradients":1}
        {"worker":"b\u0000","start_ns":1152921504606846976,"duration_ns":1152921504606846976}
        {"replays":0}

        """#)
  }

  /// What `inspect --json` says, without the number of the trace in its database.
  private func inspection(_ opened: OpenedTrace) -> String {
    var inspection = inspectTrace(opened)
    inspection.trace.id = nil
    return JSONWriter().string(inspectJSON(inspection))
  }

  private func expectSame(_ opened: OpenedTrace, as other: OpenedTrace) throws {
    #expect(opened.summary.digest == other.summary.digest)
    #expect(opened.summary.name == other.summary.name)
    #expect(opened.summary.issues == other.summary.issues)
    #expect(opened.trace.startUnixNs == other.trace.startUnixNs)
    #expect(opened.trace.workers.map(\.worker) == other.trace.workers.map(\.worker))
    #expect(opened.trace.workers.map(\.turnaroundsNs) == other.trace.workers.map(\.turnaroundsNs))
    #expect(opened.trace.workers.map(\.samples) == other.trace.workers.map(\.samples))
    #expect(inspection(opened) == inspection(other))
  }

  @Test("All that a trace can have comes back, and is exported with the same bytes")
  func everything() throws {
    let bytes = try exported(Self.everything, as: .native, source: "a.json b.json")
    let once = try imported(bytes)
    #expect(once.trace.format == "ray")
    #expect(once.trace.issues.map(\.code) == ["odd", "overlapping", "told"])
    #expect(once.trace.startUnixNs == -5)
    let again = try export(once)
    #expect(again == bytes)
    try expectSame(imported(again), as: once)
  }

  @Test(
    "Committed traces of every format come back whole",
    arguments: [
      "traces/pytorch-ddp-gloo-4", "traces/ray-least-squares-8/sync.json.gz",
      "traces/ray-least-squares-8/async.json.gz", "fixtures/formats/two-workers.csv.gz",
      "fixtures/formats/rates.csv", "fixtures/formats/horovod.json",
    ], Build.isOptimised ? [1, 2, 4] : [2])
  func committed(path: String, threads: Int) throws {
    var reading = ReadingChoices()
    reading.threads = threads
    let opened = try folder.opened(
      Repository.root.appendingPathComponent(path).path, into: folder.path("first.db"),
      reading: reading)
    let bytes = try export(opened)
    let back = try imported(bytes) { $0.threads = threads }
    try expectSame(back, as: opened)
    #expect(try export(back) == bytes)
  }

  @Test("A trace without physical time keeps its times to the nanosecond")
  func relative() throws {
    let trace = Trace.withoutPhysicalTime
    let bytes = try exported(trace, as: .native)
    let back = try imported(bytes)
    #expect(back.trace.unit == .relative)
    #expect(back.trace.workers[0].startsNs == trace.workers[0].startsNs)
    #expect(try export(back) == bytes)
  }

  /// Longer than a chunk, a batch of rows and a piece of output.
  @Test("Many gradients")
  func many() throws {
    let trace = try generateTrace(
      SyntheticRequest(.lognormal, workerCount: 3, gradientCount: 20_000))
    let bytes = try exported(trace, as: .native)
    let back = try imported(bytes)
    #expect(back.trace.workers.map(\.durationsNs) == trace.workers.map(\.durationsNs))
    #expect(try export(back) == bytes)
  }

  /// What a version has written once is read by all later ones.
  @Test("The first version of the format is read, and written as it was")
  func fixture() throws {
    let path = Repository.root.appendingPathComponent("fixtures/formats/small.outpace.zst")
    let bytes = Array(try Data(contentsOf: path))
    let database = folder.path("fixture.db")
    let opened = try imported(bytes, into: database)
    #expect(opened.summary.name == "two")
    #expect(opened.trace.workers.map(\.durationsNs.count) == [3, 3])
    // Not the bytes: another version of zstd may pack the text in another way.
    #expect(try unpacked(export(opened)) == unpacked(bytes))
    let verification = try verifyDatabase(database)
    #expect(verification.replays.count == 2)
    #expect(verification.holds)
  }

  // MARK: Replays

  /// An export of a trace with four replays; made once for all tests.
  private static let replayed = Result {
    let tests = try NativeTests()
    return try tests.export(tests.replayed(in: tests.folder.path("first.db")))
  }

  /// A trace in a database with four replays, one of them with a ledger.
  private func replayed(in database: String) throws -> OpenedTrace {
    let file = try folder.write(
      "worker,duration_ms\n" + (0..<40).map { "\($0 % 3),\(3 + $0 % 7)\n" }.joined(),
      to: "rows.csv")
    let opened = try folder.opened(file, into: database)
    for (methods, stepsize, keepsLedger) in [
      (["minibatch", "async"], 0.1, false), (["ringmaster:delay-limit=1"], 0.1, true),
      (["async"], 1e200, false),
    ] {
      var job = ReplayJob(
        methods: try MethodSpec.parse(
          methods, defaults: MethodOptions(stepsize: .value(stepsize))),
        objective: "least-squares:gaussian:n=50,d=4,noise=0.5?batch=2", seed: 3)
      job.timeNs = 200_000_000
      _ = try replayTrace(opened, job, keepsLedger: keepsLedger)
    }
    return opened
  }

  @Test("Replays come along with all their rows, and can be made again")
  func replays() throws {
    let first = folder.path("first.db")
    let bytes = try export(replayed(in: first))
    let lines = try unpacked(bytes).split(separator: "\n")
    #expect(lines.contains("{\"replays\":4}"))
    #expect(lines.contains { $0.contains("\"fate\":\"discarded: delay above the limit\"") })
    #expect(lines.contains { $0.contains("diverged(") })
    let second = folder.path("second.db")
    let back = try imported(bytes, into: second)
    #expect(try export(back) == bytes)
    let verification = try verifyDatabase(second)
    #expect(verification.holds)
    #expect(verification.replays.count == 4)
    #expect(
      verification.replays.map(\.fingerprint)
        == (try verifyDatabase(first)).replays.map(\.fingerprint))
  }

  @Test("A trace that is there gets the replays that it lacks, and keeps its own")
  func merged() throws {
    let bytes = try Self.replayed.get()
    let second = folder.path("second.db")
    let without = try unpacked(bytes).split(separator: "\n").prefix {
      !$0.hasPrefix("{\"replays\"")
    }
    let bare = without.joined(separator: "\n") + "\n{\"replays\":0}\n"
    #expect(try verifyDatabase(seeded(second, with: packed(bare))).replays.isEmpty)
    #expect(try verifyDatabase(seeded(second, with: bytes)).replays.count == 4)
    #expect(try verifyDatabase(seeded(second, with: bytes)).replays.count == 4)
    #expect(try export(imported(bytes, into: second)) == bytes)
  }

  private func seeded(_ database: String, with bytes: [UInt8]) throws -> String {
    _ = try imported(bytes, into: database)
    return database
  }

  @Test("Another content takes no replays along, and no origin where it is to be hidden")
  func changed() throws {
    let bytes = try Self.replayed.get()
    for (change, workers) in [
      ({ $0.skip = 2 }, 3), ({ $0.skipWorkers = ["1"] }, 2), ({ $0.trust = "wall-clock" }, 3),
    ] as [((inout ReadingChoices) -> Void, Int)] {
      let back = try imported(bytes, change)
      #expect(back.trace.workerCount == workers)
      #expect(try unpacked(export(back)).hasSuffix("{\"replays\":0}\n"))
    }
    let hidden = try imported(bytes) { $0.anonymize = true }
    let lines = try unpacked(export(hidden))
    #expect(lines.hasSuffix("{\"replays\":0}\n"))
    #expect(!lines.contains("rows"))
    #expect(hidden.trace.workers.map(\.worker.label.text) == ["worker-1", "worker-2", "worker-3"])
    // The grade that it has is no change.
    let same = try imported(bytes) { $0.trust = "measured" }
    #expect(try export(same) == bytes)
  }

  // MARK: Hostile files

  private func failure(
    _ bytes: [UInt8], _ change: (inout ReadingChoices) -> Void = { _ in }
  ) throws -> Failure {
    let database = folder.path("\(UUID()).db")
    let failure = try #require(
      #expect(throws: Failure.self) { try imported(bytes, into: database, change) })
    #expect(failure.code == .badData)
    // Nothing was imported: not even the database is there.
    #expect(!FileManager.default.fileExists(atPath: database))
    return failure
  }

  /// Several blocks of the compressed stream: what is cut inside of the first one has no text at all.
  @Test("A cut file is refused wherever it was cut, packed or not")
  func cut() throws {
    let trace = try generateTrace(
      SyntheticRequest(.lognormal, workerCount: 3, gradientCount: 4_000))
    let bytes = try exported(trace, as: .native)
    let plain = Array(try unpacked(bytes).utf8)
    var taken: [Int] = []
    for whole in [bytes, plain] {
      let counts =
        stride(from: 30, to: whole.count, by: whole.count / 25) + [
          whole.count - 4, whole.count - 1,
        ]
      for count in counts {
        let message = try failure(Array(whole[..<count])).description
        let isTold =
          message.contains("the file ends before") || message.contains("cut off before")
        if !isTold { taken.append(count) }
      }
    }
    #expect(taken.isEmpty)
    #expect(try export(imported(plain)) == bytes)
  }

  /// What only says how to unpack, as the size of the window, may change without changing anything.
  @Test("A changed byte is refused, or makes no difference")
  func bytes() throws {
    let bytes = try Self.replayed.get()
    var otherContent: [Int] = []
    for place in Array(4..<12) + stride(from: 12, to: bytes.count, by: 211) {
      var changed = bytes
      changed[place] ^= 0x10
      do {
        if try export(imported(changed)) != bytes { otherContent.append(place) }
      } catch let failure as Failure {
        #expect(failure.code == .badData)
      }
    }
    #expect(otherContent.isEmpty)
  }

  private static let issue =
    #"{"code":"a","severity":"info","count":1,"first_place":"","meaning":""}"#

  static let defects: [(String, String, String)] = [
    (#""outpace_trace":1"#, #""outpace_trace":2"#, ":1: a trace in version 2 of the native format"),
    (#""outpace_trace":1"#, #""outpace_trace":1e0"#, "in version 1e0"),
    (#""outpace_trace":1"#, #""outpace_trace":{}"#, "“outpace_trace” is no version"),
    (#""kind":"independent""#, #""kind":"odd""#, "kind is “odd”. Write one of"),
    (#""unit":"s""#, #""unit":"h""#, "unit is “h”"),
    (#""format":"csv","#, "", ":1: the key “format” is not in its place"),
    (
      #""start_unix_ns":null"#, #""start_unix_ns":1.5"#, "“start_unix_ns” is “1.5”, no whole number"
    ),
    (#""start_unix_ns":null"#, #""start_unix_ns":9223372036854775808"#, "no whole number"),
    (#""workers":3"#, #""workers":4"#, "the gradients of the workers are not 40 in all"),
    (#""workers":3"#, #""workers":2"#, "the gradients of the workers are not 40 in all"),
    (#""workers":3"#, #""workers":0"#, "“workers” is 0, where 1 is the least"),
    (#""workers":3"#, #""workers":9223372036854775807"#, "are not 40 in all"),
    (#""gradients":40"#, #""gradients":41"#, "the gradients of the workers are not 41 in all"),
    (#""gradients":40"#, #""gradients":39"#, "the gradients of the workers are not 39 in all"),
    (#""trust":"measured","gradients":14"#, #""trust":"measured","gradients":15"#, "“0”"),
    (
      #""trust":"measured","gradients":14"#, #""trust":"measured","gradients":13"#,
      "“host” is not in its place"
    ),
    (#""trust":"measured""#, #""trust":"much""#, "trust is “much”"),
    (#"{"worker":"1","host":null"#, #"{"worker":"0","host":null"#, "is not in the order of labels"),
    (#"{"worker":"1","host":null"#, #"{"worker":"","host":null"#, "the worker has no name"),
    (#"{"worker":"1","host":null"#, #"{"worker":"1","host":1"#, "“host” is no text"),
    (#"{"worker":"1","start_ns":0"#, #"{"worker":"0","start_ns":0"#, "is not of the worker “1”"),
    (#""start_ns":0,"#, #""start_ns":-1,"#, "“start_ns” is -1, where 0 is the least"),
    (#""start_ns":0,"#, #""start_ns":9223372036854775807,"#, "beyond the 292 years"),
    (#""duration_ns":3000000}"#, #""duration_ns":0}"#, "“duration_ns” is 0, where 1 is the least"),
    (
      #""duration_ns":3000000}"#, #""duration_ns":3000000,"duration_ns":1}"#,
      "the key “duration_ns”"
    ),
    (#""duration_ns":3000000}"#, #""duration_ns":3000000} 1"#, "text follows the object"),
    (#""duration_ns":3000000}"#, #""duration_ns":3e6}"#, "is “3e6”, no whole number"),
    (
      #""duration_ns":3000000}"#, #""duration_ns":3000000,"step":1,"wait_ns":1}"#,
      "“wait_ns” is not in its place"
    ),
    (
      #""duration_ns":3000000}"#, #""duration_ns":3000000,"samples":[2147483648]}"#,
      "an index above"
    ),
    (#""duration_ns":3000000}"#, #""duration_ns":3000001}"#, "its gradients have the digest"),
    (
      #""duration_ns":3000000}"#, #""duration_ns":3000000,"step":1}"#,
      "its gradients have the digest"
    ),
    (#""issues":[]"#, #""issues":[\#(issue.replacing("1", with: "0"))]"#, "“count” is 0"),
    (#""issues":[]"#, #""issues":[\#(issue),\#(issue)]"#, "one too many"),
    (#"{"replays":4}"#, #"{"replays":5}"#, "the file ends before replay 4 of 5"),
    (#"{"replays":4}"#, #"{"replays":3}"#, "nothing may follow the last replay"),
    (#"{"replays":4}"#, #"{"replays":-1}"#, "“replays” is -1"),
    (
      #""outcome":"completed""#, #""outcome":"diverged(99999999999999999999)""#,
      "“outcome” is nothing it can be"
    ),
    (#""outcome":"completed""#, #""outcome":null"#, "“outcome” is null"),
    (#""stepsize":0.1"#, #""stepsize":null"#, "“stepsize” is null"),
    (#""stepsize":0.1"#, #""stepsize":0x1p-3"#, "“stepsize” is no number"),
    (#""stepsize":0.1"#, #""stepsize":"nan""#, "“stepsize” is no number"),
    (#""delay_identity":1"#, #""delay_identity":2"#, "“delay_identity” is nothing it can be"),
    (#""update_count":"#, #""update_counts":"#, "the key “update_count” is not in its place"),
    (
      #"{"worker_index":0,"delay":1,"#, #"{"worker_index":3,"delay":1,"#,
      "not in order of worker and delay"
    ),
    (#"{"worker_index":0,"delay":1,"#, #"{"worker_index":0,"delay":0,"#, "“delay” is 0"),
    (#""fate":"applied"}"#, #""fate":"applied","why":1}"#, "the key “why” is one too many"),
    (
      #""read_update":0,"applied_update":1,"#, #""read_update":7,"applied_update":1,"#,
      "applied before it was read"
    ),
  ]

  @Test("One defect at a time is refused with its line", arguments: Self.defects)
  func defect(text: String, replacement: String, message: String) throws {
    let whole = try unpacked(Self.replayed.get())
    let place = try #require(whole.range(of: text), "the text has no \(text)")
    let changed = whole.replacingCharacters(in: place, with: replacement)
    let failure = try failure(packed(changed))
    #expect(failure.description.contains(message), "\(failure)")
    #expect(failure.description.contains("trace.bin"))
  }

  @Test("A line without end, and more lines than were announced")
  func sizes() throws {
    let huge = #"{"outpace_trace":1,"name":""# + String(repeating: "x", count: 65 << 20)
    #expect(try failure(packed(huge)).description.contains("the line is longer than"))
    let whole = try unpacked(Self.replayed.get())
    #expect(
      try failure(packed(whole + "\n")).description.contains("nothing may follow the last replay"))
  }

  @Test("Two native files are two traces")
  func joined() throws {
    let bytes = try Self.replayed.get()
    let paths = [try folder.write(bytes, to: "a.bin"), try folder.write(bytes, to: "b.bin")]
    var reading = ReadingChoices()
    reading.join = true
    let failure = #expect(throws: Failure.self) {
      try openTraces(paths, databasePath: nil, reading: reading)
    }
    #expect(failure?.code == .badData)
    #expect(failure?.description.contains("each with times from its own first start") == true)
  }
}
