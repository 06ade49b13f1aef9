import ByteStreams
import Foundation
import TraceModel

/// What came of looking at one file.
enum FileOutcome: Sendable {
  /// No format claims it.
  case skipped
  case part(FilePart)
  /// A file of a format whose files are read one after the other.
  case whole(TraceFormat)
  case failed(TraceFormat?, any Error)
}

/// Reads files apart from one another; on any thread.
struct FileReading: Sendable {
  let options: ReadOptions
  let isFolder: Bool

  /// - Parameter sink: takes the gradients; nil for one of `parts`.
  func read(
    _ source: ByteSource, number: Int, into sink: (any TraceSink)?, of parts: (any TraceParts)?
  ) -> FileOutcome {
    var known: TraceFormat?
    do {
      guard let format = try format(of: source) else { return .skipped }
      known = format
      guard format.isSeparable else { return .whole(format) }
      let path = source.path
      guard let sink = try sink ?? parts?.begin(number, path: path) else {
        preconditionFailure("no sink for \(path)")
      }
      let log = IssueLog(sink)
      let content = try format.fileReader(options: options, log: log).read(source)
      let part = FilePart(
        format: format, path: path, content: content, findings: log.endFile())
      try parts?.finish(number, path: path, sink, description: part.encoded)
      return .part(part)
    } catch {
      return .failed(known, error)
    }
  }

  /// A file that was finished before an import broke off; nil if it has to be read.
  func recall(number: Int, path: String, from parts: any TraceParts) -> FileOutcome? {
    do {
      guard let description = try parts.recall(number, path: path) else { return nil }
      return .part(try FilePart(decoding: description, path: path))
    } catch is PartReader.Damaged {
      return .failed(nil, TraceFormatError(reason: .brokenPart, path: path))
    } catch {
      return .failed(nil, error)
    }
  }

  /// Decides what a file is to be read as; nil if it is to be skipped.
  func format(of source: ByteSource) throws -> TraceFormat? {
    let head = try FileHead(source)
    let claimed = TraceFormat.claiming(head, options: options)
    if isFolder {
      guard let wanted = options.format else { return claimed }
      return claimed == wanted ? wanted : nil
    }
    guard head.firstByte != nil else {
      let isCut = head.bytes.isEmpty && source.bytesRead > 0
      throw TraceFormatError(reason: isCut ? .nothingUnpacked : .empty, path: source.path)
    }
    if let wanted = options.format { return wanted }
    if let claimed { return claimed }
    // Its lines are searched one by one, and if none matches the message says so.
    if options.pattern != nil { return .log }
    // Read as a table, it is refused with the columns that were found and how to name them.
    if CSVTraceReader.looksLikeTable(head) { return .csv }
    throw TraceFormatError(
      reason: ForeignFile(head).map { .foreignFile($0) } ?? .unknownFormat, path: source.path)
  }
}
