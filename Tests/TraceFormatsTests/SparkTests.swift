import ByteStreams
import TestSupport
import Testing
import TraceFormats
import TraceModel

private func task(
  _ stage: Int, on executor: String, _ launch: Int, _ finish: Int, run: Int?,
  reason: String = "Success", speculative: Bool = false, failed: Bool = false
) -> String {
  let metrics = run.map { #","Task Metrics":{"Executor Run Time":\#($0),"JVM GC Time":1}"# } ?? ""
  return
    #"{"Event":"SparkListenerTaskEnd","Stage ID":\#(stage),"Stage Attempt ID":0,"Task Type":"ResultTask","Task End Reason":{"Reason":"\#(reason)"},"Task Info":{"Task ID":1,"Launch Time":\#(launch),"Executor ID":"\#(executor)","Host":"h\#(executor)","Speculative":\#(speculative),"Finish Time":\#(finish),"Failed":\#(failed),"Killed":false,"Accumulables":[{"Update":1}]}\#(metrics)}"#
}

/// Stage 1 has most tasks, stage 2 is the largest that used every executor.
private let log = [
  #"{"Event":"SparkListenerLogStart","Spark Version":"3.1.3"}"#,
  #"{"Event":"SparkListenerTaskStart","Stage ID":1,"Task Info":{"Launch Time":5}}"#,
  task(1, on: "1", 100, 200, run: 90), task(1, on: "1", 200, 300, run: 90),
  task(1, on: "1", 300, 400, run: 90), task(1, on: "1", 400, 500, run: 90),
  task(2, on: "1", 1000, 1100, run: 80), task(2, on: "2", 1000, 1300, run: 270),
  task(2, on: "1", 1110, 1200, run: 85),
  task(2, on: "1", 1210, 1300, run: 70, reason: "Resubmitted"),
  task(2, on: "2", 1310, 1400, run: 70, reason: "ExceptionFailure", failed: true),
  task(2, on: "2", 1310, 1420, run: 70, speculative: true), task(3, on: "2", 1500, 1501, run: 1),
]

private func text(_ lines: [String]) -> String { lines.map { $0 + "\n" }.joined() }

@Suite("Spark event logs")
struct SparkTests {
  @Test("Gradients are the successful tasks of the largest stage that used every executor")
  func tasks() throws {
    let (sink, facts) = try read(text(log))
    #expect(sink.sorted.map(\.label.text) == ["1", "2"])
    #expect(sink.sorted.map(\.host) == ["h1", "h2"])
    #expect(
      sink.sorted.map(\.gradients) == [
        [
          GradientInterval(
            startNs: 1_000_000_000, durationNs: 80_000_000, turnaroundNs: 20_000_000),
          GradientInterval(
            startNs: 1_110_000_000, durationNs: 85_000_000, turnaroundNs: 5_000_000),
        ],
        [
          GradientInterval(
            startNs: 1_000_000_000, durationNs: 270_000_000, turnaroundNs: 30_000_000)
        ],
      ])
    #expect(sink.issues.map(\.code) == ["task-not-used"])
    #expect(sink.issues.map(\.count) == [3])
    #expect(
      facts.notes == [
        "1 file read as spark", "stage 2 with 3 tasks on 2 executors, gradients",
        "stage 1 with 4 tasks on 1 executor, not used",
        "stage 3 with 1 task on 1 executor, not used", "1 task of it not used: failed",
        "1 task of it not used: resubmitted", "1 task of it not used: speculative",
      ])
    #expect(sink.workers.allSatisfy { $0.trust == .measured })
  }

  @Test("Gaps are turnarounds only if no executor runs two tasks at once")
  func overlap() throws {
    let (_, apart) = try read(text(log))
    #expect(apart.turnaround == .gaps)
    let (_, together) = try read(text(log + [task(2, on: "2", 1299, 1500, run: 100)]))
    #expect(together.turnaround == .recorded)
    #expect(
      together.notes.last
        == "executors run several tasks at once (1 of 4 started before one on the same executor had"
        + " ended): each executor counts as one worker, whose tasks are replayed one after the other,"
        + " so all rates are too low by the number of tasks at once; ratios between executors hold"
        + " where all run as many"
    )
  }

  @Test("A stage can be named; executors without a task of it are counted")
  func stage() throws {
    let (sink, _) = try read(text(log), as: "x", ReadOptions(stage: 1))
    #expect(sink.gradientCount == 4)
    #expect(sink.issue("executor-idle")?.count == 1)
    #expect(
      refusal(text(log), as: "x", ReadOptions(stage: 8))
        == "x: no successful task of stage 8. Stages found: 2 with 3 tasks on 2 executors,"
        + " 1 with 4 tasks on 1 executor, 3 with 1 task on 1 executor.")
  }

  @Test("A broken line is counted, a last one that is cut told apart")
  func broken() throws {
    let (sink, _) = try read(
      text(
        log + [#"{"Event":"SparkListenerTaskEnd","Stage ID":"#, task(2, on: "1", 9, 9, run: nil)])
        + #"{"Event":"SparkListenerTaskEnd","St"#)
    #expect(sink.gradientCount == 3)
    #expect(sink.issue("bad-event")?.count == 2)
    #expect(sink.issue("unterminated-line-dropped")?.firstPlace == "x:16")
  }

  @Test("Tasks of 0 ms count as half of one")
  func zero() throws {
    let (sink, _) = try read(text(log + [task(2, on: "1", 2000, 2001, run: 0)]))
    #expect(sink.sorted[0].gradients.last?.durationNs == 500_000)
    #expect(sink.issue("zero-duration")?.count == 1)
    #expect(
      refusal(text(log + [task(2, on: "3", 2000, 2001, run: 0)]))
        == "x: every duration of the worker 3 is 0, so its speed is unknown."
        + " Leave it out by --skip-worker 3")
  }

  @Test("More tasks than fit are read a second time from a file, not from standard input")
  func secondReading() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(text(log + ["{"]), as: "log")
    let sink = CollectingSink()
    let issues = IssueLog(sink)
    let reader = SparkReader(options: ReadOptions(), log: issues, taskLimit: 2)
    try reader.read(try ByteSource(path: path))
    _ = try reader.finish()
    issues.flush()
    let (whole, _) = try read(text(log))
    #expect(sink.sorted.map(\.gradients) == whole.sorted.map(\.gradients))
    #expect(sink.issue("bad-event")?.count == 1)
    let piped = SparkReader(options: ReadOptions(), log: issues, taskLimit: 2)
    try piped.read(try ByteSource(path: "-", bytes: Array(text(log).utf8)))
    let error = #expect(throws: TraceFormatError.self) { try piped.finish() }
    #expect(
      error?.description
        == "standard input: more than 2 tasks, which cannot be read twice from standard input."
        + " Choose the stage by --stage N (2 with 3 tasks on 2 executors, 1 with 4 tasks on 1"
        + " executor, 3 with 1 task on 1 executor), or give the file's path.")
  }

  @Test("Random byte changes never trap", arguments: 0..<600 as Range<UInt64>)
  func mutations(seed: UInt64) {
    checkMutations(of: text(log), seed: seed, format: .spark)
  }
}
