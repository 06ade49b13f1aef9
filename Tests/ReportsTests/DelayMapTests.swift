import Reports
import Testing
import TraceModel

@Suite("Delays by worker and time")
struct DelayMapTests {
  private func trace(_ durations: [Int64]) -> Trace {
    let workers = durations.enumerated().map { index, duration in
      WorkerTimings(
        worker: Worker(index: index, label: WorkerLabel("\(index)")), backToBack: [duration])
    }
    return Trace(name: "t", workers: workers)
  }

  private func map(
    _ durations: [Int64], updates: Int, spanNs: Int64, columns: Int
  ) -> DelayMapData {
    let trace = trace(durations)
    var map = DelayMapData(trace, spanNs: spanNs, gradientLimit: columns)
    for update in Samples.schedule(trace, updates: updates) {
      map.add(
        worker: update.worker, delay: update.delay, startNs: update.startNs, endNs: update.endNs)
    }
    return map
  }

  /// Worker 0 takes 1, worker 1 takes 3. Worker 0 arrives at 1, 2 and 3 with delay 1, then worker 1
  /// with 4 = 3 others and itself; worker 0 has missed that at 4, delay 2, and is fresh at 5 and 6;
  /// worker 1 at 6 has missed three again. Columns of 2: worker 1's first gradient touches two of
  /// them, its second the last two.
  @Test("Cells and means by hand, the slowest first")
  func byHand() {
    let map = map([1, 3], updates: 8, spanNs: 6, columns: 3)
    #expect(map.rows.map(\.name) == ["worker 1", "worker 0"])
    #expect(map.rows[0].means == [4, 4, 4])
    #expect(map.rows[1].means == [1, 1.5, 1])
    #expect(map.rows.map(\.count) == [2, 6] && map.gradientCount == 8)
    #expect(map.rows.map(\.sum) == [8, 7])
  }

  /// Only seven updates: worker 1's second gradient is still under way.
  @Test("What is never applied leaves its columns empty")
  func empty() {
    let map = map([1, 3], updates: 7, spanNs: 6, columns: 6)
    #expect(map.rows[0].means == [4, 4, 4, nil, nil, nil])
  }

  @Test("Above 64 workers a gradient counts for its group and, of the ten slowest, for itself")
  func groups() {
    let map = map((1...65).map { Int64($0) }, updates: 2000, spanNs: 500, columns: 500)
    #expect(map.rows.count == 42 && map.columnCount * map.rows.count <= 5000)
    #expect(map.gradientCount == 2000)
    #expect(map.rows.prefix(32).map(\.count).reduce(0, +) == 2000)
    // Ranks 1–2 are the workers 64 and 63.
    #expect(map.rows[0].count == map.rows[32].count + map.rows[33].count)
    #expect(map.rows[0].sum == map.rows[32].sum + map.rows[33].sum)
  }

  @Test("The message names the latest, the freshest and a spell, or says that there are none")
  func messages() {
    func message(_ map: DelayMapData) -> String {
      var input = Samples.report(Samples.trace())
      input.delayMap = map
      let page = renderHTML(input)
      return page.components(separatedBy: "<section id=\"delays-time\">")[1]
        .components(separatedBy: "</p>")[0]
    }
    let uneven = message(map([1, 3], updates: 800, spanNs: 600, columns: 100))
    #expect(
      uneven.hasSuffix(
        "Gradients of worker 1 are the latest, with a mean delay of 4.00 (staleness 3.00), and "
          + "25\u{202F}% of all; those of worker 0 are the freshest, 1.33 and 75\u{202F}%."))
    let equal = message(map([2, 2, 2], updates: 900, spanNs: 600, columns: 100))
    #expect(
      equal.hasSuffix(
        "All workers&#39; gradients are about equally late, with a mean delay between 2.99 and 3.00 "
          + "(staleness 2.00); M = 3."), "\(equal)")
    // One late gradient of a worker that is fresh otherwise.
    var spell = DelayMapData(trace([1, 1]), spanNs: 1000, gradientLimit: 10)
    for index in 0..<10 as Range<Int64> {
      for worker in 0..<2 {
        spell.add(
          worker: worker, delay: index == 6 && worker == 1 ? 50 : 2, startNs: index * 100,
          endNs: index * 100 + 100)
      }
    }
    #expect(
      message(spell).hasSuffix("Around 650\u{202F}ns those of worker 1 reach 50.0."),
      "\(message(spell))")
  }
}
