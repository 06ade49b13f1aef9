import Foundation
import Testing
import TraceModel
import TraceStore

/// A transaction that does not end well leaves the file as it was, and nothing beside it: whoever may only read
/// could not undo it.
@Suite("Transactions that break off")
struct UndoTests {
  private let folder: Folder
  private let path: String
  private let store: TraceStore
  private let bytes: Data

  init() throws {
    folder = try Folder()
    path = folder.file("a.db")
    store = try TraceStore(path: path, mode: .readWrite)
    try store.importing([Push("a", 0, 5)])
    bytes = try Data(contentsOf: URL(fileURLWithPath: path))
  }

  private func expectUndone(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(
      !FileManager.default.fileExists(atPath: path + "-journal"), sourceLocation: sourceLocation)
    #expect(
      try Data(contentsOf: URL(fileURLWithPath: path)) == bytes, sourceLocation: sourceLocation)
    #expect(
      try TraceStore(path: path, mode: .readOnly).list().count == 1, sourceLocation: sourceLocation)
  }

  /// The files of this process may not grow beyond a size that no other test comes near.
  @Test("Without room the file is as it was")
  func noRoom() throws {
    signal(SIGXFSZ, SIG_IGN)
    let fileSize = __rlimit_resource_t(RLIMIT_FSIZE.rawValue)
    var before = rlimit()
    #expect(getrlimit(fileSize, &before) == 0)
    var limit = before
    limit.rlim_cur = 192 << 20
    #expect(setrlimit(fileSize, &limit) == 0)
    defer { setrlimit(fileSize, &before) }
    #expect(throws: StoreError.self) {
      try store.writing { database in
        try database.execute(sql: "CREATE TABLE filler (bytes BLOB)")
        for _ in 0..<200 {
          try database.execute(sql: "INSERT INTO filler VALUES (zeroblob(1048576))")
        }
      }
    }
    try expectUndone()
  }

  @Test("One that is broken off from outside is undone first")
  func brokenOff() throws {
    let writes = WritesUnderWay()
    let isWriting = DispatchSemaphore(value: 0)
    let store = store
    // It does not come back: the process is taken to end.
    Thread.detachNewThread {
      try? writes.run(on: store.queue) {
        try store.queue.inTransaction(.immediate) { database in
          try database.execute(sql: "CREATE TABLE filler (bytes BLOB)")
          for _ in 0..<16 {
            try database.execute(sql: "INSERT INTO filler VALUES (zeroblob(1048576))")
          }
          isWriting.signal()
          try database.execute(
            sql: """
              WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted)
              INSERT INTO filler SELECT count(*) FROM counted
              """)
          return .commit
        }
      }
    }
    isWriting.wait()
    #expect(FileManager.default.fileExists(atPath: path + "-journal"))
    writes.breakOff()
    try expectUndone()
  }
}
