import TraceModel

/// Labels come from files that others wrote. What is printed of them can neither steer a terminal,
/// nor reorder the line it stands in, nor end an element of a page.
package enum Labels {
  /// The longest label that is drawn; the whole one stands in a title.
  package static let drawnLength = 24

  /// The text with control, bidi, format, separator and unassigned characters as `\u{1B}`.
  package static func visible(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse,
        .unassigned:
        result += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
      default:
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// At most `length` characters, the last an ellipsis if something was cut.
  ///
  /// Counted in scalars: a single `Character` can hold a thousand accents.
  package static func cut(_ text: String, to length: Int = drawnLength) -> String {
    let scalars = text.unicodeScalars
    guard scalars.count > length else { return text }
    var result = String.UnicodeScalarView()
    result.append(contentsOf: scalars.prefix(max(0, length - 1)))
    return String(result) + "…"
  }

  /// At most `length` characters, with an ellipsis for what is cut between the first and the last, where
  /// the end says as much as the beginning.
  package static func cutInside(_ text: String, to length: Int) -> String {
    let scalars = text.unicodeScalars
    guard scalars.count > length else { return text }
    let tail = length * 2 / 5
    var result = String.UnicodeScalarView()
    result.append(contentsOf: scalars.prefix(max(0, length - 1 - tail)))
    result.append("…")
    result.append(contentsOf: scalars.suffix(tail))
    return String(result)
  }

  /// A worker's name for people, made harmless: `worker 5` for the label `5`, else the label itself.
  package static func name(_ label: WorkerLabel) -> String {
    let text = label.text
    if text.isEmpty { return "worker without a label" }
    let digitsOnly = text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    return digitsOnly ? "worker \(text)" : visible(text)
  }

  /// The name as it is drawn, at most ``drawnLength`` characters.
  package static func short(_ label: WorkerLabel) -> String { cut(name(label)) }

  /// `workers 0, 5 and 7`, `gpu-a and gpu-b`, with at most `limit` names.
  package static func list(_ labels: [WorkerLabel], limit: Int = 6) -> String {
    guard !labels.isEmpty else { return "no worker" }
    let names = labels.prefix(limit).map { short($0) }
    let numbered = names.count > 1 && names.allSatisfy { $0.hasPrefix("worker ") }
    var parts = numbered ? names.map { String($0.dropFirst("worker ".count)) } : names
    let prefix = numbered ? "workers " : ""
    if labels.count > limit { parts.append("\(Numbers.count(labels.count - limit)) more") }
    guard let last = parts.last, parts.count > 1 else { return prefix + parts.joined() }
    return prefix + parts.dropLast().joined(separator: ", ") + " and " + last
  }

  /// The text with `& < > " '` as entities, after ``visible(_:)``.
  package static func markup(_ text: String) -> String {
    var result = ""
    for character in visible(text).unicodeScalars {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
