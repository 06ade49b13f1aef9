/// Whether text carries colour. The caller decides; nothing here looks at a terminal.
public enum TextStyle: Hashable, Sendable {
  /// Without control sequences.
  case plain
  /// With colours of ANSI terminals.
  case ansi

  func bold(_ text: String) -> String { wrapped(text, "1") }

  func dim(_ text: String) -> String { wrapped(text, "2") }

  /// In the colour of a method.
  func method(_ text: String, _ style: MethodStyle) -> String { wrapped(text, style.ansi) }

  private func wrapped(_ text: String, _ code: String) -> String {
    self == .plain || text.isEmpty ? text : "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }
}

/// The columns that text takes on a terminal: marks none, wide East Asian characters and emoji two.
package func displayWidth(_ text: String) -> Int {
  text.unicodeScalars.reduce(0) { width, scalar in
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return width
    default: break
    }
    let wide: [ClosedRange<UInt32>] = [
      0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F,
      0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD,
    ]
    return width + (wide.contains { $0.contains(scalar.value) } ? 2 : 1)
  }
}

/// Text filled up with spaces to a number of columns, or cut with an ellipsis.
func padded(_ text: String, to width: Int, right: Bool = false) -> String {
  let shown = fitted(text, to: width)
  let fill = String(repeating: " ", count: max(0, width - displayWidth(shown)))
  return right ? fill + shown : shown + fill
}

/// Text cut to a number of columns.
func fitted(_ text: String, to width: Int) -> String {
  guard displayWidth(text) > width else { return text }
  var result = ""
  for character in text {
    let next = result + String(character)
    if displayWidth(next) > width - 1 { break }
    result = next
  }
  return result + "…"
}

/// Breaks text at spaces into lines of at most `width` columns; what does not fit in `limit` lines
/// ends with an ellipsis.
func wrapped(_ text: String, width: Int, limit: Int) -> [String] {
  var lines: [String] = []
  var line = ""
  for word in text.split(separator: " ").map(String.init) {
    let candidate = line.isEmpty ? word : line + " " + word
    if displayWidth(candidate) <= width || line.isEmpty {
      line = candidate
    } else {
      lines.append(line)
      line = word
    }
  }
  if !line.isEmpty { lines.append(line) }
  guard lines.count > limit else { return lines.map { fitted($0, to: width) } }
  let kept = lines.prefix(limit - 1)
  let rest = lines.dropFirst(limit - 1).joined(separator: " ")
  return kept.map { fitted($0, to: width) } + [fitted(rest, to: width)]
}
