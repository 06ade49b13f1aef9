/// What a trace is written as.
public enum ExportFormat: String, Hashable, Sendable, CaseIterable {
  /// A header and a row a gradient.
  case csv
  /// A JSON object a gradient.
  case ndjson
  /// Everything that the store knows of a trace, its replays included, compressed.
  case native
  /// A timeline for Perfetto and other viewers of Chrome traces, compressed.
  case perfetto

  /// The format that a file's ending says.
  ///
  /// - Throws: `Failure` with the code for usage if it says none.
  public init(ending path: String) throws {
    let name = path.lowercased()
    guard
      let format = Self.allCases.first(where: { $0.endings.contains { name.hasSuffix($0) } })
    else {
      throw Failure(
        .usage,
        "-o \(path): the ending says the format: .csv, .ndjson, .outpace.zst (the native one, with "
          + "all that is known of the trace) or .json.gz (a timeline for Perfetto).")
    }
    self = format
  }

  /// How the names of its files end.
  public var endings: [String] {
    switch self {
    case .csv: [".csv"]
    case .ndjson: [".ndjson", ".jsonl"]
    case .native: [".outpace.zst"]
    case .perfetto: [".json.gz"]
    }
  }

  /// Whether it is bytes that no terminal shows.
  public var isBinary: Bool { self == .native || self == .perfetto }
}
