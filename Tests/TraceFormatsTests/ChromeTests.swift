import ByteStreams
import TestSupport
import Testing
import TraceFormats
import TraceModel

private func slice(
  _ name: String, _ pid: Int, _ tid: Int, _ start: String, _ duration: String, step: String? = nil
) -> String {
  let arguments = step.map { #","args":{"mb":0,"step":\#($0),"rank":"r\#(tid)"}"# } ?? ""
  return
    #"{"name":"\#(name)","pid":\#(pid),"tid":\#(tid),"ts":\#(start),"dur":\#(duration),"ph":"X"\#(arguments)}"#
}

private func mark(_ phase: String, _ name: String?, _ tid: Int, _ time: String) -> String {
  let name = name.map { #""name":"\#($0)","# } ?? ""
  return #"{"ph":"\#(phase)",\#(name)"pid":1,"tid":\#(tid),"ts":\#(time),"args":{"step":4}}"#
}

private func name(_ kind: String, _ pid: Int, _ tid: Int, _ name: String) -> String {
  #"{"ph":"M","name":"\#(kind)","pid":\#(pid),"tid":\#(tid),"args":{"name":"\#(name)"}}"#
}

private func array(_ events: [String]) -> String { "[" + events.joined(separator: ",\n") + "]" }

/// Two replicas (pid) of two stages (tid), steps 7 and 9, in microseconds:
///
///     replica 0, step 7: stage 0 computes 100 + 200, stage 1 150 + 250 → 400, from 10
///     replica 0, step 9: stage 0 computes 500, stage 1 60 → 500, from 1000
///     replica 1, step 7: stage 0 computes 90.5, stage 1 80 → 90.5, from 20
private let pipeline = [
  slice("bwd", 0, 0, "300", "200", step: "7"), slice("fwd", 0, 0, "10", "100", step: "7"),
  slice("fwd", 0, 1, "120", "150", step: "7"), slice("bwd", 0, 1, "280", "250", step: "7"),
  slice("send", 0, 1, "280", "9999", step: "7"), slice("fwd", 0, 0, "1000", "500", step: "9"),
  slice("fwd", 0, 1, "1500", "60", step: "9"), slice("fwd", 1, 0, "20", "90.5", step: "7"),
  slice("fwd", 1, 1, "120", "80", step: "7"), name("process_name", 1, 0, "replica b"),
  name("process_name", 0, 0, "replica a"),
]

private let pipelineOptions = ReadOptions(
  event: "fwd|bwd", rankBy: [.process, .thread], replicaBy: [.process], stepBy: "step")

@Suite("Chrome traces")
struct ChromeTests {
  @Test("A gradient is the largest of the sums of a replica's ranks in a step")
  func replicas() throws {
    let (sink, facts) = try read(array(pipeline), pipelineOptions)
    #expect(sink.sorted.map(\.label.text) == ["0", "1"])
    #expect(
      sink.sorted.map(\.gradients) == [
        [
          GradientInterval(startNs: 10_000, durationNs: 400_000, step: 7),
          GradientInterval(startNs: 1_000_000, durationNs: 500_000, step: 9),
        ],
        [GradientInterval(startNs: 20_000, durationNs: 90_500, step: 7)],
      ])
    #expect(facts.format == "chrome")
    #expect(facts.kind == .synchronous)
    #expect(facts.notes.contains("event fwd: 6 slices, gradients"))
    #expect(sink.issues.isEmpty)
  }

  @Test("A map puts ranks into replicas by their labels")
  func map() throws {
    var options = pipelineOptions
    options.replicaBy = []
    options.map = .table(["0/0": "a", "0/1": "a", "1/0": "b", "1/1": "b"])
    let (sink, _) = try read(array(pipeline), options)
    #expect(sink.sorted.map(\.label.text) == ["a", "b"])
    #expect(sink.sorted[0].gradients.map(\.durationNs) == [400_000, 500_000])
    options.map = .table(["0/0": "a"])
    #expect(
      refusal(array(pipeline), options)
        == "x: --map says no replica for the rank 0/1. Add a line “0/1 REPLICA”.")
  }

  @Test("Without replicas each rank has its own gradients, named after what tells it apart")
  func ranks() throws {
    var options = pipelineOptions
    options.replicaBy = []
    let (sink, _) = try read(array(pipeline), options)
    #expect(sink.sorted.map(\.label.text) == ["0/0", "0/1", "1/0", "1/1"])
    #expect(sink.sorted[1].gradients.map(\.durationNs) == [400_000, 60_000])
    options.rankBy = [.argument("rank")]
    let (byArgument, _) = try read(array(pipeline), options)
    #expect(byArgument.sorted.map(\.label.text) == ["r0", "r1"])
    #expect(byArgument.sorted[0].gradients.map(\.durationNs) == [390_500, 500_000])
    options.rankBy = [.processName]
    let (byName, _) = try read(array(pipeline), options)
    #expect(byName.sorted.map(\.label.text) == ["replica a", "replica b"])
  }

  @Test("Without steps each slice is a gradient")
  func slices() throws {
    let (sink, facts) = try read(array(pipeline), ReadOptions(event: "^fwd$", rankBy: [.thread]))
    #expect(sink.sorted.map(\.label.text) == ["0", "1"])
    #expect(sink.sorted[0].gradients.map(\.durationNs) == [100_000, 90_500, 500_000])
    #expect(sink.sorted[0].gradients.allSatisfy { $0.step == nil })
    #expect(facts.kind == .independent)
  }

  @Test("The object form is read like the array form, also without an end")
  func objectForm() throws {
    let text = #"{"otherData":{"a":[1]},"traceEvents":"# + array(pipeline).dropLast()
    let (sink, _) = try read(text, pipelineOptions)
    #expect(sink.gradientCount == 3)
    #expect(sink.issues.map(\.code) == ["truncated-tail"])
  }

  /// Thread 1: an outer slice of 100 with a part of 30 that does not match; thread 2 in between has
  /// one of 5. The last begins and never ends, and one end has no beginning.
  @Test("Beginnings and ends are matched by a stack per thread")
  func pairs() throws {
    let events = [
      mark("B", "step", 1, "100"), mark("B", "part", 1, "110"), mark("B", "step", 2, "115"),
      mark("E", "wrong", 2, "120"), mark("E", nil, 1, "140"), mark("E", nil, 1, "200"),
      mark("E", nil, 1, "210"), mark("B", "step", 2, "300"),
    ]
    let (sink, _) = try read(
      array(events), ReadOptions(event: "step", rankBy: [.thread], stepBy: "step"))
    #expect(
      sink.sorted.map(\.gradients) == [
        [GradientInterval(startNs: 100_000, durationNs: 100_000, step: 4)],
        [GradientInterval(startNs: 115_000, durationNs: 5000, step: 4)],
      ])
    #expect(sink.issues.map(\.code).sorted() == ["bad-event", "open-slice"])
  }

  @Test("Slices inside others that match too are counted as an issue")
  func nested() throws {
    let (sink, _) = try read(
      array([slice("fwd", 0, 0, "10", "20"), slice("fwd.layer", 0, 0, "12", "5")]),
      ReadOptions(event: "fwd"))
    #expect(sink.issue("nested-slice")?.count == 1)
    #expect(sink.gradientCount == 2)
  }

  @Test("Many slices are pushed on the way, and need the names of their workers before")
  func direct() throws {
    let sink = CollectingSink()
    let options = ReadOptions(event: "fwd", rankBy: [.process])
    let reader = try ChromeReader(options: options, log: IssueLog(sink), sliceLimit: 2)
    try reader.read(try ByteSource(path: "x", bytes: Array(array(pipeline).utf8)))
    #expect(sink.gradientCount == 6)
    _ = try reader.finish()
    #expect(sink.gradientCount == 6)
    let named = try ChromeReader(
      options: ReadOptions(event: "fwd", rankBy: [.processName]), log: IssueLog(CollectingSink()),
      sliceLimit: 2)
    let error = #expect(throws: TraceFormatError.self) {
      try named.read(try ByteSource(path: "x", bytes: Array(array(pipeline).utf8)))
    }
    #expect(
      error?.description.hasSuffix(
        "the processes are named after more than 2 slices. Use --rank-by pid instead.") == true)
  }

  @Test("Several files need to say what tells their workers apart")
  func files() throws {
    let folder = try TemporaryFolder()
    try folder.write(array(pipeline), as: "a.json")
    try folder.write(array(pipeline), as: "b.json")
    var options = pipelineOptions
    options.replicaBy = [.file]
    options.rankBy = [.file, .process, .thread]
    let sink = CollectingSink()
    _ = try readTrace(at: folder.path, options: options, into: sink)
    #expect(sink.sorted.map(\.label.text) == ["a.json", "b.json"])
    options.rankBy = []
    options.replicaBy = []
    let error = #expect(throws: TraceFormatError.self) {
      try readTrace(at: folder.path, options: options, into: CollectingSink())
    }
    #expect(
      error?.description
        == "\(folder.path)/b.json: this is a second timeline. Say what tells the workers apart:"
        + " --rank-by file, or file,pid, or pid if no two files share a process.")
  }

  @Test(
    "What is missing is named with a remedy",
    arguments: [
      (
        ReadOptions(),
        "x: which slices are gradients? Say so by --event REGEX. Most frequent: fwd (6), bwd (2), send (1)."
      ),
      (
        ReadOptions(event: "optimizer"),
        "x: no slice is called like “optimizer”. Most frequent: fwd (6), bwd (2), send (1)."
      ),
      (
        ReadOptions(event: "(fwd"),
        "--event: “(fwd” is no regular expression. Example: --event 'forward|backward'"
      ),
      (
        ReadOptions(event: "fwd", rankBy: [.argument("node")]),
        "x: no slice that matches has args.node. Look at one of them in the file."
      ),
      (
        ReadOptions(event: "fwd", stepBy: "iteration"),
        "x: no slice that matches has args.iteration. Look at one of them in the file."
      ),
      (
        ReadOptions(event: "fwd", replicaBy: [.process]),
        "--replica-by: the slices of a replica's ranks can only be set side by side step by step."
          + " Say where the step stands, as in --step-by args.step"
      ),
    ])
  func refused(options: ReadOptions, message: String) {
    #expect(refusal(array(pipeline), options) == message)
  }

  @Test("Keys are parsed, and what they do not know is named")
  func keys() throws {
    #expect(
      try SliceKey.list(parsing: "pid,process_name,args.a.b", option: "--rank-by")
        == [.process, .processName, .argument("a.b")])
    #expect(try SliceKey.step(parsing: "args.step") == "step")
    for text in ["rank", "", "pid,pid", "args."] {
      let error = #expect(throws: TraceFormatError.self) {
        try SliceKey.list(parsing: text, option: "--rank-by")
      }
      #expect(error?.description.hasPrefix("--rank-by: “") == true)
    }
    let error = #expect(throws: TraceFormatError.self) { try SliceKey.step(parsing: "step") }
    #expect(
      error?.description
        == "--step-by: “step” is no argument of a slice. Example: --step-by args.step")
  }

  @Test("Bad slices are left out and counted, zeros count as half a microsecond")
  func bad() throws {
    let events = [
      slice("f", 0, 0, "1", "NaN"), slice("f", 0, 0, "1", "-1"), slice("f", 0, 0, "2", "0"),
      slice("f", 0, 0, #""9""#, "4"), "7", #"{"name":"f","ph":"X","ts":1,"dur":2}"#,
    ]
    let (sink, _) = try read(array(events), ReadOptions(event: "f"))
    #expect(sink.workers.flatMap(\.gradients).map(\.durationNs) == [500, 4000])
    #expect(sink.issue("bad-event")?.count == 4)
    #expect(sink.issue("string-number")?.count == 1)
    #expect(
      refusal(array([slice("f", 3, 0, "2", "0")]), ReadOptions(event: "f"))
        == "x: every duration of the worker 3 is 0, so its speed is unknown."
        + " Leave it out by --skip-worker 3")
  }

  @Test("Random byte changes never trap", arguments: 0..<600 as Range<UInt64>)
  func mutations(seed: UInt64) {
    checkMutations(of: array(pipeline), seed: seed, format: .chrome, pipelineOptions)
  }

  private func read(
    _ text: String, _ options: ReadOptions
  ) throws -> (sink: CollectingSink, facts: TraceFacts) {
    try TraceFormatsTests.read(text, as: "x", options)
  }

  private func refusal(_ text: String, _ options: ReadOptions) -> String? {
    TraceFormatsTests.refusal(text, as: "x", options)
  }
}
