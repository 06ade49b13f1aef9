import Foundation
import TestSupport
import Testing
import TraceFormats
import TraceModel
import TraceStore
import Workbench

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What is stored of a folder never depends on threads, or on where an import broke off.
@Suite("Folders side by side and resumed")
struct ResumedImportTests {
  private let folder: TemporaryFolder
  private let names = (0..<7).map { "rank-\($0).csv" }

  init() throws {
    folder = try TemporaryFolder()
    for (index, name) in names.enumerated() {
      try write(name, rank: index, rows: 6000 + 700 * index, duration: 5)
    }
    _ = try folder.write("nothing of interest\n", to: "ranks/notes.txt")
  }

  private var source: String { folder.path("ranks") }

  private func write(_ name: String, rank: Int, rows: Int, duration: Int) throws {
    var text = "worker,start_ns,duration_ns,step,host\n"
    for row in 0..<rows {
      // Out of order, with equal starts, and a duration of 0 now and then.
      let start = (row ^ 3) / 2 * 100
      text +=
        "rank \(rank),\(start),\(row % 997 == 5 ? 0 : duration + row % 13),\(row),h\(rank % 2)\n"
    }
    try FileManager.default.createDirectory(
      atPath: source, withIntermediateDirectories: true)
    _ = try folder.write(text, to: "ranks/\(name)")
  }

  /// Everything that a database says of its traces but when they were imported.
  private func content(_ database: String) throws -> [String] {
    let store = try TraceStore(path: database, mode: .readOnly)
    return try store.queue.inDatabase { connection in
      var lines: [String] = []
      for sql in [
        """
        SELECT id || name || digest || format || kind || unit || worker_count || gradient_count
          || span_ns || coalesce(start_unix_ns, '') || source FROM trace
        """,
        "SELECT worker_index || label || coalesce(host, '') || trust || gradient_count FROM worker",
        "SELECT worker_index || '.' || chunk_index || hex(payload) FROM timing_chunk ORDER BY 1",
        "SELECT severity || code || count || first_place || meaning FROM import_issue ORDER BY rowid",
      ] {
        let rows = try SQLStatement(connection, sql)
        while try rows.step() { lines.append(try rows.text(0)) }
      }
      return lines
    }
  }

  private func imported(
    _ name: String, threads: Int = 1, resume: Bool = false
  ) throws -> [String] {
    var choices = ReadingChoices()
    choices.threads = threads
    choices.resume = resume
    let database = folder.path(name)
    try importTraces(from: [source], into: database, reading: choices)
    return try content(database)
  }

  @Test("The store holds the same bytes whatever the number of threads", arguments: [2, 3, 8])
  func threads(count: Int) throws {
    let one = try imported("1.db")
    #expect(one.count > 20)
    #expect(one.contains { $0.contains("zero-duration") && $0.contains("rank-0.csv:7") })
    #expect(try imported("\(count).db", threads: count) == one)
  }

  /// Beside the thread that reads a single file others sort, pack and hash.
  @Test("One plain file is stored in the same bytes, too", arguments: [2, 3, 8])
  func plainFile(count: Int) throws {
    var text = "worker,start_ns,duration_ns\n"
    for row in 0..<60_000 {
      text +=
        "\(row % 7),\(row * 100 - row % 5 * 250 + 1000),\(row % 1013 == 5 ? 0 : 50 + row % 97)\n"
    }
    let path = try folder.write(text, to: "plain.csv")
    var contents: [[String]] = []
    for threads in [1, count] {
      var choices = ReadingChoices()
      choices.threads = threads
      let database = folder.path("plain-\(threads).db")
      try importTraces(from: [path], into: database, reading: choices)
      contents.append(try content(database))
    }
    #expect(contents[0].count > 15)
    #expect(contents[0].contains { $0.contains("zero-duration") && $0.contains("plain.csv:7") })
    #expect(contents[0] == contents[1])
  }

  @Test("Profiles read side by side are the same trace", arguments: [2, 3, 8])
  func profiles(threads: Int) throws {
    var contents: [[String]] = []
    for count in [1, threads] {
      var choices = ReadingChoices()
      choices.threads = count
      let database = folder.path("p\(count).db")
      try importTraces(
        from: [Repository.fixtures.appendingPathComponent("formats/gloo-4-ranks").path],
        into: database, reading: choices)
      contents.append(try content(database))
    }
    #expect(contents[0] == contents[1])
  }

  @Test("Of several broken files the first is told, whatever the number of threads")
  func firstError() throws {
    for name in [names[2], names[5]] {
      _ = try folder.write("worker,duration_ns\na,x\n", to: "ranks/\(name)")
    }
    for threads in [1, 2, 8] {
      let failure = #expect(throws: Failure.self) { try imported("e.db", threads: threads) }
      #expect(failure?.description.contains("/\(names[2]):2:") == true)
    }
  }

  /// Imports until the file that breaks; what came before it is kept.
  private func breakOff(at index: Int, threads: Int = 1) throws -> String {
    let path = "ranks/\(names[index])"
    let good = try String(contentsOfFile: folder.path(path), encoding: .utf8)
    _ = try folder.write(good + "rank \(index),x,1,2,h\n", to: path)
    #expect(throws: Failure.self) { try imported("r.db", threads: threads, resume: true) }
    _ = try folder.write(good, to: path)
    return folder.path("r.db" + TraceStore.keptSuffix)
  }

  private func keptPaths(_ kept: String) throws -> [String] {
    let store = try TraceStore.temporary()
    return try store.queue.inDatabase { connection in
      try SQLStatement(connection, "ATTACH DATABASE ? AS kept").run([.text(kept)])
      let rows = try SQLStatement(connection, "SELECT path FROM kept.part ORDER BY path")
      var paths: [String] = []
      while try rows.step() { paths.append(try rows.text(0)) }
      return paths.map { $0.split(separator: "/").last.map(String.init) ?? $0 }
    }
  }

  @Test("A resumed import stores the same bytes, and then keeps nothing", arguments: [1, 3])
  func resumed(threads: Int) throws {
    let whole = try imported("whole.db")
    let kept = try breakOff(at: 4)
    #expect(try keptPaths(kept) == Array(names[..<4]))
    #expect(try imported("r.db", threads: threads, resume: true) == whole)
    #expect(!FileManager.default.fileExists(atPath: kept))
  }

  /// The wrong durations stay if a kept file is used, and this tells that it was.
  @Test("A finished file is not read again, a changed one is")
  func changed() throws {
    let kept = try breakOff(at: 4)
    let first = folder.path("ranks/\(names[0])")
    let attributes = try FileManager.default.attributesOfItem(atPath: first)
    let text = try String(contentsOfFile: first, encoding: .utf8)
    let size = text.utf8.count
    // The same size and time of writing, another content.
    let other = text.replacingOccurrences(of: ",7,2,h0\n", with: ",8,2,h0\n")
    #expect(other != text && other.utf8.count == size)
    try other.write(toFile: first, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes(
      [.modificationDate: try #require(attributes[.modificationDate])], ofItemAtPath: first)
    #expect(try keptPaths(kept).count == 4)
    let resumed = try imported("r.db", resume: true)
    #expect(resumed == (try imported("fresh.db")))
  }

  @Test("What was kept of unchanged files is really used")
  func used() throws {
    let kept = try breakOff(at: 4)
    let store = try TraceStore.temporary()
    // A description that nobody can read shows who reads it.
    try store.queue.inDatabase { connection in
      try SQLStatement(connection, "ATTACH DATABASE ? AS kept").run([.text(kept)])
      try SQLStatement(connection, "UPDATE kept.part SET description = x'00'").run()
    }
    let failure = #expect(throws: Failure.self) { try imported("r.db", resume: true) }
    #expect(failure?.code == .badData)
    #expect(failure?.description.contains("checksum") == true)
    #expect(failure?.description.contains("delete this file") == true)
  }

  @Test("A damaged run is refused, with the remedy")
  func damaged() throws {
    let kept = try breakOff(at: 4)
    let store = try TraceStore.temporary()
    try store.queue.inDatabase { connection in
      try SQLStatement(connection, "ATTACH DATABASE ? AS kept").run([.text(kept)])
      try SQLStatement(
        connection, "UPDATE kept.run SET content = zeroblob(length(content)) WHERE block = 0"
      ).run()
    }
    let failure = #expect(throws: Failure.self) { try imported("r.db", resume: true) }
    #expect(failure?.code == .badData)
    #expect(failure?.description.contains("delete this file") == true)
    #expect(!FileManager.default.fileExists(atPath: folder.path("r.db")))
  }

  @Test(
    "What is no spool of ours is left alone",
    arguments: ["something of mine", "SQLite format 3\0" + String(repeating: "x", count: 200)])
  func foreign(text: String) throws {
    let path = try folder.write(text, to: "r.db" + TraceStore.keptSuffix)
    let failure = #expect(throws: Failure.self) { try imported("r.db", resume: true) }
    #expect(failure?.code == .badData)
    #expect(failure?.description.contains("without --resume") == true)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
  }

  @Test("What another import kept is refused, and named")
  func another() throws {
    _ = try breakOff(at: 4)
    let other = try folder.write("worker,duration_ns\na,1\n", to: "other.csv")
    var choices = ReadingChoices()
    choices.resume = true
    let failure = #expect(throws: Failure.self) {
      try importTraces(from: [other], into: folder.path("r.db"), reading: choices)
    }
    #expect(failure?.description.contains(source) == true)
    choices.skipWorkers = ["rank 1"]
    #expect(throws: Failure.self) {
      try importTraces(from: [source], into: folder.path("r.db"), reading: choices)
    }
  }

  @Test("Without --resume nothing is kept")
  func nothingKept() throws {
    _ = try folder.write("worker,duration_ns\na,x\n", to: "ranks/\(names[5])")
    #expect(throws: Failure.self) { try imported("n.db") }
    let left = try FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    #expect(left.sorted() == ["ranks"])
  }

  @Test("No byte of a label, host, path or name is left in an anonymous database")
  func anonymous() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path("confidential"), withIntermediateDirectories: true)
    _ = try folder.write(
      "worker,start_ns,duration_ns,host\nsecretive,0,5,hush-b\nalsohidden,0,7,hush-a\n"
        + "secretive,4,5,hush-b\nalsohidden,8,0,hush-a\n", to: "confidential/topsecret.csv")
    var choices = ReadingChoices()
    choices.anonymize = true
    let database = folder.path("a.db")
    let reports = try importTraces(
      from: [folder.path("confidential")], into: database, reading: choices)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: database))
    for word in ["secretive", "alsohidden", "hush", "confidential", "topsecret", "outpace-test"] {
      #expect(bytes.range(of: Data(word.utf8)) == nil, "\(word)")
    }
    #expect(reports[0].isAnonymous && reports[0].trace.name == "trace")
    let store = try TraceStore(path: database, mode: .readOnly)
    let workers = try store.load("trace").workers
    // In the order of labels, each with its own durations.
    #expect(workers.map(\.worker.label.text) == ["worker-1", "worker-2"])
    #expect(workers.map(\.worker.host) == ["host-1", "host-2"])
    #expect(workers.map(\.durationsNs) == [[7, 1], [5, 5]])
    #expect(
      try store.find("trace").issues.map(\.code).sorted() == ["overlapping", "zero-duration"])
    let again = try importTraces(
      from: [folder.path("confidential")], into: database, reading: choices)
    #expect(again[0].alreadyPresent)
  }
}
