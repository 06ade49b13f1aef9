import Foundation
import Testing
import TraceModel
import TraceStore

/// A database of each released version of the schema stays in `fixtures/databases`, and can be read
/// for ever. `RECORD_GOLDEN=1` writes that of the newest version anew, and fails.
@Suite("Databases of earlier versions")
struct FixtureTests {
  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("fixtures/databases").path

  private static let isRecording = ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1"

  @Test("Every version can be read", arguments: [1, 2])
  func read(version: Int) throws {
    let path = "\(Self.folder)/version-\(version).sqlite"
    let pushes = someGradients(workers: 3, each: 40, seed: 11)
    if Self.isRecording, version == Schema.version {
      try? FileManager.default.removeItem(atPath: path)
      try TraceStore(path: path, mode: .readWrite).importing(pushes)
      Issue.record("recorded \(path)")
    }
    let store = try TraceStore(path: path, mode: .readOnly)
    #expect(same(try store.load("t").rows, reference(pushes)))
    #expect(
      try store.find("t").digest
        == "9a88b5da75f09d95d6a37fb4805213d44389ec0a00a5c0313dd6d4fd7774b8e6")
    #expect(try store.verifyChunks().problems == [])
  }

  @Test("A database of version 1 that is written to gains what came later, and keeps what it has")
  func migrate() throws {
    let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("outpace-migrate-\(UUID().uuidString).sqlite").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try FileManager.default.copyItem(atPath: "\(Self.folder)/version-1.sqlite", toPath: path)
    let store = try TraceStore(path: path, mode: .readWrite)
    #expect(try store.ledgerSummary().isEmpty)
    #expect(try store.find("t").workerCount == 3)
  }
}
