import Analysis
import Foundation
import Reports
import Synchronization
import TraceModel
import TraceStore

/// A trace in memory, with the store it came from.
public struct OpenedTrace: Sendable {
  public var trace: Trace
  public var summary: Inspection.TraceSummary
  /// What the import read, used and skipped; empty for a trace that was there before.
  public var importNotes: [String]
  /// As it was named on the command line.
  public var argument: String
  /// Whether the trace stays when the command ends.
  public var isKept: Bool
  let store: TraceStore
  /// Keeps the folder of a temporary store until the trace is let go.
  let temporary: TemporaryStore?
}

/// The database that names and `#id` are looked up in, and that `import` writes to.
public let defaultDatabasePath = "outpace.db"

/// Opens what a TRACE argument means: an existing path, which is imported on the way; else a name
/// in the database; else `#id`.
///
/// - Parameter databasePath: where paths are imported to and names looked up; nil for a temporary
///   database and `outpace.db`.
public func openTraces(
  _ arguments: [String], databasePath: String?, reading choices: ReadingChoices,
  progress: ((ImportProgress) -> Void)? = nil
) throws -> [OpenedTrace] {
  try Failure.mapping {
    if choices.join {
      return try openPaths(arguments, databasePath: databasePath, choices, progress)
    }
    return try arguments.flatMap { argument in
      if argument == "-" || FileManager.default.fileExists(atPath: argument) {
        return try openPaths([argument], databasePath: databasePath, choices, progress)
      }
      return [try openStored(argument, databasePath: databasePath ?? defaultDatabasePath)]
    }
  }
}

/// Temporary databases that are open, for the handler of an interrupt.
private let openTemporaries = Mutex<[TemporaryStore]>([])

/// Removes the temporary databases; for a process that is about to end.
public func removeTemporaryDatabases() {
  openTemporaries.withLock { stores in
    for store in stores { store.remove() }
    stores = []
  }
}

private func openPaths(
  _ paths: [String], databasePath: String?, _ choices: ReadingChoices,
  _ progress: ((ImportProgress) -> Void)?
) throws -> [OpenedTrace] {
  let temporary = databasePath == nil ? try TemporaryStore() : nil
  if let temporary { openTemporaries.withLock { $0.append(temporary) } }
  let store: TraceStore
  if let temporary {
    store = temporary.store
  } else {
    store = try TraceStore(path: databasePath ?? defaultDatabasePath, mode: .readWrite)
  }
  let imported = try importTraces(from: paths, into: store, reading: choices, progress: progress)
  return try imported.map { entry in
    OpenedTrace(
      trace: try store.load(id: entry.stored.id), summary: entry.report.trace,
      importNotes: entry.report.notes, argument: paths.joined(separator: " "),
      isKept: temporary == nil, store: store, temporary: temporary)
  }
}

private func openStored(_ reference: String, databasePath: String) throws -> OpenedTrace {
  guard FileManager.default.fileExists(atPath: databasePath) else {
    throw Failure(
      .noInput,
      "\(reference): there is no such file, and no database \(databasePath) to look the name up in. "
        + "Name a file, or the database with --db.")
  }
  let store = try TraceStore(path: databasePath, mode: .readOnly)
  let stored = try store.find(reference)
  return OpenedTrace(
    trace: try store.load(id: stored.id), summary: Inspection.TraceSummary(stored),
    importNotes: [], argument: reference, isKept: true, store: store, temporary: nil)
}
