import Foundation
import TestSupport
import Testing
import TraceStore

/// The forms of results, and the database behind them.
@Suite("Forms of output")
struct OutputFormTests {
  private let folder: TemporaryFolder
  private let replaying = ["--method", "async", "--stepsize", "0.1", "--time", "60ns"]

  init() throws {
    folder = try TemporaryFolder()
    _ = try folder.write("worker,duration_ns\na,2\na,2\na,2\nb,6\nb,6\nb,6\n", to: "ok.csv")
  }

  private func run(_ arguments: String...) throws -> Program.Result {
    try Tool.run(arguments, in: folder.url)
  }

  private func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: folder.path(name))
  }

  @Test("A table is CSV by flag and by ending")
  func tables() throws {
    for (arguments, header) in [
      (["import", "ok.csv", "--db", "x.db"], "id,name,digest,"),
      (["list", "--db", "x.db"], "id,name,digest,"),
      (["replay", "ok", "--db", "x.db"] + replaying, "method,stepsize_rule,stepsize,"),
      (["compare", "ok.csv"], "policy,parameter,"),
      (["inspect", "ok.csv"], "index,label,"),
    ] {
      let flagged = try Tool.run(arguments + ["--csv"], in: folder.url)
      #expect(flagged.status == 0, "\(flagged.errors)")
      #expect(flagged.output.hasPrefix(header), "\(arguments): \(flagged.output)")
      let rows = flagged.output.split(whereSeparator: \.isNewline)
      #expect(rows.count > 1)
      let columns = rows.map { $0.count { $0 == "," } }
      #expect(Set(columns).count == 1)
      let named = try Tool.run(arguments + ["-o", "table.csv"], in: folder.url)
      #expect(named.status == 0 && named.output == "")
      let written = try String(contentsOfFile: folder.path("table.csv"), encoding: .utf8)
      #expect(written.hasPrefix(header))
      #expect(try Tool.run(arguments + ["--csv", "--json"], in: folder.url).status == 64)
      #expect(try Tool.run(arguments + ["-o", "page.html"], in: folder.url).status == 64)
    }
  }

  @Test("A replay is listed with its whole objective and any seed")
  func listing() throws {
    let spec = "least-squares:gaussian:n=16,d=4"
    _ = try run("import", "ok.csv", "--db", "x.db")
    let made = try Tool.run(
      ["replay", "ok", "--db", "x.db", "--json", "--seed", "18446744073709551615", "--objective"]
        + [spec] + replaying, in: folder.url)
    #expect(made.status == 0, "\(made.errors)")
    #expect(made.output.contains("\"seed\": 18446744073709551615"))
    let listing = try run("list", "--db", "x.db", "--json")
    #expect(listing.output.contains("\"seed\": 18446744073709551615"))
    let objective = try JSONFields(listing.output)["replays"][0]["objective"].text
    #expect(objective?.hasPrefix(spec) == true, "\(objective ?? "")")
  }

  /// A trigger stands for a disk that cannot be written: permissions do not stop every user.
  @Test("A replay that cannot be saved is printed all the same")
  func unsaved() throws {
    _ = try run("import", "ok.csv", "--db", "x.db")
    let store = try TraceStore(path: folder.path("x.db"), mode: .readWrite)
    try store.queue.inDatabase {
      try $0.execute(
        sql: """
          CREATE TRIGGER full BEFORE INSERT ON replay
          BEGIN SELECT RAISE(ABORT, 'the disk is full'); END
          """)
    }
    let result = try Tool.run(
      ["replay", "ok", "--db", "x.db", "--json"] + replaying, in: folder.url)
    #expect(result.status == 0)
    #expect(try JSONFields(result.output)["replays"].list.count == 1)
    #expect(result.errors.contains("was not saved"), "\(result.errors)")
    #expect(result.errors.contains("the disk is full"))
  }

  @Test(
    "A refused import creates no database",
    arguments: [
      (["--unit", "fortnight"], 64), (["--skip", "-1"], 64), (["--steps", "9:1"], 64),
      (["--format", "spark"], 65), (["--skip", "99"], 65), (["--columns", "worker"], 64),
    ] as [([String], Int32)])
  func refusedImport(options: [String], status: Int32) throws {
    let result = try Tool.run(["import", "ok.csv", "--db", "x.db"] + options, in: folder.url)
    #expect(result.status == status, "\(result.errors)")
    #expect(!result.errors.contains("Missing value"))
    #expect(!exists("x.db"))
    #expect(
      try Tool.run(["inspect", "ok.csv", "--db", "x.db"] + options, in: folder.url).status
        == status)
    #expect(!exists("x.db"))
  }

  @Test("Places where no database can be, and files that hold none")
  func impossibleDatabases() throws {
    #expect(try run("import", "ok.csv", "--db", ".").status == 73)
    #expect(try run("import", "ok.csv", "--db", "/dev/full").status == 73)
    #expect(try run("import", "ok.csv", "--db", "no/folder/x.db").status == 73)
    _ = try folder.write("", to: "empty.db")
    let listing = try run("list", "--db", "empty.db")
    #expect(listing.status == 66)
    #expect(listing.errors.contains("the database is empty"), "\(listing.errors)")
  }

  @Test(
    "Options below zero have their own message",
    arguments: [
      (["replay", "ok.csv", "--stepsize", "-1"], "above 0"),
      (["compare", "ok.csv", "--noise-scale", "-1"], "from 0 on"),
      (["inspect", "ok.csv", "--skip", "-1"], "0 or more"),
      (["replay", "ok.csv", "--updates", "-5"], "from 1 on"),
    ])
  func negative(arguments: [String], words: String) throws {
    let result = try Tool.run(arguments, in: folder.url)
    #expect(result.status == 64)
    #expect(result.errors.contains(words), "\(result.errors)")
  }

  @Test("Names of files and options cannot steer a terminal through a message")
  func hostileNames() throws {
    let name = "e\u{1B}[31m\u{202E}.csv"
    _ = try folder.write("worker,duration_ns\na,-1\n", to: name)
    for arguments in [
      ["inspect", name], ["import", name, "--db", "x.db"], ["inspect", "ok.csv", name],
      ["inspect", "ok.csv", "--unit", name], ["inspect", "ok.csv", "-o", name + "/x.json"],
    ] {
      let result = try Tool.run(arguments, in: folder.url)
      #expect(result.status >= 64)
      #expect(result.errors.contains("\\u{1B}[31m\\u{202E}"), "\(result.errors)")
      #expect(!result.errors.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" })
    }
  }
}
