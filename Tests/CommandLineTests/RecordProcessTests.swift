import Foundation
import TestSupport
import Testing

/// `record --processes`: what threads do, and beyond it what can happen to a process.
@Suite("record with processes", .serialized)
struct RecordProcessTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private static let objectives = [
    "logistic:gaussian:n=256,d=16,noise=0.5?batch=8,l2=0.01",
    "mlp:\(Repository.root.path)/fixtures/digits.svm?hidden=8,batch=4",
  ]

  @Test(
    "The replay in the recorded order makes the iterates of the processes, bit for bit",
    arguments: ["async", "minibatch"], Build.isOptimised ? [1, 2, 4] : [2])
  func equals(method: String, workers: Int) throws {
    for (place, objective) in Self.objectives.enumerated() {
      let path = folder.path("run\(place).ndjson")
      let result = try Tool.run([
        "record", "--processes", "--json", "--quiet", "--method", method, "--workers", "\(workers)",
        "--updates", "60", "--stepsize", "0.05", "--seed", "5", "--objective", objective, "-o",
        path,
      ])
      #expect(result.status == 0, "\(result.errors)")
      let report = try JSONFields(result.output)
      #expect(report["processes"].value as? Bool == true)
      #expect(report["ending"].text == "completed")
      #expect(report["replay_equals_run"].value as? Bool == true)
      // More where one of the workers was late: nobody may be missing.
      #expect(try #require(report["updates"].integer) >= 60)
      #expect(try Tool.shell(#require(report["replay_command"].text)).status == 0)
    }
  }

  @Test("A worker that was slowed is, whatever runs it", .needsOptimiser)
  func slowed() throws {
    let result = try Tool.run([
      "record", "--processes", "--json", "--quiet", "--updates", "150", "--slow", "1=6x:sleep",
    ])
    let workers = try JSONFields(result.output)["workers"]
    let means = try (0..<2).map { try #require(workers[$0]["mean_seconds"].number) }
    #expect(means[1] > 2 * means[0], "\(means)")
  }

  @Test(
    "A worker that is killed ends the run, and what came before is whole and says so",
    .needsOptimiser)
  func killed() throws {
    for method in ["async", "minibatch"] {
      let path = folder.path("\(method).ndjson")
      let database = folder.path("\(method).db")
      let run = try Recording([
        "--method", method, "--workers", "3", "-o", path, "--db", database,
      ])
      let workers = try run.workers(count: 3)
      Thread.sleep(forTimeInterval: 1)
      kill(workers[1], SIGKILL)
      let (report, status) = try run.end()
      #expect(status == 1)
      #expect(report["ending"].text == "worker-lost")
      #expect(report["lost_worker"].text != nil)
      #expect(report["lost_how"].text?.hasPrefix("signal 9") == true)
      #expect(report["replay_equals_run"].value as? Bool == true)
      #expect(try Tool.shell(#require(report["replay_command"].text)).status == 0)
      let list = try Tool.run(["list", "--db", database, "--json"])
      let issues = try JSONFields(list.output)["traces"][0]["issues"].list
      #expect(
        issues.contains {
          $0["code"].text == "recording-ended" && $0["meaning"].text?.contains("signal 9") == true
        }, "\(list.output)")
      #expect(Self.areGone(workers))
    }
  }

  @Test(
    "However the recording ends, no worker outlives it", .needsOptimiser,
    arguments: [SIGINT, SIGTERM, SIGKILL])
  func orphans(signal: Int32) throws {
    let path = folder.path("run.ndjson")
    let run = try Recording(["--workers", "2", "--slow", "1=3x:sleep", "-o", path])
    let workers = try run.workers(count: 2)
    Thread.sleep(forTimeInterval: 1)
    kill(run.process.processIdentifier, signal)
    let status = try run.endStatus()
    #expect(Self.areGone(workers))
    guard signal != SIGKILL else { return }
    #expect(status == 128 + signal)
    let report = try run.report()
    #expect(report["ending"].text == "interrupted")
    #expect(try Tool.shell(#require(report["replay_command"].text)).status == 0)
  }

  @Test("A worker that hangs is killed in the end", .needsOptimiser)
  func hangs() throws {
    let run = try Recording(["--workers", "2"])
    let workers = try run.workers(count: 2)
    Thread.sleep(forTimeInterval: 1)
    kill(workers[0], SIGSTOP)
    let start = Date()
    run.process.interrupt()
    #expect(try run.endStatus() == 130)
    #expect(Date().timeIntervalSince(start) < 20)
    #expect(Self.areGone(workers))
  }

  @Test("A worker that cannot begin is told, and nothing is recorded")
  func notStarted() throws {
    // Data that can be read once: what is standard input here is a socket there.
    let data = (0..<40).map { "\($0 % 2) 1:\($0 % 7) 2:\(3 - $0 % 5)" }.joined(separator: "\n")
    let path = folder.path("run.ndjson")
    let result = try Tool.run(
      [
        "record", "--processes", "--updates", "60", "--objective", "logistic:/dev/stdin?l2=0.1",
        "-o", path,
      ], input: data + "\n")
    #expect(result.status == 1)
    #expect(result.errors.contains("did not start to compute: exit code"), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  /// Whether all of these processes end within a few seconds.
  private static func areGone(_ processes: [pid_t]) -> Bool {
    let start = Date()
    while Date().timeIntervalSince(start) < 10 {
      // A process that nobody has waited for yet is gone all the same.
      let left = processes.filter { process in
        let state = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
        return state.map { !$0.contains(") Z ") } ?? false
      }
      if left.isEmpty { return true }
      Thread.sleep(forTimeInterval: 0.05)
    }
    for process in processes { kill(process, SIGKILL) }
    return false
  }
}

/// A recording under way.
private final class Recording {
  /// One whose data every process has made long before a test ends the run.
  private static let objective = "logistic:gaussian:n=4096,d=256,noise=0.5?batch=256,l2=0.001"

  let process = Process()
  private let output: URL
  private let scratch: TemporaryFolder

  init(_ arguments: [String]) throws {
    scratch = try TemporaryFolder()
    output = URL(fileURLWithPath: try scratch.write("", to: "output"))
    process.executableURL = URL(fileURLWithPath: Tool.path)
    process.arguments =
      [
        "record", "--processes", "--time", "300s", "--json", "--quiet", "--objective",
        Self.objective,
      ] + arguments
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = FileHandle.nullDevice
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  /// The processes of the workers, once they are there.
  func workers(count: Int) throws -> [pid_t] {
    let path = "/proc/\(process.processIdentifier)/task"
    let start = Date()
    while Date().timeIntervalSince(start) < 30 {
      let threads = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
      let children = threads.flatMap { thread in
        ((try? String(contentsOfFile: "\(path)/\(thread)/children", encoding: .utf8)) ?? "")
          .split(separator: " ").compactMap { pid_t($0) }
      }
      if children.count == count { return children.sorted() }
      Thread.sleep(forTimeInterval: 0.05)
    }
    throw POSIXError(.ESRCH)
  }

  /// Waits for the end.
  func endStatus() throws -> Int32 {
    process.waitUntilExit()
    return process.terminationStatus
  }

  func end() throws -> (JSONFields, Int32) {
    let status = try endStatus()
    return (try report(), status)
  }

  /// What it printed.
  func report() throws -> JSONFields {
    try JSONFields(try String(contentsOf: output, encoding: .utf8))
  }
}
