import TraceModel

/// A trace read as speeds over time, so that a gradient started at t ends when the integral of its
/// worker's recorded speed reaches one.
///
/// In sequence an aborted slow gradient is drawn anew, which flatters methods that abort wherever
/// slowness belongs to the machine and the moment. Here an outage or a slow hour hits whoever
/// computes at that moment.
///
/// Worker m has its own axis, from its own first start, which is the start of the replay. On it the
/// speed is
///
/// - 1/d inside a recorded gradient of length d,
/// - in a gap, waiting included, that of the gradient before, also in traces of independent workers
///   without recorded waits: such a gap was idle time or an exchange with the server, and neither
///   says that the worker had become slow;
/// - 0 in an *outage*: what is left of a gap after the recorded waiting, if that is more than ten of
///   the worker's median cycles (start to next start) and the trace has waits. Without waits a long
///   gap may have been waiting, so it stays a gap, and an inspection reports it
///   (``Trace/longGaps``).
///
/// All workers repeat with one period, the trace's span; what is left of it after a worker's last
/// gradient has that gradient's speed. Gradients that overlap on one worker are pushed apart, each
/// keeping its length; a worker that then needs more than the span makes the period longer.
///
/// Work is exact. A gap never lacks speed for long enough to spoil this: from the start of a recorded
/// gradient there is always time for one whole gradient at its speed, so a replayed gradient touches at
/// most two. With a nanoseconds spent in the first one, the second takes ⌈d₂(d₁ − a)/d₁⌉.
package struct RecordedClock: Sendable {
  /// The common period.
  package let periodNs: Int64
  private let repeats: Bool
  /// Worker m's entries are `offsets[m] ..< offsets[m + 1]`.
  private let offsets: [Int]
  private let entries: [Entry]
  private let lastEnds: [Int64]

  private struct Entry {
    var start: Int64
    var duration: Int64
    /// Until when its speed lasts: to the next start, unless an outage comes first.
    var speedEnd: Int64
  }

  /// The clock of a replay in sequence, which is never looked at.
  static let none = RecordedClock(Trace(name: "", workers: []))

  /// - Parameter repeats: whether the axes start anew after a period. If not, a worker keeps its last
  ///   speed, and ``isOver(worker:at:)`` says when its recorded time has passed.
  /// - Precondition: every worker has a gradient, and durations are above 0.
  package init(_ trace: Trace, repeats: Bool = true) {
    let hasWaits = trace.hasWaits
    var offsets = [0]
    var entries: [Entry] = []
    var lastEnds: [Int64] = []
    for worker in trace.workers {
      let origin = worker.startsNs.first ?? 0
      let shortestOutage = hasWaits ? 10 * worker.medianCycleNs : .infinity
      var end: Int64 = 0
      for (entry, duration) in worker.durationsNs.enumerated() {
        let start = max(worker.startsNs[entry] - origin, end)
        if entry > 0 {
          let wait = entry <= worker.waitsNs.count ? max(0, worker.waitsNs[entry - 1]) : 0
          let idleFrom = ReplayLoop.sum(end, wait)
          let isOutage = start > idleFrom && Double(start - idleFrom) > shortestOutage
          entries[entries.count - 1].speedEnd = isOutage ? idleFrom : start
        }
        entries.append(Entry(start: start, duration: duration, speedEnd: .max))
        end = ReplayLoop.sum(start, duration)
      }
      lastEnds.append(end)
      offsets.append(entries.count)
    }
    let first = trace.workers.compactMap(\.startsNs.first).min() ?? 0
    periodNs = max(1, trace.spanNs - first, lastEnds.max() ?? 0)
    if repeats {
      for end in offsets.dropFirst() { entries[end - 1].speedEnd = periodNs }
    }
    self.repeats = repeats
    self.offsets = offsets
    self.entries = entries
    self.lastEnds = lastEnds
  }

  /// Whether a worker's recorded time has passed.
  package func isOver(worker: Int, at timeNs: Int64) -> Bool {
    !repeats && timeNs >= lastEnds[worker]
  }

  /// Gradients of a worker in a nanosecond: the mean of its speed over a period.
  ///
  /// - Precondition: the axes repeat.
  package func rate(worker: Int) -> Double {
    precondition(repeats, "a rate over a period of axes that do not repeat")
    let work = entries[offsets[worker]..<offsets[worker + 1]].reduce(0.0) {
      $0 + Double($1.speedEnd - $1.start) / Double($1.duration)
    }
    return work / Double(periodNs)
  }

  /// When a gradient ends that starts at `startNs`; `Int64.max` beyond the last nanosecond.
  ///
  /// - Parameter hint: an entry near by, for example the one found the last time; becomes the one in
  ///   which the gradient starts. Any number will do.
  /// - Complexity: O(log n), and O(1) where the hint is the entry or the one before.
  package func end(worker: Int, from startNs: Int64, hint: inout Int) -> Int64 {
    let base = offsets[worker]
    let count = offsets[worker + 1] - base
    let at = repeats ? startNs % periodNs : startNs
    let place = entry(worker: worker, at: at, hint: hint)
    hint = place
    let entry = entries[base + place]
    // In an outage there is no room.
    let room = max(0, entry.speedEnd - at)
    if room >= entry.duration { return ReplayLoop.sum(startNs, entry.duration) }
    let isLast = place + 1 == count
    let next = entries[isLast ? base : base + place + 1]
    let nextStart = isLast ? periodNs : next.start
    let product = next.duration.multipliedFullWidth(by: entry.duration - room)
    let (whole, rest) = entry.duration.dividingFullWidth(product)
    let time = whole + (rest > 0 ? 1 : 0)
    return ReplayLoop.sum(ReplayLoop.sum(startNs - at, nextStart), time)
  }

  /// How long a gradient takes that starts at `time` on the worker's axis, in whole and broken
  /// nanoseconds: for means, which must not depend on the unit of time.
  ///
  /// - Precondition: 0 ≤ time < period.
  package func duration(worker: Int, from time: Double, hint: inout Int) -> Double {
    let base = offsets[worker]
    let count = offsets[worker + 1] - base
    let place = entry(worker: worker, at: Int64(time), hint: hint)
    hint = place
    let entry = entries[base + place]
    let whole = Double(entry.duration)
    let room = max(0, Double(entry.speedEnd) - time)
    if room >= whole { return whole }
    let isLast = place + 1 == count
    let next = entries[isLast ? base : base + place + 1]
    let nextStart = Double(isLast ? periodNs : next.start)
    return nextStart - time + Double(next.duration) * ((whole - room) / whole)
  }

  /// The recorded gradient that was under way, or whose gap it was, just before `timeNs`.
  package func entry(worker: Int, before timeNs: Int64, hint: Int) -> Int {
    let last = max(0, timeNs - 1)
    return entry(worker: worker, at: repeats ? last % periodNs : last, hint: hint)
  }

  private func entry(worker: Int, at time: Int64, hint: Int) -> Int {
    let base = offsets[worker]
    let count = offsets[worker + 1] - base
    func isEntry(_ entry: Int) -> Bool {
      entries[base + entry].start <= time
        && (entry + 1 == count || entries[base + entry + 1].start > time)
    }
    if hint >= 0, hint < count {
      if isEntry(hint) { return hint }
      if hint + 1 < count, isEntry(hint + 1) { return hint + 1 }
    }
    var low = 0
    var high = count
    while high - low > 1 {
      let middle = (low + high) / 2
      if entries[base + middle].start <= time { low = middle } else { high = middle }
    }
    return low
  }
}

extension Trace {
  /// Whether any waiting was recorded.
  var hasWaits: Bool {
    workers.contains { worker in worker.waitsNs.contains { $0 > 0 } }
  }

  /// Gaps of more than ten median cycles in a trace that has no waits to explain them, and the
  /// worker with the longest one; nil where there is none.
  ///
  /// With waits such a gap is an outage (``RecordedClock``).
  package var longGaps: (count: Int, worker: WorkerLabel, longestNs: Int64)? {
    guard !hasWaits else { return nil }
    var found: (count: Int, worker: WorkerLabel, longestNs: Int64)?
    for worker in workers {
      let limit = 10 * worker.medianCycleNs
      for entry in worker.durationsNs.indices.dropFirst() {
        let gap =
          worker.startsNs[entry] - worker.startsNs[entry - 1] - worker.durationsNs[entry - 1]
        guard Double(gap) > limit else { continue }
        let isLongest = gap > found?.longestNs ?? 0
        found = (
          (found?.count ?? 0) + 1,
          isLongest ? worker.worker.label : found?.worker ?? worker.worker.label,
          max(gap, found?.longestNs ?? 0)
        )
      }
    }
    return found
  }
}

extension WorkerTimings {
  /// Median time from a start to the next; 0 with one gradient.
  var medianCycleNs: Double {
    let cycles = zip(startsNs.dropFirst(), startsNs).map { $0 - $1 }.sorted()
    guard !cycles.isEmpty else { return 0 }
    let middle = cycles.count / 2
    return cycles.count % 2 == 1
      ? Double(cycles[middle]) : (Double(cycles[middle - 1]) + Double(cycles[middle])) / 2
  }
}
