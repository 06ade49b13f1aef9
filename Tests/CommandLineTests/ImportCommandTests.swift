import Foundation
import TestSupport
import Testing

@Suite("import and list")
struct ImportCommandTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private var database: String { folder.path("traces.db") }

  private func run(_ arguments: [String], input: String = "") throws -> Program.Result {
    try Tool.run(arguments + ["--db", database], input: input)
  }

  @Test("The same content twice is one trace, another under a taken name gets a number")
  func twice() throws {
    let path = try folder.write("worker,duration_ns\na,5\nb,7\n", to: "lab.csv")
    let first = try run(["import", path, "--json"])
    #expect(try JSONFields(first.output)["traces"][0]["already_present"].value as? Bool == false)
    let second = try run(["import", path, "--json"])
    #expect(try JSONFields(second.output)["traces"][0]["already_present"].value as? Bool == true)
    _ = try folder.write("worker,duration_ns\na,5\nb,8\n", to: "lab.csv")
    let third = try JSONFields(try run(["import", path, "--json"]).output)
    #expect(third["traces"][0]["name"].text == "lab-2")
    #expect(try run(["inspect", "lab-2", "--json"]).status == 0)
    #expect(try run(["inspect", "#1", "--json"]).status == 0)
    #expect(try run(["inspect", "nobody"]).status == 66)
  }

  @Test("A result without a place is told before anything is imported")
  func noPlace() throws {
    let path = try folder.write("worker,duration_ns\na,5\nb,7\n", to: "lab.csv")
    let result = try run(["import", path, "-o", folder.path("nowhere/x.json")])
    #expect(result.status == 73, "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: database))
  }

  @Test("Steps that are not recorded are places, which is told")
  func stepsByPosition() throws {
    let path = try folder.write(
      "worker,duration_ns,step\na,5,\na,6,1\na,7,9\nb,1,1\n", to: "lab.csv")
    let report = try JSONFields(try run(["import", path, "--steps", "0:1", "--json"]).output)
    #expect(report["traces"][0]["gradients"].integer == 3)
    let issues = report["traces"][0]["issues"].list
    #expect(issues.map { $0["code"].text } == ["steps-by-position", "outside-steps"])
    #expect(issues.first?["count"].integer == 1)
  }

  @Test("Standard input is a trace")
  func standardInput() throws {
    let result = try run(["import", "-", "--json"], input: "worker,duration_ms\na,1.5\nb,2\n")
    #expect(try JSONFields(result.output)["traces"][0]["span_seconds"].number == 0.002)
  }

  @Test(
    "A refused file has its place and a remedy, and leaves nothing behind",
    arguments: [
      ("worker,start_ns,end_ns\na,20,10\n", ":2:", "Swapped"),
      ("worker,duration_ns\na,NaN\n", ":2:", "NaN"),
      ("worker,duration_ns\na,-4\n", ":2:", "below 0"),
      ("rank,seconds\n0,1\n", "", "--columns"),
      ("", "", "empty"),
    ])
  func refused(text: String, place: String, remedy: String) throws {
    let path = try folder.write(text, to: "bad.csv")
    let result = try run(["import", path])
    #expect(result.status == 65, "\(result.errors)")
    #expect(result.errors.contains("bad.csv\(place)"), "\(result.errors)")
    #expect(result.errors.contains(remedy), "\(result.errors)")
    let listing = try run(["list", "--json"])
    if listing.status == 0 {
      #expect(try JSONFields(listing.output)["traces"].list.count == 0)
    } else {
      #expect(listing.status == 66)
    }
  }

  /// Step times of a synchronous job agree on all ranks: the fast ones' waiting is inside.
  @Test("Step times of a synchronous job get no verdict")
  func looksSynchronous() throws {
    var text = "worker,step,duration_ms\n"
    for step in 0..<20 {
      for rank in 0..<4 { text += "\(rank),\(step),\(100 + step % 3).0\(rank)\n" }
    }
    let path = try folder.write(text, to: "ddp.csv")
    let imported = try JSONFields(try run(["import", path, "--json"]).output)
    let issues = imported["traces"][0]["issues"].list.map { $0["code"].text }
    #expect(issues.contains("looks-synchronous"))
    let verdict = try JSONFields(try run(["compare", "ddp", "--json"]).output)["verdict"]
    #expect(verdict["recommendation"].isNull)
    #expect(verdict["next"].text?.contains("Record") == true)
    #expect(try run(["import", path, "--strict"]).status == 65)
  }

  @Test("A file that is not there leaves no database")
  func missing() throws {
    let result = try run(["import", folder.path("nothing.csv")])
    #expect(result.status == 66)
    #expect(!FileManager.default.fileExists(atPath: database))
  }

  @Test("Labels cannot steer a terminal")
  func hostileLabels() throws {
    let path = try folder.write(
      "worker,duration_ns\n\"\u{1B}[31mred\u{202E}\",5\n<script>,9\n", to: "labels.csv")
    let text = try run(["inspect", path]).output
    #expect(!text.contains("\u{1B}[31m"))
    #expect(!text.unicodeScalars.contains("\u{202E}"))
  }
}
