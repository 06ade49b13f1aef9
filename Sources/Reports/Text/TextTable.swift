/// A table for terminals: text left, numbers right, two spaces between columns.
///
/// Where the columns do not fit into the width, those in `leftOutFirst` go, one after another; then
/// the first one is shortened, and then columns are left out from the right, but never one that is
/// kept.
struct TextTable {
  struct Column {
    var title: String
    var isText: Bool
    /// Stays whatever the width: it says what the row is worth.
    var isKept = false

    static func text(_ title: String) -> Column { Column(title: title, isText: true) }
    static func kept(_ title: String) -> Column {
      Column(title: title, isText: true, isKept: true)
    }
    static func number(_ title: String) -> Column { Column(title: title, isText: false) }
  }

  var columns: [Column]
  var rows: [[String]] = []
  /// A method for each row that has one, which colours its first cell.
  var methods: [MethodStyle?] = []
  var emphasised: Int?
  /// Columns that a reader can do without, by their index.
  var leftOutFirst: [Int] = []

  init(_ columns: [Column]) {
    self.columns = columns
  }

  mutating func append(_ row: [String], method: MethodStyle? = nil) {
    rows.append(row)
    methods.append(method)
  }

  func lines(_ style: TextStyle, width: Int = 80) -> [String] {
    var widths = columns.indices.map { column in
      ([columns[column].title] + rows.map { $0[column] }).map(displayWidth).max() ?? 0
    }
    var shown = Array(columns.indices)
    func total() -> Int { shown.map { widths[$0] }.reduce(0, +) + 2 * (shown.count - 1) }
    for column in leftOutFirst where total() > width { shown.removeAll { $0 == column } }
    let excess = total() - width
    if excess > 0 { widths[0] = min(widths[0], max(12, widths[0] - excess)) }
    while total() > width, let last = shown.dropFirst().last(where: { !columns[$0].isKept }) {
      shown.removeAll { $0 == last }
    }

    func line(_ cells: [String]) -> [String] {
      shown.map { column in
        padded(cells[column], to: widths[column], right: !columns[column].isText)
      }
    }
    var result = [style.dim(line(columns.map(\.title)).joined(separator: "  ").trimmingEnd)]
    for (position, row) in rows.enumerated() {
      var cells = line(row)
      if let method = methods[position] { cells[0] = style.method(cells[0], method) }
      let text = cells.joined(separator: "  ")
      result.append(position == emphasised ? style.bold(text) : text.trimmingEnd)
    }
    return result
  }
}

extension String {
  /// Without spaces at the end.
  var trimmingEnd: String {
    var result = self[...]
    while result.last == " " { result.removeLast() }
    return String(result)
  }
}
