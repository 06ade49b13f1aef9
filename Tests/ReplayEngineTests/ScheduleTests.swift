import Optimization
import ReplayEngine
import Testing
import TraceModel

/// A trace of back-to-back gradients, durations in nanoseconds.
func makeTrace(_ durations: [[Int64]]) -> Trace {
  let workers = durations.enumerated().map { index, entries in
    WorkerTimings(
      worker: Worker(index: index, label: WorkerLabel("w\(index)")), backToBack: entries)
  }
  return Trace(name: "test", workers: workers)
}

@Suite("Schedules")
struct ScheduleTests {
  /// Two workers of 2 and 3 ns until 6 ns. Arrivals (time, worker): (2, 0) reads x_0, τ = 1;
  /// (3, 1) reads x_0, τ = 2; (4, 0) reads x_1, τ = 2; (6, 0) reads x_3, τ = 1; (6, 1) reads x_2,
  /// τ = 3. At 6 both arrive, and the lower worker is first.
  @Test("Two workers by hand, the horizon inclusive")
  func byHand() throws {
    var delays: [Int] = []
    var workers: [Int] = []
    let observer = ReplayObserver { record in
      delays.append(record.delay)
      workers.append(record.worker)
    }
    let run = try replaySchedule(
      of: makeTrace([[2], [3]]),
      ScheduleRequest(method: .async(rule: .constant), horizon: Horizon(timeNs: 6)),
      observer: observer)
    #expect(delays == [1, 2, 2, 1, 3])
    #expect(workers == [0, 1, 0, 0, 1])
    #expect(run.outcome == .completed)
    #expect(run.timeNs == 6)
    #expect(run.busyNs == [6, 6])
    #expect(run.gradientsPerWorker == [3, 2])
    #expect(run.delays?.identityHolds == true)
    #expect(run.utilisation == 1)
  }

  @Test("A round that ends after the time does not count")
  func minibatchTime() throws {
    let run = try replaySchedule(
      of: makeTrace([[2], [3]]),
      ScheduleRequest(method: .minibatch, horizon: Horizon(timeNs: 8)))
    #expect(run.updateCount == 2)
    #expect(run.gradientCount == 4)
    #expect(run.computedCount == 5)
    #expect(run.roundCount == 2)
    #expect(run.timeNs == 8)
    #expect(run.busyNs == [6, 8])
  }

  /// 2 ns of computing and 1 ns of turnaround: arrivals at 2, 5 and 8 ns, the next one begun at 9.
  @Test("A fixed turnaround delays every gradient but the first")
  func fixedTurnaround() throws {
    let run = try replaySchedule(
      of: makeTrace([[2]]),
      ScheduleRequest(
        method: .async(rule: .constant), horizon: Horizon(timeNs: 8), turnaround: .fixed(ns: 1)))
    #expect(run.updateCount == 3)
    #expect(run.busyNs == [6])
    #expect(run.utilisation == 0.75)
  }

  @Test("A recorded turnaround counts unless it is unknown or unwanted")
  func recordedTurnaround() throws {
    var trace = makeTrace([[2, 2, 2]])
    trace.workers[0].turnaroundsNs = [5, -1, 0]
    var request = ScheduleRequest(method: .minibatch, horizon: Horizon(updateCount: 3))
    #expect(try replaySchedule(of: trace, request).timeNs == 11)
    request.turnaround = .none
    #expect(try replaySchedule(of: trace, request).timeNs == 6)
  }

  /// 1 and 1,000 ns: the slow worker arrives at update 1,000 k + k, always having missed 1,000 updates but for its
  /// own; the delays of the fast one are 1, and 2 after each arrival of the slow one. Delays that small and that
  /// large are counted in different places.
  @Test("Small delays and those of a thousand updates")
  func farApart() throws {
    let run = try replaySchedule(
      of: makeTrace([[1], [1_000]]),
      ScheduleRequest(method: .async(rule: .constant), horizon: Horizon(timeNs: 3_000)))
    let delays = try #require(run.delays)
    #expect(delays.perWorker[1].bins == [.init(delay: 1_001, count: 3)])
    #expect(delays.perWorker[0].bins == [.init(delay: 1, count: 2_998), .init(delay: 2, count: 2)])
    #expect(
      delays.overall.bins
        == [
          .init(delay: 1, count: 2_998), .init(delay: 2, count: 2), .init(delay: 1_001, count: 3),
        ])
    #expect(delays.identityHolds == true)
  }

  /// 5,000 workers are too many for rows and columns of their own: everybody arrives in every round, with M − 1
  /// updates of others in between.
  @Test("Five thousand equal workers")
  func many() throws {
    let run = try replaySchedule(
      of: makeTrace([[Int64]](repeating: [3, 5, 4], count: 5_000)),
      ScheduleRequest(method: .async(rule: .constant), horizon: Horizon(timeNs: 16)))
    #expect(run.updateCount == 20_000)
    let delays = try #require(run.delays)
    #expect(delays.perWorker.isEmpty)
    #expect(delays.overall.bins.map(\.delay) == Array(1...5_000))
    #expect(delays.overall.bins.dropLast().allSatisfy { $0.count == 1 })
    #expect(delays.overall.bins.last?.count == 15_001)
    #expect(delays.identityHolds == true)
  }

  /// Each of 5,000 updates aborts the slow worker, which leaves an entry behind every time.
  @Test("A worker that is always aborted disturbs nobody")
  func alwaysAborted() throws {
    let run = try replaySchedule(
      of: makeTrace([[2], [1 << 40], [3]]),
      ScheduleRequest(
        method: .ringmaster(delayLimit: 1, abort: true), horizon: Horizon(timeNs: 10_000)))
    #expect(run.updateCount == 5_000)
    #expect(run.abortedCount == 10_000)
    #expect(run.gradientsPerWorker == [5_000, 0, 0])
    #expect(run.busyNs == [10_000, 10_000, 10_000])
  }
}
