/// The commands of a section, as they can be copied into a shell.
///
/// An option stays on one line with its value where both fit; what is longer breaks behind a comma,
/// a slash or a colon, never inside a number.
struct CommandMarkup {
  /// One command a line.
  var commands: [String]

  init(_ text: String) { commands = text.split(separator: "\n").map(String.init) }

  /// Characters of a line beside a figure, and below it.
  private var lineWidth: Int { isShort ? 36 : 110 }
  /// Characters beside which a figure would stand alone: longer commands go below it, where they
  /// have the width of the page.
  private static let sideLimit = 180

  /// Whether they are short enough to stand beside the figure.
  var isShort: Bool { commands.reduce(0) { $0 + $1.unicodeScalars.count } <= Self.sideLimit }

  /// The paragraph.
  var markup: String {
    guard !commands.isEmpty else { return "" }
    return "<p class=\"cmd\">"
      + commands.map { "<code>\(line($0))</code>" }.joined(separator: " ") + "</p>"
  }

  /// The paragraph of a section that repeats the commands of another one.
  static func reference(to id: String, title: String) -> String {
    "<p class=\"cmd\">Command: that of <a href=\"#\(id)\">\(Labels.markup(title))</a>.</p>"
  }

  private func line(_ command: String) -> String {
    Self.groups(command).map { group in
      group.unicodeScalars.count <= lineWidth
        ? "<span>\(Labels.markup(group))</span>" : Self.breakable(group)
    }.joined(separator: " ")
  }

  /// Words of a shell, each option with the words up to the next one.
  private static func groups(_ command: String) -> [String] {
    var groups: [String] = []
    var isQuoted = false
    var word = ""
    func close() {
      guard !word.isEmpty else { return }
      // `outpace replay` is one group, the trace another, `--option value` a third.
      let isWaiting =
        groups.last.map { !$0.contains(" ") && ($0.hasPrefix("--") || groups.count == 1) } ?? false
      if isWaiting, !word.hasPrefix("--") {
        groups[groups.count - 1] += " " + word
      } else {
        groups.append(word)
      }
      word = ""
    }
    for character in command {
      if character == "'" { isQuoted.toggle() }
      if character == " ", !isQuoted { close() } else { word.append(character) }
    }
    close()
    return groups
  }

  /// Text that may break behind its separators.
  private static func breakable(_ text: String) -> String {
    var result = ""
    var piece = ""
    for character in text {
      piece.append(character)
      if ",/:?".contains(character) {
        result += Labels.markup(piece) + "<wbr/>"
        piece = ""
      }
    }
    return result + Labels.markup(piece)
  }
}
