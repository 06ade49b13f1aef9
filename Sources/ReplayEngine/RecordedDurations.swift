import Kernels
import TraceModel

/// The recorded durations and turnarounds, as the workers of a replay use them up.
///
/// The j-th gradient that a worker *starts* takes its j-th entry, whatever becomes of it.
struct RecordedDurations {
  private let durations: [[Int64]]
  /// The same side by side, where there are too many workers for columns of their own.
  private let table: DurationTable?
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
    table = DurationTable.gains(trace.workerCount) ? DurationTable(durations) : nil
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
  func count(worker: Int) -> Int {
    table?.count(worker: worker) ?? durations[worker].count
  }

  @inline(__always)
  func durationNs(worker: Int, entry: Int) -> Int64 {
    table?.place(worker: worker, entry: entry).pointee ?? durations[worker][entry]
  }

  /// Whether it is worth asking for entries before they are needed.
  var gainsFromPrefetch: Bool { table != nil }

  /// Asks for the place of the worker's entries, which ``prefetchDuration(worker:entry:)`` looks at.
  @inline(__always)
  func prefetchStart(worker: Int) { table?.prefetchStart(worker: worker) }

  @inline(__always)
  func prefetchDuration(worker: Int, entry: Int) {
    guard let table else { return }
    prefetch(table.place(worker: worker, entry: entry), byteCount: 8)
  }

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

/// The durations of all workers, one after the other, where one look tells where a worker's begin and end.
///
/// With a hundred thousand workers nearly every access misses the caches: a column of its own for each, found
/// through the list of columns and its own count, would be three misses an arrival and not two.
private final class DurationTable {
  /// Above this the columns' counts and the list of columns are no longer in a core's cache.
  static func gains(_ workerCount: Int) -> Bool { workerCount > 4096 }

  /// A worker's entries are `starts[worker]..<starts[worker + 1]`.
  private let starts: UnsafeMutablePointer<Int>
  private let entries: UnsafeMutablePointer<Int64>

  init(_ columns: [[Int64]]) {
    starts = allocateLarge(byteCount: (columns.count + 1) * MemoryLayout<Int>.stride)
      .bindMemory(to: Int.self, capacity: columns.count + 1)
    let count = columns.reduce(0) { $0 + $1.count }
    entries = allocateLarge(byteCount: max(1, count) * MemoryLayout<Int64>.stride)
      .bindMemory(to: Int64.self, capacity: max(1, count))
    var start = 0
    for (worker, column) in columns.enumerated() {
      (starts + worker).initialize(to: start)
      _ = UnsafeMutableBufferPointer(start: entries + start, count: column.count)
        .initialize(from: column)
      start += column.count
    }
    (starts + columns.count).initialize(to: start)
  }

  deinit {
    starts.deallocate()
    entries.deallocate()
  }

  @inline(__always)
  func count(worker: Int) -> Int { starts[worker + 1] &- starts[worker] }

  @inline(__always)
  func place(worker: Int, entry: Int) -> UnsafePointer<Int64> {
    UnsafePointer(entries + starts[worker] + entry)
  }

  @inline(__always)
  func prefetchStart(worker: Int) { prefetch(starts + worker, byteCount: 8) }
}
