import Foundation
import TestSupport
import Testing

/// A recording for which there is no room: what fits is kept whole, since it cannot be made again.
@Suite("record where the disk is full")
struct RecordRoomTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func shell(_ script: String) throws -> (output: String, errors: String, status: Int32) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", script, Tool.path]
    process.currentDirectoryURL = folder.url
    let output = Pipe()
    let errorsPath = try folder.write("", to: "errors")
    process.standardOutput = output
    process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorsPath))
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (
      String(decoding: data, as: UTF8.self),
      try String(contentsOfFile: errorsPath, encoding: .utf8), process.terminationStatus
    )
  }

  /// 32 blocks of 512 bytes hold some hundred rows.
  @Test("The first updates are kept as far as they fit", arguments: ["async", "minibatch"])
  func fits(method: String) throws {
    let result = try shell(
      """
      ulimit -f 32
      exec "$0" record --json --method \(method) --workers 3 --updates 900 -o run.csv \
        --objective 'logistic:gaussian:n=64,d=4?batch=2,l2=0.01'
      """)
    #expect(result.status == 74, "\(result.errors)")
    #expect(result.errors.contains("room for the first"))
    let report = try JSONFields(result.output)
    #expect(report["ending"].text == "disk-full")
    let updates = try #require(report["updates"].integer)
    #expect(updates > 30 && updates < 900)
    let command = try #require(report["replay_command"].text)
    let replay = try shell(command.replacing("outpace replay", with: "\"$0\" replay"))
    #expect(replay.status == 0, "\(replay.errors)")
    // Rows of every worker, and nothing half written.
    let rows = try String(contentsOfFile: folder.path("run.csv"), encoding: .utf8)
    #expect(rows.hasSuffix("\n"))
    #expect(Set(rows.split(separator: "\n").dropFirst().map { $0.prefix(1) }).count == 3)
    #expect(!FileManager.default.fileExists(atPath: folder.path("run.csv.part")))
  }

  @Test("A place without any room is told, with exit code 74")
  func nothingFits() throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("full.csv"), withDestinationPath: "/dev/full")
    let result = try shell("exec \"$0\" record --updates 50 --quiet -o full.csv")
    #expect(result.status == 74)
    #expect(result.errors.contains("full.csv: cannot be written"), "\(result.errors)")
  }

  @Test("A folder that is not there is told before the run, not after it")
  func noFolder() throws {
    let start = Date()
    let result = try shell("exec \"$0\" record --time 60s --quiet -o nowhere/run.csv")
    #expect(result.status == 73)
    #expect(Date().timeIntervalSince(start) < 30)
  }
}
