/// Bytes that could not be had from a file: what is wrong and where.
public struct ByteStreamError: Error, Equatable {
  public enum Reason: Equatable, Sendable {
    /// The operating system's error number.
    case cannotOpen(Int32)
    case cannotRead(Int32)
    case isFolder
    /// The compressed stream contradicts itself; the text is the decompressor's own.
    case corrupt(String)
    /// A zst frame that wants more memory than we give to anybody's file.
    case windowTooLarge
    case lineTooLong(line: Int, byteSizeLimit: Int)
    case unclosedQuote(line: Int)
    case textAfterQuote(line: Int)
  }

  public var reason: Reason
  public var path: String

  public init(reason: Reason, path: String) {
    self.reason = reason
    self.path = path
  }
}

extension ByteStreamError: CustomStringConvertible {
  public var description: String {
    let name = path == "-" ? "standard input" : path
    switch reason {
    case .cannotOpen(let code):
      return "\(name): cannot be opened: \(systemMessage(code))."
        + " Is the path right, and may you read it?"
    case .cannotRead(let code):
      return "\(name): cannot be read: \(systemMessage(code)). Copy it and try again."
    case .isFolder:
      return "\(name): is a folder, where a file is needed. Name a file in it."
    case .corrupt(let detail):
      return "\(name): the compressed stream is damaged (\(detail)). Copy or compress it again."
    case .windowTooLarge:
      return "\(name): the zst stream needs a window above 128 MiB."
        + " Compress it with --long=27 or less."
    case .lineTooLong(let line, let limit):
      return "\(name):\(line): the line is longer than \(limit) bytes. Is this a text file?"
    case .unclosedQuote(let line):
      return "\(name):\(line): a quoted field is never closed."
        + " Close it, or write \"\" for a quote inside a field."
    case .textAfterQuote(let line):
      return "\(name):\(line): text follows a closing quote. Write \"\" for a quote inside a field."
    }
  }
}
