/// A value of a row, as SQLite and JSON know it.
public enum StoredValue: Hashable, Sendable {
  /// What is not known, and a number that is none.
  case null
  /// A count or a time.
  case integer(Int64)
  /// Finite or infinite, never NaN.
  case real(Double)
  /// Any text.
  case text(String)
}

/// What a store keeps of the replays of a trace, and the native format carries along: rows of these
/// tables, under the names of their columns.
///
/// Rows that belong to a replay come after its own row; which one they belong to, and their place in
/// it, is not said in them.
public enum ReplayTable: String, Hashable, Sendable, CaseIterable {
  /// A finished replay, with its objective.
  case replay
  /// An instant of evaluation.
  case point = "replay_point"
  /// How many updates of a worker had a delay.
  case delay = "delay_count"
  /// A gradient and what became of it.
  case ledger = "gradient_ledger"

  /// The tables whose rows belong to a replay, in the order in which they come.
  public static let dependent: [ReplayTable] = [.point, .delay, .ledger]

  /// A column of such a table.
  public struct Column: Hashable, Sendable {
    /// What it holds.
    public enum Kind: Hashable, Sendable {
      /// From this number on.
      case integer(from: Int64)
      /// Any number.
      case real
      /// Any text.
      case text
    }

    /// As in the store's schema.
    public var name: String
    /// What it holds, where it is not null.
    public var kind: Kind
    /// Whether it may be null.
    public var isOptional: Bool
  }

  /// In the order in which they are written.
  public var columns: [Column] {
    switch self {
    case .replay:
      [
        .text("kind"), .text("parameters_json"), .text("data_digest"), .text("method"),
        .text("stepsize_rule", isOptional: true), .real("stepsize"), .whole("seed", from: .min),
        .text("request_json"), .text("request_digest"), .text("outcome"), .whole("duration_ns"),
        .whole("update_count"), .whole("gradient_count"), .whole("computed_count"),
        .whole("discarded_count"), .whole("aborted_count"), .whole("round_count"),
        .real("utilisation"), .whole("delay_identity", isOptional: true),
        .text("fingerprint", isOptional: true), .text("version"), .real("wall_seconds"),
      ]
    case .point:
      [
        .whole("time_ns"), .whole("update_count"), .whole("gradient_count"),
        .real("loss", isOptional: true), .real("gradient_norm_squared", isOptional: true),
        .real("virtual_distance_squared", isOptional: true),
      ]
    case .delay: [.whole("worker_index"), .whole("delay", from: 1), .whole("count", from: 1)]
    case .ledger:
      [
        .whole("worker_index"), .whole("read_update"), .whole("applied_update", isOptional: true),
        .whole("delay", from: 1, isOptional: true), .whole("start_ns"), .whole("end_ns"),
        .real("stepsize", isOptional: true), .text("fate"),
      ]
    }
  }

  /// The columns of ``replay`` that describe its objective, the first ones.
  public static let objectiveColumnCount = 3
}

extension ReplayTable.Column {
  fileprivate static func whole(
    _ name: String, from least: Int64 = 0, isOptional: Bool = false
  ) -> Self {
    Self(name: name, kind: .integer(from: least), isOptional: isOptional)
  }

  fileprivate static func real(_ name: String, isOptional: Bool = false) -> Self {
    Self(name: name, kind: .real, isOptional: isOptional)
  }

  fileprivate static func text(_ name: String, isOptional: Bool = false) -> Self {
    Self(name: name, kind: .text, isOptional: isOptional)
  }
}

/// A sink that keeps the replays of a trace beside it.
public protocol ReplaySink: TraceSink {
  /// Takes a row, with a value a column. The rows of a replay follow the replay's own.
  func append(_ row: [StoredValue], to table: ReplayTable) throws
}

/// What a file of the native format says of its trace besides the gradients: what a store kept of the
/// import that first read them.
public struct TraceRecord: Hashable, Sendable {
  /// Of the file that says so.
  public var path: String
  /// The trace's name in the database that it comes from.
  public var name: String
  /// The paths that it was imported from.
  public var source: String
  /// The options of that import, as one JSON object.
  public var optionsJSON: String
  /// SHA-256 of the content in lower-case hex, as that database has it.
  public var digest: String

  public init(
    path: String, name: String, source: String, optionsJSON: String, digest: String
  ) {
    self.path = path
    self.name = name
    self.source = source
    self.optionsJSON = optionsJSON
    self.digest = digest
  }
}
