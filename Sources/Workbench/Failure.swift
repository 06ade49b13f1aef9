/// Why a request could not be carried out, as a sentence with place and remedy, and the exit code
/// that goes with it.
public struct Failure: Error, CustomStringConvertible {
  /// The exit codes of `outpace`, after sysexits.h.
  public enum Code: Int32, Sendable, CaseIterable {
    /// It could not be done.
    case failed = 1
    /// A gate or a check did not hold.
    case checkFailed = 3
    /// The command line is wrong.
    case usage = 64
    /// The data are wrong.
    case badData = 65
    /// There is no such input.
    case noInput = 66
    /// An error that nobody foresaw.
    case ourMistake = 70
    /// A result cannot be created.
    case cannotCreate = 73
    /// A result cannot be written, as on a full disk.
    case cannotWrite = 74
    /// Another process holds the database.
    case busy = 75
    /// The terminal went away.
    case hungUp = 129
    /// Control-C.
    case interrupted = 130
    /// Asked to end.
    case terminated = 143
  }

  /// The exit code of the command.
  public var code: Code
  public var description: String

  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
