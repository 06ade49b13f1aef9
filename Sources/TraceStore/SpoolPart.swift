import GRDB
import TraceModel

/// Takes the gradients of one file, or of all of them where they come in one stream.
///
/// Gradients gather in one buffer for all workers; a full one is sorted by (worker, start) and written
/// as one run. (A buffer per worker, with the largest written first, would write three gradients at a
/// time once there are a million workers.)
final class SpoolPart: TraceSink {
  let id: Int
  var registry = WorkerRegistry()
  private var box: RunQueue.Box
  /// Nil where runs are written on the thread that fills the buffer.
  private let runs: RunQueue?
  private(set) var runCount = 0
  private(set) var gradientCount = 0
  /// How the file was when it was opened; nil if nothing is kept of it.
  let identity: FileIdentity?
  private let store: TraceStore
  private let table: SpoolTable
  private let bufferLimit: Int

  init(
    id: Int, store: TraceStore, table: SpoolTable, bufferByteSize: Int,
    identity: FileIdentity? = nil, isOverlapped: Bool = false
  ) {
    self.id = id
    self.store = store
    self.table = table
    self.identity = identity
    // Two buffers share the memory of one.
    bufferLimit = isOverlapped ? bufferByteSize / 2 : bufferByteSize
    box = RunQueue.Box(SpoolBuffer(byteLimit: bufferLimit))
    runs = isOverlapped ? RunQueue(spare: SpoolBuffer(byteLimit: bufferLimit)) : nil
  }

  /// A run of this size is sorted in the cache, and the last one, for which the merge waits, is short.
  private static let smallRunByteSize = 4 << 20
  /// The gradients of each worker that a run has at least on average: fewer cost a merge more than
  /// sorting gains.
  private static let meanGroupCount = 512
  /// Runs become twice as large after so many: a merge has only some hundreds of them open.
  private static let runCountOfOneSize = 32

  private var currentLimit: Int {
    // With a million workers their names take what the buffers give up.
    let limit = max(bufferLimit / 4, bufferLimit - registry.count * 24)
    let small = max(
      Self.smallRunByteSize,
      registry.count * Self.meanGroupCount * SpoolBuffer.recordByteSize)
    return min(limit, small << min(runCount / Self.runCountOfOneSize, 8))
  }

  var bufferedByteSize: Int { box.buffer.byteSize }

  func worker(labelled label: WorkerLabel, host: String?, trust: TrustGrade) throws -> Int {
    try registry.handle(of: label, host: host, trust: trust)
  }

  func append(_ gradient: GradientInterval, worker handle: Int) throws {
    if let problem = Self.problem(of: gradient) {
      throw StoreError.impossibleGradient(
        worker: registry.label(handle), gradient, problem: problem)
    }
    box.buffer.append(
      TimingColumns.Entry(
        start: gradient.startNs, duration: gradient.durationNs, wait: gradient.waitNs,
        turnaround: gradient.turnaroundNs ?? TimingColumns.unknownTurnaround,
        step: gradient.step ?? TimingColumns.unknownStep),
      samples: gradient.samples, handle: handle)
    gradientCount += 1
    if box.buffer.byteSize >= currentLimit { try flush() }
  }

  func append(_ gradients: GradientBatch) throws {
    guard Self.arePossible(gradients) else {
      // One by one, for the one that is refused.
      for index in gradients.handles.indices {
        try append(
          GradientInterval(
            startNs: gradients.startsNs[index], durationNs: gradients.durationsNs[index]),
          worker: Int(gradients.handles[index]))
      }
      return
    }
    box.buffer.append(gradients)
    gradientCount += gradients.count
    if box.buffer.byteSize >= currentLimit { try flush() }
  }

  /// Issues of a file are counted by whoever reads it.
  func report(_ issue: ImportIssue) {}

  /// Writes what is buffered as a run.
  func flush() throws {
    guard !box.buffer.isEmpty else { return }
    let (id, run, table, store, places) = (id, runCount, table, store, registry.labelOrder())
    let write: @Sendable (RunQueue.Box) throws -> Void = { box in
      do {
        let sorted = box.buffer.sorted(places: places, scratch: box.takeScratch())
        try table.add(sorted, part: id, run: run, to: store.queue)
        box.scratch = sorted.takeTimes()
      } catch let error as DatabaseError {
        throw StoreError(writing: store.path, error)
      }
    }
    runCount += 1
    if let runs {
      box = try runs.exchange(box, write: write)
    } else {
      try write(box)
      box.buffer.removeAll()
    }
  }

  /// The gradients that were not written, as the last run.
  func takeBuffer() throws -> BufferedRun {
    try runs?.wait()
    let run = box.buffer.sorted(places: registry.labelOrder())
    forget()
    return run
  }

  func forget() {
    try? runs?.wait()
    box = RunQueue.Box(SpoolBuffer())
  }

  /// Whether no start is below 0, no duration is 0 or below, and none of both reaches half the limit:
  /// then no end does reach it. One by one more is allowed.
  private static func arePossible(_ gradients: GradientBatch) -> Bool {
    // Every bit that is set anywhere; a duration of 0 sets all with the 1 taken from it.
    var bits: Int64 = 0
    for start in gradients.startsNs { bits |= start }
    for duration in gradients.durationsNs { bits |= duration | (duration &- 1) }
    return bits >= 0 && bits < TraceSpool.timeLimit / 2
  }

  @inline(__always)
  private static func problem(of gradient: GradientInterval) -> String? {
    let timeLimit = TraceSpool.timeLimit
    guard gradient.durationNs > 0 else { return "a duration must be above 0" }
    guard gradient.startNs >= -timeLimit, gradient.startNs < timeLimit,
      gradient.durationNs < timeLimit - max(0, gradient.startNs)
    else { return "the time is more than 146 years from the clock's zero; is the unit right?" }
    guard gradient.waitNs >= 0 else { return "a wait must not be negative" }
    guard (gradient.turnaroundNs ?? 0) >= 0 else { return "a turnaround must not be negative" }
    guard gradient.samples.count <= TimingColumns.sampleLimit else {
      return "its batch has more than \(TimingColumns.sampleLimit) samples"
    }
    return nil
  }
}
