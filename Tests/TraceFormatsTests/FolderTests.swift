import Foundation
import TestSupport
import Testing
import TraceFormats
import TraceModel

@Suite("Folders and several paths")
struct FolderTests {
  private func profile(rank: Int, of worldSize: Int) -> String {
    #"{"schemaVersion":1,"distributedInfo":{"rank":\#(rank),"world_size":\#(worldSize)},"traceEvents":["#
      + #"{"ph":"X","cat":"user_annotation","name":"ProfilerStep#1","ts":1,"dur":2}]}"#
  }

  @Test("A folder is one trace; other files are skipped, listed and counted")
  func folder() throws {
    let folder = try TemporaryFolder()
    try folder.write("worker,duration_ns\na,1\n", as: "1.csv")
    try folder.write("worker,duration_ns\nb,2\n", as: "deeper/2.csv")
    try folder.write("# Notes\nnot, a trace\n", as: "README.md")
    try folder.write([], as: "empty")
    try folder.write("worker,duration_ns\nc,3\n", as: ".hidden.csv")
    let sink = CollectingSink()
    let facts = try readTrace(at: folder.path, into: sink)
    #expect(sink.workers.map(\.label.text) == ["a", "b"])
    #expect(sink.issues.map(\.code) == ["file-skipped"])
    #expect(sink.issues[0].count == 2)
    #expect(sink.issues[0].severity == .info)
    #expect(
      facts.notes == [
        "2 files read as csv", "skipped \(folder.path)/README.md: no format claims it",
        "skipped \(folder.path)/empty: no format claims it",
      ])
  }

  @Test("Files come in the order of their bytes, and links in a circle end")
  func order() throws {
    let folder = try TemporaryFolder()
    for name in ["b.csv", "B.csv", "a10.csv", "a2.csv"] {
      try folder.write("worker,duration_ns\n\(name),1\n", as: name)
    }
    let manager = FileManager.default
    try manager.createSymbolicLink(
      atPath: folder.path + "/loop", withDestinationPath: folder.path)
    try manager.createSymbolicLink(
      atPath: folder.path + "/z.csv", withDestinationPath: folder.path + "/b.csv")
    try manager.createSymbolicLink(
      atPath: folder.path + "/nowhere", withDestinationPath: "/nonexistent")
    let sink = CollectingSink()
    _ = try readTrace(at: folder.path, into: sink)
    #expect(sink.workers.map(\.label.text) == ["B.csv", "a10.csv", "a2.csv", "b.csv"])
  }

  @Test(
    "What cannot be a file of the trace is listed with its reason, and a path given twice counts once"
  )
  func passedOver() throws {
    let folder = try TemporaryFolder()
    let first = try folder.write("worker,duration_ns\na,1\n", as: "1.csv")
    let second = try folder.write("worker,duration_ns\nb,1\n", as: "2.csv")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/3.csv", withDestinationPath: "/nonexistent")
    #expect(mkfifo(folder.path + "/4.csv", 0o600) == 0)
    let sink = CollectingSink()
    let facts = try readTrace(at: folder.path, into: sink)
    #expect(
      facts.notes.dropFirst() == [
        "skipped \(folder.path)/3.csv: it is a link to nothing",
        "skipped \(folder.path)/4.csv: it is no file",
      ])
    #expect(sink.issue("file-skipped")?.count == 2)
    let twice = CollectingSink()
    let joined = try readTrace(joining: [first, second, first], into: twice)
    #expect(twice.sorted.map(\.gradients.count) == [1, 1])
    #expect(joined.notes.contains("skipped \(first): it was given before"))
  }

  @Test("A rank that the job cannot have stands for none of its own")
  func foreignRanks() throws {
    let folder = try TemporaryFolder()
    try folder.write(profile(rank: 7, of: 3), as: "a.json")
    try folder.write(profile(rank: -1, of: 3), as: "b.json")
    try folder.write(profile(rank: 2, of: 3), as: "c.json")
    let sink = CollectingSink()
    _ = try readTrace(at: folder.path, into: sink)
    #expect(sink.workers.count == 3)
    let missing = try #require(sink.issue("rank-missing"))
    #expect(missing.count == 2 && missing.firstPlace.hasSuffix(": 1 of 3 ranks"))
  }

  @Test("A claimed file that breaks is an error, even in a folder")
  func broken() throws {
    let folder = try TemporaryFolder()
    try folder.write("worker,duration_ns\na,1\n", as: "1.csv")
    try folder.write("worker,duration_ns\na,x\n", as: "2.csv")
    let error = #expect(throws: TraceFormatError.self) {
      try readTrace(at: folder.path, into: CollectingSink())
    }
    #expect(error?.path == folder.path + "/2.csv")
    #expect(error?.place == .line(2))
  }

  @Test("Two formats in one folder are refused, unless one is chosen")
  func mixed() throws {
    let folder = try TemporaryFolder()
    let csv = try folder.write("worker,duration_ns\na,1\n", as: "1.csv")
    let json = try folder.write("{\"worker\":\"b\",\"duration_ns\":1}\n", as: "2.json")
    let error = #expect(throws: TraceFormatError.self) {
      try readTrace(at: folder.path, into: CollectingSink())
    }
    #expect(
      error?.description == "\(json): this file is ndjson, \(csv) is csv. One trace has one format:"
        + " choose by --format csv or --format ndjson.")
    let sink = CollectingSink()
    _ = try readTrace(at: folder.path, options: ReadOptions(format: .ndjson), into: sink)
    #expect(sink.workers.map(\.label.text) == ["b"])
  }

  @Test("A folder without a trace says what is in it")
  func nothing() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("hello\n", as: "a.txt")
    let error = #expect(throws: TraceFormatError.self) {
      try readTrace(at: folder.path, into: CollectingSink())
    }
    #expect(
      error?.description
        == "\(folder.path): none of the 1 files in this folder is a trace (\(path))."
        + " For columns of your own use --columns worker=NAME,duration=NAME.")
  }

  @Test("Ranks of one world are refused apart, with the command that joins them")
  func ranks() throws {
    let folder = try TemporaryFolder()
    let first = try folder.write(profile(rank: 0, of: 2), as: "a.json")
    let second = try folder.write(profile(rank: 1, of: 2), as: "it's b.json")
    let error = #expect(throws: TraceFormatError.self) {
      try tracePaths([first, second], join: false)
    }
    #expect(
      error?.description
        == "\(first): is rank 0 and \(second) is rank 1 of one world of 2. Together"
        + " they are one trace: outpace import --join \(first)"
        + " '\(second.replacingOccurrences(of: "'", with: "'\\''"))'")
    #expect(try tracePaths([first, second], join: true) == [[first, second]])
    #expect(try tracePaths([first, first], join: false) == [[first], [first]])
    let sink = CollectingSink()
    _ = try readTrace(joining: [second, first], into: sink)
    #expect(sink.sorted.map(\.label.text) == ["0", "1"])
  }

  @Test("The format is told from the content, never from the name")
  func content() throws {
    let folder = try TemporaryFolder()
    #expect(try detectFormat(at: folder.write("worker,duration_ns\na,1\n", as: "a.json")) == .csv)
    #expect(try detectFormat(at: folder.write(profile(rank: 0, of: 1), as: "b.csv")) == .pytorch)
    #expect(
      try detectFormat(at: folder.write("[{\"cat\":\"task::f\"}]", as: "c.gz")) == .ray)
    #expect(
      try detectFormat(at: folder.write("\n{\"worker\":1,\"duration_s\":1}\n", as: "d")) == .ndjson)
    #expect(try detectFormat(at: folder.write("{\"worker\":{}}trailing\n", as: "e")) == nil)
    #expect(try detectFormat(at: folder.write("[1,2]", as: "f")) == nil)
    #expect(
      try detectFormat(
        at: folder.write("id,perf\n1,2\n", as: "g"),
        options: ReadOptions(columns: [.worker: "id", .duration: "perf"])) == .csv)
  }

  @Test("Progress ends at the size of the files")
  func progress() throws {
    let folder = try TemporaryFolder()
    for index in 0..<3 { try folder.write("worker,duration_ns\n\(index),1\n", as: "\(index).csv") }
    var reports: [Int64] = []
    var total: Int64?
    _ = try readTrace(at: folder.path, into: CollectingSink()) {
      reports.append($0)
      total = $1
    }
    #expect(total == 69)
    #expect(reports.last == 69)
    #expect(reports == reports.sorted())
  }
}
