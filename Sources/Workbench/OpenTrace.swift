import Analysis
import Foundation
import Reports
import TraceModel
import TraceStore

/// A trace in memory, with the store it came from.
public struct OpenedTrace: Sendable {
  /// All of it, in memory.
  public var trace: Trace
  /// What the store knows of it.
  public var summary: Inspection.TraceSummary
  /// What the import read, used and skipped; empty for a trace that was there before.
  public var importNotes: [String]
  /// As it was named on the command line.
  public var argument: String
  /// Whether the trace stays when the command ends.
  public var isKept: Bool
  let store: TraceStore
}

/// The database that names and `#id` are looked up in, and that `import` writes to.
public let defaultDatabasePath = "outpace.db"

/// Opens what a TRACE argument means: an existing path, which is imported on the way; else a name
/// in the database; else `#id`.
///
/// - Parameter databasePath: where paths are imported to and names looked up; nil for a temporary
///   database and `outpace.db`.
/// - Parameter keepsReplays: whether replays of a stored trace are to be saved beside it; a database
///   that is only looked at is opened read-only.
public func openTraces(
  _ arguments: [String], databasePath: String?, reading choices: ReadingChoices,
  keepsReplays: Bool = false, progress: ((ImportProgress) -> Void)? = nil
) throws -> [OpenedTrace] {
  try Failure.mapping {
    if choices.join {
      return try openPaths(arguments, databasePath: databasePath, choices, progress)
    }
    var kept = 0
    return try arguments.flatMap { argument in
      if argument == "-" || FileManager.default.fileExists(atPath: argument) {
        let opened = try Failure.notingImports(kept) {
          try openPaths([argument], databasePath: databasePath, choices, progress)
        }
        kept += opened.count { $0.isKept }
        return opened
      }
      return [
        try openStored(
          argument, databasePath: databasePath ?? defaultDatabasePath, keepsReplays: keepsReplays)
      ]
    }
  }
}

private func openPaths(
  _ paths: [String], databasePath: String?, _ choices: ReadingChoices,
  _ progress: ((ImportProgress) -> Void)?
) throws -> [OpenedTrace] {
  func opened(_ store: TraceStore) throws -> [OpenedTrace] {
    var imported: [ImportedTrace] = []
    try importTraces(from: paths, into: store, reading: choices, progress: progress) {
      imported.append($0)
    }
    return try imported.map { entry in
      OpenedTrace(
        trace: try store.load(id: entry.stored.id), summary: entry.report.trace,
        importNotes: choices.anonymize ? [] : entry.report.notes,
        argument: choices.anonymize ? entry.stored.name : paths.joined(separator: " "),
        isKept: databasePath != nil, store: store)
    }
  }
  guard let databasePath else {
    guard !choices.resume else {
      throw Failure(
        .usage, "--resume keeps what was read beside a database. Name one with --db FILE.")
    }
    return try opened(try TraceStore.temporary())
  }
  return try withDatabase(databasePath) {
    try opened(try TraceStore(path: databasePath, mode: .readWrite))
  }
}

private func openStored(
  _ reference: String, databasePath: String, keepsReplays: Bool
) throws -> OpenedTrace {
  guard FileManager.default.fileExists(atPath: databasePath) else {
    throw Failure(
      .noInput,
      "\(reference): there is no such file, and no database \(databasePath) to look the name up in. "
        + "Name a file, or the database with --db.")
  }
  let store = try TraceStore(path: databasePath, mode: keepsReplays ? .readWrite : .readOnly)
  let stored = try store.find(reference)
  return OpenedTrace(
    trace: try store.load(id: stored.id), summary: Inspection.TraceSummary(stored),
    importNotes: [], argument: reference, isKept: true, store: store)
}
