import Foundation
import TestSupport

/// The sentences that sources hand to `Failure`.
struct FailureSentences {
  var file: String
  /// The longest part of its literals that no interpolation interrupts.
  var longestPart: String

  static func inSources(of module: String) throws -> [FailureSentences] {
    let folder = Repository.root.appendingPathComponent("Sources/\(module)")
    return try Repository.files(below: folder).filter { $0.hasSuffix(".swift") }.flatMap { file in
      let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
      return text.ranges(of: "throw Failure(").compactMap { range in
        let part = longestPart(ofCall: text[range.upperBound...])
        return part.isEmpty ? nil : FailureSentences(file: "\(module)/\(file)", longestPart: part)
      }
    }
  }

  /// Reads on to the parenthesis that closes the call, through literals and their interpolations.
  private static func longestPart(ofCall text: Substring) -> String {
    var best = ""
    var part = ""
    /// Parentheses that are open, and whether a literal goes on behind each.
    var open: [Bool] = [false]
    var isLiteral = false
    var rest = text
    func keep() {
      if part.count > best.count { best = part }
      part = ""
    }
    while let character = rest.popFirst() {
      if isLiteral {
        switch character {
        case "\\":
          guard let next = rest.popFirst() else { return best }
          if next == "(" {
            keep()
            open.append(true)
            isLiteral = false
          } else {
            part.append(next)
          }
        case "\"":
          keep()
          isLiteral = false
        default: part.append(character)
        }
        continue
      }
      switch character {
      case "\"": isLiteral = true
      case "(": open.append(false)
      case ")":
        isLiteral = open.removeLast()
        if open.isEmpty { return best }
      default: break
      }
    }
    return best
  }
}
