import Foundation
import TestSupport
import Workbench

/// A row of the list of errors: what is printed, split into what is wrong and what to do.
struct ErrorRow: Equatable {
  var problem: String
  var remedy: String
  var exitCode: Int32

  init(_ message: String, exitCode: Int32) {
    self.exitCode = exitCode
    let line = message.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
      .joined(separator: " ")
    if let end = Self.sentenceEnd(line) {
      problem = String(line[..<end]).trimmingCharacters(in: .whitespaces)
      remedy = String(line[end...]).trimmingCharacters(in: .whitespaces)
    } else {
      // A single sentence that says what would be right.
      problem = line
      remedy = ""
    }
  }

  /// Whether it tells what to do, in sentences of its own or in the one there is.
  var namesRemedy: Bool {
    !remedy.isEmpty || Self.instructions.contains { problem.contains($0) }
  }

  private static let instructions = [
    "such as", "as in", " wants ", "or more.", "at least ", "must ", "neither", "writes .",
    "is written as", "the ending says", "has to be ", "need a folder", "from 0 on", "from 1 on",
    "more than the",
  ]

  /// Behind the first sentence, or the first part that a semicolon ends.
  private static func sentenceEnd(_ text: String) -> String.Index? {
    var best: String.Index?
    for sign in [". ", "? ", "; "] {
      guard let range = text.range(of: sign), range.upperBound < text.endIndex else { continue }
      best = min(best ?? range.upperBound, range.upperBound)
    }
    guard best == nil else { return best }
    for word in ["write", "choose", "name", "give"] {
      if let range = text.range(of: ": \(word) ") {
        return text.index(range.lowerBound, offsetBy: 2)
      }
    }
    return nil
  }

  var markdown: String { "| \(cell(problem)) | \(cell(remedy)) | \(exitCode) |" }

  private func cell(_ text: String) -> String {
    text.isEmpty ? "" : "`" + text.replacingOccurrences(of: "|", with: "\\|") + "`"
  }
}

/// The tables of the article, made from the errors themselves.
enum ErrorTable {
  struct Section {
    var heading: String
    var rows: [ErrorRow]

    var markdown: String {
      (["| printed | what to do | exit |", "| --- | --- | --- |"] + rows.map(\.markdown))
        .joined(separator: "\n") + "\n"
    }
  }

  /// What the command prints for an error of a layer below, and its exit code.
  static func row(_ sample: ErrorSample) throws -> ErrorRow {
    do {
      return try Failure.mapping { throw sample.error }
    } catch let failure as Failure {
      return ErrorRow(failure.description, exitCode: failure.code.rawValue)
    }
  }

  static func rows(running commands: [String], in shell: Shell) throws -> [ErrorRow] {
    try commands.map { command in
      let result = try shell.run(command)
      let lines = result.errors.split(separator: "\n")
      let message = lines.first { $0.hasPrefix("outpace: ") }?.dropFirst("outpace: ".count) ?? ""
      return ErrorRow(
        String(message).replacing(String(repeating: "0", count: 249), with: "a-long-name"),
        exitCode: result.status)
    }
  }

  /// Made once for all tests: half of the rows are runs of the tool.
  static func sections() throws -> [Section] { try made.get() }

  private static let made = Result { try make() }

  private static func make() throws -> [Section] {
    let shell = try Shell()
    let ready = try shell.run(FailureCommands.preparation)
    guard ready.status == 0 else { throw CookbookStore.Failed(errors: ready.errors) }
    // A reason and the evidence that it carries are cases of two enums and one message.
    func layer(_ heading: String, _ samples: [ErrorSample]) throws -> Section {
      let rows = try samples.map(row)
      return Section(
        heading: heading,
        rows: rows.indices.filter { !rows[..<$0].contains(rows[$0]) }.map { rows[$0] })
    }
    func commands(_ heading: String, _ commands: [String]) throws -> Section {
      Section(heading: heading, rows: try rows(running: commands, in: shell))
    }
    return [
      try commands("Paths", FailureCommands.paths),
      try layer("Files that cannot be read", ErrorSamples.byteStream),
      try layer("Traces", ErrorSamples.traceFormat),
      try layer("JSON", ErrorSamples.json),
      try commands("How a trace is read", FailureCommands.reading),
      try layer("The database", ErrorSamples.store),
      try layer("Replays", ErrorSamples.replay),
      try commands("Methods and horizons", FailureCommands.replaying),
      try layer("Objectives", ErrorSamples.objective),
      try layer("Data of an objective", ErrorSamples.data),
      try commands("What is written, and how", FailureCommands.output),
      try commands("Generated traces", FailureCommands.generating),
      try commands("Repairs, edits and limits", FailureCommands.repairing),
      try commands("Live runs and their replays", FailureCommands.recording),
    ]
  }
}
