import Analysis
import Foundation
import Reports
import TraceFormats
import TraceModel
import TraceStore

/// How far an import has come.
public struct ImportProgress: Sendable {
  /// The file or folder that is being read, as it was given.
  public var path: String
  /// Before decompression.
  public var bytesRead: Int64
  /// nil where it cannot be known, as for standard input.
  public var bytesTotal: Int64?
}

/// Imports recorded files into a database: a trace a path, or one of all with `choices.join`.
///
/// - Parameters:
///   - paths: files, folders with a file a rank, or `-` for standard input.
///   - databasePath: created if it is not there.
///   - onImport: is told of every trace as soon as it is in the database, also if a later one is
///     refused.
/// - Returns: a report a trace, in the order of the paths.
/// - Throws: `Failure`. Each trace is there whole or not at all; those before the one that was
///   refused stay.
@discardableResult
public func importTraces(
  from paths: [String], into databasePath: String, reading choices: ReadingChoices,
  progress: ((ImportProgress) -> Void)? = nil, onImport: (ImportReport) -> Void = { _ in }
) throws -> [ImportReport] {
  try Failure.mapping {
    // Told before anything is created.
    try requireInputs(paths)
    _ = try choices.readOptions()
    _ = try threadCount(choices.threads)
    return try withDatabase(databasePath) {
      let store = try TraceStore(path: databasePath, mode: .readWrite)
      var reports: [ImportReport] = []
      try importTraces(from: paths, into: store, reading: choices, progress: progress) {
        reports.append($0.report)
        onImport($0.report)
      }
      return reports
    }
  }
}

/// Removes a database that holds no trace.
func removeUnusedDatabase(_ path: String) { TraceStore.removeUnused(path) }

/// A trace that was imported, and what to tell about it.
struct ImportedTrace {
  var stored: StoredTrace
  var report: ImportReport
}

func importTraces(
  from paths: [String], into store: TraceStore, reading choices: ReadingChoices,
  progress: ((ImportProgress) -> Void)?, onImport: (ImportedTrace) -> Void
) throws {
  let options = try choices.readOptions()
  try requireInputs(paths)
  let threads = try threadCount(choices.threads)
  let groups = try tracePaths(paths, join: choices.join, options: options)
  for (before, group) in groups.enumerated() {
    let importOptions = try choices.importOptions(
      name: traceName(of: group[0]), source: group.joined(separator: " "))
    try Failure.notingImports(before) {
      let spool = try store.spool(
        threads: threads, keeping: choices.resume ? keptWords(group, choices) : nil)
      defer { spool.close() }
      let facts = try readTrace(
        joining: group, options: options, threads: threads, into: spool
      ) {
        progress?(ImportProgress(path: group[0], bytesRead: $0, bytesTotal: $1))
      }
      let stored = try spool.finish(
        facts: facts, options: choices.importOptions(importOptions, after: facts))
      onImport(
        ImportedTrace(
          stored: stored,
          report: ImportReport(
            trace: Inspection.TraceSummary(stored), alreadyPresent: stored.alreadyPresent,
            notes: facts.notes, files: facts.files, isAnonymous: choices.anonymize)))
    }
  }
}

/// Names an import, for people and so that nothing that another one kept is taken for its own.
private func keptWords(_ paths: [String], _ choices: ReadingChoices) -> String {
  let absolute = paths.map { URL(fileURLWithPath: $0).standardizedFileURL.path }
  return (absolute + [choices.readingText, "(outpace \(outpaceVersion))"])
    .filter { !$0.isEmpty }.joined(separator: " ")
}

private func requireInputs(_ paths: [String]) throws {
  for path in paths where path != "-" {
    guard FileManager.default.fileExists(atPath: path) else {
      throw Failure(.noInput, "\(path): there is no such file or folder. Check the path.")
    }
  }
}

/// The file's or folder's name up to the endings that say how it was written.
func traceName(of path: String) -> String {
  if path == "-" { return "standard-input" }
  var name = URL(fileURLWithPath: path).lastPathComponent
  let endings = [
    ".gz", ".zst", ".zstd", ".json", ".csv", ".ndjson", ".jsonl", ".pt.trace", ".txt",
    ".outpace",
  ]
  while let ending = endings.first(where: { name.hasSuffix($0) && name.count > $0.count }) {
    name.removeLast(ending.count)
  }
  return name
}

extension Inspection.TraceSummary {
  init(_ stored: StoredTrace) {
    self.init(
      id: stored.id, name: stored.name, digest: stored.digest, format: stored.format,
      kind: stored.kind, unit: stored.unit, workerCount: stored.workerCount,
      gradientCount: stored.gradientCount, spanSeconds: Double(stored.spanNs) / 1e9,
      issues: stored.issues)
  }
}
