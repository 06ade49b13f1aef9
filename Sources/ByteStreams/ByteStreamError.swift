/// Bytes that could not be had from a file: what is wrong and where.
public struct ByteStreamError: Error, Equatable {
  /// What is wrong with a file or a stream.
  public enum Reason: Equatable, Sendable {
    /// The operating system's error number.
    case cannotOpen(Int32)
    /// The system's error number while reading.
    case cannotRead(Int32)
    /// A folder where bytes were wanted.
    case isFolder
    /// The compressed stream contradicts itself; the text is the decompressor's own.
    case corrupt(String)
    /// A zst frame that wants more memory than we give to anybody's file.
    case windowTooLarge
    /// A line above the limit that keeps memory bounded.
    case lineTooLong(line: Int, byteSizeLimit: Int)
    /// The line on which the field begins.
    case unclosedQuote(line: Int)
    /// Something else than a separator behind a closing quote.
    case textAfterQuote(line: Int)
  }

  /// What is wrong.
  public var reason: Reason
  /// As it was given; `-` for standard input.
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
