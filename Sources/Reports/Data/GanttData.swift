import TraceModel

/// The first rounds of minibatch SGD, and what asynchronous SGD does in the same time.
public struct GanttData: Hashable, Sendable {
  /// What a worker does in a bar.
  public enum Kind: Hashable, Sendable {
    /// A gradient is under way.
    case computing
    /// The round is not over.
    case waiting
    /// The exchange with the server.
    case turnaround
  }

  /// One stretch of one worker.
  public struct Bar: Hashable, Sendable {
    /// Position in ``lanes``.
    public var lane: Int
    /// From the start of the schedule.
    public var startNs: Int64
    /// From the start of the schedule.
    public var endNs: Int64
    /// What it does.
    public var kind: Kind
    /// The synchronous round, or the worker's gradient, from 0.
    public var round: Int

    public init(lane: Int, startNs: Int64, endNs: Int64, kind: Kind, round: Int) {
      self.lane = lane
      self.startNs = startNs
      self.endNs = endNs
      self.kind = kind
      self.round = round
    }
  }

  /// One gradient whose delay the figure points out.
  public struct Example: Hashable, Sendable {
    /// The worker's lane, from the top.
    public var lane: Int
    /// When its worker read the iterate.
    public var startNs: Int64
    /// When it arrives.
    public var endNs: Int64
    /// The update whose iterate it was computed at.
    public var readUpdate: Int
    /// The update that it makes.
    public var appliedUpdate: Int

    /// 1 = fresh
    public var delay: Int { appliedUpdate - readUpdate }

    public init(lane: Int, startNs: Int64, endNs: Int64, readUpdate: Int, appliedUpdate: Int) {
      self.lane = lane
      self.startNs = startNs
      self.endNs = endNs
      self.readUpdate = readUpdate
      self.appliedUpdate = appliedUpdate
    }
  }

  /// The workers that are drawn, slowest first.
  public var lanes: [WorkerLabel]
  /// M, those that are not drawn included.
  public var workerCount: Int
  /// What one second of it means.
  public var unit: TimeUnit
  /// The time that is drawn.
  public var windowNs: Int64
  /// Ends of minibatch's rounds in the window.
  public var roundEndsNs: [Int64]
  /// Bars of minibatch SGD.
  public var minibatch: [Bar]
  /// Bars that begin before the window's end; the last of a lane may reach beyond it.
  public var asynchronous: [Bar]
  /// Gradients of all workers, drawn or not, that end within the window.
  public var minibatchCount: Int
  /// Gradients that the asynchronous schedule finishes in the window.
  public var asynchronousCount: Int
  /// Lanes whose gradients are too many to draw: one bar stands for all of them.
  public var mergedLanes: [Int]
  /// The gradient that shows how a delay is counted; nil if none fits.
  public var example: Example?

  /// Computes both schedules from the recorded entries, each worker's from its first.
  ///
  /// Synchronous: in every round but the first each worker pays its turnaround, then computes, then
  /// waits for the slowest. Asynchronous with a free server: nobody waits, so that the workers do
  /// not depend on one another.
  ///
  /// - Parameters:
  ///   - roundLimit: fewer are taken where `blockLimit` would be passed.
  ///   - blockLimit: computing bars, both schedules together.
  /// - Returns: nil for a trace in which some worker has no gradient, or one of decades.
  public init?(_ trace: Trace, roundLimit: Int = 8, blockLimit: Int = 400) {
    let cycles = trace.workers.compactMap { WorkerCycle($0) }
    guard !cycles.isEmpty, cycles.count == trace.workers.count else { return nil }
    let order = workersBySpeed(trace)
    let drawn = Self.drawnLanes(order)
    lanes = drawn.map { trace.workers[$0].worker.label }
    workerCount = trace.workerCount
    unit = trace.unit

    let ends = Self.roundEnds(cycles, count: roundLimit)
    var roundCount = ends.count
    func blocks(_ rounds: Int) -> Int {
      Self.total(
        [drawn.count * rounds + drawn.count]
          + drawn.map { cycles[$0].arrivalCount(until: ends[rounds - 1]) })
    }
    while roundCount > 1, blocks(roundCount) > blockLimit { roundCount -= 1 }
    roundEndsNs = Array(ends.prefix(roundCount))
    let window = ends[roundCount - 1]
    windowNs = window
    minibatchCount = roundCount * trace.workerCount
    asynchronousCount = Self.total(cycles.lazy.map { $0.arrivalCount(until: window) })

    minibatch = []
    asynchronous = []
    mergedLanes = []
    let laneLimit = max(8, blockLimit / max(1, drawn.count))
    let isCrowded = blocks(roundCount) > blockLimit
    for (lane, index) in drawn.enumerated() {
      minibatch += Self.synchronousBars(cycles[index], lane: lane, roundEnds: roundEndsNs)
      if isCrowded, cycles[index].arrivalCount(until: window) > laneLimit {
        mergedLanes.append(lane)
        asynchronous.append(
          Bar(lane: lane, startNs: 0, endNs: window, kind: .computing, round: 0))
      } else {
        asynchronous += Self.asynchronousBars(cycles[index], lane: lane, windowNs: window)
      }
    }
    example = Self.example(cycles, drawn: drawn, bars: asynchronous, windowNs: window)
  }

  /// All workers up to 24, else the five slowest, five around the median and the five fastest: more
  /// lanes than that are no figure any more.
  private static func drawnLanes(_ order: [Int]) -> [Int] {
    guard order.count > 24 else { return order }
    let middle = order.count / 2 - 2
    return Array(order.prefix(5)) + Array(order[middle..<middle + 5]) + Array(order.suffix(5))
  }

  /// A sum that stays at the largest number instead of trapping.
  private static func total(_ counts: some Sequence<Int>) -> Int {
    counts.reduce(0) { sum, count in
      let (next, overflow) = sum.addingReportingOverflow(count)
      return overflow ? .max : next
    }
  }

  private static func roundEnds(_ cycles: [WorkerCycle], count: Int) -> [Int64] {
    var ends: [Int64] = []
    var start: Int64 = 0
    for round in 0..<max(1, count) {
      var longest: Int64 = 0
      for cycle in cycles {
        let turnaround = round == 0 ? 0 : cycle.turnaround(round - 1)
        longest = max(longest, turnaround + cycle.duration(round))
      }
      // A trace near the limits of its clock has fewer rounds, never a wrapped one.
      let end = start + longest
      if end > WorkerCycle.longestNs, round > 0 { break }
      ends.append(end)
      start = end
    }
    return ends
  }

  private static func synchronousBars(
    _ cycle: WorkerCycle, lane: Int, roundEnds: [Int64]
  ) -> [Bar] {
    var bars: [Bar] = []
    var time: Int64 = 0
    for (round, end) in roundEnds.enumerated() {
      let turnaround = round == 0 ? 0 : cycle.turnaround(round - 1)
      if turnaround > 0 {
        bars.append(
          Bar(
            lane: lane, startNs: time, endNs: time + turnaround, kind: .turnaround, round: round))
        time += turnaround
      }
      let done = time + cycle.duration(round)
      bars.append(Bar(lane: lane, startNs: time, endNs: done, kind: .computing, round: round))
      if done < end {
        bars.append(Bar(lane: lane, startNs: done, endNs: end, kind: .waiting, round: round))
      }
      time = end
    }
    return bars
  }

  private static func asynchronousBars(
    _ cycle: WorkerCycle, lane: Int, windowNs: Int64
  ) -> [Bar] {
    var bars: [Bar] = []
    var time: Int64 = 0
    var entry = 0
    while time < windowNs {
      let end = time + cycle.duration(entry)
      bars.append(Bar(lane: lane, startNs: time, endNs: end, kind: .computing, round: entry))
      let turnaround = cycle.turnaround(entry)
      if turnaround > 0, end < windowNs {
        bars.append(
          Bar(
            lane: lane, startNs: end, endNs: end + turnaround, kind: .turnaround, round: entry))
      }
      time = end + turnaround
      entry += 1
    }
    return bars
  }

  /// A gradient of the slowest worker near the middle of the window, with its delay.
  ///
  /// Updates are counted over all workers, ties by index. The iterate is handed out at the arrival
  /// before it, so that the delay also counts what is applied during the turnaround.
  private static func example(
    _ cycles: [WorkerCycle], drawn: [Int], bars: [Bar], windowNs: Int64
  ) -> Example? {
    guard let worker = drawn.first, cycles.count > 1 else { return nil }
    let complete = bars.filter {
      $0.lane == 0 && $0.kind == .computing && $0.endNs <= windowNs
    }
    guard !complete.isEmpty else { return nil }
    let bar = complete[complete.count / 2]
    func updates(_ timeNs: Int64) -> Int {
      Self.total(
        cycles.indices.lazy.map {
          cycles[$0].arrivalCount(until: timeNs, inclusive: $0 <= worker)
        })
    }
    let handedOut =
      bar.round == 0
      ? nil : bar.startNs - cycles[worker].turnaround(bar.round - 1)
    return Example(
      lane: 0, startNs: bar.startNs, endNs: bar.endNs,
      readUpdate: handedOut.map(updates) ?? 0, appliedUpdate: updates(bar.endNs))
  }
}
