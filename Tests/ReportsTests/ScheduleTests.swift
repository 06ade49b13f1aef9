import Reports
import Testing
import TraceModel

@Suite("Schedules for figures")
struct ScheduleTests {
  private func trace(_ durations: [[Int64]], turnaround: Int64? = nil) -> Trace {
    let workers = durations.enumerated().map { index, list in
      var timings = WorkerTimings(
        worker: Worker(index: index, label: WorkerLabel("\(index)")), backToBack: list)
      if let turnaround { timings.turnaroundsNs = list.map { _ in turnaround } }
      return timings
    }
    return Trace(name: "t", workers: workers)
  }

  /// Worker 0 takes 1, worker 1 takes 3: rounds end at 3, 6, …, 24. By then worker 0 has finished
  /// 24 and worker 1 eight. Worker 1's fifth gradient runs from 12 to 15. At 12 worker 0's 12th
  /// arrives first (lower index), so 12 + 4 updates are made; at 15 it is 15 + 5: delay 4.
  @Test("Rounds, counts and a delay by hand")
  func byHand() throws {
    let data = try #require(GanttData(trace([[1], [3]])))
    #expect(data.roundEndsNs == [3, 6, 9, 12, 15, 18, 21, 24])
    #expect(data.minibatchCount == 16)
    #expect(data.asynchronousCount == 32)
    #expect(data.lanes.map(\.text) == ["1", "0"])
    #expect(
      data.example
        == GanttData.Example(lane: 0, startNs: 12, endNs: 15, readUpdate: 16, appliedUpdate: 20))
    let fast = data.minibatch.filter { $0.lane == 1 && $0.round == 0 }
    #expect(
      fast == [
        .init(lane: 1, startNs: 0, endNs: 1, kind: .computing, round: 0),
        .init(lane: 1, startNs: 1, endNs: 3, kind: .waiting, round: 0),
      ])
  }

  /// The same with the slow worker first: at 12 and at 15 its own arrival comes before the other's
  /// of the same instant, so 4 + 11 and 5 + 14 updates.
  @Test("Ties go to the lower index")
  func ties() throws {
    let data = try #require(GanttData(trace([[3], [1]])))
    #expect(
      data.example
        == GanttData.Example(lane: 0, startNs: 12, endNs: 15, readUpdate: 15, appliedUpdate: 19))
  }

  /// With a turnaround of 1 rounds last 3, 4, 4 …; worker 0 cycles in 2, worker 1 in 4. Until 31
  /// worker 0 arrives at 1, 3, …, 31 and worker 1 at 3, 7, …, 31.
  @Test("Turnaround comes before every round but the first, and after every arrival")
  func turnaround() throws {
    let data = try #require(GanttData(trace([[1], [3]], turnaround: 1)))
    #expect(data.roundEndsNs == [3, 7, 11, 15, 19, 23, 27, 31])
    #expect(data.asynchronousCount == 16 + 8)
    let slow = data.asynchronous.filter { $0.lane == 0 }.prefix(3)
    #expect(
      Array(slow) == [
        .init(lane: 0, startNs: 0, endNs: 3, kind: .computing, round: 0),
        .init(lane: 0, startNs: 3, endNs: 4, kind: .turnaround, round: 0),
        .init(lane: 0, startNs: 4, endNs: 7, kind: .computing, round: 1),
      ])
  }

  /// The counts come from divisions; the obvious simulation has to agree, entry by entry.
  @Test("Counts agree with the obvious simulation", arguments: 0..<20)
  func counts(seed: Int) throws {
    var random = Samples.Random(seed: UInt64(seed))
    let lists = (0..<4).map { _ in
      (0..<1 + Int(random.next() * 4)).map { _ in Int64(1 + random.next() * 9) }
    }
    let gap = Int64(random.next() * 3)
    let data = try #require(GanttData(trace(lists, turnaround: gap)))
    var arrivals = 0
    for list in lists {
      var time: Int64 = 0
      var entry = 0
      while true {
        time += list[entry % list.count]
        if time > data.windowNs { break }
        arrivals += 1
        time += gap
        entry += 1
      }
    }
    #expect(data.asynchronousCount == arrivals)
  }

  @Test("A million times faster worker is one bar, and no million of them")
  func crowded() throws {
    let data = try #require(GanttData(trace([[1], [1_000_000]])))
    #expect(data.mergedLanes == [1])
    #expect(data.asynchronousCount == 1_000_001)
    #expect(data.asynchronous.count + data.minibatch.count < 400)
  }

  @Test("Large clusters draw the slowest, the middle and the fastest; large times never wrap")
  func limits() throws {
    let data = try #require(GanttData(trace((1...1000).map { [Int64($0)] })))
    #expect(data.lanes.map(\.text).first == "999")
    #expect(data.lanes.count == 15 && data.lanes.map(\.text).last == "0")
    #expect(data.minibatch.count { $0.kind == .computing } <= 400)
    #expect(GanttData(trace([[]])) == nil)
    #expect(GanttData(trace([[.max / 2], [1]])) == nil)
    let long = try #require(GanttData(trace([[.max / 9], [.max / 10]])))
    let ninth = Int64.max / 9
    #expect(long.roundEndsNs == [ninth, 2 * ninth])
  }

  /// Twenty microseconds in 13 columns of 1.54: the third, from 3.08 to 4.62, is touched by the
  /// gradient of 2 that ends at 4 and by the one of 6 that starts there; the fourth by that alone.
  @Test("A gradient counts in each column that it touches")
  func heatmap() {
    let data = HeatmapData(trace([[2, 2, 6], [10]]), columnLimit: 10)
    #expect(data.rows.map(\.name) == ["worker 1", "worker 0"])
    #expect(data.rows[0].means == [1e-8, 1e-8, 1e-8])
    let fine = HeatmapData(
      trace([[2000, 2000, 6000] + [Int64](repeating: 1000, count: 10)]), columnLimit: 20)
    let means = fine.rows[0].means.map { $0.map { Int(($0 * 1e6).rounded()) } }
    #expect(fine.rows[0].means.count == 13)
    #expect(means.first == 2 && means.last == 1 && means[2] == 4 && means[3] == 6)
  }

  @Test("Above 64 workers there are 32 groups and the ten slowest")
  func groups() {
    let data = HeatmapData(trace((1...65).map { [Int64($0), Int64($0)] }))
    #expect(data.rows.count == 42)
    #expect(data.rows[0].name == "ranks 1–2")
    #expect(data.rows[31].name == "ranks 63–65")
    #expect(data.rows[32].name == "worker 64")
  }
}
