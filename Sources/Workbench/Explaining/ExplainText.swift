import Reports

/// Terms for a terminal, each with all that is known of it.
public func explainText(_ terms: [Term]) -> String {
  terms.map { term in
    var lines = ["\(term.shownName) (\(term.kind.rawValue))"]
    lines += filled(term.definition, indent: 2)
    if let formula = term.formula { lines += filled("formula: " + formula, indent: 2) }
    if let unit = term.unit { lines += filled("unit: " + unit, indent: 2) }
    if !term.keys.isEmpty {
      lines += filled("in JSON: " + term.keys.joined(separator: ", "), indent: 2)
    }
    if let source = term.source { lines += filled("source: " + source, indent: 2) }
    if !term.aliases.isEmpty {
      lines += filled("also: " + term.aliases.joined(separator: ", "), indent: 2)
    }
    return lines.joined(separator: "\n") + "\n"
  }.joined(separator: "\n")
}

/// All terms by kind, for a terminal: what can be asked for.
public func termListText() -> String {
  let titles: [(Term.Kind, String)] = [
    (.notion, "Words"), (.figure, "Numbers and texts of results"),
    (.policy, "Policies and methods"),
    (.format, "Formats"), (.issue, "Issues of a trace"), (.option, "Options"),
  ]
  let parts = titles.map { kind, title in
    let names = Term.all.filter { $0.kind == kind }.map {
      // A name is not broken over two lines.
      $0.shownName.split(separator: " ").joined(separator: noBreakSpace)
    }
    let lines = filled(names.joined(separator: ", "), indent: 2).map {
      $0.split(separator: noBreakSpace).joined(separator: " ")
    }
    return title + "\n" + lines.joined(separator: "\n") + "\n"
  }
  return parts.joined(separator: "\n") + "\n'outpace explain TERM' says what one means.\n"
}

private let noBreakSpace = "\u{A0}"

/// Text broken at spaces into lines of at most 80 columns.
private func filled(_ text: String, indent: Int) -> [String] {
  let margin = String(repeating: " ", count: indent)
  var lines: [String] = []
  var line = margin
  for word in text.split(separator: " ") {
    if line.count > indent, displayWidth(line) + 1 + displayWidth(String(word)) > 80 {
      lines.append(line)
      line = margin
    }
    line += (line.count > indent ? " " : "") + word
  }
  return lines + [line]
}
