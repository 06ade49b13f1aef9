/// How a history is written: a header once, then a line an update.
///
/// Numbers are in shortest round-trip form. What does not exist, or is not finite, is empty in CSV
/// and null in NDJSON.
public enum HistoryFormat: String, Hashable, Sendable, CaseIterable {
  /// A header and a row an update.
  case csv
  /// A JSON object an update.
  case ndjson

  private static let columns = [
    "k", "time_ns", "worker", "delay", "stepsize", "loss", "gradient_norm_squared",
    "virtual_distance_squared",
  ]

  /// The first line, with its line feed; empty for NDJSON.
  public var header: String {
    switch self {
    case .csv: Self.columns.joined(separator: ",") + "\n"
    case .ndjson: ""
    }
  }

  /// One update, with its line feed.
  public func line(_ record: HistoryRecord) -> String {
    let values: [String?] = [
      "\(record.updateCount)", "\(record.timeNs)", "\(record.worker)", "\(record.delay)",
      Self.text(record.stepsize), Self.text(record.loss), Self.text(record.gradientNormSquared),
      Self.text(record.virtualDistanceSquared),
    ]
    switch self {
    case .csv:
      return values.map { $0 ?? "" }.joined(separator: ",") + "\n"
    case .ndjson:
      let members = zip(Self.columns, values).map { "\"\($0)\":\($1 ?? "null")" }
      return "{" + members.joined(separator: ",") + "}\n"
    }
  }

  private static func text(_ number: Double?) -> String? {
    guard let number, number.isFinite else { return nil }
    return "\(number)"
  }
}
