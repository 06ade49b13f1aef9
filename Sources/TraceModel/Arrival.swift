/// The end of one gradient computation, the only kind of event a replay reacts to.
public struct Arrival: Hashable, Sendable {
  /// Simulated.
  public var time: ReplayTime
  /// Position of the worker in the trace, `0 ..< workerCount`.
  public var worker: Int
  /// The number of updates made before the worker read its iterate.
  public var updatesAtRead: Int

  public init(time: ReplayTime, worker: Int, updatesAtRead: Int) {
    self.time = time
    self.worker = worker
    self.updatesAtRead = updatesAtRead
  }
}

extension Arrival: Comparable {
  /// Orders by time, then by worker.
  ///
  /// Traces from a coarse clock are full of equal times. The second key makes the order total, so
  /// a replay never depends on how a heap happens to break ties.
  public static func < (lhs: Self, rhs: Self) -> Bool {
    (lhs.time, lhs.worker) < (rhs.time, rhs.worker)
  }
}
