/// Writes tables as RFC 4180 asks: CRLF, a header, quotes where a field needs them.
///
/// Unlike the text tables it keeps every digit, and leaves a field empty where there is no number.
/// Spreadsheets take a field that begins with `= + - @` for a formula; a label that does is written
/// with an apostrophe in front, since labels come from files that others wrote.
struct CSVWriter {
  enum Field {
    case text(String?)
    case number(Double?)
    case count(Int?)
  }

  private(set) var text: String
  private let columnCount: Int

  init(header: [String]) {
    columnCount = header.count
    text = header.joined(separator: ",") + "\r\n"
  }

  mutating func append(_ row: [Field]) {
    precondition(row.count == columnCount, "\(row.count) fields under \(columnCount) columns")
    text += row.map(Self.field).joined(separator: ",") + "\r\n"
  }

  private static func field(_ field: Field) -> String {
    switch field {
    case .text(let string): quoted(string ?? "")
    case .number(let number): number.map { $0.isFinite ? $0.description : "" } ?? ""
    case .count(let count): count.map { String($0) } ?? ""
    }
  }

  private static func quoted(_ string: String) -> String {
    let isFormula = string.unicodeScalars.first.map { "=+-@\t\r".unicodeScalars.contains($0) }
    let safe = isFormula == true ? "'" + string : string
    let needsQuotes = safe.unicodeScalars.contains { "\",\r\n".unicodeScalars.contains($0) }
    guard needsQuotes else { return safe }
    var result = "\""
    for scalar in safe.unicodeScalars {
      if scalar == "\"" { result += "\"" }
      result.unicodeScalars.append(scalar)
    }
    return result + "\""
  }
}
