import ArgumentParser
import Foundation
import Reports
import Workbench

/// Where a command's words go: results to standard output or a file, the rest to standard error.
struct Console {
  let options: OutputOptions

  /// A line for people on standard error, unless they asked for quiet.
  func note(_ text: String) {
    if !options.quiet { Self.error(text) }
  }

  /// A line on standard error in any case.
  static func error(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
  }

  /// Writes a result to standard output, or to the file of `-o`.
  func write(_ text: String) throws {
    guard let path = options.output else {
      FileHandle.standardOutput.write(Data(text.utf8))
      return
    }
    try Self.write(text, to: path)
  }

  /// Writes beside the file and renames, so that a reader sees the old file or the new one.
  static func write(_ text: String, to path: String) throws {
    let url = URL(fileURLWithPath: path)
    let folder = url.deletingLastPathComponent().path
    guard isFolder(folder) else {
      throw Failure(.cannotCreate, "\(path): there is no folder \(folder).")
    }
    do {
      try Data(text.utf8).write(to: url, options: .atomic)
    } catch {
      throw Failure(.cannotWrite, "\(path): cannot be written: \(error.localizedDescription)")
    }
  }

  static func isFolder(_ path: String) -> Bool {
    // The trailing slash follows a link to a folder.
    let values = try? URL(fileURLWithPath: path + "/").resourceValues(forKeys: [.isDirectoryKey])
    return values?.isDirectory ?? false
  }

  /// The form that the result takes: that of `--json` or `--csv`, else that of the file's ending.
  func form(csv: Bool = false) throws -> Form {
    if options.json { return .json }
    if csv { return .csv }
    guard let output = options.output else { return .text }
    let ending = output.split(separator: ".").last.map { $0.lowercased() } ?? ""
    switch ending {
    case "json": return .json
    case "csv": return .csv
    case "html", "htm": return .html
    case "txt", "text", "md": return .text
    default:
      throw Failure(
        .usage, "-o \(output): the ending says the format: .json, .csv, .txt or .html.")
    }
  }

  enum Form {
    case text, json, csv, html
  }

  /// Colours only where a person looks at them and did not say otherwise.
  var style: TextStyle {
    switch options.color {
    case .always: return .ansi
    case .never: return .plain
    case .auto:
      let refused = ProcessInfo.processInfo.environment["NO_COLOR"].map { !$0.isEmpty } ?? false
      let isTerminal = options.output == nil && isatty(STDOUT_FILENO) != 0
      return isTerminal && !refused ? .ansi : .plain
    }
  }

  /// Shows progress on a terminal, and nowhere else.
  var progress: ProgressLine? {
    guard !options.quiet, !options.noProgress, isatty(STDERR_FILENO) != 0 else { return nil }
    return ProgressLine()
  }
}

/// Runs a command's body and ends the process with the exit code of what went wrong.
func withExitCodes(_ body: () throws -> Void) throws {
  do {
    try body()
  } catch let failure as Failure {
    if failure.code != .checkFailed || !failure.description.isEmpty {
      Console.error("outpace: \(failure.description)")
    }
    removeTemporaryDatabases()
    throw ExitCode(failure.code.rawValue)
  } catch let error as ExitCode {
    throw error
  } catch let error as ValidationError {
    throw error
  } catch {
    removeTemporaryDatabases()
    Console.error("outpace: our mistake, please report it: \(error)")
    throw ExitCode(Failure.Code.ourMistake.rawValue)
  }
}
