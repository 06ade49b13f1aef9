/// A table for terminals: text left, numbers right, two spaces between columns.
///
/// Where the columns do not fit into the width, the first one is shortened, and then columns are
/// left out from the right.
struct TextTable {
  struct Column {
    var title: String
    var isText: Bool

    static func text(_ title: String) -> Column { Column(title: title, isText: true) }
    static func number(_ title: String) -> Column { Column(title: title, isText: false) }
  }

  var columns: [Column]
  var rows: [[String]] = []
  /// A method for each row that has one, which colours its first cell.
  var methods: [MethodStyle?] = []
  var emphasised: Int?

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
    func total(_ count: Int) -> Int { widths.prefix(count).reduce(0, +) + 2 * (count - 1) }
    var count = columns.count
    let excess = total(count) - width
    if excess > 0 { widths[0] = max(12, widths[0] - excess) }
    while count > 1, total(count) > width { count -= 1 }

    func line(_ cells: [String]) -> [String] {
      (0..<count).map { column in
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
