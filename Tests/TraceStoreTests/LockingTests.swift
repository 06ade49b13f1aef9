import Dispatch
import Foundation
import TestSupport
import Testing
import TraceModel
import TraceStore

@Suite("Several processes at once")
struct LockingTests {
  @Test("The spool keeps nobody from reading and writing")
  func spooling() throws {
    let folder = try Folder()
    let path = folder.file("a.db")
    let first = try TraceStore(path: path, mode: .readWrite)
    let second = try TraceStore(path: path, mode: .readWrite, busyTimeout: 0.01)
    let spool = try first.spool(bufferByteSize: 4096)
    for push in someGradients(workers: 3, each: 500, seed: 5) {
      let handle = try spool.worker(
        labelled: WorkerLabel(push.label), host: nil, trust: .measured)
      try spool.append(push.gradient, worker: handle)
      if spool.gradientCount % 500 == 0 {
        let name = "while-\(spool.gradientCount)"
        try second.importing(
          [Push(name, 0, 1)], options: ImportOptions(name: name))
        #expect(try second.load(name).gradientCount == 1)
      }
    }
    #expect(spool.runCount > 10)
    #expect(try second.list().count == 3)
    let stored = try spool.finish(facts: .csv, options: ImportOptions(name: "t"))
    #expect(try second.load("t").digest == stored.digest)
    #expect(try second.verifyChunks().problems == [])
    #expect(folder.names == ["a.db"])
  }

  @Test("Two spools share one connection")
  func twoSpools() throws {
    let store = try TraceStore.temporary()
    let spools = [try store.spool(bufferByteSize: 64), try store.spool(bufferByteSize: 64)]
    for start in 0..<20 {
      for (index, spool) in spools.enumerated() {
        let handle = try spool.worker(labelled: WorkerLabel("a"), host: nil, trust: .measured)
        try spool.append(
          GradientInterval(startNs: Int64(start) * 10, durationNs: Int64(index) + 1),
          worker: handle)
      }
    }
    for (index, spool) in spools.enumerated() {
      _ = try spool.finish(facts: .csv, options: ImportOptions(name: "t\(index)"))
      #expect(
        try store.load("t\(index)").workers[0].durationsNs
          == Array(repeating: Int64(index) + 1, count: 20))
    }
    let left = try store.queue.inDatabase { database in
      let statement = try SQLStatement(database, "SELECT count(*) FROM sqlite_temp_schema")
      return try statement.step() ? statement.integer(0) : -1
    }
    #expect(left == 0)
  }

  @Test("Importers at once all succeed")
  func importers() throws {
    let folder = try Folder()
    let path = folder.file("a.db")
    let failures = Failures()
    DispatchQueue.concurrentPerform(iterations: 6) { index in
      do {
        let store = try TraceStore(path: path, mode: .readWrite)
        // Each content is imported by two of them.
        try store.importing(someGradients(workers: 3, each: 200, seed: UInt64(index / 2)))
      } catch {
        failures.add("\(error)")
      }
    }
    #expect(failures.all == [])
    let store = try TraceStore(path: path, mode: .readOnly)
    #expect(try store.list().map(\.name).sorted() == ["t", "t-2", "t-3"])
    #expect(try store.verifyChunks().problems == [])
  }

  /// Whoever opens a new file may look at it at the very moment at which another process fills it in:
  /// with a statement for each thing to know, some saw tables and no application_id.
  @Test("A file that is just being created is never taken for somebody else's")
  func openers() throws {
    let folder = try Folder()
    let failures = Failures()
    for round in 0..<(Build.isOptimised ? 500 : 50) {
      let path = folder.file("\(round).db")
      DispatchQueue.concurrentPerform(iterations: 4) { _ in
        do {
          _ = try TraceStore(path: path, mode: .readWrite)
        } catch {
          failures.add("\(error)")
        }
      }
    }
    #expect(failures.all == [])
  }

  @Test("A lock that is held too long is a typed error")
  func busy() throws {
    let folder = try Folder()
    let path = folder.file("a.db")
    let first = try TraceStore(path: path, mode: .readWrite)
    let second = try TraceStore(path: path, mode: .readWrite, busyTimeout: 0.05)
    try first.queue.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE; DELETE FROM trace; COMMIT") }
    try first.queue.inTransaction(.exclusive) { _ in
      #expect(throws: StoreError.busy(path: path)) { try second.importing([Push("a", 0, 1)]) }
      #expect(throws: StoreError.busy(path: path)) { try second.list() }
      #expect(throws: StoreError.busy(path: path)) {
        try TraceStore(path: path, mode: .readWrite, busyTimeout: 0.05)
      }
      return .rollback
    }
    #expect(StoreError.busy(path: path).exitCode == 75)
    try second.importing([Push("a", 0, 1)])
  }
}

/// What went wrong on other threads.
private final class Failures: @unchecked Sendable {
  // Guarded by the lock.
  private var messages: [String] = []
  private let lock = NSLock()

  func add(_ message: String) { lock.withLock { messages.append(message) } }

  var all: [String] { lock.withLock { messages } }
}
