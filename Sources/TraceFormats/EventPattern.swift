import ByteStreams

/// The slices that the user calls gradients, and how often each name occurred.
final class EventPattern {
  private struct Name {
    var isMatch: Bool
    var count = 0
  }

  /// A hostile file makes up a new name each time: beyond this they are looked at anew.
  private static let nameLimit = 1 << 16
  private static let byteLimit = 16 << 20

  let text: String
  private let expression: Regex<AnyRegexOutput>?
  private var table = ByteTable()
  private var names: [Name] = []

  /// - Parameter text: Nil if the user gave none; then nothing matches, and names are only counted.
  init(_ text: String?) throws(TraceFormatError) {
    self.text = text ?? ""
    do {
      expression = try text.map { try Regex($0) }
    } catch {
      throw TraceFormatError(reason: .badPattern(text ?? ""), path: "--event")
    }
  }

  var isGiven: Bool { expression != nil }

  /// Whether the pattern is found in a name; counts the name.
  func matches(_ name: [UInt8]) -> Bool {
    name.withUnsafeBytes { bytes in
      if let known = table.find(bytes) {
        names[known].count += 1
        return names[known].isMatch
      }
      let isMatch = isFound(in: decodedText(bytes).text)
      if table.count < EventPattern.nameLimit, table.byteSize < EventPattern.byteLimit {
        _ = table.index(of: bytes)
        names.append(Name(isMatch: isMatch, count: 1))
      }
      return isMatch
    }
  }

  /// The names with their counts, most frequent first.
  var mostFrequent: [String] { sorted { _ in true }.prefix(10).map { "\($0.name) (\($0.count))" } }

  /// The names that matched, most frequent first.
  var used: [(name: String, count: Int)] { Array(sorted(where: \.isMatch).prefix(20)) }

  private func isFound(in name: String) -> Bool {
    guard let expression else { return false }
    return (try? expression.firstMatch(in: name)) != nil
  }

  private func sorted(where isWanted: (Name) -> Bool) -> [(name: String, count: Int)] {
    names.indices.filter { isWanted(names[$0]) }
      .sorted { (names[$1].count, $0) < (names[$0].count, $1) }
      .map { (table.text($0).text, names[$0].count) }
  }
}
