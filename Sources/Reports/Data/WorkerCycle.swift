import TraceModel

/// A worker's recorded entries as an endless cycle: the j-th gradient that it starts takes its
/// entry j mod n, and after it the turnaround of that entry.
struct WorkerCycle {
  private var durations: [Int64]
  private var turnarounds: [Int64]
  private var cycleNs: Int64

  /// nil for a worker without gradients, which never arrives.
  init?(_ timings: WorkerTimings) {
    guard !timings.durationsNs.isEmpty else { return nil }
    durations = timings.durationsNs
    turnarounds =
      timings.turnaroundsNs.count == durations.count
      ? timings.turnaroundsNs.map { max(0, $0) } : []
    cycleNs = 0
    for index in durations.indices {
      cycleNs = cycleNs.addingReportingOverflow(durations[index]).partialValue
      cycleNs = cycleNs.addingReportingOverflow(turnaround(index)).partialValue
    }
    guard cycleNs > 0 else { return nil }
  }

  var hasTurnarounds: Bool { !turnarounds.isEmpty }

  func duration(_ entry: Int) -> Int64 { durations[entry % durations.count] }

  func turnaround(_ entry: Int) -> Int64 {
    turnarounds.isEmpty ? 0 : turnarounds[entry % turnarounds.count]
  }

  /// Arrivals of a worker that never waits, at or before `timeNs`; before it only, if not
  /// `inclusive`.
  ///
  /// Whole cycles are counted by division, so that one fast worker beside a very slow one does not
  /// take millions of steps. O(entries).
  func arrivalCount(until timeNs: Int64, inclusive: Bool = true) -> Int {
    let limit = inclusive ? timeNs : timeNs - 1
    guard limit >= 0 else { return 0 }
    var count = Int(limit / cycleNs) * durations.count
    var time = (limit / cycleNs) * cycleNs
    for entry in durations.indices {
      time += durations[entry]
      if time > limit { break }
      count += 1
      time += turnaround(entry)
    }
    return count
  }
}
