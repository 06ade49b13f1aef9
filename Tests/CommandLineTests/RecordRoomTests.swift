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

  /// Small: what is tested are files, not gradients.
  private static let objective = "--objective 'logistic:gaussian:n=64,d=4?batch=2,l2=0.01'"

  private func shell(_ script: String) throws -> Program.Result {
    try Tool.shell(script, in: folder.url)
  }

  /// 32 blocks of 512 bytes hold some hundred rows. Gradients take long enough for every worker to get a
  /// turn among them, however busy the machine is.
  @Test("The first updates are kept as far as they fit", arguments: ["async", "minibatch"])
  func fits(method: String) throws {
    let result = try shell(
      """
      ulimit -f 32
      exec outpace record --json --method \(method) --workers 3 --updates 900 -o run.csv \
        --objective 'logistic:gaussian:n=16,d=40000?batch=2,l2=0.01'
      """)
    #expect(result.status == 74, "\(result.errors)")
    #expect(result.errors.contains("room for the first"))
    let report = try JSONFields(result.output)
    #expect(report["ending"].text == "disk-full")
    let updates = try #require(report["updates"].integer)
    #expect(updates > 30 && updates < 900)
    let command = try #require(report["replay_command"].text)
    let replay = try shell(command)
    #expect(replay.status == 0, "\(replay.errors)")
    // Rows of every worker, and nothing half written.
    let rows = try String(contentsOfFile: folder.path("run.csv"), encoding: .utf8)
    #expect(rows.hasSuffix("\n"))
    let labels: [Substring] = rows.split(separator: "\n").dropFirst().map { $0.prefix(1) }
    #expect(Set(labels).count == 3)
    #expect(!FileManager.default.fileExists(atPath: folder.path("run.csv.part")))
  }

  @Test("A place without any room is told, with exit code 74")
  func nothingFits() throws {
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("full.csv"), withDestinationPath: "/dev/full")
    let result = try shell(
      "exec outpace record --updates 50 --quiet -o full.csv \(Self.objective)")
    #expect(result.status == 74)
    #expect(result.errors.contains("full.csv: cannot be written"), "\(result.errors)")
  }

  /// Where the trace still fits and the replay beside it does not, neither is kept: a shorter run is, with
  /// its own. Blocks of 512 bytes.
  @Test("A database keeps a run and its replay, or neither", arguments: [176, 184, 196, 212, 228])
  func both(blocks: Int) throws {
    let result = try shell(
      """
      ulimit -f \(blocks)
      exec outpace record --json --quiet --workers 3 --updates 3000 --db lab.db \
        \(Self.objective)
      """)
    #expect(result.status == 74, "\(result.errors)")
    guard FileManager.default.fileExists(atPath: folder.path("lab.db")) else { return }
    let list = try JSONFields(try shell("outpace list --db lab.db --json").output)
    #expect(list["traces"].list.count == list["replays"].list.count)
    #expect(list["traces"].list.count <= 1)
    guard !list["traces"].list.isEmpty else { return }
    let report = try JSONFields(result.output)
    #expect(report["ending"].text == "disk-full")
    #expect(report["digest"].text == list["traces"][0]["digest"].text)
    #expect(try shell(#require(report["replay_command"].text)).status == 0)
  }

  /// From no byte to most of the tables of an empty database, in blocks of 512 bytes.
  @Test(
    "A database without room for its tables is not left behind, and one that was there is as it was",
    arguments: [0, 1, 8, 40])
  func noRoomForTables(blocks: Int) throws {
    _ = try folder.write("worker,duration_ms\na,1\nb,2\n", to: "rows.csv")
    _ = try folder.write("", to: "empty.db")
    for command in ["import rows.csv", "record --updates 4 \(Self.objective)"] {
      for database in ["new.db", "empty.db"] {
        let result = try shell(
          """
          ulimit -f \(blocks)
          exec outpace \(command) --quiet --db \(database)
          """)
        #expect(result.status == 74, "\(command), \(database)")
      }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted()
          == ["empty.db", "rows.csv"])
      #expect(try Data(contentsOf: folder.url.appendingPathComponent("empty.db")).isEmpty)
    }
  }

  @Test("A folder that is not there is told before the run, not after it")
  func noFolder() throws {
    let start = Date()
    let result = try shell(
      "exec outpace record --time 60s --quiet -o nowhere/run.csv \(Self.objective)")
    #expect(result.status == 73)
    #expect(Date().timeIntervalSince(start) < 30)
  }
}
