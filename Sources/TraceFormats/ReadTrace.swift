import ByteStreams
import TraceModel

/// Reads one trace from a file, a folder with a file per rank, or `-` for standard input, and pushes
/// its gradients and issues into `sink`.
///
/// Memory does not grow with the files. Nothing is known to be good before this returns: a sink drops
/// what it was given if this throws.
///
/// - Parameters:
///   - progress: Called about once per megabyte with the bytes read so far and those there are, both
///     before decompression; the latter is nil where it is not known.
/// - Throws: ``TraceFormatError`` or `ByteStreamError` with the place and a remedy, or what `sink`
///   throws.
public func readTrace(
  at path: String, options: ReadOptions = ReadOptions(), into sink: any TraceSink,
  progress: ((_ bytesRead: Int64, _ bytesTotal: Int64?) -> Void)? = nil
) throws -> TraceFacts {
  try readTrace(joining: [path], options: options, into: sink, progress: progress)
}

/// Reads several files or folders as one trace.
public func readTrace(
  joining paths: [String], options: ReadOptions = ReadOptions(), into sink: any TraceSink,
  progress: ((_ bytesRead: Int64, _ bytesTotal: Int64?) -> Void)? = nil
) throws -> TraceFacts {
  let files = try TraceFiles(paths)
  var reading = TraceReading(options: options, sink: sink, isFolder: files.hasFolder)
  let bytesTotal = files.byteSize
  var bytesDone: Int64 = 0
  for path in files.paths {
    let source = try ByteSource(path: path, bufferSize: options.bufferSize)
    let done = bytesDone
    if let progress { source.onRead { progress(done + $0, bytesTotal) } }
    try reading.read(source)
    bytesDone += source.bytesRead
  }
  return try reading.finish(path: paths.count == 1 ? paths[0] : nil)
}

/// Reads one trace from a source that is open already.
package func readTrace(
  from source: ByteSource, options: ReadOptions = ReadOptions(), into sink: any TraceSink
) throws -> TraceFacts {
  var reading = TraceReading(options: options, sink: sink, isFolder: false)
  try reading.read(source)
  return try reading.finish(path: source.path)
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
