import GRDB
import TraceModel

/// Where turnarounds come from.
enum TurnaroundSource {
  case recorded
  /// The gap to the next start; with rounds, the smallest gap of the round, and the rest is wait.
  case gaps(RoundStructure?)
}

/// Cuts the sorted gradients of each worker into chunks of 4,096 and packs them into TEMP tables,
/// ready to be copied into the store in one short transaction.
///
/// Starts are left on the source's clock, since the trace's first one is only known at the end; a
/// payload holds gaps, so the copy can shift the columns of its row.
struct TraceAssembler: WorkerConsumer {
  let tables: AssembledTables
  private let registry: WorkerRegistry
  private let turnaround: TurnaroundSource
  private let encoder: ChunkEncoder

  private(set) var firstStart = Int64.max
  private(set) var lastEnd = Int64.min
  private(set) var gradientCount = 0
  private(set) var workerCount = 0
  private(set) var overlapping = 0
  private(set) var firstOverlap: (WorkerLabel, Int)?
  /// The first worker, by label, with nothing left.
  private(set) var emptyWorker: (label: WorkerLabel, skipped: Int)?
  private(set) var agreement: RoundAgreement?
  /// By handle: whether any gradient was pushed.
  private(set) var isSeen: [Bool]

  private var worker = WorkerStatistics()
  private var columns = TimingColumns()
  private var position = 0
  private var chunkIndex = 0
  /// Under `gaps`: the gradient whose gap is not known yet.
  private var pending: (entry: TimingColumns.Entry, samples: [Int32])?

  init(
    tables: AssembledTables, registry: WorkerRegistry, indices: [Int32],
    turnaround: TurnaroundSource, agreement: RoundAgreement?, threads: Int
  ) {
    self.tables = tables
    self.registry = registry
    encoder = ChunkEncoder(
      tables: tables, registry: registry, indices: indices, threads: threads)
    self.turnaround = turnaround
    self.agreement = agreement
    isSeen = Array(repeating: false, count: registry.count)
  }

  mutating func begin(_ handle: Int) {
    isSeen[handle] = true
    worker = WorkerStatistics(handle: handle)
    position = 0
    chunkIndex = 0
    pending = nil
  }

  mutating func take(_ source: TimingColumns, _ range: Range<Int>) throws {
    agreement?.take(source, range, at: position)
    switch turnaround {
    case .recorded:
      try append(source, range)
      position += range.count
    case .gaps(let rounds):
      for index in range {
        let entry = source[index]
        if entry.start < worker.lastEnd, worker.count > 0 || pending != nil {
          noteOverlap(at: position)
        }
        if let (before, batch) = pending {
          try append(closing(before, nextStart: entry.start, rounds: rounds), samples: batch[...])
        }
        pending = (entry, Array(source.batch(index)))
        worker.lastEnd = max(worker.lastEnd, entry.start + entry.duration)
        position += 1
      }
    }
  }

  private mutating func noteOverlap(at position: Int) {
    if overlapping == 0 { firstOverlap = (registry.label(worker.handle), position) }
    overlapping += 1
  }

  /// Adds gradients as they stand.
  private mutating func append(_ source: TimingColumns, _ range: Range<Int>) throws {
    for index in range {
      let start = source.starts[index]
      if start < worker.lastEnd, worker.count > 0 || index > range.lowerBound {
        noteOverlap(at: position + index - range.lowerBound)
      }
      worker.lastEnd = max(worker.lastEnd, start + source.durations[index])
    }
    guard worker.add(source, range) else {
      throw StoreError.timesTooLarge(worker: registry.label(worker.handle))
    }
    var rest = range
    while !rest.isEmpty {
      let part = rest.prefix(TimingColumns.gradientLimit - columns.count)
      columns.append(source, part)
      try checkSamples()
      if columns.count == TimingColumns.gradientLimit { try flush() }
      rest = rest.dropFirst(part.count)
    }
  }

  mutating func end(_ handle: Int, dropped: Int) throws {
    if let (last, batch) = pending {
      try append(last, samples: batch[...])
      pending = nil
    }
    guard worker.count > 0 else {
      noteEmpty(registry.label(handle), skipped: dropped)
      return
    }
    if columns.count > 0 { try flush() }
    agreement?.end(count: worker.count)
    firstStart = min(firstStart, worker.firstStart)
    lastEnd = max(lastEnd, worker.lastEnd)
    gradientCount += worker.count
    workerCount += 1
    try encoder.end(worker)
  }

  /// Called once all workers have ended.
  mutating func finish() throws { try encoder.finish() }

  mutating func noteEmpty(_ label: WorkerLabel, skipped: Int) {
    if let emptyWorker, emptyWorker.label < label { return }
    emptyWorker = (label, skipped)
  }

  /// The gradient at `position − 1`, now that the next start is known.
  private func closing(
    _ entry: TimingColumns.Entry, nextStart: Int64, rounds: RoundStructure?
  ) -> TimingColumns.Entry {
    var entry = entry
    let gap = max(0, nextStart - (entry.start + entry.duration))
    guard let rounds else {
      entry.turnaround = gap
      return entry
    }
    let round = rounds.round(of: position - 1, handle: worker.handle)
    guard rounds.smallestGaps.indices.contains(round) else { return entry }
    entry.turnaround = rounds.smallestGaps[round]
    entry.wait = gap - entry.turnaround
    return entry
  }

  @inline(__always)
  private mutating func append(
    _ entry: TimingColumns.Entry, samples: ArraySlice<Int32>
  ) throws {
    guard worker.add(entry) else {
      throw StoreError.timesTooLarge(worker: registry.label(worker.handle))
    }
    columns.append(entry, samples: samples)
    try checkSamples()
    if columns.count == TimingColumns.gradientLimit { try flush() }
  }

  private func checkSamples() throws {
    guard columns.samples.count <= TimingColumns.sampleLimit else {
      throw StoreError.tooManySamples(worker: registry.label(worker.handle))
    }
  }

  private mutating func flush() throws {
    // Handed over, not copied.
    var full = TimingColumns()
    swap(&full, &columns)
    try encoder.add(full, handle: worker.handle, index: chunkIndex)
    chunkIndex += 1
  }
}

/// Sums over the gradients of one worker.
struct WorkerStatistics {
  var handle = 0
  var count = 0
  var firstStart: Int64 = 0
  var lastEnd = Int64.min
  var durationSum: Int64 = 0
  var durationMin = Int64.max
  var durationMax: Int64 = 0
  var waitSum: Int64 = 0
  /// nil if none was recorded.
  var turnaroundSum: Int64?

  /// Returns false if a sum would leave the range of 64 bits.
  @inline(__always)
  mutating func add(_ entry: TimingColumns.Entry) -> Bool {
    if count == 0 { firstStart = entry.start }
    count += 1
    durationMin = min(durationMin, entry.duration)
    durationMax = max(durationMax, entry.duration)
    var overflow = false
    (durationSum, overflow) = durationSum.addingReportingOverflow(entry.duration)
    if overflow { return false }
    if entry.wait != 0 {
      (waitSum, overflow) = waitSum.addingReportingOverflow(entry.wait)
      if overflow { return false }
    }
    if entry.turnaround != TimingColumns.unknownTurnaround {
      let sum = (turnaroundSum ?? 0).addingReportingOverflow(entry.turnaround)
      turnaroundSum = sum.partialValue
      return !sum.overflow
    }
    return true
  }
}

extension WorkerStatistics {
  /// The same for consecutive gradients.
  mutating func add(_ columns: TimingColumns, _ range: Range<Int>) -> Bool {
    guard columns.presence.isDisjoint(with: [.waits, .turnarounds]) else {
      for index in range where !add(columns[index]) { return false }
      return true
    }
    if count == 0, let first = range.first { firstStart = columns.starts[first] }
    count += range.count
    for duration in columns.durations[range] {
      durationMin = min(durationMin, duration)
      durationMax = max(durationMax, duration)
      let sum = durationSum.addingReportingOverflow(duration)
      if sum.overflow { return false }
      durationSum = sum.partialValue
    }
    return true
  }
}

/// What a chunk's row says about its payload.
struct ChunkRow: Equatable {
  var gradientCount: Int
  var firstStart: Int64
  var lastEnd: Int64
  var durationSum: Int64
  var durationMin: Int64
  var durationMax: Int64

  /// The row of a chunk that was packed or unpacked; sums wrap where a hostile file wants them to.
  init(_ columns: borrowing TimingColumns) {
    gradientCount = columns.count
    firstStart = columns.starts.first ?? 0
    lastEnd = .min
    durationSum = 0
    durationMin = .max
    durationMax = 0
    let starts = columns.starts.span
    let durations = columns.durations.span
    for index in durations.indices {
      let duration = durations[index]
      lastEnd = max(lastEnd, starts[index] &+ duration)
      durationSum &+= duration
      durationMin = min(durationMin, duration)
      durationMax = max(durationMax, duration)
    }
  }

  init(
    gradientCount: Int, firstStart: Int64, lastEnd: Int64, durationSum: Int64, durationMin: Int64,
    durationMax: Int64
  ) {
    self.gradientCount = gradientCount
    self.firstStart = firstStart
    self.lastEnd = lastEnd
    self.durationSum = durationSum
    self.durationMin = durationMin
    self.durationMax = durationMax
  }
}
