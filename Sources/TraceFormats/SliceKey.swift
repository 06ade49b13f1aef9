import TraceModel

/// What tells the ranks, or the replicas, of a timeline apart.
public enum SliceKey: Hashable, Sendable {
  /// Its number, `pid`.
  case process
  /// Its number, `tid`.
  case thread
  /// As an event of metadata names the process; its number where none does.
  case processName
  /// The name that a metadata event gives it.
  case threadName
  /// The file's name: for timelines with a file per rank.
  case file
  /// `args.KEY` of the slice.
  case argument(String)

  init?(_ text: some StringProtocol) {
    switch text {
    case "pid": self = .process
    case "tid": self = .thread
    case "process_name": self = .processName
    case "thread_name": self = .threadName
    case "file": self = .file
    case _ where text.hasPrefix("args.") && text.count > 5:
      self = .argument(String(text.dropFirst(5)))
    default: return nil
    }
  }

  /// As it stands on a command line.
  public var text: String {
    switch self {
    case .process: "pid"
    case .thread: "tid"
    case .processName: "process_name"
    case .threadName: "thread_name"
    case .file: "file"
    case .argument(let key): "args.\(key)"
    }
  }

  /// Reads `pid,tid` as it stands behind `option` on a command line. A key may not contain a comma.
  public static func list(
    parsing text: String, option: String
  ) throws(TraceFormatError) -> [SliceKey] {
    var keys: [SliceKey] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      guard let key = SliceKey(part), !keys.contains(key) else {
        throw TraceFormatError(reason: .badSliceKey(String(part)), path: option)
      }
      keys.append(key)
    }
    return keys
  }

  /// Reads the `args.step` of `--step-by`, and returns the key in `args`.
  public static func step(parsing text: String) throws(TraceFormatError) -> String {
    guard case .argument(let key) = SliceKey(text) else {
      throw TraceFormatError(reason: .badStepKey(text), path: "--step-by")
    }
    return key
  }
}
