import TraceModel

/// A worker's recorded entries as an endless cycle: the j-th gradient that it starts takes its
/// entry j mod n, and after it the turnaround of that entry.
struct WorkerCycle {
  private var durations: [Int64]
  private var turnarounds: [Int64]
  private var cycleNs: Int64

  /// Times above this, 73 years, are not scheduled: two of them can still be added.
  static let longestNs = Int64.max / 4

  /// nil for a worker without gradients, which never arrives, and for one whose cycle is longer
  /// than ``longestNs``.
  init?(_ timings: WorkerTimings) {
    guard !timings.durationsNs.isEmpty else { return nil }
    durations = timings.durationsNs
    turnarounds =
      timings.turnaroundsNs.count == durations.count
      ? timings.turnaroundsNs.map { max(0, $0) } : []
    cycleNs = 0
    for index in durations.indices {
      let turnaround = self.turnaround(index)
      guard (1...Self.longestNs).contains(durations[index]), turnaround <= Self.longestNs else {
        return nil
      }
      cycleNs += durations[index] + turnaround
      if cycleNs > Self.longestNs { return nil }
    }
  }

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
