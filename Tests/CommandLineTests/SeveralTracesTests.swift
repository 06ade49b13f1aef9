import Foundation
import TestSupport
import Testing

/// Commands that take several traces.
@Suite("Several traces")
struct SeveralTracesTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["a", "b"] {
      try FileManager.default.createDirectory(
        atPath: folder.path(name), withIntermediateDirectories: true)
    }
    _ = try folder.write("worker,duration_ns\na,2\na,2\na,2\nb,6\nb,6\nb,6\n", to: "a/ok.csv")
    _ = try folder.write("worker,duration_ns\na,2\na,2\na,2\nb,2\nb,3\nb,2\n", to: "b/ok.csv")
    _ = try folder.write("worker,duration_ns\na,-2\n", to: "bad.csv")
  }

  private func run(_ arguments: String...) throws -> Program.Result {
    try Tool.run(arguments, in: folder.url)
  }

  /// Two files of one name in two folders.
  @Test("Pages in a folder have names of their own")
  func pages() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path("pages"), withIntermediateDirectories: true)
    let result = try run(
      "report", "a/ok.csv", "b/ok.csv", "-o", "pages", "--json", "--quiet", "--time", "100ns",
      "--objective", "quadratic:chain:d=4")
    #expect(result.status == 0, "\(result.errors)")
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path("pages"))
    #expect(names.sorted() == ["ok-2.html", "ok.html"])
    let json = try JSONFields(result.output)
    #expect(json["schema"].text == "outpace/report/1")
    #expect(json["reports"].list.count == 2)
    #expect(json["reports"][1]["inspect"]["schema"].text == "outpace/inspect/1")
  }

  @Test("Where several pages cannot go is said before anything is replayed")
  func onePage() throws {
    let result = try run("report", "a/ok.csv", "b/ok.csv", "-o", "page.html")
    #expect(result.status == 64)
    #expect(result.errors.contains("several traces need a folder"))
  }

  @Test("compare sets traces side by side")
  func compare() throws {
    let text = try run("compare", "a/ok.csv", "b/ok.csv")
    #expect(text.status == 0, "\(text.errors)")
    let last = text.output.split(separator: "\n").last ?? ""
    #expect(last.contains("formula 2") && last.contains(" | ok: formula 1"), "\(last)")
    let json = try JSONFields(try run("compare", "a/ok.csv", "b/ok.csv", "--json").output)
    #expect(json["comparisons"].list.count == 2)
    #expect(json["comparisons"][0]["trace"].text == "ok")
    #expect(json["comparisons"][1]["verdict"]["sentence"].text != nil)
    let one = try run("compare", "a/ok.csv", "--json")
    #expect(JSONFields.keyOrder(one.output) == ["schema", "policies", "verdict"])
    #expect(try run("compare", "a/ok.csv", "b/ok.csv", "--csv").status == 64)
  }

  @Test("A trace that is refused does not silence those before it", arguments: [true, false])
  func partialImport(isJSON: Bool) throws {
    let arguments = ["import", "a/ok.csv", "b/ok.csv", "bad.csv", "--db", "x.db"]
    let result = try Tool.run(arguments + (isJSON ? ["--json"] : []), in: folder.url)
    #expect(result.status == 65)
    #expect(result.errors.contains("The 2 traces before it were imported"), "\(result.errors)")
    if isJSON {
      #expect(try JSONFields(result.output)["traces"].list.count == 2)
    } else {
      #expect(result.output.contains("ok-2 (#2)"))
    }
    let inspected = try run("report", "a/ok.csv", "bad.csv", "--db", "x.db")
    #expect(inspected.status == 65)
    #expect(inspected.errors.contains("The trace before it was imported"))
    #expect(!(try run("report", "a/ok.csv", "bad.csv").errors.contains("imported")))
  }

  @Test("The command that joins ranks names all of them")
  func joinRemedy() throws {
    for rank in 0..<3 {
      _ = try folder.write(
        """
        {"distributedInfo": {"rank": \(rank), "world_size": 3}, "schemaVersion": 1,
         "traceEvents": [{"ph": "X", "cat": "user_annotation", "name": "ProfilerStep#1",
         "ts": 1, "dur": 5, "pid": 1, "tid": 1}]}
        """, to: "rank\(rank).json")
    }
    let result = try run("inspect", "rank0.json")
    #expect(result.status == 0, "\(result.errors)")
    let refused = try run("import", "rank0.json", "rank1.json", "rank2.json", "--db", "x.db")
    #expect(refused.status == 65)
    #expect(refused.errors.contains("--join rank0.json rank1.json rank2.json"))
    #expect(!FileManager.default.fileExists(atPath: folder.path("x.db")))
  }
}
