import Foundation
import TestSupport
import Testing

/// `generate` and `export` as a user runs them.
@Suite("generate and export")
struct TraceTableTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func run(_ arguments: String...) throws -> Program.Result {
    try Tool.run(arguments, in: folder.url)
  }

  private func read(_ name: String) throws -> String {
    try String(contentsOfFile: folder.path(name), encoding: .utf8)
  }

  private struct Described: Decodable {
    var digest: String?
    var gradients: Int
    var written: String?
    var formulaExpected: Double?
  }

  private func described(_ output: String) throws -> Described {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Described.self, from: Data(output.utf8))
  }

  @Test("From a profile to a file, a database, and back to the same digest")
  func roundTrip() throws {
    let made = try run(
      "generate", "one-slow", "--workers", "4", "--gradients", "25", "--seed", "7", "--slow", "3",
      "-o", "made.csv", "--db", "lab.db", "--json")
    #expect(made.status == 0, "\(made.errors)")
    let facts = try described(made.output)
    #expect(facts.gradients == 100)
    #expect(facts.written == "made.csv")
    #expect(facts.formulaExpected == 2.5)
    #expect(try read("made.csv").hasPrefix("worker,start_ns,duration_ns,trust\n0,0,"))

    let exported = try run("export", "one-slow", "--db", "lab.db", "-o", "back.ndjson", "--json")
    #expect(exported.status == 0, "\(exported.errors)")
    #expect(try described(exported.output).digest == facts.digest)
    for file in ["made.csv", "back.ndjson"] {
      let imported = try run("import", file, "--db", "lab.db", "--json")
      #expect(imported.output.contains("\"already_present\": true"), "\(imported.errors)")
    }
  }

  @Test("Without -o the rows go to standard output, and nothing else does")
  func standardOutput() throws {
    let first = try run("generate", "bursts", "--gradients", "10", "--seed", "3")
    let second = try run("generate", "bursts", "--gradients", "10", "--seed", "3")
    #expect(first.status == 0 && first.errors == "")
    #expect(first.output == second.output)
    #expect(first.output.split(separator: "\n").count == 81)
    let file = try folder.write(first.output, to: "bursts.csv")
    let csv = try run("export", file, "--quiet")
    #expect(csv.output == first.output)
    #expect(csv.errors == "")
    let lines = try run("export", file, "--to", "ndjson", "--quiet")
    #expect(lines.output.hasPrefix("{\"worker\":\"0\",\"start_ns\":0,\"duration_ns\":"))
  }

  @Test("An old file is replaced in one step and stays where an export fails")
  func atomic() throws {
    _ = try run("generate", "equal", "-o", "trace.csv")
    let before = try read("trace.csv")
    #expect(try run("export", "missing", "-o", "trace.csv").status == 66)
    #expect(try read("trace.csv") == before)
    #expect(try run("export", "trace.csv", "--quiet", "-o", "trace.csv").status == 0)
    #expect(try read("trace.csv") == before)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["trace.csv"])
  }

  @Test(
    "What cannot be done has its exit code",
    arguments: [
      (["generate", "equal", "-o", "trace.parquet"], 64, "the ending says the format"),
      (["generate", "equal", "-o", "nowhere/trace.csv"], 73, "there is no folder"),
      (["generate", "equal", "--json"], 64, "name a file with -o or --db"),
      (["generate", "equal", "--mean", "10"], 64, "is no time"),
      (["generate", "equal", "--shape", "2"], 64, "--shape says nothing to the profile equal"),
      (["generate", "sawtooth"], 64, "sawtooth"),
      (["generate", "equal", "--workers", "0"], 64, "--workers 0"),
      (["export", "nothing.csv"], 66, "there is no such file"),
      (["export", "nothing.csv", "--json"], 64, "name one with -o FILE"),
      (["explain", "spedup"], 64, "Did you mean: speedup"),
      (["explain", "p_equal", "-o", "x.csv"], 64, "explain writes .json or .txt"),
    ] as [([String], Int32, String)])
  func failures(arguments: [String], status: Int32, words: String) throws {
    let result = try Tool.run(arguments, in: folder.url)
    #expect(result.status == status)
    #expect(result.errors.contains(words), "\(result.errors)")
    #expect(result.output == "")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
  }
}
