import Foundation
import TestSupport
import Testing

/// The reader of a chunk's payload that the article shows, against `outpace export`.
@Suite("The payload's reader in Python", .enabled(if: Shell.has("python3")))
struct PayloadReaderTests {
  private static func reader() throws -> String {
    let article = try Article("Sources/TraceStore/TraceStore.docc/DatabaseSchema.md")
    let blocks = article.codeBlocks(in: "python")
    #expect(blocks.count == 2)
    let lines = try #require(blocks.first).text.split(separator: "\n").count
    #expect(lines <= 40)
    return blocks.map(\.text).joined(separator: "\n")
  }

  /// Rows with the reader's columns, from the rows of an export with those that the trace has.
  private static func allColumns(ofExport text: String) -> [[String]] {
    let rows = text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    guard let header = rows.first else { return [] }
    return rows.dropFirst().map { row in
      ["worker", "start_ns", "duration_ns", "wait_ns", "turnaround_ns", "step", "samples"].map {
        let value = header.firstIndex(of: $0).map { row[$0] }
        return value ?? ($0 == "wait_ns" ? "0" : "")
      }
    }
  }

  private func check(_ path: String, name: String) throws {
    let shell = try Shell()
    _ = try shell.folder.write(try Self.reader(), to: "gradients.py")
    let imported = try shell.run("outpace import '\(path)' --db outpace.db")
    try #require(imported.status == 0, "\(imported.errors)")
    let read = try shell.run("python3 gradients.py outpace.db \(name)")
    try #require(read.status == 0, "\(read.errors)")
    let exported = try shell.run("outpace export \(name) --db outpace.db")
    let expected = Self.allColumns(ofExport: exported.output)
    let found = read.output.split(separator: "\n").dropFirst().map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    #expect(expected.count > 0)
    #expect(found == expected)
  }

  @Test("It reads waits, turnarounds and steps of a profile")
  func profile() throws {
    try check("traces/pytorch-ddp-gloo-4", name: "pytorch-ddp-gloo-4")
  }

  @Test("It reads batches, and what single gradients lack")
  func table() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      """
      worker,start_ns,duration_ns,turnaround_ns,step,samples
      a,5,10,3,1,4;9;0
      a,20,7,,,
      a,30,1,0,-9223372036854775,2147483647
      a,31,9000000000,1,9223372036854775,7;7
      b,0,4,2,2,1;0;5

      """, to: "rows.csv")
    try check(path, name: "rows")
  }

  @Test("It reads several chunks")
  func chunks() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("long.csv")
    let made = try Tool.run(
      ["generate", "equal", "--workers", "2", "--gradients", "4100", "-o", path])
    #expect(made.status == 0)
    try check(path, name: "long")
  }

  @Test("It refuses a payload with one changed bit")
  func damaged() throws {
    let shell = try Shell()
    _ = try shell.folder.write(try Self.reader(), to: "gradients.py")
    #expect(
      try shell.run("outpace import fixtures/formats/two-workers.csv.gz --db outpace.db").status
        == 0)
    let damage = try shell.run(
      """
      python3 -c "
      import sqlite3
      store = sqlite3.connect('outpace.db')
      payload, = store.execute('SELECT payload FROM timing_chunk WHERE worker_index = 1').fetchone()
      payload = payload[:-1] + bytes([payload[-1] ^ 1])
      store.execute('UPDATE timing_chunk SET payload = ? WHERE worker_index = 1', [payload])
      store.commit()"
      """)
    #expect(damage.status == 0, "\(damage.errors)")
    let read = try shell.run("python3 gradients.py outpace.db two-workers")
    #expect(read.status != 0)
    #expect(read.errors.contains("damaged"))
  }
}
