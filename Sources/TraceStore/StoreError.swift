import TraceModel

/// Why a database cannot be opened, read or written, or an import was refused.
///
/// Every case tells the place and the remedy in its description, and the command its exit code.
public enum StoreError: Error, Hashable, Sendable {
  /// There is no file to read.
  case missing(path: String)
  /// The file is no SQLite database.
  case notADatabase(path: String)
  /// An empty file, which is no database yet.
  case blank(path: String)
  /// A database of another program; nothing was written.
  case foreign(path: String, applicationID: Int32)
  /// Written by a later version of the schema; nothing was written.
  case newer(path: String, version: Int, supported: Int)
  /// Written by an earlier version of the schema, and opened without the right to migrate it.
  case older(path: String, version: Int, supported: Int)
  /// Another process held the lock for longer than the timeout.
  case busy(path: String)
  /// SQLite's reason, or ours.
  case cannotOpen(path: String, problem: String)
  /// A place where no database can be.
  case cannotCreate(path: String, problem: String)
  /// A full disk, say; the transaction was rolled back.
  case cannotWrite(path: String, problem: String)
  /// What is stored contradicts itself or its checksum.
  case damaged(StorePlace, problem: String)
  /// Neither a name nor a number of a trace.
  case unknownTrace(String)
  /// No replay has this number.
  case unknownReplay(Int64)

  /// No gradient is left to import.
  case emptyTrace(skipped: Int)
  /// A worker without a gradient that could be used.
  case emptyWorker(WorkerLabel, skipped: Int)
  /// A gradient that no clock can have recorded.
  case impossibleGradient(worker: WorkerLabel, GradientInterval, problem: String)
  /// A label above 1 KiB, with its beginning.
  case labelTooLong(prefix: String, byteSize: Int)
  /// Times or their sums leave the range of 64 bits.
  case timesTooLarge(worker: WorkerLabel)
  /// Batches that do not fit into a chunk.
  case tooManySamples(worker: WorkerLabel)
  /// A file of the native format whose gradients are not those that it was written with.
  case digestDiffers(path: String, found: String, recorded: String)
  /// `--strict`, and these warnings about the paths that were given.
  case strict(source: String, [ImportIssue])

  /// What stands in the place of what an import keeps is something else; nothing was written.
  case keptForeign(path: String)
  /// What an import kept belongs to another one.
  case keptOfAnother(path: String, request: String)
  /// What an import kept cannot be used.
  case keptDamaged(path: String, problem: String)
}

/// Where in a database something is wrong.
public struct StorePlace: Hashable, Sendable {
  /// Of the database.
  public var path: String
  /// Where the row is.
  public var table: String
  /// Name and number of the trace that the row belongs to.
  public var trace: String?
  /// The worker that the row belongs to.
  public var workerIndex: Int?
  /// The chunk, counted from 0.
  public var chunkIndex: Int?

  public init(
    path: String, table: String, trace: String? = nil, workerIndex: Int? = nil,
    chunkIndex: Int? = nil
  ) {
    self.path = path
    self.table = table
    self.trace = trace
    self.workerIndex = workerIndex
    self.chunkIndex = chunkIndex
  }
}

extension StorePlace: CustomStringConvertible {
  public var description: String {
    var text = "\(path): table \(table)"
    if let trace { text += ", trace \(trace)" }
    if let workerIndex { text += ", worker \(workerIndex)" }
    if let chunkIndex { text += ", chunk \(chunkIndex)" }
    return text
  }
}

extension StoreError {
  /// The exit code of the command that ends with this error.
  public var exitCode: Int32 {
    switch self {
    case .missing, .blank, .unknownTrace, .unknownReplay: 66
    case .busy: 75
    case .cannotOpen: 66
    case .cannotCreate: 73
    case .cannotWrite: 74
    case .notADatabase, .foreign, .newer, .older, .damaged, .emptyTrace, .emptyWorker,
      .impossibleGradient, .labelTooLong, .timesTooLarge, .tooManySamples, .digestDiffers, .strict,
      .keptForeign, .keptOfAnother, .keptDamaged:
      65
    }
  }
}

extension StoreError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .missing(let path):
      "\(path): there is no such database. Import a trace into it first: outpace import --db \(path)"
    case .notADatabase(let path):
      "\(path): this is no SQLite database. Name another file with --db."
    case .blank(let path):
      "\(path): the database is empty. Import a trace into it first: outpace import --db \(path)"
    case .foreign(let path, let applicationID):
      "\(path): this database belongs to another program (application_id \(applicationID)); "
        + "nothing was written. Name another file with --db."
    case .newer(let path, let version, let supported):
      "\(path): the database has schema version \(version) and this program knows \(supported); "
        + "nothing was written. Use a newer outpace."
    case .older(let path, let version, let supported):
      "\(path): the database has schema version \(version), and reading needs \(supported). "
        + "Run outpace import on it once: that brings it up to date."
    case .busy(let path):
      "\(path): another process is writing and did not finish in time. Try again."
    case .cannotOpen(let path, let problem):
      "\(path): the database cannot be opened: \(problem). Name another file with --db."
    case .cannotCreate(let path, let problem):
      "\(path): the database cannot be created: \(problem). Name another place with --db."
    case .cannotWrite(let path, let problem):
      "\(path): the database cannot be written: \(problem); nothing was kept. "
        + "Make room, or name another place with --db."
    case .damaged(let place, let problem):
      "\(place): \(problem). The file was changed after it was written: restore a copy of it, or "
        + "import the trace again into a new one."
    case .unknownTrace(let reference):
      "There is no trace \(reference) in the database. outpace list shows what there is."
    case .unknownReplay(let id):
      "There is no replay #\(id) in the database. outpace list shows what there is."
    case .emptyTrace(let skipped):
      skipped == 0
        ? "No gradient was found. Is this the right file, or does it need --format or --event?"
        : "No gradient is left: all \(skipped) fell to --skip, --steps or --skip-worker."
    case .emptyWorker(let label, let skipped):
      "Worker \(label.text) has no gradient left (\(skipped) skipped). "
        + "Leave it out with --skip-worker \(label.text)"
    case .impossibleGradient(let label, let gradient, let problem):
      "Worker \(label.text), gradient from \(gradient.startNs) ns of \(gradient.durationNs) ns: "
        + "\(problem). Correct the source, or leave the worker out with --skip-worker "
        + "\(label.text)"
    case .labelTooLong(let prefix, let byteSize):
      "The worker label \(prefix)… has \(byteSize) bytes, and the limit is "
        + "\(WorkerLabel.byteSizeLimit). Is another column the worker's?"
    case .timesTooLarge(let label):
      "Worker \(label.text): its times do not fit into 64 bits of nanoseconds (292 years). "
        + "Is the unit right (--unit)?"
    case .tooManySamples(let label):
      "Worker \(label.text): \(TimingColumns.gradientLimit) gradients have more than "
        + "\(TimingColumns.sampleLimit) recorded samples. Import the trace without them."
    case .digestDiffers(let path, let found, let recorded):
      "\(path): its gradients have the digest \(found), and it was written with those of "
        + "\(recorded). It was changed after it was exported: export the trace again. One that is to "
        + "be changed is exported as .ndjson."
    case .keptForeign(let path):
      "\(path): this is where --resume keeps the files that are already read, and it is something "
        + "else. Move it away, or import without --resume."
    case .keptOfAnother(let path, let request):
      "\(path): this belongs to another import that broke off: \(request). Finish that one first "
        + "with --resume, or delete this file."
    case .keptDamaged(let path, let problem):
      "\(path): \(problem). What an import that broke off has kept cannot be used: delete this "
        + "file, and all files are read again."
    case .strict(let source, let issues):
      "\(source.isEmpty ? "The trace" : source): refused by --strict, not imported. Without it these are kept"
        + " and repeated:\n"
        + issues.map { "  \($0.code): \($0.meaning) (\($0.count)x, first: \($0.firstPlace))" }
        .joined(separator: "\n")
    }
  }
}
