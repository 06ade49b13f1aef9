import TraceModel

/// Numbers and names as the verdict words them; the same text in every locale.
enum Wording {
  /// A probability with two decimals, or three where two would hide on which side of 0.05 it lies.
  static func probability(_ value: Double) -> String {
    let short = fixed(value, decimals: 2)
    return short == "0.05" ? fixed(value, decimals: 3) : short
  }

  /// With a fixed number of decimals, halves away from zero.
  static func fixed(_ value: Double, decimals: Int) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return value < 0 ? "−∞" : "∞" }
    var scale: Int64 = 1
    for _ in 0..<decimals { scale *= 10 }
    let scaled = Int64((abs(value) * Double(scale)).rounded())
    let sign = value < 0 && scaled > 0 ? "−" : ""
    let whole = grouped(Int(scaled / scale))
    guard decimals > 0 else { return sign + whole }
    let digits = String(scaled % scale)
    return sign + whole + "." + String(repeating: "0", count: decimals - digits.count) + digits
  }

  /// Three significant digits, at least two decimals below 10.
  static func number(_ value: Double) -> String {
    if abs(value) < 9.995 { return fixed(value, decimals: 2) }
    return fixed(value, decimals: abs(value) < 99.95 ? 1 : 0)
  }

  static func ratio(_ value: Double) -> String { number(value) + "×" }

  static func interval(_ interval: Interval?) -> String {
    guard let interval else { return "" }
    return " [\(number(interval.lower)), \(number(interval.upper))]"
  }

  static func percent(_ share: Double) -> String {
    let size = abs(100 * share)
    return fixed(100 * share, decimals: size > 0 && size < 0.5 ? 1 : 0) + "%"
  }

  /// A count in full, with a narrow no-break space per thousand.
  static func grouped(_ count: Int) -> String {
    let digits = String(count)
    var text = ""
    for (place, digit) in digits.enumerated() {
      if place > 0, (digits.count - place).isMultiple(of: 3) { text += "\u{202F}" }
      text.append(digit)
    }
    return text
  }

  /// Three significant digits with an SI unit; relative traces have units.
  static func time(_ seconds: Double, _ unit: TimeUnit) -> String {
    if unit == .relative { return significant(seconds) + " units" }
    let scales: [(Double, String)] = [(1, "s"), (1e-3, "ms"), (1e-6, "µs")]
    for (scale, name) in scales where seconds >= 0.9995 * scale {
      return significant(seconds / scale) + " " + name
    }
    return significant(seconds * 1e9) + " ns"
  }

  static func significant(_ value: Double) -> String {
    if abs(value) < 9.995 { return fixed(value, decimals: 2) }
    return fixed(value, decimals: abs(value) < 99.95 ? 1 : 0)
  }

  /// A label cut at 24 characters with an ellipsis, counted in scalars, since one character may hold
  /// any number of them. Control characters are left to the renderer.
  static func label(_ label: WorkerLabel) -> String {
    let scalars = label.text.unicodeScalars
    guard scalars.count > 24 else { return label.text }
    var cut = String.UnicodeScalarView()
    cut.append(contentsOf: scalars.prefix(23))
    return String(cut) + "…"
  }

  /// Workers by name, at most `limit` of them and about 50 characters: "worker 17", "workers 5 and 6",
  /// "gpu-a and gpu-b", "workers 0, 1, 2, 3, 4 and 27 more".
  static func workers(_ labels: [WorkerLabel], limit: Int = 5) -> String {
    let areNumbers = labels.allSatisfy { label in
      label.text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 }
    }
    let names = labels.map(Self.label)
    var shown: [String] = []
    for name in names.prefix(limit)
    where shown.isEmpty || shown.joined(separator: ", ").count + name.count <= 50 {
      shown.append(name)
    }
    if shown.count < names.count { shown.append("\(grouped(names.count - shown.count)) more") }
    let kind = areNumbers ? (names.count == 1 ? "worker " : "workers ") : ""
    return kind + list(shown)
  }

  /// "a", "a and b", "a, b and c".
  static func list(_ names: [String]) -> String {
    guard let last = names.last, names.count > 1 else { return names.first ?? "" }
    return names.dropLast().joined(separator: ", ") + " and " + last
  }

  /// Begins a sentence. A label keeps its own case.
  static func capitalised(_ text: String) -> String {
    text.hasPrefix("worker ") || text.hasPrefix("workers ") ? "W" + text.dropFirst() : text
  }

  /// Joins sentences, in order of importance, as long as they fit; the first is always there.
  static func fitting(_ sentences: [String], lines: Int) -> String {
    var text = ""
    for sentence in sentences where !sentence.isEmpty {
      let longer = text.isEmpty ? sentence : text + " " + sentence
      if text.isEmpty || lineCount(longer) <= lines { text = longer }
    }
    return text
  }

  /// The lines of `text`; 80 columns hold the name of a part and 72 of its text.
  static func lineCount(_ text: String, width columns: Int = 72) -> Int {
    var lines = 1
    var used = 0
    for word in text.split(separator: " ") {
      // Scalars: no fewer than columns for all but wide scripts, whatever the characters.
      let width = word.unicodeScalars.count
      if used > 0, used + 1 + width > columns {
        lines += 1
        used = width
      } else {
        used += (used > 0 ? 1 : 0) + width
      }
    }
    return lines
  }
}
