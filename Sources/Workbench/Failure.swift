/// Why a request could not be carried out, as a sentence with place and remedy, and the exit code
/// that goes with it.
public struct Failure: Error, CustomStringConvertible {
  /// The exit codes of `outpace`, after sysexits.h.
  public enum Code: Int32, Sendable, CaseIterable {
    case failed = 1
    /// A gate or a check did not hold.
    case checkFailed = 3
    case usage = 64
    case badData = 65
    case noInput = 66
    case ourMistake = 70
    case cannotCreate = 73
    case cannotWrite = 74
    case busy = 75
    case hungUp = 129
    case interrupted = 130
    case terminated = 143
  }

  public var code: Code
  public var description: String

  public init(_ code: Code, _ description: String) {
    self.code = code
    self.description = description
  }
}
