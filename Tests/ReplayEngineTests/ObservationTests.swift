import Optimization
import ReplayEngine
import Testing
import TraceModel

private let objective = LeastSquares(rows: smallRows, targets: smallTargets)

@Suite("Observation")
struct ObservationTests {
  private func run(_ evaluation: Evaluation, _ horizon: Horizon, atEnd: AtEnd = .repeat) throws
    -> Run
  {
    try replay(
      makeTrace([[2], [3]]), minimising: objective,
      ReplayRequest(
        method: .async(rule: .constant), stepsize: 0.125, horizon: horizon, atEnd: atEnd,
        evaluation: evaluation))
  }

  /// Updates at 2, 3, 4, 6, 6, 8, 9, 10 ns. Six instants are 0, 2, 4, 6, 8 and 10; at one, what
  /// arrives at it counts.
  @Test("Instants hold the state after the last update at or before them")
  func instants() throws {
    let run = try run(.instants(6), Horizon(timeNs: 10))
    #expect(run.points.map(\.timeNs) == [0, 2, 4, 6, 8, 10])
    #expect(run.points.map(\.updateCount) == [0, 1, 3, 5, 6, 8])
    let every = try self.run(.everyUpdates(1), Horizon(timeNs: 10))
    for point in run.points {
      #expect(point.loss == every.points[point.updateCount].loss)
    }
    #expect(every.points.count == 9)
    #expect(every.points.last?.timeNs == 10)
  }

  @Test("A horizon in updates is divided at the time it takes")
  func updates() throws {
    let run = try run(.instants(3), Horizon(updateCount: 8))
    #expect(run.points.map(\.timeNs) == [0, 5, 10])
    #expect(run.points.map(\.updateCount) == [0, 3, 8])
    #expect(try self.run(.ends, Horizon(updateCount: 8)).points.map(\.updateCount) == [0, 8])
    let chosen = try self.run(.everyUpdates(3), Horizon(updateCount: 8))
    #expect(chosen.points.map(\.updateCount) == [0, 3, 6, 8])
  }

  @Test("Instants after the end of an exhausted replay hold its last state")
  func exhausted() throws {
    let run = try run(.instants(5), Horizon(timeNs: 12), atEnd: .stop)
    #expect(run.outcome == .exhausted)
    #expect(run.timeNs == 3)
    #expect(run.points.map(\.timeNs) == [0, 3, 6, 9, 12])
    #expect(run.points.map(\.updateCount) == [0, 2, 2, 2, 2])
  }

  @Test("A history is written as documented")
  func history() {
    let round = HistoryRecord(updateCount: 1, timeNs: 20, worker: -1, delay: 1, stepsize: 0.1)
    let single = HistoryRecord(
      updateCount: 2, timeNs: 30, worker: 3, delay: 2, stepsize: 0.25, loss: 1e-7,
      gradientNormSquared: .nan, virtualDistanceSquared: 0)
    #expect(
      HistoryFormat.csv.header
        == "k,time_ns,worker,delay,stepsize,loss,gradient_norm_squared,virtual_distance_squared\n")
    #expect(HistoryFormat.csv.line(round) == "1,20,-1,1,0.1,,,\n")
    #expect(HistoryFormat.csv.line(single) == "2,30,3,2,0.25,1e-07,,0.0\n")
    #expect(HistoryFormat.ndjson.header == "")
    #expect(
      HistoryFormat.ndjson.line(single)
        == #"{"k":2,"time_ns":30,"worker":3,"delay":2,"stepsize":0.25,"loss":1e-07,"#
        + #""gradient_norm_squared":null,"virtual_distance_squared":0.0}"# + "\n")
  }

  /// What is in a ledger adds up to the time that workers were busy.
  @Test("A ledger has every gradient once")
  func ledger() throws {
    var records: [LedgerRecord] = []
    let run = try replaySchedule(
      of: makeTrace([[2], [3], [50]]),
      ScheduleRequest(method: .backup(need: 2), horizon: Horizon(updateCount: 4)),
      observer: ReplayObserver(gradient: { records.append($0) }))
    #expect(records.count { $0.fate == .collected } == run.computedCount)
    #expect(records.count { $0.fate == .aborted } == run.abortedCount)
    #expect(run.abortedCount == 4)
    let busy = (0..<3).map { worker in
      records.reduce(0) { $1.worker == worker ? $0 + $1.endNs - $1.startNs : $0 }
    }
    #expect(busy == run.busyNs)
    #expect(busy == [8, 12, 12])
  }

  /// An objective that the engine has no loop of its own for.
  @Test("An unknown objective runs too")
  func unknownObjective() throws {
    let matrix = [[2.0, 0.5], [0.5, 1.0]]
    let noise = [[0.5, -0.25], [-0.5, 0.25]]
    let request = ReplayRequest(
      method: .buffered(collect: 2), stepsize: 0.125, horizon: Horizon(timeNs: 100),
      evaluation: .ends)
    let trace = makeTrace([[2], [3]])
    let known = try replay(
      trace,
      minimising: QuadraticObjective(matrix: matrix, linear: [1, -1], noise: noise), request)
    let unknown = try replay(
      trace,
      minimising: ExplicitQuadratic(matrix: matrix, vector: [1, -1], offset: 0, noise: noise),
      request)
    for (left, right) in zip(known.finalIterate, unknown.finalIterate) {
      #expect(abs(left - right) < 1e-14)
    }
  }
}
