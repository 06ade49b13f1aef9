/// Writes JSON values as text: the same value gives the same bytes everywhere.
///
/// A `Double` is written as Swift describes it, the shortest decimal that reads back as the same
/// number, and always with a point or an exponent (`1.0`, `5e-324`), so that a reader can tell it
/// from a count. What is not finite is null. Strings escape, beyond what JSON asks for, every
/// control, bidi and format character: JSON goes to terminals too, and `\u202E` means the same.
public struct JSONWriter: Sendable {
  /// How values are set.
  public enum Layout: Sendable {
    /// Two spaces a level, one member a line.
    case pretty
    /// No white space at all.
    case compact
  }

  /// How values are set.
  public var layout: Layout

  public init(_ layout: Layout = .pretty) {
    self.layout = layout
  }

  /// The text of `value`, in pretty layout with a line end behind it.
  public func string(_ value: JSONValue) -> String {
    var text = ""
    write(value, depth: 0, to: &text)
    if layout == .pretty { text += "\n" }
    return text
  }

  private func write(_ value: JSONValue, depth: Int, to text: inout String) {
    switch value {
    case .null: text += "null"
    case .bool(let flag): text += flag ? "true" : "false"
    case .integer(let number): text += String(number)
    case .unsigned(let number): text += String(number)
    case .number(let number): text += number.isFinite ? number.description : "null"
    case .string(let string): quote(string, to: &text)
    case .array(let items):
      // A pair of numbers, an interval say, reads best on its line.
      let isShort = items.count <= 2 && items.allSatisfy(\.isScalar)
      writeList("[", items, "]", depth: depth, onOneLine: isShort, to: &text) { item, text in
        write(item, depth: depth + 1, to: &text)
      }
    case .object(let members):
      writeList("{", members, "}", depth: depth, onOneLine: false, to: &text) { member, text in
        quote(member.key, to: &text)
        text += layout == .pretty ? ": " : ":"
        write(member.value, depth: depth + 1, to: &text)
      }
    }
  }

  private func writeList<Item>(
    _ open: String, _ items: [Item], _ close: String, depth: Int, onOneLine: Bool,
    to text: inout String, _ writeItem: (Item, inout String) -> Void
  ) {
    text += open
    let breaks = layout == .pretty && !onOneLine && !items.isEmpty
    for (position, item) in items.enumerated() {
      if position > 0 { text += layout == .pretty && !breaks ? ", " : "," }
      if breaks { text += "\n" + String(repeating: "  ", count: depth + 1) }
      writeItem(item, &text)
    }
    if breaks { text += "\n" + String(repeating: "  ", count: depth) }
    text += close
  }

  private func quote(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      default:
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator:
          // Beyond the basic plane a character is written as its two surrogates.
          for unit in String(scalar).utf16 {
            let digits = String(unit, radix: 16, uppercase: true)
            text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
          }
        default: text.unicodeScalars.append(scalar)
        }
      }
    }
    text += "\""
  }
}

extension JSONValue {
  fileprivate var isScalar: Bool {
    switch self {
    case .array, .object: false
    default: true
    }
  }
}
