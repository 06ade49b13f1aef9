import Analysis
import Testing
import TraceModel

@Suite("Edits of a trace")
struct TraceEditTests {
  private func edit(_ trace: Trace, _ edits: TraceEdit...) throws -> Trace {
    try edited(trace, by: edits, seed: 1)
  }

  private func labels(_ trace: Trace) -> [String] { trace.workers.map(\.worker.label.text) }

  @Test("Who stays keeps the index of the original trace")
  func drop() throws {
    let trace = try edit(makeConstant([1, 2, 3], count: 4), .drop(WorkerLabel("1")))
    #expect(labels(trace) == ["0", "2"])
    #expect(trace.workers.map(\.worker.index) == [0, 2])
    let more = try edit(trace, .add(1, like: .worker(WorkerLabel("0"))))
    #expect(more.workers.map(\.worker.index) == [0, 3, 2])
  }

  @Test("Scaling moves what comes after by what it takes longer")
  func scale() throws {
    var trace = makeConstant([1, 1], count: 3)
    trace.workers[1].startsNs = [0, 5_000_000, 7_000_000]
    let slower = try edit(trace, .scale(WorkerLabel("1"), 2))
    #expect(slower.workers[0].durationsNs == trace.workers[0].durationsNs)
    #expect(slower.workers[1].durationsNs == [2_000_000, 2_000_000, 2_000_000])
    // The gaps of 4 and 1 ms stay.
    #expect(slower.workers[1].startsNs == [0, 6_000_000, 9_000_000])
    let both = try edit(trace, .scale(nil, 0.5))
    #expect(both.workers.allSatisfy { $0.durationsNs == [500_000, 500_000, 500_000] })
  }

  @Test("An added worker has its donor's durations, begun elsewhere", arguments: 2..<8)
  func add(count: Int) throws {
    let column = (1...count).map { Double($0) }
    let trace = try edit(makeTrace([column, [9, 9]]), .add(3, like: .percentile(0)))
    #expect(labels(trace) == ["0", "0+1", "0+2", "0+3", "1"])
    let donor = trace.workers[0].durationsNs
    for m in 1...3 {
      let copy = trace.workers[m]
      #expect(copy.durationsNs.sorted() == donor.sorted())
      #expect(copy.durationsNs != donor)
      #expect((donor + donor).contains(copy.durationsNs))
      #expect(
        copy.startsNs == WorkerTimings(worker: copy.worker, backToBack: copy.durationsNs).startsNs)
      #expect(copy.worker.index == 1 + m)
    }
  }

  @Test(
    "Percentiles go from the fastest worker to the slowest",
    arguments: [(0.0, "2"), (50, "0"), (100, "1")])
  func percentile(percent: Double, label: String) throws {
    let trace = try edit(makeConstant([2, 3, 1], count: 3), .add(1, like: .percentile(percent)))
    #expect(labels(trace).contains("\(label)+1"))
  }

  @Test("Ten times as many workers have the same formula")
  func multiply() throws {
    var random = SplitMix64(seed: 5)
    let trace = makeTrace(
      (0..<4).map { m in (0..<30).map { _ in Double(1 + m) + random.uniform() } })
    let grown = try edit(trace, .multiply(10))
    #expect(grown.workerCount == 40)
    let before = inspect(trace, options: plain).speedup
    let after = inspect(grown, options: plain).speedup
    #expect(agree(before.formulaMean, after.formulaMean))
    // More draws a round, so that its longest is longer.
    #expect(after.realised > before.realised)
    #expect(
      try edit(trace, .multiply(1)).workers.map(\.durationsNs) == trace.workers.map(\.durationsNs))
  }

  /// Worker 0's unknown turnaround counts as the mean of its others, 200 ns, before and after.
  @Test("Communication is charged after every gradient, and never below none")
  func communication() throws {
    var trace = makeConstant([1, 1], count: 3)
    trace.workers[0].turnaroundsNs = [100, -1, 300]
    let more = try edit(trace, .communication(ns: 50))
    #expect(more.workers[0].turnaroundsNs == [150, 250, 350])
    #expect(more.workers[1].turnaroundsNs == [50, 50, 50])
    #expect(more.workers[1].startsNs == [0, 1_000_050, 2_000_100])
    let less = try edit(trace, .communication(ns: -200))
    #expect(less.workers[0].turnaroundsNs == [0, 0, 100])
    #expect(less.workers[0].startsNs == [0, 999_900, 1_999_900])
    func mean(_ trace: Trace) -> Double? {
      inspect(trace, options: InspectionOptions(resampleCount: 0, shuffleCount: 0))
        .workers[0].turnaroundSeconds
    }
    let (before, after) = (try #require(mean(trace)), try #require(mean(more)))
    #expect(abs(after - before - 50e-9) < 1e-18)
  }

  /// Gradients of 1 ms back to back: at 1.5 ms the second one is under way, at 2 ms the third begins.
  @Test("A failure pauses what is computed and lets it go on")
  func fail() throws {
    let trace = makeConstant([1, 1], count: 4)
    let paused = try edit(trace, .fail(WorkerLabel("1"), fromNs: 1_500_000, toNs: 4_500_000))
    #expect(paused.workers[0].durationsNs == trace.workers[0].durationsNs)
    #expect(paused.workers[1].durationsNs == [1_000_000, 4_000_000, 1_000_000, 1_000_000])
    #expect(paused.workers[1].startsNs == [0, 1_000_000, 5_000_000, 6_000_000])

    // In a gap, the next gradient begins when the window has closed.
    var gaps = trace
    gaps.workers[1].startsNs = [0, 3_000_000, 5_000_000, 7_000_000]
    let late = try edit(gaps, .fail(WorkerLabel("1"), fromNs: 1_500_000, toNs: 3_500_000))
    #expect(late.workers[1].durationsNs == [1_000_000, 1_500_000, 1_000_000, 1_000_000])
    #expect(late.workers[1].startsNs == [0, 3_000_000, 5_500_000, 7_500_000])
  }

  @Test("A mixture keeps both traces, under names that do not clash")
  func mix() throws {
    var other = makeConstant([5, 6], count: 2)
    other.name = "night"
    other.workers[1].worker.label = WorkerLabel("x")
    let trace = try edit(makeConstant([1, 2], count: 3), .mix(other), .mix(other))
    #expect(labels(trace) == ["0", "1", "night:0", "night:night:0", "night:x", "x"])
    #expect(Set(trace.workers.map(\.worker.index)).count == 6)
    #expect(trace.kind == .independent)
  }

  @Test("The first start that is left is the trace's zero")
  func origin() throws {
    var trace = makeConstant([1, 1], count: 2)
    trace.workers[1].startsNs = [3_000_000, 4_000_000]
    trace.startUnixNs = 1_000
    let late = try edit(trace, .drop(WorkerLabel("0")))
    #expect(late.workers[0].startsNs == [0, 1_000_000])
    #expect(late.startUnixNs == 3_001_000)
  }

  @Test("Edits that a trace does not allow say which and why")
  func refused() {
    let trace = makeConstant([1, 1], count: 2)
    func reason(_ edits: TraceEdit...) -> TraceEditFailure? {
      do {
        _ = try edited(trace, by: edits, seed: 1)
        return nil
      } catch { return error }
    }
    #expect(
      reason(.scale(nil, 2), .drop(WorkerLabel("11")))
        == TraceEditFailure(
          position: 1, reason: .unknownWorker(WorkerLabel("11"), nearest: WorkerLabel("1"))))
    #expect(reason(.drop(WorkerLabel("1")), .drop(WorkerLabel("0")))?.reason == .nobodyLeft)
    #expect(reason(.scale(nil, -1))?.reason == .factor(-1))
    #expect(reason(.scale(nil, 1e300))?.reason == .timeOverflow(WorkerLabel("0")))
    #expect(reason(.multiply(.max))?.position == 0)
    #expect(reason(.dropHost("a"))?.reason == .unknownHost("a", known: []))
    #expect(
      reason(.fail(WorkerLabel("0"), fromNs: 2_000_000, toNs: 3_000_000))?.reason
        == .nothingToPause(WorkerLabel("0"), lastEndNs: 2_000_000))
    #expect(
      reason(.fail(WorkerLabel("0"), fromNs: 3, toNs: 3))?.reason == .window(fromNs: 3, toNs: 3))
    var relative = trace
    relative.unit = .relative
    #expect(reason(.mix(relative))?.reason == .units)
  }
}
