import GRDB
import TraceModel

/// Takes the gradients of one trace in any order, and makes a stored trace of them at the end.
///
/// Memory is bounded by the buffer and about a hundred bytes a worker. Gradients gather in one
/// buffer for all workers; a full one is sorted by (worker, start) and written as one run into a
/// TEMP table. (A buffer per worker, with the largest written first, would write three gradients
/// at a time once there are a million workers.) `finish` merges the runs and whatever is still in
/// the buffer; a trace that fits never touches the disk before.
///
/// Until the last transaction the store is neither locked nor changed. Whatever ends the process
/// before leaves nothing behind: SQLite's temporary file has no name.
public final class TraceSpool: TraceSink {
  /// The default bound on the memory of buffered gradients.
  public static let bufferByteSize = 64 << 20

  /// Starts before −2^62 and ends from 2^62 on are refused (146 years from the clock's zero), so
  /// that no difference of two times can overflow.
  static let timeLimit: Int64 = 1 << 62

  let store: TraceStore
  let tableName: String
  var registry = WorkerRegistry()
  package var buffer: SpoolBuffer
  package var table: SpoolTable?
  var issues = IssueCounts()
  private let bufferLimit: Int
  package private(set) var gradientCount = 0
  private var isFinished = false

  init(store: TraceStore, bufferByteSize: Int) {
    self.store = store
    bufferLimit = bufferByteSize
    buffer = SpoolBuffer(byteLimit: bufferByteSize)
    // Two imports may share the connection; the name is seen by nobody else.
    tableName = "spool_" + String(UInt64.random(in: 0 ... .max), radix: 16)
  }

  deinit {
    close()
  }

  public func worker(
    labelled label: WorkerLabel, host: String?, trust: TrustGrade
  ) throws -> Int {
    try registry.handle(of: label, host: host, trust: trust)
  }

  public func append(_ gradient: GradientInterval, worker handle: Int) throws {
    if let problem = Self.problem(of: gradient) {
      throw StoreError.impossibleGradient(
        worker: registry.label(handle), gradient, problem: problem)
    }
    buffer.append(
      TimingColumns.Entry(
        start: gradient.startNs, duration: gradient.durationNs, wait: gradient.waitNs,
        turnaround: gradient.turnaroundNs ?? TimingColumns.unknownTurnaround,
        step: gradient.step ?? TimingColumns.unknownStep),
      samples: gradient.samples, handle: handle)
    gradientCount += 1
    if buffer.byteSize >= bufferLimit { try flush() }
  }

  public func report(_ issue: ImportIssue) {
    issues.add(issue)
  }

  /// Sorts and imports what was pushed, in one short transaction of the store.
  ///
  /// Uses the spool up, whether it succeeds or throws.
  ///
  /// - Throws: `StoreError`, and then nothing was imported.
  public func finish(facts: TraceFacts, options: ImportOptions) throws -> StoredTrace {
    precondition(!isFinished, "a spool was finished twice")
    isFinished = true
    defer { close() }
    do {
      return try importTrace(facts: facts, options: options)
    } catch let error as DatabaseError {
      throw StoreError(writing: store.path, error)
    }
  }

  /// Forgets everything that was pushed. Without it the last reference does so.
  public func close() {
    isFinished = true
    buffer = SpoolBuffer()
    table = nil
    let name = tableName
    try? store.queue.inDatabase { try AssembledTables.drop(name, in: $0) }
  }

  private func flush() throws {
    do {
      try store.queue.inTransaction(.deferred) { database in
        let table = try self.table ?? SpoolTable(database, name: tableName)
        self.table = table
        try table.add(buffer.sorted(handleCount: registry.count), to: database)
        return .commit
      }
    } catch let error as DatabaseError {
      throw StoreError(writing: store.path, error)
    }
    buffer.removeAll()
  }

  @inline(__always)
  private static func problem(of gradient: GradientInterval) -> String? {
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

extension TraceStore {
  /// Begins an import.
  ///
  /// - Parameter bufferByteSize: the bound on the memory of buffered gradients. It never shows in
  ///   what is stored.
  public func spool(bufferByteSize: Int = TraceSpool.bufferByteSize) throws -> TraceSpool {
    guard mode == .readWrite else {
      throw StoreError.cannotWrite(path: path, problem: "it was opened to be read")
    }
    return TraceSpool(store: self, bufferByteSize: bufferByteSize)
  }
}
