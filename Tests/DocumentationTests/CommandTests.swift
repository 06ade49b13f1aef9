import Foundation
import TestSupport
import Testing

/// Blocks marked `sh` run as they stand, in order, in one folder a page. Blocks marked `bash` need
/// something that a test has not: the reader's files, another tool, a build.
@Suite("Commands of the documentation")
struct CommandTests {
  static let pages: [Article] = {
    let all = (try? Article.all()) ?? []
    let readme = try? Article("README.md")
    return (all + [readme].compactMap { $0 }).filter { !$0.codeBlocks(in: "sh").isEmpty }
  }()

  /// Building and testing are what runs these tests; CI runs the first command of the README itself.
  private static func commands(of page: Article) -> [Article.CodeBlock] {
    page.codeBlocks(in: "sh").filter { !$0.text.contains(".ci/setup") }
  }

  /// A verdict rests on resamples and trainings: a quarter of a minute each where nothing was optimised.
  private static let runnable = pages.filter { page in
    Build.isOptimised
      || !commands(of: page).contains { block in
        ["report", "compare", "whatif", "forecast"].contains {
          block.text.contains("outpace \($0)")
        }
      }
  }

  @Test("There are pages with commands")
  func some() {
    #expect(Self.pages.count >= 12)
    #expect(Self.pages.contains { $0.path == "README.md" })
  }

  @Test("Every command that a page shows works as written", arguments: runnable)
  func works(page: Article) throws {
    let shell = try Shell()
    for block in Self.commands(of: page) {
      guard !block.text.contains("sqlite3 ") || Shell.has("sqlite3") else { continue }
      let result = try shell.run(block.text)
      #expect(result.status == 0, "\(page.path):\(block.line): \(result.errors)")
    }
  }

  @Test("Every block says what it is, and no page shows a command it does not mark")
  func languages() throws {
    let known: Set<String> = ["sh", "bash", "swift", "python", "sql", ""]
    for page in try Article.all() + [try Article("README.md")] {
      for block in page.codeBlocks {
        #expect(known.contains(block.language), "\(page.path):\(block.line)")
        if block.language.isEmpty {
          #expect(!block.text.contains("outpace "), "\(page.path):\(block.line)")
        }
      }
    }
  }

  @Test("Swift that a page quotes stands in the sources, line by line")
  func quotedSwift() throws {
    let sources = Repository.root.appendingPathComponent("Sources")
    var lines: Set<String> = []
    for file in try Repository.files(below: sources) where file.hasSuffix(".swift") {
      let text = try String(contentsOf: sources.appendingPathComponent(file), encoding: .utf8)
      lines.formUnion(
        text.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) })
    }
    // The first hour is compiled by a test of its own.
    for page in try Article.all() where !page.path.hasSuffix("GettingStarted.md") {
      for block in page.codeBlocks(in: "swift") {
        for line in block.text.split(separator: "\n") {
          let text = line.trimmingCharacters(in: .whitespaces)
          #expect(lines.contains(text), "\(page.path):\(block.line): \(text)")
        }
      }
    }
  }

  @Test("The README is short and begins with what outpace does")
  func readme() throws {
    let readme = try Article("README.md")
    let lines = readme.text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count < 200)
    #expect(lines.first == "# Outpace")
    let blocks = readme.codeBlocks(in: "sh").prefix(2)
    #expect(blocks.allSatisfy { $0.text.hasPrefix(".ci/setup && swift ") })
    #expect(blocks.first?.text.contains("-o reports/") == true)
    let traces = try FileManager.default.contentsOfDirectory(atPath: Repository.traces.path)
    for trace in traces where trace != "README.md" {
      #expect(blocks.first?.text.contains("traces/\(trace)") == true, "\(trace)")
    }
  }

  /// What a page calls by name has to be there.
  @Test("Files and folders that pages name exist")
  func files() throws {
    var missing: [String] = []
    for page in try Article.all() + [try Article("README.md")] {
      for word in page.text.split(whereSeparator: { "` ()|<>".contains($0) || $0.isWhitespace }) {
        let name = word.trimmingCharacters(in: [",", ".", ";", ":"])
        guard
          ["Sources/", "Tests/", "fixtures/", "traces/", ".ci/"].contains(where: name.hasPrefix)
        else { continue }
        let path = name.split(separator: "#").first.map(String.init) ?? name
        guard !path.contains("*"), !path.contains("'"), !path.contains("?") else { continue }
        if !FileManager.default.fileExists(
          atPath: Repository.root.appendingPathComponent(path).path)
        {
          missing.append("\(page.path): \(path)")
        }
      }
    }
    #expect(missing == [])
  }
}
