import ArgumentParser
import Foundation
import Reports
import Workbench

/// Where the rows of a trace go: to the file of `-o` by its ending, else to standard output.
struct TableOutput {
  let path: String?
  let format: TableFormat

  /// - Parameter format: what was asked for by name; without it the file's ending says it, and on
  ///   standard output it is CSV.
  init(path: String?, format: TableFormat?) throws {
    self.path = path
    self.format = try format ?? path.map { try TableFormat(ending: $0) } ?? .csv
  }

  /// Writes what `body` produces; a file is written beside its place and renamed, so that a reader
  /// sees the old file or the new one, whole.
  func write(_ body: ((Data) throws -> Void) throws -> Void) throws {
    guard let path else {
      return try body { try FileHandle.standardOutput.write(contentsOf: $0) }
    }
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    guard Console.isFolder(folder) else {
      throw Failure(.cannotCreate, "\(path): there is no folder \(folder).")
    }
    let partial = path + ".part"
    guard FileManager.default.createFile(atPath: partial, contents: nil),
      let handle = FileHandle(forWritingAtPath: partial)
    else { throw Failure(.cannotCreate, "\(partial): cannot be created.") }
    do {
      try body { piece in
        do {
          try handle.write(contentsOf: piece)
        } catch {
          throw Failure(.cannotWrite, "\(path): cannot be written: \(error.localizedDescription)")
        }
      }
      try handle.close()
      // rename(2) replaces the old file in one step; Foundation's move refuses where one exists.
      guard unsafe rename(partial, path) == 0 else {
        throw Failure(.cannotWrite, "\(path): cannot be written.")
      }
    } catch {
      try? FileManager.default.removeItem(atPath: partial)
      throw error
    }
  }
}

extension Console {
  /// Writes to standard output, also where `-o` names a file.
  static func print(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}

extension TableFormat: ExpressibleByArgument {}
