import ByteStreams
import TestSupport
import Testing
import TraceFormats
import TraceModel

/// One event of a profile.
private func event(_ category: String, _ name: String, _ start: String, _ duration: String)
  -> String
{
  #"{"ph":"X","cat":"\#(category)","name":"\#(name)","pid":1,"tid":2,"ts":\#(start),"dur":\#(duration),"args":{"x":"]}"}}"#
}

private func step(_ number: Int, _ start: Int, _ duration: Int) -> String {
  event("user_annotation", "ProfilerStep#\(number)", "\(start)", "\(duration)")
}

private func profile(
  rank: Int? = nil, of worldSize: Int = 1, _ events: [String], tail: String = ""
) -> String {
  let info = rank.map {
    #""distributedInfo":{"backend":"gloo","rank":\#($0),"world_size":\#(worldSize)},"#
  }
  return #"{"schemaVersion":1,"# + (info ?? "") + #""traceEvents":["#
    + events.joined(separator: ",\n") + "]" + tail + "}"
}

@Suite("PyTorch profiles")
struct PyTorchTests {
  private func readRanks(
    _ profiles: [String], names: [String]? = nil, _ options: ReadOptions = ReadOptions()
  ) throws -> (sink: CollectingSink, facts: TraceFacts) {
    let folder = try TemporaryFolder()
    for (index, text) in profiles.enumerated() {
      try folder.write(text, as: names?[index] ?? "profile-\(index).json")
    }
    let sink = CollectingSink()
    return (sink, try readTrace(at: folder.path, options: options, into: sink))
  }

  /// Microseconds. Rank 0:            Rank 1:
  ///
  ///     step        [0 ........ 100)     step        [10 ....... 110)
  ///     add         [0 . 30)             add         [10 ..... 70)
  ///     all_reduce     [20 . 60)         all_reduce          [65 . 85)
  ///     mul                  [50 . 70)   mul                       [85 . 95)
  ///     all_reduce               [80 . 90)
  ///
  /// Rank 0: collectives [20,60) and [80,90) without compute [0,30), [50,70) leave [30,50) and
  /// [80,90): 30 exposed, own 100 − 30 = 70. Rank 1: [65,85) without [10,70), [85,95) leaves
  /// [70,85): 15 exposed, own 85. The transfer is the smaller one, 15; rank 0 waited 30 − 15 = 15.
  @Test("Own time, transfer and waiting of two ranks and one step, worked out by hand")
  func byHand() throws {
    let first = profile(
      rank: 0, of: 2,
      [
        event("cpu_op", "aten::mul", "50", "20"),
        event("user_annotation", "gloo:all_reduce", "20", "40"),
        step(7, 0, 100), event("cpu_op", "aten::add", "0", "30"),
        event("cpu_op", "c10d::allreduce_", "80", "10"),
        event("gpu_user_annotation", "gloo:all_reduce", "0", "100"),
        event("python_function", "train.py", "0", "100"),
      ])
    let second = profile(
      rank: 1, of: 2,
      [
        step(7, 10, 100), event("cpu_op", "aten::add", "10", "60"),
        event("user_annotation", "gloo:all_reduce", "65", "20"),
        event("cpu_op", "aten::mul", "85", "10"),
      ])
    let (sink, facts) = try readRanks([first, second])
    #expect(
      sink.sorted.map(\.gradients) == [
        [
          GradientInterval(
            startNs: 0, durationNs: 70_000, waitNs: 15_000, turnaroundNs: 15_000, step: 7)
        ],
        [
          GradientInterval(
            startNs: 10_000, durationNs: 85_000, waitNs: 0, turnaroundNs: 15_000, step: 7)
        ],
      ])
    #expect(facts.kind == .synchronous)
    #expect(facts.unixNsOfZero == nil)
    #expect(sink.workers.allSatisfy { $0.trust == .separated })
    #expect(sink.issues.isEmpty)
  }

  /// Step [0, 100): kernels [10, 40) and [60, 70), NCCL [30, 80), a copy [75, 90). Exposed is
  /// [40, 60) and [70, 75): 25. What the CPU did meanwhile does not count, before or after the first
  /// kernel, and neither do its own names for the collectives.
  @Test("With kernels, only the GPU counts", arguments: ["kernel,gpu_memcpy", "Kernel,Memcpy"])
  func gpu(categories: String) throws {
    let names = categories.split(separator: ",").map(String.init)
    let events = [
      event("cpu_op", "aten::add", "0", "100"), event("cpu_op", "c10d::allreduce_", "0", "5"),
      event(names[1], "Memcpy HtoD", "75", "15"),
      event(names[0], "ncclDevKernel_AllReduce_Sum_f32_RING_LL(x)", "30", "50"),
      event(names[0], "volta_sgemm", "10", "30"), event(names[0], "volta_sgemm", "60", "10"),
      event("user_annotation", "nccl:all_reduce", "0", "9"),
      event("cpu_op", "aten::mul", "0", "99"),
      step(1, 0, 100),
    ]
    for order in [events, events.reversed()] {
      let (sink, _) = try read(profile(rank: 0, of: 2, order))
      #expect(sink.workers[0].gradients[0].durationNs == 75_000)
      // Alone, a rank cannot tell transfer from waiting.
      #expect(sink.workers[0].gradients[0].waitNs == 25_000)
      #expect(sink.workers[0].gradients[0].turnaroundNs == nil)
      #expect(sink.issue("rank-missing")?.count == 1)
    }
  }

  /// Kernels [10, 40) and [60, 70), what is called NCCL or RCCL [30, 80): 30 µs exposed. A name of another
  /// kind is work like the others.
  @Test(
    "A collective is known wherever its library stands in the name, in any case",
    arguments: [("nccl", true), ("rCCl", true), ("NcCl", true), ("mccl", false), ("nccm", false)])
  func collectiveNames(library: String, isCollective: Bool) throws {
    for before in 0...18 {
      for after in 0...9 {
        // Letters c in front, so that pairs of them occur elsewhere too.
        let name =
          String(repeating: before % 3 == 0 ? "c" : "n", count: before) + library
          + String(repeating: "_", count: after)
        let (sink, _) = try read(
          profile(
            rank: 0, of: 2,
            [
              event("kernel", "gemm", "10", "30"), event("kernel", "gemm", "60", "10"),
              event("kernel", name, "30", "50"), step(1, 0, 100),
            ]))
        #expect(
          sink.workers[0].gradients[0].durationNs == (isCollective ? 70_000 : 100_000), "\(name)")
      }
    }
  }

  @Test("Keys may come in any order, at any buffer size", arguments: [1, 2, 3, 7, 777, 4096])
  func order(size: Int) throws {
    let text = #"""
      {"traceEvents":[{"args":{"a":[1]},"dur":"10.5","ts":0.25,"name":"gloo:all_reduce",
      "cat":"user_annotation","ph":"X"},{"name":"ProfilerStep#3","dur":20,"ts":0,"ph":"X",
      "cat":"user_annotation"},{"ph":"M","name":"x"},{"cat":"Trace","ph":"X","ts":1,"dur":1}],
      "distributedInfo":{"world_size":2,"rank":1,"pg_config":[{"ranks":[0,1]}]},
      "host_name":"node7","baseTimeNanoseconds":1700000000000000000,"schemaVersion":1}
      """#
    let (sink, facts) = try read(text, ReadOptions(bufferSize: size))
    let worker = sink.workers[0]
    #expect(worker.label.text == "1")
    #expect(worker.host == "node7")
    #expect(worker.gradients[0].startNs == 1_700_000_000_000_000_000)
    #expect(worker.gradients[0].durationNs == 20_000 - 10_500)
    #expect(facts.unixNsOfZero == 0)
    #expect(sink.issue("string-number")?.count == 1)
  }

  private func read(
    _ text: String, _ options: ReadOptions = ReadOptions()
  ) throws -> (sink: CollectingSink, facts: TraceFacts) {
    try TraceFormatsTests.read(text, as: "x", options)
  }

  @Test("A job of one rank waits for nobody")
  func oneRank() throws {
    let (sink, facts) = try read(
      profile(rank: 0, of: 1, [step(1, 0, 100), event("cpu_op", "c10d::allreduce_", "10", "20")]))
    #expect(
      sink.workers[0].gradients[0] == GradientInterval(startNs: 0, durationNs: 100_000, step: 1))
    #expect(sink.workers[0].trust == .separated)
    #expect(facts.kind == .independent)
  }

  @Test("Ranks without any collective are graded wall-clock, and the others keep their transfer")
  func noCollectives() throws {
    let with = [step(1, 0, 100), event("cpu_op", "c10d::allreduce_", "10", "20")]
    let (sink, _) = try readRanks([
      profile(rank: 0, of: 3, with), profile(rank: 1, of: 3, with),
      profile(rank: 2, of: 3, [step(1, 0, 100), event("cpu_op", "aten::add", "10", "20")]),
    ])
    #expect(sink.sorted.map(\.trust) == [.separated, .separated, .wallClock])
    #expect(sink.sorted.map { $0.gradients[0].turnaroundNs } == [20_000, 20_000, nil])
    #expect(sink.issue("no-collectives")?.count == 1)
    let (overridden, _) = try readRanks(
      [profile(rank: 0, of: 2, with), profile(rank: 1, of: 2, [step(1, 0, 100)])],
      ReadOptions(trust: .measured))
    #expect(overridden.workers.map(\.trust) == [.measured, .measured])
  }

  @Test("A last step that was cut is dropped: too short, or without the work of the others")
  func cutStep() throws {
    let work = (1...3).map { event("cpu_op", "aten::add", "\($0 * 100)", "50") }
    let steps = (1...3).map { step($0, $0 * 100, 100) }
    for (last, isCut) in [
      (step(4, 400, 9), true), (step(4, 400, 100), true), (step(4, 300, 10), false),
    ] {
      let (sink, _) = try read(profile(work + steps + [last]))
      #expect(sink.gradientCount == (isCut ? 3 : 4))
      #expect((sink.issue("cut-step") != nil) == isCut)
    }
    let (single, _) = try read(profile([step(1, 0, 1)]))
    #expect(single.gradientCount == 1)
  }

  @Test(
    "The rank comes from the file, else from the pattern, else from the name",
    arguments: [
      (5, nil, "rank1.json", "5"), (nil, nil, "rank1.179.pt.trace.json", "1"),
      (nil, nil, "worker12.1623.json", "12"), (nil, nil, "rank-34.Jul_15.json", "34"),
      (nil, nil, "sampled_rank_7.json", "7"), (nil, #"node(\d+)"#, "rank1_node3.json", "3"),
      (nil, #"\d+"#, "a42b.json", "42"), (nil, nil, "mine.json", "mine.json"),
    ] as [(Int?, String?, String, String)])
  func rank(inFile: Int?, pattern: String?, name: String, expected: String) throws {
    let text = profile(rank: inFile, of: 8, [step(1, 0, 100)])
    let (sink, _) = try TraceFormatsTests.read(
      text, as: "runs/\(name)", ReadOptions(rankRegex: pattern))
    #expect(sink.workers.map(\.label.text) == [expected])
  }

  @Test("A pattern that is none, or that does not match, is refused")
  func badPattern() {
    let text = profile([step(1, 0, 100)])
    #expect(
      refusal(text, as: "a.json", ReadOptions(rankRegex: "("))
        == "--rank-regex: “(” is no regular expression. Example: --rank-regex 'node-(\\d+)'")
    #expect(
      refusal(text, as: "a.json", ReadOptions(rankRegex: "node(\\d+)"))
        == "a.json: the name does not match “node(\\d+)” with digits in it, and the file tells no rank."
        + " Rename it, or give another --rank-regex."
    )
  }

  @Test("Several files of one rank are one worker, and repeated step numbers stay apart")
  func joined() throws {
    let (sink, _) = try readRanks(
      [profile([step(1, 0, 100)]), profile([step(1, 500, 100), step(2, 600, 100)])],
      names: ["worker0.100.json", "worker0.200.json"])
    #expect(sink.workers.count == 1)
    #expect(sink.sorted[0].gradients.map(\.startNs) == [0, 500_000, 600_000])
  }

  @Test("Bad events are kept out and counted, a missing end does no harm")
  func badEvents() throws {
    let events = [
      step(1, 0, 100), event("cpu_op", "aten::add", "NaN", "5"),
      event("cpu_op", "aten::add", "1", "-5"),
      event("cpu_op", "aten::add", "9e15", "9e15"), #"{"ph":"X","cat":"cpu_op","name":"a"}"#, "7",
      #"{"ph":"X","cat":"cpu_op","name":"a","ts":{},"dur":[1]}"#,
      #"{"ph":"X","cat":"cuda_runtime","name":"a","ts":NaN}"#,
    ]
    let whole = profile(events)
    let (sink, _) = try read(whole)
    #expect(sink.gradientCount == 1)
    // The last event is of a kind that nobody reads.
    #expect(sink.issues.map(\.code) == ["bad-event", "loose-json", "rank-unknown"])
    #expect(sink.issues[0].count == 6 && sink.issues[1].count == 1)
    #expect(sink.issues[0].severity == .warning)
    for count in [1, 2, 3, 30] {
      let (sink, _) = try read(String(whole.dropLast(count)))
      #expect(sink.gradientCount == 1)
      #expect(sink.issue("truncated-tail")?.firstPlace == "x: byte \(whole.utf8.count - count)")
    }
  }

  @Test("Clocks and joined world sizes that do not fit together are counted")
  func clocks() throws {
    let base = #","baseTimeNanoseconds":1700000000000000000"#
    let (sink, facts) = try readRanks(
      [
        profile(rank: 0, of: 2, [step(1, 0, 100)], tail: base),
        profile(rank: 1, of: 4, [step(1, 0, 100)]),
      ], ReadOptions(join: true))
    #expect(facts.unixNsOfZero == nil)
    #expect(sink.issue("clocks-differ")?.count == 1)
    #expect(sink.issue("world-sizes-differ")?.count == 1)
  }

  @Test("A step that is all waiting counts as half a tick")
  func allWaiting() throws {
    let (sink, _) = try read(
      profile(
        rank: 0, of: 2,
        [
          step(1, 0, 100), event("cpu_op", "c10d::allreduce_", "0", "100"), step(2, 100, 50),
          event("cpu_op", "aten::add", "100", "9"),
        ]))
    #expect(sink.workers[0].gradients[0].durationNs == 500)
    #expect(sink.issue("zero-duration")?.count == 1)
  }

  @Test(
    "Times at the edges of 64 bits are left out and counted",
    arguments: [
      ("9223372036854775.807", "1"), ("-9223372036854775.808", "1"), ("1e300", "1"), ("0", "1e16"),
      ("9223372036854775808", "1"), ("0", "9223372036854775807"),
    ])
  func edges(start: String, duration: String) throws {
    let (sink, _) = try read(
      profile([
        step(1, 0, 100), event("cpu_op", "aten::add", start, duration),
        event("user_annotation", "ProfilerStep#2", start, duration),
      ]))
    #expect(sink.gradientCount == 1)
    #expect(sink.issue("bad-event")?.count == 2)
  }

  @Test("Random byte changes never trap", arguments: 0..<1500 as Range<UInt64>)
  func mutations(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    var bytes = Array(
      profile(
        rank: 0, of: 2,
        [
          step(1, 0, 100), step(2, 100, 100), event("kernel", "ncclKernel_x", "150", "30.5"),
          event("cpu_op", "aten::add", "1", "2"), event("kernel", "gemm", "20", "30"),
        ], tail: #","baseTimeNanoseconds":1700000000000000000"#
      ).utf8)
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
    }
    let sink = CollectingSink()
    do {
      let options = ReadOptions(format: .pytorch, bufferSize: seed % 2 == 0 ? 5 : 4096)
      let source = try ByteSource(path: "x", bytes: bytes)
      _ = try readTrace(from: source, options: options, into: sink)
    } catch {
      #expect(error is TraceFormatError, "\(error)")
    }
    #expect(sink.workers.flatMap(\.gradients).allSatisfy { $0.durationNs > 0 && $0.waitNs >= 0 })
  }
}
