import ArgumentParser
import Foundation
import Reports
import Workbench

struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract:
      "The main job: import, compare, replay on real gradients, and write the whole report.",
    discussion: """
      Prints the verdict card, and writes the page to the file of -o. Without --objective the \
      replays run on a generated logistic regression (n = 512, d = 32), and say so. Several traces \
      need a folder for -o: a page each.

      Examples:
        outpace report traces/pytorch-ddp-gloo-4 --db outpace.db -o report.html
        outpace report profiler-output/ --objective 'softmax:fixtures/digits.svm?l2=1e-4,batch=32'
        outpace report timeline.json.gz --json > report.json
      """)

  @Argument(help: ArgumentHelp("Paths, names in the database, or '#id'.", valueName: "trace"))
  var traces: [String]

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What to minimise, as in 'logistic:gaussian:n=512,d=32?l2=1e-3'.", valueName: "spec"))
  var objective: String?

  @Option(
    name: .long,
    help: ArgumentHelp("Simulated time of the replays, as in 90s.", valueName: "time"))
  var time: String?

  @OptionGroup var policies: PolicyOptions
  @OptionGroup var analysis: AnalysisOptions
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var running: RunOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let interrupt = Interrupt.watch()
      defer { interrupt.cancel() }
      let console = Console(options: output)
      var choices = try analysis.choices(seed: running.seed)
      try policies.apply(to: &choices)
      var job = ReportJob(
        objective: objective, analysis: choices, timeNs: try time.map(TimeText.nanoseconds),
        threads: running.threads, command: canonicalCommand)
      job.readingWords = reading.words
      let opened = try open(traces, database, reading, console)
      for trace in opened {
        let progress = console.progress
        progress?.say("replaying \(trace.summary.workerCount) workers, tuning stepsizes …")
        let report = try reportTrace(trace, job)
        progress?.clear()
        try write(report, of: trace, isOnly: opened.count == 1, console)
      }
      noteUnkept(opened, console)
    }
  }

  private func write(
    _ report: TraceReport, of trace: OpenedTrace, isOnly: Bool, _ console: Console
  ) throws {
    let json = reportJSON(
      inspect: report.inspection, compare: report.comparison, replay: report.replay)
    let card = verdictText(
      report.comparison, unit: trace.summary.unit, style: console.style)
    if let path = output.output {
      let target = try pagePath(path, of: trace, isOnly: isOnly)
      let isJSON = target.hasSuffix(".json")
      try Console.write(
        isJSON ? JSONWriter().string(json) : renderHTML(report.input), to: target)
      console.note("Wrote \(target).")
    }
    let text = output.json ? JSONWriter().string(json) : card
    FileHandle.standardOutput.write(Data(text.utf8))
  }

  /// One trace has the file that was named; several have a page each in a folder.
  private func pagePath(_ path: String, of trace: OpenedTrace, isOnly: Bool) throws -> String {
    if Console.isFolder(path) {
      let name = trace.summary.name.replacingOccurrences(of: "/", with: "-")
      return URL(fileURLWithPath: path).appendingPathComponent("\(name).html").path
    }
    guard isOnly else {
      throw Failure(
        .usage, "-o \(path): several traces need a folder that exists, for a page each.")
    }
    guard path.hasSuffix(".html") || path.hasSuffix(".htm") || path.hasSuffix(".json") else {
      throw Failure(.usage, "-o \(path): a report is written as .html or .json.")
    }
    return path
  }

  /// The command that gives this page again, in a form that can be pasted into a shell. Only what
  /// the page depends on: not where it goes, and not the number of threads.
  private var canonicalCommand: String {
    var words = ["outpace", "report"] + traces
    if let objective { words += ["--objective", objective] }
    if let time { words += ["--time", time] }
    if let noiseScale = policies.noiseScale { words += ["--noise-scale", "\(noiseScale)"] }
    if let server = policies.server { words += ["--server", server] }
    if policies.noRebalance { words.append("--no-rebalance") }
    if let fixedCost = policies.fixedCost { words += ["--fixed-cost", fixedCost] }
    if analysis.turnaround != "recorded" { words += ["--turnaround", analysis.turnaround] }
    if running.seed != 1 { words += ["--seed", "\(running.seed)"] }
    words += reading.words
    return words.map(shellQuoted).joined(separator: " ")
  }
}

/// A word as a POSIX shell reads it back.
func shellQuoted(_ word: String) -> String {
  let isPlain = word.allSatisfy {
    $0.isASCII && ($0.isLetter || $0.isNumber || "-_./=:,+%@".contains($0))
  }
  if isPlain, !word.isEmpty { return word }
  return "'\(word.replacingOccurrences(of: "'", with: "'\\''"))'"
}
