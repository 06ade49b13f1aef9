import ByteStreams
import Foundation
import Synchronization
import TraceModel

/// Told now and then how far a reading is: the bytes read so far and those there are, both before
/// decompression; the latter is nil where it is not known.
public typealias ReadingProgress = (_ bytesRead: Int64, _ bytesTotal: Int64?) -> Void

/// Reads one trace from a file, a folder with a file per rank, or `-` for standard input, and pushes
/// its gradients and issues into `sink`.
///
/// Memory does not grow with the files. Nothing is known to be good before this returns: a sink drops
/// what it was given if this throws.
///
/// - Parameter progress: Called about once per megabyte, always on this thread.
/// - Throws: ``TraceFormatError`` or `ByteStreamError` with the place and a remedy, or what `sink`
///   throws.
public func readTrace(
  at path: String, options: ReadOptions = ReadOptions(), into sink: any TraceSink,
  progress: ReadingProgress? = nil
) throws -> TraceFacts {
  try readTrace(joining: [path], options: options, into: sink, progress: progress)
}

/// The most files that are read at once: each takes a few megabytes.
private let fileThreadLimit = 8

/// Reads several files or folders as one trace.
///
/// - Parameter threads: how many files are read at once; of a single one 2 or more decompress beside
///   the reading. It never changes what is pushed.
public func readTrace(
  joining paths: [String], options: ReadOptions = ReadOptions(), threads: Int = 1,
  into sink: any TraceSink, progress: ReadingProgress? = nil
) throws -> TraceFacts {
  let files = try TraceFiles(paths)
  let isJoined = options.join || paths.count > 1
  let givenPath = paths.count == 1 ? paths[0] : nil
  let reading = FileReading(options: options, isFolder: files.hasFolder)
  let log = IssueLog(sink)
  guard files.paths.count > 1 else {
    var trace = TraceReading(
      options: options, log: log, parts: nil, isJoined: isJoined, passedOver: files.passedOver)
    for path in files.paths {
      let source = try ByteSource(path: path, bufferSize: options.bufferSize)
      if threads > 1 { source.readAhead() }
      if let progress { source.onRead { progress($0, files.byteSize) } }
      try trace.take(
        reading.read(source, number: 0, into: sink, of: nil), path: path, number: 0
      ) { source }
    }
    return try trace.finish(path: givenPath)
  }
  let collected = sink is any PartedSink ? nil : CollectedParts(sink)
  guard let parted = sink as? any PartedSink ?? collected else {
    preconditionFailure("no sink takes parts")
  }
  var trace = TraceReading(
    options: options, log: log, parts: parted, isJoined: isJoined, passedOver: files.passedOver)
  // Standard input is there once.
  let threads = files.paths.contains("-") ? 1 : min(threads, fileThreadLimit, files.paths.count)
  if threads > 1 {
    try readSideBySide(
      files, reading, threads: threads, into: &trace, of: parted.parts, progress: progress)
  } else {
    try readInOrder(files, reading, into: &trace, of: parted.parts, progress: progress)
  }
  try collected?.flush()
  return try trace.finish(path: givenPath)
}

private func readInOrder(
  _ files: TraceFiles, _ reading: FileReading, into trace: inout TraceReading,
  of parts: any TraceParts, progress: ReadingProgress?
) throws {
  let bytesTotal = files.byteSize
  var bytesDone: Int64 = 0
  for (number, path) in files.paths.enumerated() {
    if let outcome = reading.recall(number: number, path: path, from: parts) {
      bytesDone += TraceFiles.byteSize(of: path) ?? 0
      try trace.take(outcome, path: path, number: number) {
        try ByteSource(path: path, bufferSize: reading.options.bufferSize)
      }
      continue
    }
    let source = try ByteSource(path: path, bufferSize: reading.options.bufferSize)
    let done = bytesDone
    if let progress { source.onRead { progress(done + $0, bytesTotal) } }
    try trace.take(
      reading.read(source, number: number, into: nil, of: parts), path: path, number: number
    ) { source }
    bytesDone += source.bytesRead
  }
}

/// Reads a file a thread. What comes of them is taken in their order, so that nobody can tell how many
/// threads there were.
private func readSideBySide(
  _ files: TraceFiles, _ reading: FileReading, threads: Int, into trace: inout TraceReading,
  of parts: any TraceParts, progress: ReadingProgress?
) throws {
  let paths = files.paths
  let queue = FileQueue<FileOutcome>(count: paths.count, window: 2 * threads)
  let bytesRead = SharedCount()
  var options = reading.options
  options.gate = LargeFileGate()
  let threadReading = FileReading(options: options, isFolder: reading.isFolder)
  let group = DispatchGroup()
  for _ in 0..<threads {
    group.enter()
    Thread.detachNewThread {
      defer { group.leave() }
      while let number = queue.nextFile() {
        let path = paths[number]
        let outcome =
          threadReading.recall(number: number, path: path, from: parts)
          ?? threadReading.outcome(of: path, number: number, parts: parts, counting: bytesRead)
        if case .failed = outcome { queue.stop() }
        queue.deliver(outcome, of: number)
      }
    }
  }
  defer {
    queue.stop()
    group.wait()
  }
  let bytesTotal = files.byteSize
  for (number, path) in paths.enumerated() {
    let outcome = queue.take(number) { progress?(bytesRead.value, bytesTotal) }
    try trace.take(outcome, path: path, number: number) {
      let source = try ByteSource(path: path, bufferSize: options.bufferSize)
      let before = bytesRead.value
      source.onRead { bytes in progress?(min(before + bytes, bytesTotal ?? .max), bytesTotal) }
      return source
    }
    progress?(bytesRead.value, bytesTotal)
  }
  if let bytesTotal { progress?(bytesTotal, bytesTotal) }
}

extension FileReading {
  fileprivate func outcome(
    of path: String, number: Int, parts: any TraceParts, counting bytesRead: SharedCount
  ) -> FileOutcome {
    do {
      let source = try ByteSource(path: path, bufferSize: options.bufferSize)
      var before: Int64 = 0
      source.onRead { bytes in
        bytesRead.add(bytes - before)
        before = bytes
      }
      return read(source, number: number, into: nil, of: parts)
    } catch {
      return .failed(nil, error)
    }
  }
}

/// A sum that several threads add to.
private final class SharedCount: Sendable {
  private let count = Atomic<Int64>(0)

  var value: Int64 { count.load(ordering: .relaxed) }

  func add(_ number: Int64) { count.add(number, ordering: .relaxed) }
}

/// Reads one trace from a source that is open already.
package func readTrace(
  from source: ByteSource, options: ReadOptions = ReadOptions(), into sink: any TraceSink
) throws -> TraceFacts {
  var trace = TraceReading(
    options: options, log: IssueLog(sink), parts: nil, isJoined: options.join)
  let outcome = FileReading(options: options, isFolder: false)
    .read(source, number: 0, into: sink, of: nil)
  try trace.take(outcome, path: source.path, number: 0) { source }
  return try trace.finish(path: source.path)
}

/// Returns the format of a file by its content, or of the first file of a folder that has one; nil if
/// no format claims it. Of standard input this uses up the beginning: it is not for `-`.
public func detectFormat(
  at path: String, options: ReadOptions = ReadOptions()
) throws -> TraceFormat? {
  for path in try TraceFiles([path]).paths {
    let head = try FileHead(try ByteSource(path: path, bufferSize: options.bufferSize))
    if let format = TraceFormat.claiming(head, options: options) { return format }
  }
  return nil
}

/// Sorts the paths of a command line into traces: each is one, or all are one if `join` is set.
///
/// - Throws: `differentRanks` if two files say that they are different ranks of one world and `join`
///   is not set; the message shows the command that joins them.
public func tracePaths(
  _ paths: [String], join: Bool, options: ReadOptions = ReadOptions()
) throws -> [[String]] {
  guard !join else { return paths.isEmpty ? [] : [paths] }
  var known: [(rank: Int64, worldSize: Int64, path: String)] = []
  // Standard input can only be read once, and a single path cannot contradict itself.
  for path in paths where paths.count > 1 && path != "-" {
    let files = try TraceFiles([path])
    guard !files.hasFolder else { continue }
    let head = try FileHead(try ByteSource(path: path, bufferSize: options.bufferSize))
    guard let (rank, worldSize) = PyTorchReader.identity(head), worldSize > 1 else { continue }
    if let other = known.first(where: { $0.worldSize == worldSize && $0.rank != rank }) {
      throw TraceFormatError(
        reason: .differentRanks(
          first: other.rank, second: rank, secondPath: path, worldSize: worldSize,
          paths: paths),
        path: other.path)
    }
    known.append((rank, worldSize, path))
  }
  return paths.map { [$0] }
}
