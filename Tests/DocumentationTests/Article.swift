import Foundation
import TestSupport
import Testing

/// A page of a documentation catalog, or the README, as the tests read it.
struct Article: CustomTestStringConvertible, Sendable {
  /// What stands between two fences.
  struct CodeBlock: Sendable {
    var language: String
    var text: String
    /// The nearest heading above it, without its signs.
    var heading: String
    /// Of the opening fence, counted from 1.
    var line: Int
  }

  /// Relative to the repository.
  let path: String
  let text: String

  init(_ path: String) throws {
    self.path = path
    text = try String(contentsOf: Repository.root.appendingPathComponent(path), encoding: .utf8)
  }

  var testDescription: String { path }

  var codeBlocks: [CodeBlock] {
    var blocks: [CodeBlock] = []
    var open: CodeBlock?
    var heading = ""
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      let isFence = line.drop { $0 == " " }.hasPrefix("```")
      if var block = open {
        if isFence {
          blocks.append(block)
          open = nil
        } else {
          block.text += line + "\n"
          open = block
        }
      } else if isFence {
        let language = line.drop { $0 == " " || $0 == "`" }
        open = CodeBlock(
          language: String(language), text: "", heading: heading, line: index + 1)
      } else if line.hasPrefix("#") {
        heading = String(line.drop { $0 == "#" || $0 == " " })
      }
    }
    return blocks
  }

  func codeBlocks(in language: String) -> [CodeBlock] {
    codeBlocks.filter { $0.language == language }
  }

  /// Every page of every catalog.
  static func all() throws -> [Article] {
    let sources = Repository.root.appendingPathComponent("Sources")
    return try Repository.files(below: sources)
      .filter { $0.contains(".docc/") && $0.hasSuffix(".md") }
      .map { try Article("Sources/\($0)") }
  }
}
