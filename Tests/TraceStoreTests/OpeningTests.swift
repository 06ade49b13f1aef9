import Dispatch
import Foundation
import Synchronization
import Testing
import TraceStore

@Suite("Opening a store")
struct OpeningTests {
  private func sql(_ path: String, _ statements: String) throws {
    let store = try TraceStore(path: path, mode: .readWrite)
    try store.queue.inDatabase { try $0.execute(sql: statements) }
  }

  @Test("A missing file is not created by reading")
  func missing() throws {
    let folder = try Folder()
    let path = folder.file("none.db")
    #expect(throws: StoreError.missing(path: path)) { try TraceStore(path: path, mode: .readOnly) }
    #expect(StoreError.missing(path: path).exitCode == 66)
    #expect(folder.names == [])
    #expect(throws: StoreError.self) { try TraceStore(path: folder.path, mode: .readWrite) }
    let error = #expect(throws: StoreError.self) {
      try TraceStore(path: folder.file("no/such/folder.db"), mode: .readWrite)
    }
    #expect(error?.exitCode == 73)
  }

  @Test(
    "Files that are not ours stay as they are", arguments: ["text", "foreign", "newer", "blank"])
  func refused(kind: String) throws {
    let folder = try Folder()
    let path = folder.file("a.db")
    switch kind {
    case "text":
      try Data(repeating: 0x41, count: 5000).write(to: URL(fileURLWithPath: path))
    case "blank":
      try Data().write(to: URL(fileURLWithPath: path))
    case "foreign":
      try sql(path, "PRAGMA application_id = 252006673")
    default:
      try sql(path, "PRAGMA user_version = 99")
    }
    let before = try bytes(of: path)
    for mode in [TraceStore.Mode.readOnly, .readWrite] where kind != "blank" || mode == .readOnly {
      let expected: StoreError =
        switch kind {
        case "text": .notADatabase(path: path)
        case "foreign": .foreign(path: path, applicationID: 252_006_673)
        case "blank": .blank(path: path)
        default: .newer(path: path, version: 99, supported: Schema.version)
        }
      #expect(throws: expected) { try TraceStore(path: path, mode: mode) }
    }
    #expect(try bytes(of: path) == before)
    #expect(folder.names == ["a.db"])
  }

  @Test("A read-only file in a read-only folder can be read, and is not changed")
  func readOnly() throws {
    let folder = try Folder()
    let path = folder.file("a.db")
    try TraceStore(path: path, mode: .readWrite).importing([Push("a", 0, 1)])
    let before = try bytes(of: path)
    let manager = FileManager.default
    try manager.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
    try manager.setAttributes([.posixPermissions: 0o500], ofItemAtPath: folder.path)
    let store = try TraceStore(path: path, mode: .readOnly)
    #expect(try store.load("t").gradientCount == 1)
    #expect(throws: StoreError.self) { try store.spool() }
    #expect(try bytes(of: path) == before)
    #expect(folder.names == ["a.db"])
  }

  @Test("A database that somebody switched to a write-ahead log is switched back")
  func walFile() throws {
    let folder = try Folder()
    let path = folder.file("a.db")
    try sql(path, "PRAGMA journal_mode = WAL")
    try TraceStore(path: path, mode: .readWrite).importing([Push("a", 0, 1)])
    #expect(folder.names == ["a.db"])
    #expect(try bytes(of: path)[18] == 1)
  }

  /// A copy taken in the middle of a transaction is what a power cut leaves. A tiny cache makes
  /// SQLite write pages before the commit.
  @Test("A half-written transaction is undone, for readers too", arguments: [true, false])
  func hotJournal(isReadOnly: Bool) throws {
    let folder = try Folder()
    let path = folder.file("a.db")
    let store = try TraceStore(path: path, mode: .readWrite)
    let digest = try store.importing(someGradients(workers: 3, each: 900, seed: 4)).digest
    let copy = folder.file("copy.db")
    try store.queue.inDatabase { try $0.execute(sql: "PRAGMA cache_size = 1") }
    try store.queue.inTransaction(.immediate) { database in
      try database.execute(
        sql: "UPDATE trace SET name = 'half'; UPDATE timing_chunk SET payload = zeroblob(9999)")
      try FileManager.default.copyItem(atPath: path, toPath: copy)
      try FileManager.default.copyItem(atPath: path + "-journal", toPath: copy + "-journal")
      return .rollback
    }
    #expect(try bytes(of: copy) != bytes(of: path))
    let recovered = try TraceStore(path: copy, mode: isReadOnly ? .readOnly : .readWrite)
    #expect(try recovered.load("t").digest == digest)
    #expect(try recovered.verifyChunks().problems == [])
    #expect(folder.names == ["a.db", "copy.db"])
  }

  @Test("Connections are hardened, tables strict")
  func hardened() throws {
    let store = try TraceStore.temporary()
    try store.queue.inDatabase { database in
      func number(_ sql: String) throws -> Int64 {
        let statement = try SQLStatement(database, sql)
        return try statement.step() ? statement.integer(0) : -1
      }
      #expect(try number("PRAGMA trusted_schema") == 0)
      #expect(try number("PRAGMA cell_size_check") == 1)
      #expect(try number("PRAGMA foreign_keys") == 1)
      #expect(try number("PRAGMA application_id") == Int64(Schema.applicationID))
      #expect(
        try number("SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND strict")
          == Int64(Schema.tables.count))
      // Defensive: the schema cannot be edited as text.
      try database.execute(sql: "PRAGMA writable_schema = ON")
      #expect(throws: (any Error).self) {
        try database.execute(sql: "UPDATE sqlite_schema SET sql = '' WHERE name = 'trace'")
      }
    }
  }

  /// A small cache makes SQLite write to its file.
  @Test("A temporary store holds what does not fit into memory")
  func temporary() throws {
    let store = try TraceStore.temporary()
    try store.queue.inDatabase { try $0.execute(sql: "PRAGMA cache_size = 1") }
    let digest = try store.importing(someGradients(workers: 3, each: 9000, seed: 4)).digest
    #expect(try store.load("t").digest == digest)
  }

  @Test("A file that was created for a trace that never came is removed, and no other")
  func unused() throws {
    let folder = try Folder()
    let path = folder.file("a.db")
    do {
      let store = try TraceStore(path: path, mode: .readWrite)
      TraceStore.removeUnused(path)
      #expect(folder.names == [])
      // Another process that has the file open cannot write into what has no name any more.
      let error = #expect(throws: StoreError.self) { try store.importing([Push("a", 0, 1)]) }
      #expect(error?.exitCode == 75)
    }
    try TraceStore(path: path, mode: .readWrite).importing([Push("a", 0, 1)])
    TraceStore.removeUnused(path)
    #expect(folder.names == ["a.db"])
    try Data(repeating: 0x41, count: 5000).write(to: URL(fileURLWithPath: folder.file("text")))
    TraceStore.removeUnused(folder.file("text"))
    TraceStore.removeUnused(folder.file("none"))
    #expect(folder.names == ["a.db", "text"])
  }

  @Test("A file without even a table is removed as well")
  func blank() throws {
    let folder = try Folder()
    let path = folder.file("a.db")
    try Data().write(to: URL(fileURLWithPath: path))
    TraceStore.removeUnused(path)
    #expect(folder.names == [])
  }

  /// Somebody opens a new file and waits for the lock, while its creator takes it away. A process has a
  /// descriptor for each connection.
  @Test(
    "Nobody fills in a file that has lost its name, to another one or to none",
    .enabled(if: FileManager.default.fileExists(atPath: "/proc/self/fd"), "there is no /proc"),
    arguments: [false, true])
  func nameless(isReplaced: Bool) throws {
    let folder = try Folder()
    let path = folder.file("a.db")
    let creator = try TraceStore.temporary()
    let waiting = Waiting(path)
    try creator.queue.inDatabase { database in
      try database.execute(sql: "ATTACH DATABASE '\(path)' AS new; BEGIN IMMEDIATE")
      waiting.start()
      while try descriptorCount(of: path) < 2 { Thread.sleep(forTimeInterval: 0.01) }
      unlink(path)
      if isReplaced { try Data().write(to: URL(fileURLWithPath: path)) }
      try database.execute(sql: "ROLLBACK")
    }
    #expect(waiting.error() == .busy(path: path))
    #expect(folder.names == (isReplaced ? ["a.db"] : []))
  }

  @Test("What cannot become a database is told apart from what cannot be read")
  func impossiblePlaces() throws {
    let folder = try Folder()
    for path in [folder.path, "/dev/null"] {
      let error = #expect(throws: StoreError.self) {
        try TraceStore(path: path, mode: .readWrite)
      }
      #expect(error?.exitCode == 73, "\(path)")
    }
    let error = #expect(throws: StoreError.self) {
      try TraceStore(path: folder.path, mode: .readOnly)
    }
    #expect(error?.exitCode == 66)
  }
}

/// How many descriptors this process has for a file.
private func descriptorCount(of path: String) throws -> Int {
  let folder = "/proc/self/fd"
  return try FileManager.default.contentsOfDirectory(atPath: folder).count { name in
    // The listing's own one is closed by now.
    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)")
    return target == path
  }
}

/// A thread of its own that opens a store: the tests' threads may all be busy.
private final class Waiting: Sendable {
  private let path: String
  private let result = Mutex<StoreError?>(nil)
  private let hasEnded = DispatchSemaphore(value: 0)

  init(_ path: String) { self.path = path }

  func start() {
    Thread.detachNewThread { [self] in
      do {
        _ = try TraceStore(path: path, mode: .readWrite, busyTimeout: 60)
      } catch let error as StoreError {
        result.withLock { $0 = error }
      } catch {}
      hasEnded.signal()
    }
  }

  /// Waits for the end; nil if the store opened.
  func error() -> StoreError? {
    hasEnded.wait()
    return result.withLock { $0 }
  }
}
