import Foundation
import TestSupport
import Testing
import TraceFormats
import TraceModel

/// Real timelines and logs of other tools, with figures that were worked out independently of this
/// code.
@Suite("Real timelines, logs and tables of others", .needsOptimiser)
struct CorpusTimelineTests {
  private func read(
    _ name: String, _ options: ReadOptions = ReadOptions()
  ) throws -> (sink: CollectingSink, facts: TraceFacts) {
    let sink = CollectingSink()
    return (sink, try readTrace(at: corpus(name), options: options, into: sink))
  }

  private static let computing = "forward-compute|backward-compute"

  @Test(
    "Pipelines: a gradient is what the slowest stage of a replica computes in a step",
    needsCorpus("bytedance-llm-stragglers"),
    arguments: [("AR", 4, 176, 1.9435061632212205), ("SE", 32, 1440, 1.0215214955142593)])
  func replicas(name: String, workers: Int, gradients: Int, formula: Double) throws {
    let (sink, facts) = try read(
      "bytedance-llm-stragglers/timeline-\(name).json.gz",
      ReadOptions(
        event: Self.computing, rankBy: [.process, .thread], replicaBy: [.process], stepBy: "step"))
    #expect(sink.workers.count == workers)
    #expect(sink.gradientCount == gradients)
    #expect(abs(sink.formula / formula - 1) < 1e-6)
    #expect(facts.format == "chrome")
    #expect(facts.kind == .synchronous)
    #expect(sink.workers.allSatisfy { $0.trust == .measured })
    #expect(sink.issues.isEmpty)
  }

  @Test(
    "Pipelines: every stage on its own", needsCorpus("bytedance-llm-stragglers"),
    arguments: [("AR", 16, 704, 2.2473077457793504), ("SE", 64, 2880, 1.2757876165532263)])
  func stages(name: String, workers: Int, gradients: Int, formula: Double) throws {
    let (sink, _) = try read(
      "bytedance-llm-stragglers/timeline-\(name).json.gz",
      ReadOptions(event: Self.computing, rankBy: [.process, .thread], stepBy: "step"))
    #expect(sink.workers.count == workers)
    #expect(sink.gradientCount == gradients)
    #expect(abs(sink.formula / formula - 1) < 1e-6)
    #expect(sink.sorted.prefix(3).map(\.label.text).first == "0/0")
  }

  /// The names of processes stand behind all slices in these files.
  @Test("Pipelines: workers named after their processes", needsCorpus("bytedance-llm-stragglers"))
  func processNames() throws {
    let (sink, _) = try read(
      "bytedance-llm-stragglers/timeline-AR.json.gz",
      ReadOptions(event: Self.computing, rankBy: [.processName]))
    #expect(
      sink.sorted.map(\.label.text) == ["DP rank [0]", "DP rank [1]", "DP rank [2]", "DP rank [3]"])
  }

  @Test("Without --event the names are shown", needsCorpus("bytedance-llm-stragglers"))
  func eventNeeded() throws {
    let error = #expect(throws: TraceFormatError.self) {
      try read("bytedance-llm-stragglers/timeline-AR.json.gz")
    }
    #expect(
      error?.description.contains(
        "which slices are gradients? Say so by --event REGEX. Most frequent: ") == true)
    #expect(error?.description.contains("forward-compute (") == true)
  }

  @Test("Horovod: four ranks, of which the first is slow", needsCorpus("horovod-timeline-4"))
  func horovod() throws {
    let (sink, facts) = try read("horovod-timeline-4/horovod_timeline.json")
    #expect(sink.workers.count == 4)
    #expect(sink.gradientCount == 436)
    #expect(abs(sink.formula / 2.127619940623551 - 1) < 1e-6)
    #expect(
      sink.sorted.map { $0.meanNs.rounded() } == [
        1_560_570_661, 682_428_541, 591_275_615, 603_851_587,
      ])
    #expect(facts.kind == .synchronous)
    #expect(facts.unixNsOfZero == nil)
    #expect(sink.workers.allSatisfy { $0.trust == .separated })
    #expect(sink.issues.map(\.code).sorted() == ["first-step", "truncated-tail"])
    for index in 0..<109 {
      #expect(sink.sorted.map { $0.gradients[index].waitNs }.min() == 0)
      #expect(Set(sink.sorted.map { $0.gradients[index].turnaroundNs }).count == 1)
    }
  }

  @Test(
    "Spark: tasks of the largest stage that used every executor", needsCorpus("spark-eventlogs"),
    arguments: [
      (
        "nds_q66_gpu.zstd", 2185, 1.8187479468770555,
        "stage 23 with 2185 tasks on 8 executors, gradients"
      ),
      (
        "tasks_executors_fail_compressed_eventlog.zstd", 227, 1.5058525998240468,
        "stage 238 with 227 tasks on 8 executors, gradients"
      ),
    ])
  func spark(name: String, tasks: Int, formula: Double, note: String) throws {
    let (sink, facts) = try read("spark-eventlogs/\(name)")
    #expect(sink.workers.count == 8)
    #expect(sink.gradientCount == tasks)
    #expect(abs(sink.formula / formula - 1) < 1e-6)
    #expect(facts.notes.contains(note))
    #expect(facts.kind == .independent)
    #expect(facts.turnaround == .recorded)
    #expect(facts.unixNsOfZero == 0)
    #expect(sink.workers.allSatisfy { $0.trust == .measured && $0.host != nil })
  }

  @Test("Spark: another stage, and one that is not there", needsCorpus("spark-eventlogs"))
  func sparkStage() throws {
    let (sink, _) = try read("spark-eventlogs/nds_q66_gpu.zstd", ReadOptions(stage: 21))
    #expect(sink.gradientCount == 2104)
    #expect(abs(sink.formula / 1.1266850880464638 - 1) < 1e-6)
    let error = #expect(throws: TraceFormatError.self) {
      try read("spark-eventlogs/nds_q66_gpu.zstd", ReadOptions(stage: 999))
    }
    #expect(
      error?.description.contains(
        "no successful task of stage 999. Stages found: 23 with 2185 tasks on 8 executors,"
          + " 21 with 2104 tasks on 8 executors, ") == true)
  }

  @Test("Spark: a log that is cut while running", needsCorpus("spark-eventlogs"))
  func sparkCut() throws {
    let (sink, _) = try read("spark-eventlogs/truncated_eventlog")
    #expect(sink.workers.map(\.label.text) == ["driver"])
    #expect(sink.gradientCount == 12)
    #expect(sink.issues.map(\.code) == [])
  }

  @Test("Spark: a folder of rolling logs is one log", needsCorpus("spark-eventlogs"))
  func sparkFolder() throws {
    let folder = try TemporaryFolder()
    let whole = try Data(
      contentsOf: URL(fileURLWithPath: corpus("spark-eventlogs/truncated_eventlog")))
    let lines = whole.split(separator: 0x0a, omittingEmptySubsequences: true)
    let half = lines.count / 2
    let log = "eventlog_v2_app-1"
    try folder.write("", as: "\(log)/appstatus_app-1")
    try folder.write(
      Array(lines[..<half].joined(separator: [0x0a])) + [0x0a], as: "\(log)/events_1_app-1")
    try folder.write(
      Array(lines[half...].joined(separator: [0x0a])) + [0x0a], as: "\(log)/events_2_app-1")
    let sink = CollectingSink()
    _ = try readTrace(at: "\(folder.path)/\(log)", into: sink)
    #expect(sink.gradientCount == 12)
    #expect(sink.issues.map(\.code) == ["file-skipped"])
  }
}

/// The lines that the documentation gives for turning other files into tables.
@Suite("Documented conversions", .enabled(if: Conversion.hasPython, "python3 is not here"))
struct ConversionTests {
  @Test(
    "Workflow traces become tables of durations", needsCorpus("wfinstances-tasks"),
    arguments: [
      ("seismology-chameleon-1000p-001.json", "sG1IterDecon", 7, 1.125552038852763),
      ("bwa-chameleon-large-001.json", "bwa", 3, 2.0544422621718055),
    ])
  func workflows(name: String, program: String, workers: Int, formula: Double) throws {
    let (sink, facts) = try Conversion.run(
      "WfCommons", in: "FormatTables", on: corpus("wfinstances-tasks/\(name)"), program)
    #expect(facts.format == "csv")
    #expect(sink.workers.count == workers)
    #expect(sink.gradientCount == 1000)
    #expect(abs(sink.formula / formula - 1) < 1e-6)
  }

  /// 0.74586…, 2.61947… and 4.52576… steps per second.
  @Test("Throughputs become tables of rates", needsCorpus("gavel-gpu-throughputs"))
  func throughputs() throws {
    let (sink, facts) = try Conversion.run(
      "Gavel", in: "FormatRates",
      on: corpus("gavel-gpu-throughputs/physical_cluster_throughputs.json"),
      "('ResNet-50 (batch size 64)', 1)")
    #expect(facts.format == "rates")
    #expect(sink.workers.map(\.label.text) == ["k80", "p100", "v100"])
    #expect(sink.workers.allSatisfy { $0.trust == .measured && $0.gradients.count == 1 })
    let rates = [0.7458616001066279, 2.6194694075770055, 4.525762041224065]
    let formula = rates.reduce(0) { $0 + $1 / rates[0] } / 3
    #expect(abs(sink.formula / formula - 1) < 1e-6)
  }
}

enum Conversion {
  static let hasPython =
    ProcessInfo.processInfo.environment["PATH"].map { path in
      path.split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/python3")
      }
    } ?? false

  /// Runs the line of the documentation behind the first mention of `word` on a file, and reads what
  /// it prints.
  static func run(
    _ word: String, in name: String, on path: String, _ argument: String
  ) throws -> (sink: CollectingSink, facts: TraceFacts) {
    let page = repository.appendingPathComponent(
      "Sources/TraceFormats/TraceFormats.docc/\(name).md")
    let text = try String(contentsOf: page, encoding: .utf8)
    let start = try #require(text.range(of: word)).upperBound
    let code = try #require(text[start...].range(of: "python3 -c \"")).upperBound
    let end = try #require(text[code...].range(of: "\" ")).lowerBound
    let folder = try TemporaryFolder()
    let output = try folder.write("", as: "table.csv")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-c", String(text[code..<end]), path, argument]
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    try process.run()
    process.waitUntilExit()
    let sink = CollectingSink()
    return (sink, try readTrace(at: output, into: sink))
  }
}
