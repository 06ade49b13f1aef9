import Foundation
import ReplayEngine
import Reports

/// Who is told of the updates of a replay.
public typealias HistoryObserver = ReplayObserver

/// Writes a record per update to a file, beside it first, so that a failed replay leaves no half one.
///
/// - Parameters:
///   - path: `.csv` or `.ndjson` (`.jsonl`) by ending.
///   - body: makes the replay with the observer it is given.
public func writeHistory<Result>(
  to path: String, _ body: (HistoryObserver) throws -> Result
) throws -> Result {
  let format: HistoryFormat
  switch path.split(separator: ".").last.map(String.init) {
  case "csv": format = .csv
  case "ndjson", "jsonl": format = .ndjson
  default:
    throw Failure(.usage, "--history \(path): the ending says the format: .csv or .ndjson.")
  }
  let partial = path + ".part"
  guard FileManager.default.createFile(atPath: partial, contents: nil),
    let handle = FileHandle(forWritingAtPath: partial)
  else { throw Failure(.cannotCreate, "\(partial): cannot be created.") }
  do {
    let writer = HistoryWriter(handle)
    writer.write(format.header)
    let result = try body(ReplayObserver(update: { writer.write(format.line($0)) }))
    try writer.finish(path)
    // rename(2) replaces the old file in one step; Foundation's move refuses where one exists.
    guard unsafe rename(partial, path) == 0 else {
      throw Failure(.cannotWrite, "\(path): cannot be written.")
    }
    return result
  } catch {
    try? FileManager.default.removeItem(atPath: partial)
    throw error
  }
}

/// Collects lines and writes them in blocks: an update costs no system call.
private final class HistoryWriter {
  private let handle: FileHandle
  private var buffer = ""
  private var failure: (any Error)?

  init(_ handle: FileHandle) {
    self.handle = handle
  }

  func write(_ text: String) {
    buffer += text
    if buffer.utf8.count > 1 << 16 { flush() }
  }

  func finish(_ path: String) throws {
    flush()
    try? handle.close()
    if let failure { throw Failure(.cannotWrite, "\(path): cannot be written: \(failure)") }
  }

  private func flush() {
    do {
      try handle.write(contentsOf: Data(buffer.utf8))
    } catch {
      failure = failure ?? error
    }
    buffer = ""
  }
}
