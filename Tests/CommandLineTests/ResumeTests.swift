import Foundation
import TestSupport
import Testing

/// The tool itself, killed in the middle of a folder.
@Suite("Resumed imports")
struct ResumeTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try FileManager.default.createDirectory(
      atPath: folder.path("ranks"), withIntermediateDirectories: true)
    for rank in 0..<24 {
      var text = "worker,start_ns,duration_ns\n"
      for row in 0..<4000 { text += "\(rank),\(row * 100),\(50 + (row * 7 + rank) % 31)\n" }
      _ = try folder.write(text, to: "ranks/\(rank).csv")
    }
  }

  private func names() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
  }

  @Test("After kill -9 an import goes on, and stores what an unbroken one does")
  func killed() throws {
    let arguments = ["import", folder.path("ranks"), "--resume", "--quiet", "--json", "--db"]
    var kills = 0
    var kept = 0
    var delay = 0.02
    for _ in 1...40 {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: Tool.path)
      process.arguments = arguments + [folder.path("r.db")]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
      // A little later each time, so that kills hit every stage, on a busy machine too.
      Thread.sleep(forTimeInterval: delay)
      delay *= 1.15
      guard process.isRunning else {
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        break
      }
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
      kills += 1
      if try names().contains("r.db.import") { kept += 1 }
    }
    #expect(kills > 0 && kept > 0)
    let last = try Tool.run(arguments + [folder.path("r.db")])
    let unbroken = try Tool.run(
      ["import", folder.path("ranks"), "--quiet", "--json", "--db", folder.path("w.db")])
    let trace = try JSONFields(last.output)["traces"][0]
    let expected = try JSONFields(unbroken.output)["traces"][0]
    #expect(trace["digest"].text != nil && trace["digest"].text == expected["digest"].text)
    #expect(trace["gradients"].integer == 96_000)
    // A journal that was never synchronised stays until the next write, and means nothing.
    #expect(try names().filter { $0 != "r.db-journal" } == ["r.db", "ranks", "w.db"])
  }

  @Test("Without a database there is no place to keep anything")
  func temporary() throws {
    let result = try Tool.run(["inspect", folder.path("ranks"), "--resume"])
    #expect(result.status == 64)
    #expect(result.errors.contains("--db FILE"))
  }

  @Test("A count of threads below 1 is a mistake", arguments: ["0", "-3"])
  func threads(count: String) throws {
    let result = try Tool.run(
      ["import", folder.path("ranks"), "--threads", count, "--db", folder.path("t.db")])
    #expect(result.status == 64)
    #expect(try names() == ["ranks"])
  }
}
