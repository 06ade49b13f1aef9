import Foundation
import Testing
import TraceModel
import TraceStore

@Suite("Hostile and damaged databases")
struct HostileTests {
  /// A store with two workers and one issue, changed by these statements.
  private func changed(_ statements: String, each: Int = 4100) throws -> TraceStore {
    let store = try TraceStore.temporary()
    let pushes = someGradients(workers: 2, each: each, seed: 2, plain: true)
    try store.importing(pushes, options: ImportOptions(name: "t", skip: 1))
    try store.queue.inDatabase { database in
      try database.execute(
        sql: "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON")
      try database.execute(sql: statements)
    }
    return store
  }

  /// What is claimed, and the place that the error names.
  @Test(
    "A claim that does not hold names its place",
    arguments: [
      (
        "UPDATE trace SET worker_count = 1000000000000",
        "table trace, trace t (#1): it claims 10000"
      ),
      ("UPDATE trace SET worker_count = 1", "table trace, trace t (#1): it claims 1 workers"),
      ("UPDATE trace SET worker_count = -1", "table trace, trace t (#1): it claims to have no"),
      ("UPDATE trace SET gradient_count = 7", "table trace, trace t (#1): it claims 7 gradients"),
      ("UPDATE trace SET span_ns = 7", "table trace, trace t (#1): it claims a span of 7"),
      ("UPDATE trace SET kind = 'odd'", "table trace, trace t: its kind"),
      ("UPDATE trace SET unit = 'odd'", "table trace, trace t: its unit"),
      ("UPDATE import_issue SET severity = 'odd'", "table import_issue, trace t: a severity"),
      ("UPDATE worker SET worker_index = 5 WHERE worker_index = 1", "worker 1: its row is missing"),
      (
        "UPDATE worker SET label = 'a' WHERE worker_index = 1",
        "worker 1: its label is not in order"
      ),
      ("UPDATE worker SET trust = 'odd'", "worker 0: its grade"),
      ("UPDATE worker SET gradient_count = 9e15", "worker 0: it claims 9000000000000000 gradients"),
      ("UPDATE worker SET gradient_count = -1", "chunk 0: the worker has more than its -1"),
      ("UPDATE worker SET duration_sum_ns = 9", "worker 0: its sums"),
      ("UPDATE worker SET wait_sum_ns = 9", "worker 0: its sums"),
      ("UPDATE worker SET turnaround_sum_ns = 9", "worker 0: its sums"),
      ("DELETE FROM timing_chunk WHERE chunk_index = 0", "worker 0, chunk 0: the chunk is missing"),
      ("DELETE FROM timing_chunk WHERE chunk_index = 1", "worker 0: it claims 4099 gradients"),
      ("UPDATE timing_chunk SET gradient_count = 4097", "worker 0, chunk 0: a chunk of 4097"),
      ("UPDATE timing_chunk SET gradient_count = -5", "worker 0, chunk 0: a chunk of -5"),
      ("UPDATE timing_chunk SET gradient_count = 4095", "chunk 0: the payload does not hold"),
      ("UPDATE timing_chunk SET first_start_ns = -1", "chunk 0: it starts before the trace"),
      (
        "UPDATE timing_chunk SET first_start_ns = 9223372036854775807",
        "chunk 0: a time exceeds 64 bits"
      ),
      ("UPDATE timing_chunk SET first_start_ns = 3", "worker 0, chunk 0: the row is not that of"),
      ("UPDATE timing_chunk SET duration_sum_ns = 3", "worker 0, chunk 0: the row is not that of"),
      ("UPDATE timing_chunk SET last_end_ns = 3", "worker 0, chunk 0: the row is not that of"),
      (
        "UPDATE timing_chunk SET payload = x''", "worker 0, chunk 0: the payload ends after 0 bytes"
      ),
      (
        "UPDATE timing_chunk SET payload = zeroblob(99)",
        "worker 0, chunk 0: the payload has version"
      ),
      (
        "UPDATE timing_chunk SET payload = substr(payload, 1, 12) WHERE chunk_index = 1",
        "worker 0, chunk 1: the checksum does not match"
      ),
    ])
  func claims(statement: String, place: String) throws {
    let store = try changed(statement)
    let error = #expect(throws: StoreError.self) { _ = try store.load("#1") }
    let text = error?.description ?? ""
    #expect(text.contains(place) && error?.exitCode == 65, "\(text)")
    #expect(!text.contains("SQLite"), "\(text)")
  }

  @Test("A damaged trace does not hide the next one from verify")
  func verify() throws {
    let store = try changed("UPDATE trace SET digest = replace(hex(zeroblob(32)), '00', 'ab')")
    try store.importing([Push("a", 0, 1)], options: ImportOptions(name: "good"))
    _ = try store.load("t")
    let verification = try store.verifyChunks()
    #expect(verification.traceCount == 2 && verification.problems.count == 1)
    #expect("\(verification.problems[0])".contains("its content does not have its digest"))
    #expect(try store.verifyChunks(of: "good").problems == [])
  }

  /// Tables that are no longer STRICT, with values of any type in every column.
  @Test("Values of another type are errors", arguments: ["NULL", "'x'", "x'00'", "1.5", "9e99"])
  func types(value: String) throws {
    for table in ["trace", "worker", "timing_chunk", "import_issue"] {
      let columns = try names(of: table)
      for column in columns where column != "id" && column != "trace_id" {
        let store = try changed(
          """
          PRAGMA legacy_alter_table = ON;
          CREATE TABLE copy AS SELECT * FROM \(table);
          DROP TABLE \(table);
          ALTER TABLE copy RENAME TO \(table);
          UPDATE \(table) SET \(column) = \(value);
          """, each: 10)
        // Some changes are valid, as of a text to another: then it may load. It must not trap.
        do {
          _ = try store.load("#1")
        } catch is StoreError {
        } catch {
          Issue.record("\(table).\(column) = \(value): \(error)")
        }
      }
    }
  }

  private func names(of table: String) throws -> [String] {
    let store = try TraceStore.temporary()
    return try store.queue.inDatabase { database in
      let rows = try SQLStatement(database, "SELECT name FROM pragma_table_info(?)")
      try rows.bind([.text(table)])
      var names: [String] = []
      while try rows.step() { names.append(try rows.text(0)) }
      return names
    }
  }

  @Test("A missing table is an error when the store is opened")
  func missingTable() throws {
    let folder = try Folder()
    let path = folder.file("a.db")
    try TraceStore(path: path, mode: .readWrite).queue.inDatabase {
      try $0.execute(sql: "DROP TABLE timing_chunk; CREATE VIEW timing_chunk AS SELECT 1")
    }
    let error = #expect(throws: StoreError.self) { try TraceStore(path: path, mode: .readOnly) }
    #expect(error?.exitCode == 65)
  }

  /// Any byte of the file, whatever it belongs to.
  @Test("Random bytes of the file never trap", arguments: 0..<60 as Range<UInt64>)
  func randomBytes(seed: UInt64) throws {
    let folder = try Folder()
    let path = folder.file("a.db")
    let pushes = someGradients(workers: 3, each: 500, seed: 1)
    try TraceStore(path: path, mode: .readWrite).importing(pushes)
    var random = SplitMix64(seed: seed)
    var data = try bytes(of: path)
    for _ in 0..<Int.random(in: 1...20, using: &random) {
      data[Int.random(in: 0..<data.count, using: &random)] = .random(in: 0...255, using: &random)
    }
    try data.write(to: URL(fileURLWithPath: path))
    do {
      let store = try TraceStore(path: path, mode: .readOnly)
      _ = try store.verifyChunks()
      _ = try store.load("t")
    } catch is StoreError {
    }
    #expect(try bytes(of: path) == data)
  }
}
