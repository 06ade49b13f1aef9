import Foundation
import TestSupport
import Testing

/// `export` to the native format and to timelines, as a user runs it.
@Suite("export: native files and timelines")
struct ExportCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @discardableResult
  private func run(_ words: String, expecting status: Int32 = 0) throws -> Program.Result {
    let result = try Tool.run(words.split(separator: " ").map(String.init), in: folder.url)
    #expect(result.status == status, "\(words): \(result.errors)")
    return result
  }

  private func bytes(_ name: String) throws -> Data {
    try Data(contentsOf: folder.url.appendingPathComponent(name))
  }

  /// What `inspect --json` says, but for the number that a database gives a trace.
  private func inspected(_ trace: String, _ database: String) throws -> [Substring] {
    try run("inspect \(trace) --db \(database) --json").output.split(separator: "\n")
      .filter { !$0.contains("\"id\":") }
  }

  @Test("To another database and back: the same analysis, the same replays, the same bytes")
  func roundTrip() throws {
    let source = Repository.root.appendingPathComponent("traces/ray-least-squares-8/sync.json.gz")
    try run("import \(source.path) --db a.db --quiet")
    try run("replay sync --db a.db --method async --stepsize 0.01 --updates 200 --ledger --quiet")
    try run("export sync --db a.db -o a.outpace.zst --quiet")
    try run("import a.outpace.zst --db b.db --quiet")
    try run("export sync --db b.db -o b.outpace.zst --quiet")
    #expect(try bytes("a.outpace.zst") == bytes("b.outpace.zst"))
    #expect(try inspected("sync", "a.db") == inspected("sync", "b.db"))
    let verified = try run("verify --db b.db").output
    #expect(verified.contains("1 replay made again: 1 with the fingerprint that was stored."))
    // Under any name, from a pipe, or plain: the content says what it is.
    try bytes("a.outpace.zst").write(to: folder.url.appendingPathComponent("note.txt"))
    let inspected = try run("inspect note.txt --json").output
    #expect(inspected.contains("\"name\": \"sync\""))
    let described = try run("export note.txt -o c.outpace.zst --json").output
    #expect(described.contains("\"format\": \"native\""))
    #expect(described.contains("\"columns\": []"))
    #expect(try bytes("c.outpace.zst") == bytes("a.outpace.zst"))
  }

  @Test("A cut file leaves nothing behind, and an old one in its place")
  func cut() throws {
    try run("generate exponential --gradients 3000 -o whole.outpace.zst")
    let whole = try bytes("whole.outpace.zst")
    try whole.dropLast(whole.count / 3).write(
      to: folder.url.appendingPathComponent("cut.outpace.zst"))
    let refused = try run("import cut.outpace.zst --db c.db", expecting: 65)
    #expect(refused.errors.contains("cut.outpace.zst: the file ends before gradient "))
    #expect(!FileManager.default.fileExists(atPath: folder.path("c.db")))
    try run("export cut.outpace.zst -o whole.outpace.zst", expecting: 65)
    #expect(try bytes("whole.outpace.zst") == whole)
  }

  @Test("Two programs make one file of the same options")
  func repeatable() throws {
    for ending in ["outpace.zst", "json.gz"] {
      try run("generate stalls --gradients 300 --seed 5 -o one.\(ending)")
      try run("generate stalls --gradients 300 --seed 5 -o two.\(ending)")
      #expect(try bytes("one.\(ending)") == bytes("two.\(ending)"))
    }
  }

  @Test("A timeline of two methods, and one of the trace under any name")
  func timeline() throws {
    try run("generate one-slow --workers 3 --gradients 20 -o rows.csv")
    let written = try run(
      "export rows.csv --method minibatch --method async --time 1s -o r.json.gz")
    #expect(written.errors.contains("Wrote r.json.gz: 2 replays."))
    try run("export rows.csv --to perfetto -o rows.trace --quiet")
    #expect(try bytes("rows.trace").starts(with: [0x1f, 0x8b]))
    let loss = try run(
      "export rows.csv --method async --stepsize 0.1 --time 100ms --quiet -o l.json.gz "
        + "--objective least-squares:gaussian:n=20,d=2")
    #expect(loss.errors == "")
    #expect(try bytes("r.json.gz").starts(with: [0x1f, 0x8b]))
    let back = try run("inspect r.json.gz --event ^gradient$ --rank-by process_name,thread_name")
    #expect(back.output.contains("minibatch"))
  }

  @Test(
    "Options of a timeline are of a timeline",
    arguments: [
      ("export rows.csv --method async -o a.csv", "--method is of a timeline, and this is csv"),
      ("export rows.csv --window 1s..2s", "--window is of a timeline, and this is csv"),
      ("export rows.csv --updates 3 -o a.json.gz", "--updates is of a replay"),
      ("export rows.csv --objective hinge -o a.ndjson", "--objective is of a replay"),
      ("export rows.csv --to native", "--to native is nothing for a terminal"),
      ("export rows.csv -o a.json", ".csv, .ndjson, .outpace.zst"),
      ("export rows.csv -o a.zst", ".json.gz (a timeline for Perfetto)"),
      ("export rows.csv --method adam -o a.json.gz", "adam"),
    ])
  func usage(command: String, words: String) throws {
    _ = try folder.write("worker,duration_ms\na,3\na,4\n", to: "rows.csv")
    let result = try run(command, expecting: 64)
    #expect(result.errors.contains(words), "\(result.errors)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["rows.csv"])
  }
}
