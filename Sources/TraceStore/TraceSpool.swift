import GRDB
import ReplayEngine
import TraceModel

/// Takes the gradients of one trace in any order, and makes a stored trace of them at the end.
///
/// Memory is bounded by the buffers and about a hundred bytes a worker. What does not fit into a buffer
/// is written as sorted runs into a TEMP table, and `finish` merges the runs; a trace of one file that
/// fits never touches the disk before. The files of a trace may also be taken apart from one another
/// (``parts``), on several threads.
///
/// Until the last transaction the store is neither locked nor changed. Whatever ends the process
/// before leaves nothing behind: SQLite's temporary file has no name. Only with `keeping` the finished
/// files are in a file beside the store, for an import that goes on.
public final class TraceSpool: PartedSink, ReplaySink {
  /// The default bound on the memory of buffered gradients.
  public static let bufferByteSize = 64 << 20

  /// Starts before −2^62 and ends from 2^62 on are refused (146 years from the clock's zero), so
  /// that no difference of two times can overflow.
  static let timeLimit: Int64 = 1 << 62

  let store: TraceStore
  let tableName: String
  /// What was not taken file by file.
  let main: SpoolPart
  let files: SpoolParts
  let kept: KeptSpool?
  let table: SpoolTable
  let threads: Int
  /// Those that come with the trace, if it comes from another store.
  let replays: SpooledReplays
  /// Those that were made of it before it was stored.
  var runs: [(run: Run, record: ReplayRecord)] = []
  var issues = IssueCounts()
  private var isFinished = false

  /// - Parameter keeping: what is imported and how, if finished files are to be kept at `keptPath`.
  init(
    store: TraceStore, bufferByteSize: Int, threads: Int, keptPath: String? = nil,
    keeping: String = ""
  ) throws {
    self.store = store
    self.threads = threads
    // Two imports may share the connection; the name is seen by nobody else.
    let number = String(UInt64.random(in: 0 ... .max), radix: 16)
    tableName = "spool_\(number)"
    table = SpoolTable(name: "temp.\(tableName)")
    kept = try keptPath.map {
      try KeptSpool(store: store, path: $0, schema: "kept_\(number)", request: keeping)
    }
    main = SpoolPart(
      id: -1, store: store, table: table, bufferByteSize: bufferByteSize, isOverlapped: threads > 1)
    replays = SpooledReplays(queue: store.queue, name: tableName)
    files = SpoolParts(
      store: store, table: kept?.table ?? table, kept: kept, bufferByteSize: bufferByteSize)
  }

  deinit {
    close()
  }

  /// The gradients pushed so far, without those of files that were taken apart.
  package var gradientCount: Int { main.gradientCount }
  /// What gradients take that are in no sorted run yet, without those of files that were taken apart.
  package var bufferedByteSize: Int { main.bufferedByteSize }
  /// Sorted runs that were spilled, without those of files that were taken apart.
  package var runCount: Int { main.runCount }

  /// Takes the files of the trace apart from one another.
  public var parts: any TraceParts { files }

  /// Moves all gradients that a worker has in a file to a later start.
  public func shift(part: Int, worker handle: Int, by nanoseconds: Int64) {
    files.shift(part: part, worker: handle, by: nanoseconds)
  }

  public func worker(
    labelled label: WorkerLabel, host: String?, trust: TrustGrade
  ) throws -> Int {
    try main.worker(labelled: label, host: host, trust: trust)
  }

  public func append(_ gradient: GradientInterval, worker handle: Int) throws {
    try main.append(gradient, worker: handle)
  }

  public func append(_ gradients: GradientBatch) throws { try main.append(gradients) }

  public func report(_ issue: ImportIssue) {
    issues.add(issue)
  }

  public func append(_ row: [StoredValue], to table: ReplayTable) throws {
    try replays.append(row, to: table)
  }

  /// Keeps a replay of the trace that was made before it is stored: with the trace, or not at all.
  public func keep(_ run: Run, record: ReplayRecord) {
    runs.append((run, record))
  }

  /// Sorts and imports what was pushed, in one short transaction of the store.
  ///
  /// Uses the spool up, whether it succeeds or throws.
  ///
  /// - Throws: `StoreError`, and then nothing was imported.
  public func finish(facts: TraceFacts, options: ImportOptions) throws -> StoredTrace {
    precondition(!isFinished, "a spool was finished twice")
    do {
      let stored = try importTrace(facts: facts, options: options)
      close(hasSucceeded: true)
      return stored
    } catch {
      close()
      if error is SpoolDamage || error is VarintReader.Failure {
        throw StoreError.keptDamaged(
          path: kept?.path ?? "temporary file", problem: "a run does not hold what was written")
      }
      if let error = error as? DatabaseError { throw StoreError(writing: store.path, error) }
      throw error
    }
  }

  /// Forgets everything that was pushed, except what is kept for an import that goes on. Without it
  /// the last reference does so.
  public func close() { close(hasSucceeded: false) }

  private func close(hasSucceeded: Bool) {
    guard !isFinished else { return }
    isFinished = true
    main.forget()
    files.forget()
    let name = tableName
    try? store.queue.inDatabase {
      try AssembledTables.drop(name, in: $0)
      try SpooledReplays.drop(name, in: $0)
    }
    kept?.close(removing: hasSucceeded)
  }
}

extension TraceStore {
  /// Begins an import.
  ///
  /// - Parameters:
  ///   - bufferByteSize: the bound on the memory of buffered gradients. It never shows in what is
  ///     stored.
  ///   - threads: 2 or more write and pack beside the thread that reads. They never show either.
  ///   - keeping: what is imported and how, if files that are finished are to be kept beside the store
  ///     until the import succeeds. What an import with the same words kept is used.
  public func spool(
    bufferByteSize: Int = TraceSpool.bufferByteSize, threads: Int = 1, keeping: String? = nil
  ) throws -> TraceSpool {
    guard mode == .readWrite else {
      throw StoreError.cannotWrite(path: path, problem: "it was opened to be read")
    }
    return try TraceSpool(
      store: self, bufferByteSize: bufferByteSize, threads: threads,
      keptPath: keeping == nil ? nil : path + TraceStore.keptSuffix, keeping: keeping ?? "")
  }

  /// What is added to a store's path for the file that an import keeps what it has read in.
  public static let keptSuffix = ".import"
}
