import ArgumentParser
import Foundation
import Reports
import Workbench

struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Run asynchronous or minibatch SGD for real on this machine, and record its trace.",
    discussion: """
      A thread a worker and a parameter server, on real gradients; with --processes a process a \
      worker, and what the exchange between them costs is recorded too. The trace has every gradient with \
      its times and its batch, in the order in which the server took them, so that a replay in that \
      order makes the same iterates bit for bit; that is checked before the command ends.

      Rows go to the file of -o (.ndjson, .csv, or .outpace.zst with the replay beside them); --db \
      FILE keeps the trace and its replay in a database. Control-C ends the run, and keeps it whole up to then. Workers beyond the number of \
      cores share them, and their times say so.

      Examples:
        outpace record --workers 2 --method async --time 5s -o async.ndjson
        outpace record --workers 4 --method minibatch --slow 3=4x --db lab.db
        outpace record --workers 4 --processes --updates 1000 -o processes.ndjson
        outpace record --workers 2 --objective 'mlp:fixtures/digits.svm?hidden=32,batch=16' \
      --stepsize 0.05 --updates 5000 -o mlp.ndjson
      """)

  @Option(name: .long, parsing: .unconditional, help: ArgumentHelp("Workers, M.", valueName: "m"))
  var workers = 2

  @Option(
    name: .long,
    help: ArgumentHelp(
      "minibatch, or async with its options, as in async:rule=scaled.", valueName: "method"))
  var method = "async"

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What to minimise, as for replay; default a generated logistic regression.",
      valueName: "spec"))
  var objective: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "The stepsize γ; default 1/(2L) for minibatch and 1/(2LM) for async.", valueName: "gamma"))
  var stepsize: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("L, instead of the objective's own smoothness.", valueName: "l"))
  var smoothness: Double?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Ends after this time: 30s, 500ms; default 10s.", valueName: "time"))
  var time: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Ends after so many updates.", valueName: "k"))
  var updates: Int?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Ends after so many applied gradients.", valueName: "n"))
  var gradients: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Makes a worker slower by computing again (3=4x), or by sleeping (3=4x:sleep); repeatable.",
      valueName: "worker=factor"))
  var slow: [String] = []

  @Flag(
    name: .long,
    help: "Runs every worker as a process of its own, connected to the server by a socket.")
  var processes = false

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Seed of the data and of the batches.", valueName: "n"))
  var seed: UInt64 = 1

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes(deferringInterrupts: true) {
      let console = Console(options: output)
      let job = try self.job()
      // Asked before the run, not after it.
      let target = try output.output.map { try TraceOutput(path: $0, format: nil) }
      if let path = output.output { try requirePlace(for: path) }
      let progress = console.progress
      var report = try record(job, progress)
      progress?.clear()
      let isEqual = report.isEqual
      let updateCount = report.live.updateCount
      if let target {
        (report, _) = try writeFitting(report) { report in
          try target.write { try exportRecording(report, as: target.format, to: $0) }
        }
      }
      let writtenCount = report.live.updateCount
      var kept: ImportReport?
      if let path = database.db {
        (report, kept) = try writeFitting(report) { try keepRecording($0, in: path) }
      }
      // A timeline has no batches to replay, and a file with more updates is another run.
      let isReplayed = target?.format != .perfetto && report.live.updateCount == writtenCount
      let file = isReplayed ? output.output : nil
      let place = file ?? kept?.trace.name
      let nameIsIn = file == nil ? database.db : nil
      if output.json {
        try Console.print(
          JSONWriter().string(
            recordJSON(
              report, place: place, database: nameIsIn, kept: kept, path: output.output)))
      } else {
        try Console.print(recordText(report, place: place, database: nameIsIn))
      }
      if output.output == nil, kept == nil {
        console.note("Nothing was kept; -o FILE or --db FILE keeps the trace.")
      }
      guard isEqual else {
        Console.error(
          "outpace: our mistake, please report it: the replay of the recorded order made other iterates "
            + "than the run.")
        throw ExitCode(Failure.Code.ourMistake.rawValue)
      }
      switch report.live.ending {
      case .completed, .diverged: break
      case .interrupted: throw ExitCode(Interrupt.code.rawValue)
      case .workerLost: throw ExitCode(Failure.Code.failed.rawValue)
      case .diskFull:
        Console.error(
          "outpace: there was room for the first \(report.live.updateCount) of \(updateCount) updates; "
            + "they are kept.")
        throw ExitCode(Failure.Code.cannotWrite.rawValue)
      }
    }
  }

  private func record(_ job: RecordJob, _ progress: ProgressLine?) throws -> RecordReport {
    do {
      return try recordTraining(
        job, program: Bundle.main.executablePath ?? CommandLine.arguments[0],
        isStopped: { Interrupt.isRequested }
      ) { state in
        let seconds = Double(state.timeNs) * 1e-9
        progress?.say(
          "recording  \(Int(seconds)) s, \(state.updateCount) updates, "
            + "\(state.gradientCount) gradients; Control-C ends it")
      }
    } catch let failure as Failure where failure.code == .interrupted {
      throw Failure(Interrupt.code, failure.description)
    }
  }

  private func job() throws -> RecordJob {
    let specs = try MethodSpec.parse(
      [method],
      defaults: MethodOptions(stepsize: try stepsize.map(StepsizeChoice.init(parsing:))))
    var job = RecordJob(
      method: specs[0], objective: objective ?? defaultRecordedObjective, workerCount: workers,
      seed: seed)
    job.smoothness = smoothness
    job.timeNs = try time.map(TimeText.nanoseconds)
    job.updateCount = try positive(updates, "updates")
    job.gradientCount = try positive(gradients, "gradients")
    for text in slow { try job.addSlowdown(parsing: text) }
    job.usesProcesses = processes
    return job
  }

  private func positive(_ value: Int?, _ option: String) throws -> Int? {
    if let value, value < 1 {
      throw Failure(.usage, "--\(option) \(value): write a whole number from 1 on.")
    }
    return value
  }
}
