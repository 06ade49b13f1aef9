import Foundation
import TestSupport
import Testing

/// However a command ends, it leaves nothing behind and says what happened.
@Suite("Endings")
struct EndingTests {
  private let folder: TemporaryFolder
  private let trace: String

  init() throws {
    folder = try TemporaryFolder()
    trace = try folder.write(
      "worker,start_ns,duration_ns\na,0,2\na,2,2\na,4,2\nb,0,6\nb,6,6\n", to: "two.csv")
  }

  /// Runs lines of the shell, their temporary files in a folder of their own.
  private func shell(_ script: String) throws -> Program.Result {
    let temporary = folder.path("tmp")
    try FileManager.default.createDirectory(
      atPath: temporary, withIntermediateDirectories: true)
    let result = try Tool.shell(
      script, environment: ["TMPDIR": temporary, "SQLITE_TMPDIR": temporary], in: folder.url)
    #expect(try FileManager.default.contentsOfDirectory(atPath: temporary) == [])
    return result
  }

  private var names: [String] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: folder.url.path)
    return (names ?? []).filter { !["tmp", "two.csv"].contains($0) }.sorted()
  }

  @Test(
    "A full disk is 74 with a reason",
    .enabled(if: FileManager.default.fileExists(atPath: "/dev/full")),
    arguments: [
      "inspect two.csv --json", "compare two.csv", "export two.csv", "explain",
      "generate equal", "inspect two.csv -o /dev/full --csv", "import two.csv --db x.db",
    ])
  func fullDisk(arguments: String) throws {
    let result = try shell("outpace \(arguments) > /dev/full")
    #expect(result.status == 74)
    #expect(result.errors.contains("No space left"), "\(result.errors)")
  }

  @Test(
    "A reader that has seen enough is no failure",
    arguments: ["inspect two.csv", "export two.csv", "generate equal --gradients 20000"])
  func closedPipe(arguments: String) throws {
    let result = try shell(
      "{ outpace \(arguments) --quiet; echo $? > status; } | true; sleep 0.1; exit $(cat status)")
    #expect(result.status == 0)
    #expect(result.errors == "")
    #expect(names == ["status"])
  }

  @Test("Errors that cannot be told are left untold")
  func closedErrors() throws {
    let result = try shell("outpace inspect two.csv 2> /dev/full")
    #expect(result.status == 0)
  }

  /// A history of 10⁹ updates takes longer than the signal.
  @Test(
    "A signal leaves no database, no folder and no partial file",
    arguments: [("INT", 130), ("TERM", 143), ("HUP", 129), ("KILL", 137)] as [(String, Int32)])
  func signals(name: String, status: Int32) throws {
    // A job in the background of a shell ignores INT before it starts; env takes that back.
    let result = try shell(
      """
      env --default-signal=INT,HUP outpace replay two.csv --method async --stepsize 0.1 \
        --updates 1000000000 --history h.csv &
      for i in 1 2 3 4 5 6 7 8 9 10; do [ -s h.csv.part ] && break; sleep 0.2; done
      kill -s \(name) $!; wait $!
      """)
    #expect(result.status == status, "\(result.errors)")
    #expect(names == (name == "KILL" ? ["h.csv.part"] : []))
  }

  /// Standard input that never ends keeps an import waiting.
  @Test("An interrupted import leaves no empty database")
  func interruptedImport() throws {
    let result = try shell(
      """
      mkfifo rows
      { echo worker,duration_ns; for i in 1 2 3 4 5 6 7 8 9; do sleep 0.5; done; } > rows &
      outpace import - --db new.db < rows &
      for i in 1 2 3 4 5 6 7 8 9 10; do [ -s new.db ] && break; sleep 0.2; done
      sleep 0.2; kill $!; wait $!
      """)
    #expect(result.status == 143, "\(result.errors)")
    #expect(names == ["rows"])
  }
}
