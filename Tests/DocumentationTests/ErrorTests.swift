import Foundation
import TestSupport
import Testing

/// The list of errors is complete, and says what the program says.
@Suite("Errors")
struct ErrorTests {
  private static let path = "Sources/Workbench/Workbench.docc/Errors.md"

  /// `RECORD_GOLDEN=1` rewrites the tables, and fails.
  @Test("The article lists every error as it is printed, with its exit code")
  func article() throws {
    let article = try Article(Self.path)
    var text = article.text
    for section in try ErrorTable.sections() {
      let start = try #require(
        text.range(of: "\n### \(section.heading)\n\n"), "no section \(section.heading)")
      let table = try #require(text[start.upperBound...].range(of: "| printed "))
      var end = table.lowerBound
      while text[end...].hasPrefix("|") {
        end = text[end...].firstIndex(of: "\n").map { text.index(after: $0) } ?? text.endIndex
      }
      if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] != nil {
        text.replaceSubrange(table.lowerBound..<end, with: section.markdown)
        continue
      }
      let listed = text[table.lowerBound..<end].split(separator: "\n")
      let expected = section.markdown.split(separator: "\n")
      #expect(expected.filter { !listed.contains($0) } == [], "\(section.heading): not listed")
      #expect(listed.filter { !expected.contains($0) } == [], "\(section.heading): not printed")
    }
    guard text != article.text else { return }
    let url = Repository.root.appendingPathComponent(Self.path)
    try text.write(to: url, atomically: true, encoding: .utf8)
    Issue.record("The tables were written anew; look at them")
  }

  @Test("Every error names what to do")
  func remedies() throws {
    for section in try ErrorTable.sections() {
      for row in section.rows {
        #expect(row.namesRemedy, "\(section.heading): \(row.problem)")
        #expect(row.exitCode != 0 && row.exitCode != 70, "\(section.heading): \(row.problem)")
      }
    }
  }

  @Test(
    "Every case of an enum of errors has a sample",
    arguments: [
      ("TraceFormats/TraceFormatError.swift", ErrorSamples.traceFormat.map(\.name)),
      ("ByteStreams/ByteStreamError.swift", ErrorSamples.byteStream.map(\.name)),
      ("ByteStreams/JSONError.swift", ErrorSamples.json.map(\.name)),
      ("TraceStore/StoreError.swift", ErrorSamples.store.map(\.name)),
      ("ReplayEngine/ReplayError.swift", ErrorSamples.replay.map(\.name)),
      ("Optimization/Objectives/ObjectiveSpecError.swift", ErrorSamples.objective.map(\.name)),
      ("Optimization/Data/DataError.swift", ErrorSamples.data.map(\.name)),
    ])
  func samples(file: String, names: [String]) throws {
    let url = Repository.root.appendingPathComponent("Sources/\(file)")
    let places: Set<String> = ["file", "line", "byte"]
    let cases = try String(contentsOf: url, encoding: .utf8).split(separator: "\n")
      .map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { $0.hasPrefix("case ") && !$0.hasPrefix("case .") && !$0.hasPrefix("case let") }
      .flatMap { declaration in
        // Several cases without values may share a line.
        declaration.dropFirst("case ".count).prefix { $0 != "(" }.split(separator: ",")
          .map { $0.trimmingCharacters(in: .whitespaces) }
      }
      .filter { !places.contains($0) }
    #expect(cases.count > 3)
    #expect(Set(cases).subtracting(names).sorted() == [])
    #expect(Set(names).subtracting(cases).sorted() == [])
  }

  /// Sentences that stand in the code of the command line and of Workbench. Each is looked for by its
  /// longest part without an interpolation.
  @Test(
    "Every sentence of a Failure is printed by one of the commands, or listed as one that is not")
  func sentences() throws {
    let printed = try ErrorTable.sections().flatMap(\.rows)
      .map { [$0.problem, $0.remedy].joined(separator: " ") }
    var missing: [String] = []
    var count = 0
    for module in ["Workbench", "OutpaceCommand"] {
      for literal in try FailureSentences.inSources(of: module) {
        count += 1
        guard !printed.contains(where: { $0.contains(literal.longestPart) }) else { continue }
        missing.append("\(literal.file): \(literal.longestPart)")
      }
    }
    #expect(count > 50)
    #expect(missing == [])
  }
}
