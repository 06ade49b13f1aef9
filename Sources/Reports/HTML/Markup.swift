/// Small pieces of HTML. Whatever comes from data goes through ``Labels/markup(_:)`` here.
package enum Markup {
  /// Text in which `` `…` `` becomes code; everything is escaped.
  static func prose(_ text: String) -> String {
    var result = ""
    for (position, part) in text.split(separator: "`", omittingEmptySubsequences: false)
      .enumerated()
    {
      let escaped = Labels.markup(String(part))
      result += position % 2 == 0 ? subscripted(escaped) : "<code>\(escaped)</code>"
    }
    return result
  }

  /// Our few symbols with their index lowered.
  private static func subscripted(_ text: String) -> String {
    guard text.utf8.contains(0x5F) else { return text }
    var result = ""
    var rest = text[...]
    while !rest.isEmpty {
      let symbol = ["s_max", "s_m", "B_crit", "τ_max"].first { rest.hasPrefix($0) }
      if let symbol {
        result += "\(symbol.prefix(1))<sub>\(symbol.dropFirst(2))</sub>"
        rest = rest.dropFirst(symbol.count)
      } else {
        result.append(rest.removeFirst())
      }
    }
    return result
  }

  /// The same inside a figure, where only spans can lower an index.
  static func lowered(_ text: String) -> String {
    let parts = subscripted(Labels.markup(text)).split(separator: "<sub>")
    guard parts.count > 1 else { return Labels.markup(text) }
    return parts[0]
      + parts.dropFirst().map { part in
        let halves = part.split(separator: "</sub>", maxSplits: 1)
        let tail = halves.count > 1 ? "<tspan dy=\"-3\">\(halves[1])</tspan>" : ""
        return "<tspan dy=\"3\" font-size=\"9\">\(halves[0])</tspan>\(tail)"
      }.joined()
  }

  /// A word as one argument of a shell.
  package static func shellArgument(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { byte in
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B...0x2F, 0x3A, 0x3D, 0x40, 0x5F: true
      default: false
      }
    }
    guard !plain || text.isEmpty else { return text }
    var quoted = "'"
    for scalar in text.unicodeScalars {
      if scalar == "'" { quoted += "'\\''" } else { quoted.unicodeScalars.append(scalar) }
    }
    return quoted + "'"
  }

  /// A header cell from markup.
  static func header(_ markup: String, left: Bool = false) -> String {
    "<th scope=\"col\"\(left ? " class=\"l\"" : "")>\(markup)</th>"
  }

  static func cell(_ markup: String, left: Bool = false) -> String {
    "<td\(left ? " class=\"l\"" : "")>\(markup)</td>"
  }

  /// The name of a policy as the header of its row, with its mark.
  ///
  /// - Parameter detail: stands in the second line, in the place of the method's own.
  static func methodHeader(_ style: MethodStyle, detail other: String? = nil) -> String {
    let round = style.mark == .circle ? " rd" : ""
    let stem = other == nil ? style.stem : style.shortName
    let whole = other ?? style.detail
    let short = Labels.cut(stem)
    let detail = whole.map { Labels.cut($0) }
    let isCut = short != stem || detail != whole
    let words = other.map { "\(style.name), \($0)" } ?? style.name
    let title = isCut ? " title=\"\(Labels.markup(Labels.cut(words, to: 240)))\"" : ""
    let second = detail.map { "<span class=\"iv nm\">\(Labels.markup($0))</span>" } ?? ""
    return "<th scope=\"row\" class=\"l \(style.key)\"\(title)>"
      + "<i class=\"sw \(style.key)b\(round)\"></i>\(Labels.markup(short))\(second)</th>"
  }
}

/// One section of a page: the story on the left, the evidence on the right.
struct PageSection {
  var id: String
  var title: String
  /// In the contents.
  var navigation: String
  /// One sentence about what to see, computed from the data.
  var message: String
  /// How to read the marks, and what was thinned; plain text with `` `code` ``.
  var note: String = ""
  /// The commands that give the same numbers, one a line.
  var command: String
  /// Markup.
  var figure: String

  /// - Parameter twin: an earlier section with the same commands, which are long.
  func rendered(twin: PageSection? = nil) -> String {
    let noteMarkup = note.isEmpty ? "" : "<p class=\"note\">\(Markup.prose(note))</p>"
    let commands = CommandMarkup(command)
    let shown = twin.map { CommandMarkup.reference(to: $0.id, title: $0.title) } ?? commands.markup
    let isBeside = twin != nil || commands.isShort
    return "<section id=\"\(id)\"><header><h2>\(Labels.markup(title))</h2>"
      + "<p class=\"msg\">\(Markup.prose(message))</p>\(noteMarkup)"
      + (isBeside ? shown : "") + "</header>"
      + "<div class=\"fig\">\(figure)\(isBeside ? "" : shown)</div></section>\n"
  }

  /// A figure that scrolls inside its own box.
  static func scrolling(_ figure: String) -> String { "<div class=\"scroll\">\(figure)</div>" }
}
