import ByteStreams
import TestSupport
import Testing
import TraceFormats
import TraceModel

private func slice(
  _ task: String, _ worker: String, _ start: String, _ duration: String, host: String = "10.0.0.1"
) -> String {
  #"{"cat":"\#(task)","name":"x","pid":"\#(host)","tid":"\#(worker)","ts":\#(start),"dur":\#(duration),"ph":"X","args":{}}"#
}

private let timeline = [
  slice("task:execute", "worker:a", "10", "99"),
  slice("task::Data.__init__", "worker:a", "0", "900"),
  slice("task::Data.step", "worker:a", "20", "50.5"), slice("task::load", "worker:a", "1", "60"),
  slice("task::Data.step", "worker:b", "5", "30", host: "10.0.0.2"),
  slice("submit_task", "driver:c", "1", "1000"), slice("task::Data.step", "worker:a", "5", "10"),
]

@Suite("Ray timelines")
struct RayTests {
  /// Totals: Data.step 90.5, load 60; the constructor's 900 do not count, nor do parts of tasks.
  @Test("Gradients are the executions of the task with the most total time")
  func mostTime() throws {
    let (sink, facts) = try read("[" + timeline.joined(separator: ",\n") + "]")
    #expect(sink.sorted.map(\.label.text) == ["worker:a", "worker:b"])
    #expect(sink.sorted.map(\.host) == ["10.0.0.1", "10.0.0.2"])
    #expect(
      sink.sorted.map(\.gradients) == [
        [
          GradientInterval(startNs: 5000, durationNs: 10_000),
          GradientInterval(startNs: 20_000, durationNs: 50_500),
        ],
        [GradientInterval(startNs: 5000, durationNs: 30_000)],
      ])
    #expect(facts.turnaround == .gaps)
    #expect(facts.notes.contains("task load: 1 execution, not used"))
    #expect(sink.workers.allSatisfy { $0.trust == .measured })
  }

  @Test(
    "A task can be named in full or by its last part", arguments: ["load", "step", "Data.step"])
  func named(task: String) throws {
    let (sink, _) = try read(
      "[" + timeline.joined(separator: ",") + "]", ReadOptions(task: task))
    #expect(sink.gradientCount == (task == "load" ? 1 : 3))
  }

  @Test("A task that is not there is refused, and those that are get listed")
  func notThere() {
    #expect(
      refusal("[" + timeline.joined(separator: ",") + "]", ReadOptions(task: "tep"))
        == "x: no execution of a task “tep”. Tasks found: Data.step, load.")
  }

  private func read(
    _ text: String, _ options: ReadOptions = ReadOptions()
  ) throws -> (sink: CollectingSink, facts: TraceFacts) {
    try TraceFormatsTests.read(text, as: "x", options)
  }

  private func refusal(_ text: String, _ options: ReadOptions) -> String? {
    TraceFormatsTests.refusal(text, as: "x", options)
  }

  @Test("More executions than fit are read a second time from a file, not from standard input")
  func secondReading() throws {
    let folder = try TemporaryFolder()
    let text = "[" + timeline.joined(separator: ",") + ",7"
    let path = try folder.write(text, as: "t.json")
    let sink = CollectingSink()
    let log = IssueLog(sink)
    let reader = RayReader(options: ReadOptions(), log: log, executionLimit: 2)
    try reader.read(try ByteSource(path: path))
    _ = try reader.finish()
    log.flush()
    let (whole, _) = try read(text)
    #expect(sink.sorted.map(\.gradients) == whole.sorted.map(\.gradients))
    #expect(sink.issues.map(\.code) == ["bad-event", "truncated-tail"])
    #expect(sink.issues.map(\.count) == [1, 1])
    let piped = RayReader(options: ReadOptions(), log: log, executionLimit: 2)
    try piped.read(try ByteSource(path: "-", bytes: Array(text.utf8)))
    let error = #expect(throws: TraceFormatError.self) { try piped.finish() }
    #expect(
      error?.description
        == "standard input: more than 2 executions, which cannot be read twice from"
        + " standard input. Choose the task by --task NAME (Data.step, load), or give the file's path."
    )
  }

  @Test("Bad executions are left out and counted")
  func bad() throws {
    let events = [
      slice("task::f", "w", "1", "NaN"), slice("task::f", "w", "1", "-1"),
      slice("task::f", "w", "2", "0"),
      slice("task::f", "w", "3", "4"), slice("task::f", "", "3", "4"),
      slice("task::f", String(repeating: "w", count: 1025), "3", "4"),
      #"{"cat":"task::f","ph":"X"}"#, #"{"cat":"task::f","ph":"B","ts":1}"#,
      #"{"ph":"X","dur":5,"ts":"9","tid":4,"pid":1,"cat":"task::f"}"#,
    ]
    let (sink, _) = try read("[" + events.joined(separator: ",") + "]")
    #expect(sink.workers.map(\.label.text) == ["w", "4"])
    #expect(sink.workers[0].gradients.map(\.durationNs) == [500, 4000])
    #expect(sink.issue("bad-event")?.count == 5)
    #expect(sink.issue("zero-duration")?.count == 1)
    #expect(sink.issue("string-number")?.count == 1)
  }

  @Test("A worker with nothing but executions of 0 is refused, and can be left out")
  func onlyZero() throws {
    let text =
      "[" + (timeline + [slice("task::Data.step", "w", "1", "0")]).joined(separator: ",") + "]"
    #expect(
      refusal(text, ReadOptions())
        == "x: every duration of the worker w is 0, so its speed is unknown."
        + " Leave it out by --skip-worker w")
    let (sink, _) = try read(text, ReadOptions(skippedWorkers: ["w", "worker:b"]))
    #expect(sink.workers.map(\.label.text) == ["worker:a"])
    #expect(sink.issue("worker-skipped")?.count == 2)
  }

  @Test("Random byte changes never trap", arguments: 0..<1000 as Range<UInt64>)
  func mutations(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var bytes = Array(("[" + timeline.joined(separator: ",") + "]").utf8)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
    }
    let sink = CollectingSink()
    do {
      let options = ReadOptions(format: .ray, bufferSize: seed % 2 == 0 ? 5 : 4096)
      let source = try ByteSource(path: "x", bytes: bytes)
      _ = try readTrace(from: source, options: options, into: sink)
    } catch {
      #expect(error is TraceFormatError, "\(error)")
    }
    #expect(sink.workers.flatMap(\.gradients).allSatisfy { $0.durationNs > 0 })
  }
}
