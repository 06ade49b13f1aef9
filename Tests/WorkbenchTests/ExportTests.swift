import Foundation
import Reports
import TestSupport
import Testing
import TraceModel
import Workbench

/// What is exported comes back as the same trace.
@Suite("Export")
struct ExportTests {
  private let folder: TemporaryFolder

  /// The formats that keep every gradient.
  private static let kept: [ExportFormat] = [.csv, .ndjson, .native]

  init() throws { folder = try TemporaryFolder() }

  private func text(_ trace: Trace, _ format: ExportFormat) throws -> String {
    String(decoding: try exported(trace, as: format), as: UTF8.self)
  }

  /// Imports what an export of `trace` wrote, into a database of its own.
  private func imported(
    _ trace: Trace, _ format: ExportFormat, reading: ReadingChoices = ReadingChoices()
  ) throws -> OpenedTrace {
    try folder.opened(
      exported(trace, as: format), as: "\(UUID()).\(format.rawValue)", reading: reading)
  }

  private static let everything = Trace.withEverything(
    "everything", secondWorker: "b", startNs: 1 << 61)

  @Test("A row of every kind, by hand")
  func byHand() throws {
    #expect(
      try text(Self.everything, .csv) == """
        worker,start_ns,duration_ns,wait_ns,turnaround_ns,step,samples,host,trust
        a,0,9,0,,,5;0,"node, 1",separated
        a,0,3,2,0,-4,,"node, 1",separated
        a,7,1,0,5,12,2147483647,"node, 1",separated
        b,2305843009213693952,2305843009213693952,0,,,,,wall-clock

        """)
    #expect(
      try text(Self.everything, .ndjson) == """
        {"worker":"a","start_ns":0,"duration_ns":9,"wait_ns":0,"samples":[5,0],"host":"node, 1","trust":"separated"}
        {"worker":"a","start_ns":0,"duration_ns":3,"wait_ns":2,"turnaround_ns":0,"step":-4,"host":"node, 1","trust":"separated"}
        {"worker":"a","start_ns":7,"duration_ns":1,"wait_ns":0,"turnaround_ns":5,"step":12,"samples":[2147483647],"host":"node, 1","trust":"separated"}
        {"worker":"b","start_ns":2305843009213693952,"duration_ns":2305843009213693952,"wait_ns":0,"trust":"wall-clock"}

        """)
  }

  @Test("Importing an export gives the same digest", arguments: Self.kept)
  func allColumns(format: ExportFormat) throws {
    var trace = Self.everything
    // The largest times end at 2^62, which the store refuses.
    trace.workers[1].durationsNs = [1 << 60]
    for kind in TraceKind.allCases {
      trace.kind = kind
      let kept = try keepTrace(trace, source: "test", in: folder.path("\(kind).db"))
      let back = try imported(trace, format)
      #expect(back.summary.digest == kept.trace.digest)
      #expect(back.summary.kind == kind)
      #expect(back.trace.workers.map(\.worker.trust) == [.separated, .wallClock])
      #expect(back.trace.workers[0].samples == trace.workers[0].samples)
    }
  }

  static let labels = [
    "comma, and more", "\"quoted\"", "two\nlines", "\r", " space ", "\ttab;semicolon", "=1+1",
    "null",
    "é", "e\u{301}", "名前", "👩🏽‍💻", "\u{202E}right to left", "\u{0}\u{1B}", "\u{FEFF}", "\u{2028}",
    "07",
    "\u{10FFFF}", String(repeating: "x", count: 1024),
  ]

  @Test("Labels and hosts come back byte by byte", arguments: Self.kept)
  func labels(format: ExportFormat) throws {
    let sorted = Self.labels.map { WorkerLabel($0) }.sorted()
    let trace = Trace(
      name: "labels",
      workers: sorted.enumerated().map { index, label in
        WorkerTimings(
          worker: Worker(index: index, label: label, host: label.text), backToBack: [5, 7])
      })
    let kept = try keepTrace(trace, source: "test", in: folder.path("labels.db"))
    let back = try imported(trace, format)
    #expect(back.summary.digest == kept.trace.digest)
    #expect(back.trace.workers.map(\.worker.label) == sorted)
  }

  @Test("A line end of two characters is refused in CSV and kept in NDJSON")
  func lineEnds() throws {
    let trace = Trace(
      name: "ends",
      workers: [
        WorkerTimings(worker: Worker(index: 0, label: WorkerLabel("a\r\nb")), backToBack: [1])
      ])
    let failure = #expect(throws: Failure.self) { try text(trace, .csv) }
    #expect(failure?.description.contains("\"a\\r\\nb\"") == true)
    #expect(try imported(trace, .ndjson).trace.workers[0].worker.label.text == "a\r\nb")
  }

  @Test(
    "Committed traces of every format come back",
    arguments: [
      "traces/pytorch-ddp-gloo-4", "traces/ray-least-squares-8/sync.json.gz",
      "traces/ray-least-squares-8/async.json.gz", "fixtures/formats/two-workers.csv.gz",
    ])
  func committed(path: String) throws {
    let opened = try folder.opened(Repository.root.appendingPathComponent(path).path)
    let speedup = inspectTrace(opened).speedup
    for format in Self.kept {
      let back = try imported(opened.trace, format)
      #expect(back.summary.digest == opened.summary.digest, "\(format)")
      #expect(back.summary.kind == opened.summary.kind, "\(format)")
      // What has the digest has the speed-up; once is enough where resamples take long.
      guard Build.isOptimised || format == .csv else { continue }
      #expect(inspectTrace(back).speedup == speedup, "\(format)")
    }
  }

  @Test(
    "A trace without physical time stays one, to the last digit", arguments: Self.kept)
  func relative(format: ExportFormat) throws {
    let trace = Trace.withoutPhysicalTime
    let kept = try keepTrace(trace, source: "test", in: folder.path("relative.db"))
    #expect(
      try text(trace, .csv).hasPrefix(
        "worker,start_relative,duration_relative,trust\n0,0,1.5,measured\n0,1.5,0.000000001,"))
    let back = try imported(trace, format)
    #expect(back.summary.unit == .relative)
    #expect(back.summary.digest == kept.trace.digest)
  }

  /// Step times that agree in every round: on their own they would be graded wall-clock.
  @Test("A grade that a person gave is not guessed again", arguments: Self.kept)
  func trust(format: ExportFormat) throws {
    var rows = "worker,duration_ms,step\n"
    for step in 0..<10 { for worker in 0..<3 { rows += "\(worker),\(10 + step % 2),\(step)\n" } }
    let file = try folder.write(rows, to: "steps.csv")
    var reading = ReadingChoices()
    for (grade, expected) in [(nil, TrustGrade.wallClock), ("measured", .measured)] {
      reading.trust = grade
      let opened = try folder.opened(file, reading: reading)
      #expect(opened.trace.trust == expected)
      let back = try imported(opened.trace, format)
      #expect(back.summary.digest == opened.summary.digest)
      #expect(back.summary.kind == opened.summary.kind)
    }
    var override = ReadingChoices()
    override.trust = "separated"
    let opened = try folder.opened(file, reading: override)
    #expect(try imported(opened.trace, format, reading: reading).trace.trust == .measured)
  }

  @Test("The lowest grade of a worker's rows counts, and an unknown one is refused")
  func grades() throws {
    let file = try folder.write(
      "worker,duration_ms,trust\na,5,measured\na,6,wall-clock\na,7,separated\nb,5,\n",
      to: "grades.csv")
    let opened = try folder.opened(file)
    #expect(opened.trace.workers.map(\.worker.trust) == [.wallClock, .measured])
    let bad = try folder.write(
      "{\"worker\":\"a\",\"duration_ms\":5,\"trust\":\"much\"}\n", to: "bad.ndjson")
    let failure = #expect(throws: Failure.self) {
      try openTraces([bad], databasePath: nil, reading: ReadingChoices())
    }
    #expect(failure?.code == .badData)
    #expect(
      failure?.description.hasSuffix(
        "bad.ndjson:1: trust is “much”. Write one of wall-clock, separated, measured, or nothing.")
        == true)
  }

  @Test("More than a piece at a time")
  func pieces() throws {
    let trace = try generateTrace(
      SyntheticRequest(.equal, workerCount: 2, gradientCount: 40_000))
    var sizes: [Int] = []
    try exportTrace(trace, as: .csv) { sizes.append($0.count) }
    #expect(sizes.count > 2)
    #expect(
      try imported(trace, .csv).trace.workers.map(\.durationsNs)
        == trace.workers.map(\.durationsNs))
  }
}
