import ArgumentParser
import Foundation
import Reports
import Workbench

/// Where a trace goes: to the file of `-o` by its ending, else to standard output.
struct TraceOutput {
  let path: String?
  let format: ExportFormat

  /// - Parameter format: what was asked for by name; without it the file's ending says it, and on
  ///   standard output it is CSV.
  init(path: String?, format: ExportFormat?) throws {
    self.path = path
    self.format = try format ?? path.map { try ExportFormat(ending: $0) } ?? .csv
    guard self.format.isBinary, path == nil else { return }
    throw Failure(
      .usage,
      "--to \(self.format.rawValue) is nothing for a terminal. Name a file with -o, or send it on with "
        + "-o /dev/stdout.")
  }

  /// Writes what `body` produces; a file is written beside its place and renamed, so that a reader
  /// sees the old file or the new one, whole.
  func write(_ body: ((Data) throws -> Void) throws -> Void) throws {
    guard let path else { return try body { try OutputFile.standardOutput.write($0) } }
    try replaceFile(at: path) { file in try body { try file.write($0) } }
  }
}

extension ExportFormat: ExpressibleByArgument {}
