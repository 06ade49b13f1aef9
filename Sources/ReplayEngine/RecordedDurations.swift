import Kernels
import TraceModel

/// The recorded durations and turnarounds, as the workers of a replay use them up.
///
/// The j-th gradient that a worker *starts* takes its j-th entry, whatever becomes of it.
struct RecordedDurations {
  private let durations: [[Int64]]
  private let turnarounds: [[Int64]]
  private let fixedTurnaroundNs: Int64
  /// Whether a worker falls silent at the end of its entries.
  let stops: Bool
  /// nil unless entries are drawn anew.
  let draw: EntryDraw?

  init(
    of trace: Trace, atEnd: AtEnd, turnaround: TurnaroundPolicy, seed: UInt64
  ) throws(ReplayError) {
    guard trace.workerCount > 0 else { throw .noWorkers }
    for timings in trace.workers {
      guard timings.gradientCount > 0 else { throw .workerWithoutGradients(timings.worker.label) }
      guard let gradient = timings.durationsNs.firstIndex(where: { $0 <= 0 }) else { continue }
      throw .durationNotPositive(
        timings.worker.label, gradient: gradient, durationNs: timings.durationsNs[gradient])
    }
    durations = trace.workers.map(\.durationsNs)
    stops = atEnd == .stop
    draw = atEnd == .resample ? EntryDraw(trace, seed: seed) : nil
    switch turnaround {
    case .recorded:
      turnarounds = trace.workers.map(\.turnaroundsNs)
      fixedTurnaroundNs = 0
    case .none:
      turnarounds = []
      fixedTurnaroundNs = 0
    case .fixed(let ns):
      turnarounds = []
      fixedTurnaroundNs = max(0, ns)
    }
  }

  @inline(__always)
  func count(worker: Int) -> Int { durations[worker].count }

  @inline(__always)
  func durationNs(worker: Int, entry: Int) -> Int64 { durations[worker][entry] }

  /// What the exchange after this entry cost; 0 where it was not recorded.
  @inline(__always)
  func turnaroundNs(worker: Int, entry: Int) -> Int64 {
    if turnarounds.isEmpty { return fixedTurnaroundNs }
    let column = turnarounds[worker]
    return entry < column.count ? max(0, column[entry]) : 0
  }
}

/// Which entry a worker's j-th started gradient takes with `--at-end resample`: the j-th while there
/// are any, then a uniform one of its own, ⌊w·n / 2^32⌋ with the first word w of stream 2 at (j, m).
///
/// The duration, the turnaround after it and a recorded batch all follow the same draw, so that what
/// was recorded together stays together. n is at most 2^32.
struct EntryDraw {
  private let stream: CounterStream
  private let counts: [Int]
  /// Positions in the original trace, which a what-if edit leaves alone.
  private let workers: [Int]

  init(_ trace: Trace, seed: UInt64) {
    stream = CounterStream(stream: .resampledDurations, seed: seed)
    counts = trace.workers.map(\.gradientCount)
    workers = trace.workers.map(\.worker.index)
  }

  func entry(worker: Int, gradient: Int) -> Int {
    let count = counts[worker]
    guard gradient >= count else { return gradient }
    let word = stream.word(worker: workers[worker], gradient: gradient, index: 0)
    return Int((UInt64(word) &* UInt64(count)) >> 32)
  }
}

extension Trace {
  /// When every gradient was started, from the first start of all.
  var recordedStarts: [[Int64]] {
    let origin = workers.compactMap { $0.startsNs.min() }.min() ?? 0
    return workers.map { timings in timings.startsNs.map { $0 - origin } }
  }

  /// The positions of the `count` workers with the smallest mean duration, in order of position.
  ///
  /// Ties go to the lower position. Means are compared exactly, as fractions.
  func fastestWorkers(_ count: Int) -> [Int] {
    let sums = workers.map { timings in
      timings.durationsNs.reduce(Int64(0)) { ReplayLoop.sum($0, $1) }
    }
    let order = workers.indices.sorted { first, second in
      let left = sums[first].multipliedFullWidth(by: Int64(workers[second].gradientCount))
      let right = sums[second].multipliedFullWidth(by: Int64(workers[first].gradientCount))
      if left.high != right.high { return left.high < right.high }
      if left.low != right.low { return left.low < right.low }
      return first < second
    }
    return order.prefix(count).sorted()
  }
}
