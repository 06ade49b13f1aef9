import TestSupport
import Testing
import TraceFormats
import TraceModel

/// Short pieces of real traces, with figures that were worked out independently of this code.
@Suite("Committed traces")
struct FixtureTests {
  /// Rows: step windows less exposed all-reduces, in microseconds with the profiler's own digits.
  @Test("Own time, transfer and waiting of four gloo ranks and three steps")
  func gloo() throws {
    let sink = CollectingSink()
    let facts = try readTrace(at: fixture("formats/gloo-4-ranks"), into: sink)
    let own: [[Double]] = [
      [11881.962, 16680.669, 13259.225], [14852.042, 14985.414, 23698.286],
      [17420.352, 17357.316, 19203.592], [28650.610, 27426.494, 11684.577],
    ]
    let transfer: [Double] = [12555.156, 11800.597, 25650.368]
    for (rank, worker) in sink.sorted.enumerated() {
      #expect(worker.label.text == "\(rank)")
      #expect(worker.gradients.map(\.step) == [4, 5, 6])
      for (step, gradient) in worker.gradients.enumerated() {
        // The other computation went through Double, whose grid is coarse at these times.
        #expect(abs(Double(gradient.durationNs) / 1000 - own[rank][step]) < 0.01)
        #expect(abs(Double(gradient.turnaroundNs ?? 0) / 1000 - transfer[step]) < 0.01)
      }
    }
    #expect(abs(sink.formula - 1.285313794473311) < 1e-6)
    #expect(facts.kind == .synchronous)
    #expect(sink.issues.isEmpty)
  }

  @Test("Workers, gradients and formula of a Ray timeline")
  func ray() throws {
    let sink = CollectingSink()
    let facts = try readTrace(at: fixture("formats/ray-timeline.json"), into: sink)
    #expect(sink.workers.count == 8)
    #expect(sink.gradientCount == 96)
    #expect(abs(sink.formula - 3.864038556655541) < 1e-6)
    #expect(facts.notes.contains("task DataWorker.__init__: 8 executions, construction of actors"))
  }

  /// Means in nanoseconds, from the definition: the slower stage of each replica; steps 2 and 3 from
  /// the end of the all-reduce before; run times; gaps between lines; reciprocals.
  static let others: [(name: String, options: ReadOptions, means: [String: Double])] = [
    (
      "chrome-pipeline.json",
      ReadOptions(
        event: "forward|backward", rankBy: [.process, .thread], replicaBy: [.process],
        stepBy: "step"), ["0": 400_000, "1": 100_500]
    ),
    ("horovod.json", ReadOptions(), ["0": 95_000, "1": 120_000]),
    ("eventlog_v2_app-1", ReadOptions(), ["1": 87_500_000, "2": 192_500_000]),
    (
      "training.log", ReadOptions(pattern: #"^(?<time>\S+ \S+) INFO rank=(?<worker>\d+) step"#),
      ["0": 250_000_000, "1": 500_000_000]
    ),
    ("rates.csv", ReadOptions(), ["k80": 1_333_333_333, "p100": 400_000_000, "v100": 250_000_000]),
  ]

  @Test("Made-up traces of the other formats", arguments: [1, 7, 4096])
  func others(bufferSize: Int) throws {
    for (name, given, means) in Self.others {
      var options = given
      options.bufferSize = bufferSize
      let sink = CollectingSink()
      _ = try readTrace(at: fixture("formats/\(name)"), options: options, into: sink)
      let found = sink.workers.map { ($0.label.text, $0.meanNs) }
      #expect(Dictionary(uniqueKeysWithValues: found) == means, "\(name)")
    }
  }

  @Test("Every buffer size reads the same", arguments: [1, 7, 777, 4096])
  func buffers(size: Int) throws {
    for name in ["gloo-4-ranks", "ray-timeline.json", "two-workers.csv.gz"] {
      let (whole, pieces) = (CollectingSink(), CollectingSink())
      _ = try readTrace(at: fixture("formats/\(name)"), into: whole)
      _ = try readTrace(
        at: fixture("formats/\(name)"), options: ReadOptions(bufferSize: size), into: pieces)
      #expect(whole.sorted.map(\.gradients) == pieces.sorted.map(\.gradients))
      #expect(whole.sorted.map(\.label) == pieces.sorted.map(\.label))
    }
  }
}
