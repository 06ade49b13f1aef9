import ArgumentParser
import Foundation
import Workbench

/// What `record --processes` starts for each worker; nobody types it.
struct RecordWorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record-worker",
    abstract: "Compute gradients for an 'outpace record --processes' that started this process.",
    shouldDisplay: false)

  @Argument(help: "Its index.")
  var worker: Int

  @Argument(help: "Workers, M.")
  var workers: Int

  @Argument(help: "Seed of the data and of the batches.")
  var seed: UInt64

  @Argument(help: "What to minimise.")
  var objective: String

  @Argument(help: "How it is made slower, as in 3=4x.")
  var slow: String?

  func run() throws {
    var job = RecordJob(
      method: try MethodSpec.parse(["minibatch"], defaults: MethodOptions())[0],
      objective: objective, workerCount: workers, seed: seed)
    do {
      if let slow { try job.addSlowdown(parsing: slow) }
      try workForRecording(job, worker: worker) { _exit(0) }
    } catch let failure as Failure {
      Console.error("outpace: worker \(worker): \(failure.description)")
      throw ExitCode(failure.code.rawValue)
    }
  }
}
