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

  /// A line on standard error in any case, with nothing in it that could steer a terminal: paths and
  /// labels are somebody's words.
  static func error(_ text: String) {
    writeError(harmless(text) + "\n")
  }

  /// What cannot be told stays untold: there is nowhere left to say so.
  static func writeError(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }

  /// Writes a result to standard output, or to the file of `-o`.
  func write(_ text: String) throws {
    guard let path = options.output else { return try Self.print(text) }
    try Self.write(text, to: path)
  }

  /// Writes beside the file and renames, so that a reader sees the old file or the new one.
  static func write(_ text: String, to path: String) throws {
    try replaceFile(at: path) { try $0.write(text) }
  }

  /// Writes to standard output, also where `-o` names a file.
  ///
  /// A reader who has seen enough is no reason not to finish: a check still has its exit code.
  static func print(_ text: String) throws {
    do {
      try OutputFile.standardOutput.write(text)
    } catch is OutputClosed {}
  }

  /// The form that the result of a command without pages takes: that of `--json` or `--csv`, else
  /// that of the file's ending. Asked before anything is read.
  func tableForm(csv: Bool, of command: String) throws -> Form {
    let form = try self.form(csv: csv)
    guard form != .html else {
      throw Failure(.usage, "\(command) writes no page; 'outpace report' does.")
    }
    return form
  }

  /// The form that the result takes: that of `--json` or `--csv`, else that of the file's ending.
  func form(csv: Bool = false) throws -> Form {
    guard !options.json || !csv else {
      throw Failure(.usage, "--json and --csv: choose one of them.")
    }
    if let output = options.output { try requirePlace(for: output) }
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
///
/// - Parameter deferringInterrupts: the body asks `Interrupt.isRequested` itself, and has something to
///   finish; the second signal ends the process all the same.
func withExitCodes(deferringInterrupts: Bool = false, _ body: () throws -> Void) throws {
  let signals = Interrupt.watch(isDeferred: deferringInterrupts)
  defer { for signal in signals { signal.cancel() } }
  do {
    try body()
  } catch is OutputClosed {
    return
  } catch let failure as Failure {
    if failure.code != .checkFailed || !failure.description.isEmpty {
      Console.error("outpace: \(failure.description)")
    }
    throw ExitCode(failure.code.rawValue)
  } catch let error as ExitCode {
    throw error
  } catch let error as ValidationError {
    throw error
  } catch {
    Console.error("outpace: our mistake, please report it: \(error)")
    throw ExitCode(Failure.Code.ourMistake.rawValue)
  }
}
