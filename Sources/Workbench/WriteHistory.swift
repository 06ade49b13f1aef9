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
  return try replaceFile(at: path) { file in
    let writer = HistoryWriter(file)
    writer.write(format.header)
    let result = try body(ReplayObserver(update: { writer.write(format.line($0)) }))
    try writer.finish()
    return result
  }
}

/// Collects lines and writes them in blocks: an update costs no system call.
private final class HistoryWriter {
  private let file: OutputFile
  private var buffer = ""
  private var failure: (any Error)?

  init(_ file: OutputFile) {
    self.file = file
  }

  func write(_ text: String) {
    buffer += text
    if buffer.utf8.count > 1 << 16 { flush() }
  }

  func finish() throws {
    flush()
    if let failure { throw failure }
  }

  private func flush() {
    do {
      if failure == nil { try file.write(buffer) }
    } catch {
      failure = error
    }
    buffer = ""
  }
}
