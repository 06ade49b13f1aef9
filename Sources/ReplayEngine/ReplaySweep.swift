import Optimization
import TraceModel

/// Replays many requests on one trace and objective, and returns their runs in the same order.
///
/// Requests that differ in stepsize or x_0 only share schedule and samples. They advance in lockstep, so that
/// each row of data is fetched once for all; each run is what ``replay(_:minimising:_:observer:)-(_,O,_,_)``
/// returns, to the bit. Others are replayed one after the other: those of `picky`, whose schedule depends on
/// the iterate, and those that need a second pass.
///
/// - Throws: as soon as one request does.
/// - Complexity: of memory, as many times that of one replay as requests advance together, at most
///   16, fewer where that would not fit.
public func replaySweep(
  _ trace: Trace, minimising objective: any Objective, _ requests: [ReplayRequest]
) throws(ReplayError) -> [Run] {
  try withType(of: objective, Sweep(trace: trace, requests: requests))
}

/// How far a sweep goes in advancing replays together.
package enum SweepLimit {
  /// The most members of a lockstep: their iterates share a core's own cache.
  package static let members = 16
}

extension ReplayRequest {
  /// What members of a lockstep have in common; nil for a request that goes alone.
  package var lockstepKey: ReplayRequest? {
    if case .picky = method { return nil }
    guard !tracksVirtualIterates, readPoints == .none else { return nil }
    var key = self
    key.stepsize = 1
    key.initial = nil
    return key
  }
}

private struct Sweep: TypedWork {
  let trace: Trace
  let requests: [ReplayRequest]

  func run<O: Objective>(on objective: O) throws(ReplayError) -> [Run] {
    var runs = [Run?](repeating: nil, count: requests.count)
    for group in groups {
      let prepared = try Preparation(requests[group[0]], objective, trace)
      let most = min(SweepLimit.members, prepared.plan.replaysThatFit)
      for first in stride(from: 0, to: group.count, by: most) {
        let places = Array(group[first..<min(first + most, group.count)])
        if places.count > 1 { try advance(places, objective, into: &runs) }
        for place in places where runs[place] == nil {
          runs[place] = try replay(trace, minimising: objective, requests[place])
        }
      }
    }
    return runs.compactMap(\.self)
  }

  /// Positions of requests that go together, in order of their first.
  private var groups: [[Int]] {
    var placeOfKey: [ReplayRequest: Int] = [:]
    var groups: [[Int]] = []
    for (position, request) in requests.enumerated() {
      guard let key = request.lockstepKey else {
        groups.append([position])
        continue
      }
      if let place = placeOfKey[key] {
        groups[place].append(position)
      } else {
        placeOfKey[key] = groups.count
        groups.append([position])
      }
    }
    return groups
  }

  /// Replays some requests in lockstep. Who leaves it on the way is left without a run.
  private func advance<O: Objective>(
    _ places: [Int], _ objective: O, into runs: inout [Run?]
  ) throws(ReplayError) {
    var prepared: [Preparation] = []
    for place in places { prepared.append(try Preparation(requests[place], objective, trace)) }
    let start = ContinuousClock.now
    let board = VerdictBoard(count: places.count)
    let origin = StartMeasurement()
    let members = TypedLockstep(
      objective, count: places.count, workerCount: trace.workerCount, board: board
    ) { member in
      let own = prepared[member]
      return GradientReplay(
        objective, own.plan, batches: own.batches, initial: own.initial, spanNs: own.spanNs,
        virtualPass: .none, readPass: .none, observer: .none, start: origin, line: member)
    }
    var body = LockstepReplay(
      members: LockstepCalls(members), board: board, stepsizes: prepared.map(\.setting.stepsize))
    let schedule = try prepared[0].setting.run(trace, &body, observer: .none)
    members.finish(schedule)
    let elapsed = (ContinuousClock.now - start) / places.count
    for (member, ending) in members.endings.enumerated() {
      guard let ending else { continue }
      runs[places[member]] = Run(
        requests[places[member]], ending.schedule, ending.result, elapsed: elapsed)
    }
  }
}
