import Optimization
import ReplayEngine
import TraceModel

/// Something to measure: a trace, an objective and requests, made before the clock runs.
public struct ReplayCase: Sendable {
  /// As the script and the benchmarks call it.
  public let name: String
  /// What one unit of its work is.
  public let unit: String
  /// Does the work once, and returns how many units it was.
  public let run: @Sendable () throws -> Int
}

/// The rows of the budget that are replays.
public enum ReplayCases {
  /// Names in the order of the table.
  public static let names = [
    "logistic-784", "logistic-64", "quadratic-1729", "mlp-784", "sweep-apart", "sweep-together",
    "search-apart", "search-together", "large-sweep-apart", "large-sweep-together", "schedule-64",
    "schedule-100000",
  ]

  /// Builds data, L and trace; nil for a name that is none.
  public static func make(_ name: String) throws -> ReplayCase? {
    switch name {
    case "logistic-784":
      try replayCase(
        name, "logistic:gaussian:n=10000,d=784", stepsize: 1e-3, updates: 200_000)
    case "logistic-64":
      try replayCase(name, "logistic:gaussian:n=1797,d=64", stepsize: 1e-2, updates: 2_000_000)
    case "quadratic-1729":
      try replayCase(
        name, "quadratic:chain:d=1729,noise=0.01", stepsize: 0.01, updates: 200_000)
    case "mlp-784":
      try replayCase(
        name, "mlp:gaussian:n=10000,d=784?hidden=128,classes=10,batch=32", stepsize: 1e-2,
        // Enough that the loss over all data, at both ends, is a small part of it.
        updates: 4_000, workers: 16)
    case "sweep-apart", "sweep-together":
      try sweepCase(name, rows: 10_000, updates: 100_000, together: name == "sweep-together")
    case "search-apart", "search-together":
      try sweepCase(
        name, rows: 10_000, updates: 100_000, together: name == "search-together", isTrial: true)
    case "large-sweep-apart", "large-sweep-together":
      try sweepCase(
        name, rows: 60_000, updates: 400_000, together: name == "large-sweep-together")
    case "schedule-64": try scheduleCase(name, workers: 64, updates: 20_000_000)
    case "schedule-100000": try scheduleCase(name, workers: 100_000, updates: 10_000_000)
    default: nil
    }
  }

  /// Workers whose durations vary by a fifth, each in a cycle of 64 of its own.
  static func trace(workers: Int) -> Trace {
    var word: UInt64 = 1
    func next() -> UInt64 {
      word = word &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return word >> 33
    }
    let timings = (0..<workers).map { index in
      WorkerTimings(
        worker: Worker(index: index, label: WorkerLabel("w\(index)")),
        backToBack: (0..<64).map { _ in Int64(800_000 + next() % 400_000) })
    }
    return Trace(name: "benchmark", workers: timings)
  }

  private static func request(stepsize: Double, updates: Int, batch: Int) -> ReplayRequest {
    ReplayRequest(
      method: .async(rule: .constant), stepsize: stepsize, horizon: Horizon(updateCount: updates),
      batchSize: batch, evaluation: .ends)
  }

  private static func replayCase(
    _ name: String, _ objective: String, stepsize: Double, updates: Int, workers: Int = 64
  ) throws -> ReplayCase {
    let spec = try ObjectiveSpec(parsing: objective)
    let objective = try spec.build(seed: 1)
    let trace = trace(workers: workers)
    let request = request(stepsize: stepsize, updates: updates, batch: spec.batchSize)
    return ReplayCase(name: name, unit: "update") {
      try replay(trace, minimising: objective, request).updateCount
    }
  }

  private static func sweepCase(
    _ name: String, rows: Int, updates: Int, together: Bool, isTrial: Bool = false
  ) throws -> ReplayCase {
    let spec = try ObjectiveSpec(parsing: "logistic:gaussian:n=\(rows),d=784")
    let objective = try spec.build(seed: 1)
    let trace = trace(workers: 64)
    let requests = (0..<8).map {
      var request = request(stepsize: 1e-3 / Double(1 << $0), updates: updates, batch: 1)
      request.isTrial = isTrial
      return request
    }
    return ReplayCase(name: name, unit: "update") {
      let runs =
        together
        ? try replaySweep(trace, minimising: objective, requests)
        : try requests.map { try replay(trace, minimising: objective, $0) }
      return runs.reduce(0) { $0 + $1.updateCount }
    }
  }

  private static func scheduleCase(
    _ name: String, workers: Int, updates: Int
  ) throws -> ReplayCase {
    let trace = trace(workers: workers)
    return ReplayCase(name: name, unit: "arrival") {
      try replaySchedule(
        of: trace,
        ScheduleRequest(
          method: .async(rule: .constant), horizon: Horizon(updateCount: updates))
      ).computedCount
    }
  }
}
