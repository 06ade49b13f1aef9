import Foundation
import Synchronization
import TraceStore

/// Where results are written: standard output, or a file that takes its place when it is complete.
public struct OutputFile: Sendable {
  /// As it is called in a message.
  public let name: String
  private let descriptor: Int32

  /// Of this process.
  public static let standardOutput = OutputFile(name: "standard output", descriptor: STDOUT_FILENO)

  init(name: String, descriptor: Int32) {
    self.name = name
    self.descriptor = descriptor
  }

  /// Writes all of it; Foundation's `write(_:)` traps where a disk is full.
  ///
  /// - Throws: `Failure` with `cannotWrite`, or `OutputClosed`.
  public func write(_ data: Data) throws {
    try unsafe data.withUnsafeBytes { bytes in
      var rest = unsafe bytes[...]
      while unsafe !rest.isEmpty {
        let piece = unsafe UnsafeRawBufferPointer(rebasing: rest)
        let count = unsafe posixWrite(descriptor, piece.baseAddress, piece.count)
        if count >= 0 {
          unsafe rest = rest.dropFirst(count)
          continue
        }
        switch errno {
        case EINTR, EAGAIN: continue
        case EPIPE: throw OutputClosed()
        default:
          throw Failure(
            .cannotWrite,
            "\(name): cannot be written: \(reason(errno)). Make room, or name another place.")
        }
      }
    }
  }

  /// Writes all of it as UTF-8.
  public func write(_ text: String) throws { try write(Data(text.utf8)) }
}

/// Whoever read standard output has seen enough: the end, and no failure.
public struct OutputClosed: Error {
  public init() {}
}

/// Files that are being written beside their place, and databases that may turn out to be unused.
private struct Unfinished {
  var files: Set<String> = []
  var databases: Set<String> = []
}

private let unfinished = Mutex(Unfinished())

/// Lets `body` write a file beside `path` and gives it that name when it is complete, so that a
/// reader sees the old file or the new one, whole.
///
/// A device or a pipe is written to directly: its name is not ours to take.
public func replaceFile<Result>(
  at path: String, _ body: (OutputFile) throws -> Result
) throws -> Result {
  try requirePlace(for: path)
  if FileManager.default.fileExists(atPath: path), !isRegularFile(path) {
    let descriptor = try create(path, named: path)
    defer { close(descriptor) }
    return try body(OutputFile(name: path, descriptor: descriptor))
  }
  // A link stays one: what it points to is replaced.
  let place = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  let partial = place + ".part"
  unfinished.withLock { _ = $0.files.insert(partial) }
  defer { unfinished.withLock { _ = $0.files.remove(partial) } }
  let descriptor = try create(partial, named: path)
  do {
    let result: Result
    do {
      defer { close(descriptor) }
      result = try body(OutputFile(name: path, descriptor: descriptor))
    }
    // rename(2) replaces the old file in one step; Foundation's move refuses where one exists.
    guard unsafe rename(partial, place) == 0 else {
      throw Failure(
        .cannotWrite,
        "\(path): cannot be written: \(reason(errno)). Make room, or name another place.")
    }
    return result
  } catch {
    unsafe unlink(partial)
    throw error
  }
}

/// Makes sure, before something that takes long, that its result has a place to go to.
///
/// - Throws: `Failure` with `cannotCreate`.
public func requirePlace(for path: String) throws {
  let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
  guard isFolder(folder) else {
    throw Failure(
      .cannotCreate,
      "\(path): there is no folder \(folder). Create it first, or name another place.")
  }
  guard !isFolder(path) else { throw Failure(.cannotCreate, "\(path): is a folder. Name a file.") }
}

/// Ends the process from any thread: undoes and removes what is half written, and the database that was
/// created for a trace that did not come.
public func endProcess(status: Int32) -> Never {
  WritesUnderWay.all.breakOff()
  return unfinished.withLock { unfinished in
    for path in unfinished.files { unsafe unlink(path) }
    for path in unfinished.databases { removeUnusedDatabase(path) }
    // Inside of the lock: nobody begins a file any more.
    _exit(status)
  }
}

/// Runs an import into a database, and removes the file if it is created on the way and no trace
/// gets into it: a mistyped option leaves no empty database behind.
func withDatabase<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
  guard !FileManager.default.fileExists(atPath: path) else { return try body() }
  unfinished.withLock { _ = $0.databases.insert(path) }
  defer { unfinished.withLock { _ = $0.databases.remove(path) } }
  do {
    return try body()
  } catch {
    removeUnusedDatabase(path)
    throw error
  }
}

/// Creates a folder in one that exists.
///
/// - Throws: `Failure` with `cannotCreate`.
public func createFolder(at path: String) throws {
  guard unsafe mkdir(path, 0o777) == 0 else {
    throw Failure(
      .cannotCreate, "\(path): cannot be created: \(reason(errno)). Name another place.")
  }
}

/// Whether a folder stands there, or a link to one.
public func isFolder(_ path: String) -> Bool {
  // The trailing slash follows a link to a folder.
  let values = try? URL(fileURLWithPath: path + "/").resourceValues(forKeys: [.isDirectoryKey])
  return values?.isDirectory ?? false
}

private func isRegularFile(_ path: String) -> Bool {
  let url = URL(fileURLWithPath: path).resolvingSymlinksInPath()
  return (try? url.resourceValues(forKeys: [.isRegularFileKey]))?.isRegularFile ?? false
}

private func create(_ path: String, named name: String) throws -> Int32 {
  let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
  guard descriptor >= 0 else {
    throw Failure(
      .cannotCreate, "\(name): cannot be created: \(reason(errno)). Name another place.")
  }
  return descriptor
}

private func posixWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
  unsafe write(descriptor, bytes, count)
}

private func reason(_ code: Int32) -> String { unsafe String(cString: strerror(code)) }
