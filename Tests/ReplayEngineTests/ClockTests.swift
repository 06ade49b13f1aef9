import Kernels
import Optimization
import ReplayEngine
import Testing
import TraceModel

/// The recorded speed of one worker, nanosecond by nanosecond, in sixtieths of a gradient: whole
/// numbers for durations of 1 to 6 ns, so that its integral is exact without fractions.
struct SpeedTable {
  private var speeds: [Int] = []
  private var entries: [Int] = []

  init(_ worker: WorkerTimings, periodNs: Int64, hasWaits: Bool) {
    let cycles = zip(worker.startsNs.dropFirst(), worker.startsNs).map { $0 - $1 }.sorted()
    for time in 0..<periodNs {
      let moment = worker.startsNs[0] + time
      let entry = worker.startsNs.lastIndex { $0 <= moment } ?? 0
      let duration = worker.durationsNs[entry]
      let end = worker.startsNs[entry] + duration
      let wait = worker.waitsNs.isEmpty ? 0 : worker.waitsNs[entry]
      var speed = 60 / Int(duration)
      if hasWaits, entry + 1 < worker.startsNs.count, moment >= end + wait {
        let gap = worker.startsNs[entry + 1] - end - wait
        let middle = (cycles[(cycles.count - 1) / 2] + cycles[cycles.count / 2])
        if 2 * gap > 10 * middle { speed = 0 }
      }
      speeds.append(speed)
      entries.append(entry)
    }
  }

  func end(from start: Int64) -> Int64 {
    var time = start
    var work = 0
    while work < 60 {
      work += speeds[Int(time) % speeds.count]
      time += 1
    }
    return time
  }

  func entry(before time: Int64) -> Int { entries[Int(time - 1) % entries.count] }
}

/// Three workers with gaps, waits or neither, late first starts, durations of 1 to 6 ns without 5's
/// neighbours missing: 60 is a multiple of all.
private func makeGapped(seed: UInt64) -> Trace {
  let stream = CounterStream(stream: .shuffles, seed: seed)
  let hasWaits = seed % 3 == 1
  let workers = (0..<3).map { m in
    func draw(_ purpose: Int, _ entry: Int, _ limit: UInt32) -> Int64 {
      Int64(stream.word(worker: m, gradient: purpose, index: entry) % limit)
    }
    var starts: [Int64] = []
    var waits: [Int64] = []
    var durations: [Int64] = []
    var time = draw(0, 0, 4)
    for entry in 0..<Int(4 + draw(0, 1, 5)) {
      starts.append(time)
      durations.append(1 + draw(1, entry, 6))
      waits.append(draw(2, entry, 3))
      time += durations[entry] + (hasWaits ? waits[entry] : 0)
      if seed % 3 != 0 { time += draw(3, entry, 9) == 0 ? 70 : draw(4, entry, 2) }
    }
    return WorkerTimings(
      worker: Worker(index: m, label: WorkerLabel("\(m)")), startsNs: starts,
      durationsNs: durations, waitsNs: hasWaits ? waits : [],
      turnaroundsNs: seed % 2 == 0 ? starts.indices.map { draw(5, $0, 3) } : [])
  }
  let first = workers.map { $0.startsNs[0] }.min() ?? 0
  return Trace(
    name: "gapped",
    workers: workers.map { worker in
      var shifted = worker
      for entry in shifted.startsNs.indices { shifted.startsNs[entry] -= first }
      return shifted
    })
}

@Suite("Timing by the clock")
struct ClockTests {
  static let methods = MethodTests.methods + [.local(steps: 3)]

  /// The definition, for both timings, with turnarounds and a server of its own time σ:
  ///
  /// - update k is made at max(end of the gradient that completes it, time of update k − 1) + σ;
  /// - whoever is handed x_k is handed it then, or when its own gradient ends, if that is later;
  /// - it starts after the turnaround that was recorded at that moment, or with its entry before;
  /// - it ends when the integral of the speeds says, or with its entry, whatever happened to the others;
  /// - gradients are judged in the order of their ends.
  @Test(
    "Every gradient of every method starts when it is handed out and ends when its work is done",
    arguments: methods, [0, 1, 4, 30] as [Int64])
  func ends(method: MethodChoice, serverNs: Int64) throws {
    for timing in [Timing.clock, .sequence] {
      var failures: [String] = []
      var updateTotal = 0
      for seed in 0..<24 as Range<UInt64> {
        let trace = makeGapped(seed: seed)
        let hasWaits = !trace.workers[0].waitsNs.isEmpty
        let tables = trace.workers.map {
          SpeedTable($0, periodNs: trace.spanNs, hasWaits: hasWaits)
        }
        let steps = method.localSteps ?? 1
        var lastEnds = [Int64](repeating: 0, count: 3)
        var started = [0, 0, 0]
        var updates: [Int64] = [0]
        var lastJudged: Int64 = 0
        let run = try replaySchedule(
          of: trace,
          ScheduleRequest(
            method: method, horizon: Horizon(timeNs: 700), timing: timing, serverNs: serverNs),
          observer: ReplayObserver(
            update: { record in
              let expected = max(lastJudged, updates[updates.count - 1]) + serverNs
              if record.timeNs != expected { failures.append("\(seed): \(record)") }
              updates.append(record.timeNs)
            },
            gradient: { record in
              let worker = trace.workers[record.worker]
              let handed = max(updates[record.updatesAtRead], lastEnds[record.worker])
              var start = handed
              if started[record.worker] > 0, !worker.turnaroundsNs.isEmpty {
                let entry =
                  timing == .clock
                  ? tables[record.worker].entry(before: handed)
                  : (started[record.worker] - 1) % worker.gradientCount
                start += worker.turnaroundsNs[entry]
              }
              var end = start
              for step in 0..<steps {
                let entry = (started[record.worker] + step) % worker.gradientCount
                end =
                  timing == .clock
                  ? tables[record.worker].end(from: end) : end + worker.durationsNs[entry]
              }
              started[record.worker] += steps
              lastEnds[record.worker] = record.endNs
              let isAborted = record.fate == .aborted
              if start != record.startNs || (isAborted ? end < record.endNs : end != record.endNs) {
                failures.append("\(seed): \(record), not \(start) to \(end)")
              }
              if !isAborted {
                if record.endNs < lastJudged { failures.append("\(seed): \(record), too late") }
                lastJudged = record.endNs
              }
            }))
        updateTotal += run.updateCount
        #expect(run.busyNs.allSatisfy { $0 <= run.timeNs }, "\(seed)")
      }
      #expect(failures.first == nil, "\(timing): \(failures.count) failures")
      #expect(updateTotal > 24)
    }
  }

  /// Worker 0 takes 2 ns and worker 1 takes 3, an update 2: worker 0's first is made at 4, worker 1's
  /// waits from 3 and is made at 6; worker 0 ends again at 6 and is done at 8, worker 1 at 9 and 11,
  /// worker 0 from 10 at 13, which is too late. All but the first are two updates old. In rounds 3 + 2.
  @Test("A server by hand")
  func server() throws {
    func run(_ method: MethodChoice) throws -> (times: [Int64], run: ScheduleRun) {
      var times: [Int64] = []
      let run = try replaySchedule(
        of: makeTrace([[2], [3]]),
        ScheduleRequest(method: method, horizon: Horizon(timeNs: 12), serverNs: 2),
        observer: ReplayObserver(update: { times.append($0.timeNs) }))
      return (times, run)
    }
    let async = try run(.async(rule: .constant))
    #expect(async.times == [4, 6, 8, 11])
    #expect(async.run.delays?.overall.bins.map(\.delay) == [1, 2])
    #expect(async.run.delays?.overall.bins.map(\.count) == [1, 3])
    #expect(async.run.delays?.identityHolds == true)
    // 2 + 2 ns and from 8 to 10, 3 + 3 ns and from 11 to 12.
    #expect(async.run.busyNs == [6, 7])
    #expect(try run(.minibatch).times == [5, 10])
    #expect(try run(.minibatch).run.busyNs == [6, 8])
  }

  @Test("Without a server nothing waits, and its time shows in the fingerprint")
  func serverFingerprint() throws {
    let trace = makeTrace([[5, 9, 4], [7], [6, 30]])
    let objective = LeastSquares(rows: smallRows, targets: smallTargets)
    for method in Self.methods {
      func run(_ serverNs: Int64) throws -> Run {
        try replay(
          trace, minimising: objective,
          ReplayRequest(
            method: method, stepsize: 0.125, smoothness: 1, horizon: Horizon(timeNs: 300),
            batchSize: 2, evaluation: .instants(11), serverNs: serverNs))
      }
      let (free, busy) = (try run(0), try run(30))
      #expect(free.fingerprint != busy.fingerprint, "\(method)")
      #expect(busy.updateCount < free.updateCount, "\(method)")
      // An instant holds what was complete by then.
      for point in busy.points {
        #expect(Int64(point.updateCount) * 30 <= point.timeNs, "\(method)")
      }
    }
  }

  /// [2 ns, then 4 ns] from 0, in a period of 6 ns, both workers together in rounds of the slower
  /// one, of 3 ns. Worker 0 ends at 2; from 3 it has 3 of 4 ns in that entry, and the last quarter
  /// takes ⌈2·1/4⌉ = 1 ns of the next 2: 7. From 7, 1 ns in the first is a half, and half of 4 is 2: 10.
  @Test("A round by hand")
  func byHand() throws {
    var ends: [Int64] = []
    _ = try replaySchedule(
      of: makeTrace([[2, 4], [3]]),
      ScheduleRequest(method: .minibatch, horizon: Horizon(timeNs: 10), timing: .clock),
      observer: ReplayObserver(gradient: { if $0.worker == 0 { ends.append($0.endNs) } }))
    #expect(ends == [2, 7, 10])
  }

  @Test("Without gaps asynchronous SGD is as in sequence until entries are used up")
  func gapFree() throws {
    let trace = makeTrace([[5, 9, 4, 1], [7, 3, 3, 12], [6, 30]])
    let objective = LeastSquares(rows: smallRows, targets: smallTargets)
    for rule in StepsizeRule.allCases {
      for (atEnd, handout) in [(AtEnd.repeat, Handout.after), (.stop, .after), (.stop, .before)] {
        // The first worker's last gradient ends at 19 ns.
        func run(_ timing: Timing) throws -> Run {
          try replay(
            trace, minimising: objective,
            ReplayRequest(
              method: .async(rule: rule), stepsize: 0.125, smoothness: 1,
              horizon: Horizon(timeNs: atEnd == .stop ? 100 : 19), atEnd: atEnd, timing: timing,
              batchSize: 2, handout: handout, evaluation: .everyUpdates(1)))
        }
        let clock = try run(.clock)
        let sequence = try run(.sequence)
        #expect(clock.points == sequence.points && clock.finalIterate == sequence.finalIterate)
        #expect(clock.delays == sequence.delays && clock.outcome == sequence.outcome)
        #expect(clock.fingerprint != sequence.fingerprint)
      }
    }
  }

  /// One of two workers is down from 10 to 1,010 ns: in sequence an abort gives it a new gradient of
  /// 10 ns, by the clock it is still down.
  @Test("An outage hits whoever computes then, aborted or not; without waits it is only a gap")
  func outage() throws {
    let starts = [0] + (0..<9).map { 1_010 + 10 * Int64($0) }
    var trace = makeTrace([[Int64](repeating: 10, count: 110), [Int64](repeating: 10, count: 10)])
    trace.workers[1].startsNs = starts
    trace.workers[0].waitsNs = [1] + [Int64](repeating: 0, count: 109)
    func run(_ timing: Timing) throws -> ScheduleRun {
      try replaySchedule(
        of: trace,
        ScheduleRequest(
          method: .ringmaster(delayLimit: 1, abort: true), horizon: Horizon(timeNs: 1_000),
          timing: timing))
    }
    let clock = try run(.clock)
    // Worker 0 is first among equals, so worker 1 never applies; it is busy all the same.
    #expect(clock.updateCount == 100)
    var async = ScheduleRequest(
      method: .async(rule: .constant), horizon: Horizon(timeNs: 1_000), timing: .clock)
    #expect(try replaySchedule(of: trace, async).computedPerWorker == [100, 1])
    async.timing = .sequence
    #expect(try replaySchedule(of: trace, async).computedPerWorker == [100, 100])
    #expect(trace.longGaps == nil)
    trace.workers[0].waitsNs = []
    async.timing = .clock
    #expect(try replaySchedule(of: trace, async).computedPerWorker == [100, 100])
    #expect(trace.longGaps?.count == 1 && trace.longGaps?.longestNs == 1_000)
  }

  @Test("Silence comes when the recorded time is over")
  func stop() throws {
    // Until 12 and 9 ns. Worker 1's third round starts at 8 and ends at 8 + 3.
    let run = try replaySchedule(
      of: makeTrace([[4, 4, 4], [3, 3, 3]]),
      ScheduleRequest(method: .minibatch, horizon: Horizon(), atEnd: .stop, timing: .clock))
    #expect(run.outcome == .exhausted && run.updateCount == 3 && run.timeNs == 12)
    #expect(throws: ReplayError.resampleByClock) {
      _ = try replaySchedule(
        of: makeTrace([[4]]),
        ScheduleRequest(
          method: .minibatch, horizon: Horizon(timeNs: 9), atEnd: .resample, timing: .clock))
    }
  }

  /// 128 bits: 2^62 · (2^61 − 1) overflows 64. d₁ = 2^61 with 1 ns of room, d₂ = 2^62 − 1:
  /// ⌈(2^62 − 1)(2^61 − 1)/2^61⌉ = 2^62 − 1 − 1 = 2^62 − 2, since (2^62 − 1)/2^61 lies in (1, 2).
  @Test("Work is exact at any length")
  func wide() throws {
    let trace = makeTrace([[1 << 61, (1 << 62) - 1], [(1 << 61) - 1]])
    var ends: [Int64] = []
    _ = try replaySchedule(
      of: trace,
      ScheduleRequest(
        method: .backup(need: 1), horizon: Horizon(updateCount: 2), timing: .clock),
      observer: ReplayObserver(gradient: { if $0.worker == 1 { ends.append($0.endNs) } }))
    let expected: [Int64] = [(1 << 61) - 1, (1 << 62) - 2]
    #expect(ends == expected)
    let clock = RecordedClock(trace)
    var hint = 0
    let start: Int64 = (1 << 61) - 1
    #expect(clock.end(worker: 0, from: start, hint: &hint) == (1 << 61) + (1 << 62) - 2)
  }

  @Test("Gradients that overlap are pushed apart, and the period grows with them")
  func overlaps() {
    var trace = makeTrace([[4, 4], [5]])
    trace.workers[0].startsNs = [0, 1]
    let clock = RecordedClock(trace)
    #expect(clock.periodNs == 8)
    var hint = 7
    #expect(clock.end(worker: 0, from: 3, hint: &hint) == 7)
  }
}

@Suite("Entries drawn anew")
struct ResampleTests {
  private let trace = makeTrace([[1_000, 2_000, 3_000, 4_000], [10_000, 20_000]])

  private func durations(_ seed: UInt64) throws -> [[Int64]] {
    var found: [[Int64]] = [[], []]
    _ = try replaySchedule(
      of: trace,
      ScheduleRequest(
        method: .async(rule: .constant), horizon: Horizon(updateCount: 4_000), atEnd: .resample,
        seed: seed),
      observer: ReplayObserver(gradient: { found[$0.worker].append($0.endNs - $0.startNs) }))
    return found
  }

  @Test("First the recorded ones in order, then uniform ones of the same worker")
  func uniform() throws {
    let found = try durations(5)
    #expect(Array(found[0].prefix(4)) == trace.workers[0].durationsNs)
    #expect(Set(found[0]) == Set(trace.workers[0].durationsNs))
    #expect(Set(found[1]) == Set(trace.workers[1].durationsNs))
    for duration in trace.workers[0].durationsNs {
      let share = Double(found[0].count { $0 == duration }) / Double(found[0].count)
      #expect(abs(share - 0.25) < 0.03)
    }
    let stream = CounterStream(stream: .resampledDurations, seed: 5)
    let drawn = (4..<30).map { gradient -> Int64 in
      let word = stream.word(worker: 0, gradient: gradient, index: 0)
      return trace.workers[0].durationsNs[Int((UInt64(word) * 4) >> 32)]
    }
    #expect(Array(found[0][4..<30]) == drawn)
    #expect(try durations(5) == found)
    #expect(try durations(6) != found)
  }

  /// Worker 0's entries take 1 and 2 ns and use samples 0 and 1: what arrives after 1 ns has moved
  /// the first parameter, after 2 ns the second.
  @Test("A recorded batch follows the duration that was drawn with it")
  func batches() throws {
    var trace = makeTrace([[1, 2]])
    trace.workers[0].samples = SampleColumn(offsets: [0, 1, 2], indices: [0, 1])
    var spans: [Int64] = []
    let run = try replay(
      trace, minimising: LeastSquares(rows: [[1, 0], [0, 1]], targets: [1, 1]),
      ReplayRequest(
        method: .async(rule: .constant), stepsize: 0.125, horizon: Horizon(updateCount: 41),
        atEnd: .resample, sampling: .recorded, evaluation: .ends),
      observer: ReplayObserver(gradient: { spans.append($0.endNs - $0.startNs) }))
    func residual(_ count: Int) -> Double { (0..<count).reduce(1.0) { rest, _ in rest * 0.875 } }
    let first = spans.count { $0 == 1 }
    #expect(first != 20 && first != 21)
    #expect(abs(1 - run.finalIterate[0] - residual(first)) < 1e-12)
    #expect(abs(1 - run.finalIterate[1] - residual(41 - first)) < 1e-12)
  }
}
