import TestSupport
import Testing
import TraceFormats
import TraceModel

private func begin(_ name: String, _ tensor: Int, _ time: Int) -> String {
  #"{"ph": "B", "name": "\#(name)", "ts": \#(time), "pid": \#(tensor)}"#
}

private func end(_ tensor: Int, _ time: Int) -> String {
  #"{"ph": "E", "ts": \#(time), "pid": \#(tensor), "args": {"dtype": "float32"}}"#
}

/// The negotiation and all-reduce of one tensor, with the time at which each rank was ready.
private func round(
  _ tensor: Int, _ start: Int, ready ticks: [(rank: Int, time: Int)], reduced from: Int, _ to: Int
) -> [String] {
  [begin("NEGOTIATE_ALLREDUCE", tensor, start)]
    + ticks.map { rank, time in
      #"{"ph": "X", "name": "\#(rank)", "ts": \#(time), "pid": \#(tensor), "dur": 0}"#
    } + [
      end(tensor, from - 1), begin("ALLREDUCE", tensor, from),
      begin("NCCL_ALLREDUCE", tensor, from), end(tensor, to - 1), end(tensor, to),
    ]
}

/// Two ranks, two tensors, three steps, in microseconds. The all-reduces of the steps end at 120, 300
/// and 420:
///
///     step 2: rank 0 is ready at 200 and 250, rank 1 at 180 and 190 → own 130 and 70;
///             exposed 50 and 110, so the transfer is 50 and rank 1 waits 60
///     step 3: rank 0 is ready at 320 and 330, rank 1 at 390 and 400 → own 30 and 100;
///             exposed 90 and 20, so the transfer is 20 and rank 0 waits 70
private let timeline: [String] =
  [#"{"ph": "i", "name": "CYCLE_START", "ts": 1, "s": "g"}"#]
  + [begin("NEGOTIATE_BROADCAST", 9, 2), end(9, 3), begin("BROADCAST", 9, 3), end(9, 4)]
  + round(1, 50, ready: [(1, 50), (0, 70)], reduced: 80, 100)
  + round(2, 60, ready: [(0, 60), (1, 90)], reduced: 101, 120)
  + round(1, 180, ready: [(1, 180), (0, 200)], reduced: 210, 240)
  + round(2, 190, ready: [(1, 190), (0, 250)], reduced: 260, 300)
  + round(2, 320, ready: [(0, 320), (1, 390)], reduced: 391, 399)
  + round(1, 330, ready: [(0, 330), (1, 400)], reduced: 405, 420)

private func file(_ events: [String]) -> String {
  "[\n" + events.map { $0 + ",\n" }.joined()
}

@Suite("Horovod timelines")
struct HorovodTests {
  @Test("Own time is from the last all-reduce of the step before to the last readiness")
  func own() throws {
    let (sink, facts) = try read(file(timeline))
    #expect(sink.sorted.map(\.label.text) == ["0", "1"])
    #expect(
      sink.sorted.map(\.gradients) == [
        [
          GradientInterval(
            startNs: 120_000, durationNs: 130_000, waitNs: 0, turnaroundNs: 50_000, step: 2),
          GradientInterval(
            startNs: 300_000, durationNs: 30_000, waitNs: 70_000, turnaroundNs: 20_000, step: 3),
        ],
        [
          GradientInterval(
            startNs: 120_000, durationNs: 70_000, waitNs: 60_000, turnaroundNs: 50_000, step: 2),
          GradientInterval(
            startNs: 300_000, durationNs: 100_000, waitNs: 0, turnaroundNs: 20_000, step: 3),
        ],
      ])
    #expect(facts.format == "horovod")
    #expect(facts.kind == .synchronous)
    #expect(facts.notes.contains("2 steps on 2 ranks"))
    #expect(sink.workers.allSatisfy { $0.trust == .separated })
    #expect(sink.issues.map(\.code).sorted() == ["first-step", "truncated-tail"])
  }

  @Test("The array may be closed, and a later version tells when its clock began")
  func closed() throws {
    let origin =
      #"{"name": "process_name", "ph": "M", "pid": 0, "args": {"start_time_since_epoch_in_micros":1624937181806323}}"#
    let (sink, facts) = try read("[\n" + ([origin] + timeline).joined(separator: ",\n") + "]")
    #expect(sink.gradientCount == 4)
    #expect(facts.unixNsOfZero == 1_624_937_181_806_323_000)
    #expect(sink.issues.map(\.code) == ["first-step"])
  }

  /// The last tensor of step 3 is still being reduced.
  @Test("A last step that was cut is left out and counted")
  func cut() throws {
    let (sink, _) = try read(file(timeline.dropLast()))
    #expect(sink.gradientCount == 2)
    #expect(sink.issue("cut-step")?.count == 1)
  }

  @Test("A step with a tensor without ticks is left out, and the next one is not")
  func silent() throws {
    var events = timeline
    let ticks = events.indices.filter { events[$0].contains(#""pid": 2, "dur": 0"#) }
    for index in ticks[2...3].reversed() { events.remove(at: index) }
    let (sink, _) = try read(file(events))
    #expect(sink.sorted.map { $0.gradients.map(\.step) } == [[3], [3]])
    #expect(sink.issue("ticks-missing")?.count == 1)
  }

  @Test("Without any ticks the remedy is shown")
  func noTicks() {
    #expect(
      refusal(file(timeline.filter { !$0.contains(#""X""#) }))
        == "x: no all-reduce with the readiness of a rank in it. Record it with"
        + " HOROVOD_CACHE_CAPACITY=0, since cached negotiations leave no ticks.")
  }

  @Test("A rank can be left out; the transfer stays that of all ranks")
  func skipped() throws {
    let (sink, _) = try read(file(timeline), as: "x", ReadOptions(skippedWorkers: ["0"]))
    #expect(sink.sorted.map(\.label.text) == ["1"])
    #expect(sink.workers[0].gradients.map(\.turnaroundNs) == [50_000, 20_000])
    #expect(sink.issue("worker-skipped")?.count == 2)
  }

  @Test("Random byte changes never trap", arguments: 0..<600 as Range<UInt64>)
  func mutations(seed: UInt64) {
    checkMutations(of: file(timeline), seed: seed, format: .horovod)
  }
}
