import Foundation
import Testing
import TraceModel
import TraceStore

/// The test binary runs itself again as an importer, and kills it.
@Suite("Killed imports")
struct CrashTests {
  private static let environmentKey = "OUTPACE_STORE_TESTS_IMPORT_INTO"
  private static let target = ProcessInfo.processInfo.environment[environmentKey]

  /// The end of the name of a file that says that the importer is at work.
  private static let started = ".started"

  private static let trace = someGradients(workers: 4, each: 300, seed: 8, plain: true)

  @Test("The importer that is killed", .enabled(if: target != nil))
  func importer() throws {
    let path = try #require(Self.target)
    let store = try TraceStore(path: path, mode: .readWrite)
    try Data().write(to: URL(fileURLWithPath: path + Self.started))
    let first = try store.list().count + 1
    for number in first... {
      var pushes = Self.trace
      pushes[0].gradient.durationNs += Int64(number)
      try store.importing(pushes, bufferByteSize: 20 << 10)
    }
  }

  /// A small trace is imported some hundred times a second, so that twenty kills within half a second hit
  /// the spool, the passes, the transaction and its synchronising writes.
  @Test("After kill -9 every trace is whole or absent", .enabled(if: canRunItself))
  func killed() throws {
    let folder = try Folder()
    let path = folder.file("a.db")
    var random = SplitMix64(seed: 1)
    var counts: [Int] = []
    for _ in 0..<20 {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      process.arguments = [
        "--testing-library", "swift-testing", "--filter", "CrashTests/importer",
      ]
      process.environment = ProcessInfo.processInfo.environment.merging(
        [Self.environmentKey: path]
      ) { $1 }
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      // A busy machine may need a while to start it.
      let patience = Date() + 60
      while !FileManager.default.fileExists(atPath: path + Self.started), Date() < patience {
        Thread.sleep(forTimeInterval: 0.005)
      }
      Thread.sleep(forTimeInterval: Double.random(in: 0...0.3, using: &random))
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      try FileManager.default.removeItem(atPath: path + Self.started)
      let store = try TraceStore(path: path, mode: .readWrite)
      #expect(try store.verifyChunks().problems == [])
      counts.append(try store.list().count)
      let rows = try store.queue.inDatabase { database in
        let statement = try SQLStatement(
          database,
          """
          SELECT count(*) FROM timing_chunk WHERE trace_id NOT IN (SELECT id FROM trace)
          """)
        return try statement.step() ? statement.integer(0) : -1
      }
      #expect(rows == 0)
    }
    // A journal that was never synchronised stays until the next write, and means nothing.
    #expect(Set(folder.names).isSubset(of: ["a.db", "a.db-journal"]))
    #expect(counts == counts.sorted() && counts.last ?? 0 > 0, "\(counts)")
  }
}

/// Where the running program has a path, and is a test binary that takes these arguments.
private let canRunItself =
  FileManager.default.fileExists(atPath: "/proc/self/exe")
  && CommandLine.arguments.contains("swift-testing")
