/// The files of one trace, each taken apart from the others: in any order, and on several threads.
///
/// What comes of it never depends on the order or the threads: gradients are sorted by (start, file,
/// position) within their worker.
public protocol TraceParts: AnyObject, Sendable {
  /// What a file was described as when it was finished before an import broke off, if it has not
  /// changed since; nil if it has to be read.
  ///
  /// - Parameter part: the file's place among those of the trace, from 0.
  func recall(_ part: Int, path: String) throws -> [UInt8]?

  /// Begins to take the gradients of one file. The sink is used by one thread.
  func begin(_ part: Int, path: String) throws -> any TraceSink

  /// Takes note that all of the file is in `sink`, which `begin` returned.
  ///
  /// - Parameter description: what the format's reader wants to be told by `recall`.
  func finish(_ part: Int, path: String, _ sink: any TraceSink, description: [UInt8]) throws
}

/// A sink that takes the files of a trace apart from one another.
public protocol PartedSink: TraceSink {
  /// Takes the files.
  var parts: any TraceParts { get }

  /// Moves all gradients that a worker has in a part to a later start.
  ///
  /// - Parameter handle: what the part's own sink returned for the worker.
  func shift(part: Int, worker handle: Int, by nanoseconds: Int64) throws
}

/// What an import made of one file.
public struct FileReport: Hashable, Sendable {
  /// Why some of it was not used.
  public struct Skipped: Hashable, Sendable {
    /// The code of an import issue.
    public var code: String
    /// How many events, rows or lines it was.
    public var count: Int

    public init(code: String, count: Int) {
      self.code = code
      self.count = count
    }
  }

  /// As it was given, or below the folder that was.
  public var path: String
  /// Nil for a file that no format claims.
  public var format: String?
  /// Events, rows or lines that were looked at.
  public var read: Int
  /// Those that the gradients were made of.
  public var used: Int
  /// By reason, in the order in which they came up.
  public var skipped: [Skipped]
  /// Where the first thing that could not be used stands: a byte of the decompressed text, counted
  /// from 0; nil if there is none.
  public var firstBadByte: Int64?

  public init(
    path: String, format: String?, read: Int = 0, used: Int = 0, skipped: [Skipped] = [],
    firstBadByte: Int64? = nil
  ) {
    self.path = path
    self.format = format
    self.read = read
    self.used = used
    self.skipped = skipped
    self.firstBadByte = firstBadByte
  }
}
