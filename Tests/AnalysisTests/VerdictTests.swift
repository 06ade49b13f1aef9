import Analysis
import Testing
import TraceModel

@Suite("Verdict words")
struct VerdictTests {
  private func verdict(
    _ trace: Trace, _ options: ComparisonOptions = ComparisonOptions(resampleCount: 60)
  ) -> Verdict {
    let inspection = inspect(
      trace, options: InspectionOptions(resampleCount: 60, shuffleCount: 60))
    return compare(trace, inspection: inspection, options: options).verdict
  }

  /// Traces with long labels, many slow workers, turnaround, lost grades and few rounds.
  private var traces: [Trace] {
    var traces: [Trace] = []
    for count in [2, 30] {
      for workerCount in [1, 2, 7, 40] {
        var random = SplitMix64(seed: UInt64(count * workerCount))
        var trace = makeTrace(
          (0..<workerCount).map { m in
            (0..<count).map { _ in (m % 3 == 1 ? 3 : 1) * (0.5 + random.uniform()) }
          })
        traces.append(trace)
        for m in trace.workers.indices {
          let label = WorkerLabel("worker:\(m)-" + String(repeating: "é\u{301}", count: 60))
          trace.workers[m].worker.label = label
          trace.workers[m].turnaroundsNs = [Int64](repeating: 2_000_000, count: count)
          trace.workers[m].startsNs = trace.workers[m].startsNs.enumerated().map {
            $1 + 3_000_000 * Int64($0)
          }
        }
        traces.append(trace)
        trace.unit = .relative
        trace.workers[0].worker.trust = .separated
        traces.append(trace)
        trace.workers[0].worker.trust = .wallClock
        traces.append(trace)
      }
    }
    return traces
  }

  /// Three of the twelve lines are bars. Eight columns hold the names of the parts, and the sentence
  /// has none.
  @Test("A card's words have at most nine lines of 80 columns")
  func length() {
    for trace in traces {
      let verdict = verdict(trace)
      let parts = [verdict.sentence, verdict.why, verdict.gain, verdict.trust, verdict.next]
      let lines = parts.enumerated().map { part, text in
        wrappedLineCount(text, columns: part == 0 ? 80 : 80 - 8)
      }
      // A card that recommends nothing has no bars.
      let limit = verdict.recommendation == nil ? 12 : 9
      #expect(lines.reduce(0, +) <= limit, "\(lines) lines: \(parts)")
      // All of these traces with gaps replay in less than their time.
      let hasGaps = trace.workerCount > 1 && trace.workers[0].turnaroundsNs.count > 1
      if hasGaps { #expect(verdict.trust.contains("every grade falls by one")) }
      #expect(!parts.contains(""))
    }
  }

  private func wrappedLineCount(_ text: String, columns: Int) -> Int {
    var lines = 1
    var used = 0
    for word in text.split(separator: " ") {
      if used > 0, used + 1 + word.count > columns {
        lines += 1
        used = word.count
      } else {
        used += (used > 0 ? 1 : 0) + word.count
      }
    }
    return lines
  }

  @Test("Speed-up is never said without saying of what")
  func speedup() {
    for trace in traces {
      let verdict = verdict(trace)
      let text = [verdict.sentence, verdict.why, verdict.gain, verdict.trust, verdict.next]
        .joined(separator: " ")
      let all = text.components(of: "speed-up").count
      #expect(
        all == text.components(of: "count speed-up").count
          + text.components(of: "Count speed-up").count, "\(text)")
    }
  }

  @Test("Where turnaround decides, both figures stand together")
  func turnaround() {
    // Own times 1 and 4 ms: formula 2.5. With 8 ms: λ = 1/9 + 1/12 = 7/36, rounds of 12 ms for 2:
    // ratio 7/6.
    var trace = makeConstant([1, 4], count: 40)
    for m in 0..<2 {
      trace.workers[m].turnaroundsNs = [Int64](repeating: 8_000_000, count: 40)
      trace.workers[m].startsNs = (0..<40).map { Int64($0) * (m == 0 ? 9_000_000 : 12_000_000) }
    }
    let why = verdict(trace).why
    #expect(why.contains("Turnaround is 76% of a cycle (8.00 ms)"))
    #expect(why.contains("count speed-up 1.17× with it"))
    #expect(why.contains("own times alone give 2.50×"))
  }

  /// 26 against a fastest quarter of 10; the excess of 12 is an eighth of that. A turnaround of 1 takes
  /// away less than half of what own times promise.
  @Test("The worker that decides is named first, not all that are a little slow with it")
  func decisive() {
    var trace = makeConstant([10, 10, 10, 10, 12, 26], count: 40)
    for m in 0..<6 { trace.workers[m].turnaroundsNs = [Int64](repeating: 1_000_000, count: 40) }
    let why = verdict(trace).why
    #expect(
      why.hasPrefix(
        "Worker 5 takes 2.60 times as long per gradient as the fastest quarter, worker 4 1.20 times."
      ), "\(why)")
  }

  @Test("Labels are cut at 24 scalars, and only the card's")
  func labels() {
    var trace = makeConstant([1, 1, 1, 3], count: 20)
    let long = String(repeating: "x", count: 500)
    trace.workers[3].worker.label = WorkerLabel(long)
    let verdict = verdict(trace)
    #expect(verdict.sentence.contains(String(repeating: "x", count: 23) + "…"))
    #expect(!verdict.sentence.contains(String(repeating: "x", count: 24)))
    #expect(verdict.recommendation?.workers == [WorkerLabel(long)])
  }

  @Test("Many drained workers are counted, a few are named")
  func manyWorkers() {
    let trace = makeConstant((0..<40).map { $0 < 8 ? 6 : 1 }, count: 20)
    let sentence = verdict(trace).sentence
    #expect(sentence.hasPrefix("Drain workers 0, 1, 2, 3, 4 and 3 more and stay synchronous"))
  }

  @Test("Equal workers are said to be equal, with the chance")
  func equalWorkers() {
    let why = verdict(makeEqual(8, count: 20, spread: 0.2, seed: 6)).why
    #expect(why.hasPrefix("These workers cannot be told apart"))
    #expect(why.contains("(p = 0."))
  }

  @Test("A recorded schedule that does not replay in its time costs every grade")
  func backcast() throws {
    // Rounds of 2 ms with 2 ms between them that nothing explains: replayed in half the time. The
    // first round is over at 2 ms; the other 39 begin at 4 ms and end at 39 · 4 + 2 = 158 ms.
    var trace = makeConstant([1, 2], count: 40)
    for m in 0..<2 { trace.workers[m].startsNs = (0..<40).map { Int64($0) * 4_000_000 } }
    let inspection = inspect(trace, options: InspectionOptions(resampleCount: 0, shuffleCount: 50))
    let backcast = try #require(inspection.backcast)
    #expect(agree(backcast.replayedSeconds, 0.078))
    #expect(agree(backcast.recordedSeconds, 0.154))
    #expect(inspection.trust == .separated)
    #expect(inspection.workers.allSatisfy { $0.worker.trust == .separated })
    let trust = compare(trace, inspection: inspection).verdict.trust
    #expect(trust.contains("Replays in 0.51 of recorded time: every grade falls by one"))
    // Nothing was separated.
    #expect(trust.contains("falls by one, to separated. Waiting or turnaround is missing."))
    #expect(!trust.contains("Own time"))
  }

  /// Worker 2 is as fast as the others for 30 of 40 gradients, then takes 4 times as long.
  @Test("A trace that changes is said to change, and where")
  func notStationary() {
    var rows = [[Double]](repeating: [Double](repeating: 1, count: 40), count: 3)
    for step in 30..<40 { rows[2][step] = 4 }
    let trust = verdict(makeTrace(rows)).trust
    #expect(trust.contains("Not stationary: the formula is 1.00× in the first half and 2.00×"))
    #expect(trust.contains("worker 2 changes 75% into the trace"))
  }

  @Test("A backcast of a trace that explains itself keeps the grades")
  func goodBackcast() throws {
    var trace = makeConstant([1, 2], count: 40)
    for m in 0..<2 {
      trace.workers[m].startsNs = (0..<40).map { Int64($0) * 4_000_000 }
      trace.workers[m].turnaroundsNs = [Int64](repeating: 2_000_000, count: 39) + [-1]
    }
    let inspection = inspect(trace, options: InspectionOptions(resampleCount: 0, shuffleCount: 50))
    #expect(try #require(inspection.backcast).ratio == 1)
    #expect(inspection.trust == .measured)
  }
}

extension String {
  /// The places where `part` stands.
  fileprivate func components(of part: String) -> [Substring.Index] {
    var found: [Index] = []
    var rest = self[...]
    while let range = rest.firstRange(of: part) {
      found.append(range.lowerBound)
      rest = rest[range.upperBound...]
    }
    return found
  }
}
