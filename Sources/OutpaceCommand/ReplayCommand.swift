import ArgumentParser
import Foundation
import Reports
import Workbench

struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay",
    abstract: "Replay a trace through methods on real gradients.",
    discussion: """
      Deterministic: the same trace and request give the same fingerprint on every machine and any \
      number of threads. With several methods and a horizon that is no time, all of them end at the \
      time at which minibatch SGD does.

      Examples:
        outpace replay traces/pytorch-ddp-gloo-4 --method minibatch --method async --stepsize 0.05
        outpace replay cluster --method async:rule=scaled --updates 10000 --history history.csv
        outpace replay cluster --method async --stepsize 0.1 --check 3f0c…
      """)

  @Argument(help: ArgumentHelp("A path, a name in the database, or '#id'.", valueName: "trace"))
  var trace: String

  @OptionGroup var replay: ReplayOptions
  @OptionGroup var analysis: AnalysisOptions

  @Flag(name: .long, help: "Print the table of replays as CSV.")
  var csv = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Writes a record per update of the one replay, CSV or NDJSON by ending.", valueName: "file"))
  var history: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Fails with exit code 3 unless the one replay has this fingerprint.", valueName: "fingerprint"
    ))
  var check: String?

  @Flag(
    name: .long,
    help: "Keeps every gradient with what became of it in the database: table gradient_ledger.")
  var ledger = false

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var running: RunOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      let form = try console.tableForm(csv: csv, of: "replay")
      let job = try replay.job(turnaround: analysis.turnaround, running: running)
      try requireOne(job.methods.count)
      let opened = try open([trace], database, reading, console, keepsReplays: true)
      guard let first = opened.first else { return }
      let progress = console.progress
      progress?.say("replaying …")
      var unsaved: Failure?
      let report = try withHistory(of: job) {
        try replayTrace(
          first, job, observer: $0, keepsLedger: ledger, onUnsaved: { unsaved = $0 })
      }
      progress?.clear()
      switch form {
      case .json: try console.write(JSONWriter().string(replayJSON(report)))
      case .csv: try console.write(runsCSV(report))
      default: try console.write(replayText(report, style: console.style))
      }
      noteSampling(report, console)
      if let unsaved {
        Console.error("outpace: warning: the replay was not saved: \(unsaved.description)")
      }
      noteUnkept(opened, console)
      try compareFingerprint(report)
    }
  }

  /// Recorded batches replace drawn ones, and may leave most of the data unseen.
  private func noteSampling(_ report: ReplayReport, _ console: Console) {
    guard replay.sampling == "recorded" else { return }
    let shares = report.runs.compactMap(\.shareOfSamplesSeen).map { 100 * $0 }
    let seen = shares.min().map { " \(($0 * 10).rounded() / 10)% of the samples were seen." } ?? ""
    console.note("Batches are the recorded ones; batch= of the objective is ignored." + seen)
  }

  private func requireOne(_ count: Int) throws {
    guard count > 1 else { return }
    if history != nil {
      throw Failure(.usage, "--history is of one replay: name one --method.")
    }
    if check != nil {
      throw Failure(.usage, "--check is of one replay: name one --method.")
    }
  }

  private func withHistory(
    of job: ReplayJob, _ body: (HistoryObserver) throws -> ReplayReport
  ) throws -> ReplayReport {
    guard let history else { return try body(.none) }
    return try writeHistory(to: history, body)
  }

  private func compareFingerprint(_ report: ReplayReport) throws {
    guard let check else { return }
    let found = report.runs.first?.fingerprint ?? ""
    guard found == check.lowercased() else {
      throw Failure(
        .checkFailed,
        "the fingerprint is \(found), not \(check). The trace, the request or the version of "
          + "outpace is another one.")
    }
  }
}
