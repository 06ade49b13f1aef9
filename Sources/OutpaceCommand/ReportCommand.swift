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
      need a folder for -o: a page each. One that ends with a slash is created.

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

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Another recorded run of the same workers: what the trace foretells of it, beside what it did.",
      valueName: "trace"))
  var forecast: String?

  @Option(
    name: .customLong("forecast-method"),
    help: ArgumentHelp(
      "What that run is a record of, with its stepsize for the losses, as in async:stepsize=0.1.",
      valueName: "method"))
  var forecastMethod: String?

  @Option(
    name: .customLong("forecast-objective"),
    help: ArgumentHelp(
      "What that run minimised; default that of 'outpace record'.", valueName: "spec"))
  var forecastObjective: String?

  @OptionGroup var policies: PolicyOptions
  @OptionGroup var analysis: AnalysisOptions
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var running: RunOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      var choices = try analysis.choices(seed: running.seed)
      try policies.apply(to: &choices)
      var job = ReportJob(
        objective: objective, analysis: choices, timeNs: try time.map(TimeText.nanoseconds),
        threads: running.threads, command: canonicalCommand)
      job.options = options
      let isOnly = traces.count == 1 || reading.join
      try checkTarget(isOnly: isOnly)
      let opened = try open(traces, database, reading, console)
      job.foretold = try foretold(opened.count, console)
      var names = PageNames()
      var results: [JSONValue] = []
      for trace in opened {
        let progress = console.progress
        progress?.say("replaying \(trace.summary.workerCount) workers, tuning stepsizes …")
        let report = try reportTrace(trace, job)
        progress?.clear()
        if let path = output.output, !isJSON(path) {
          let target =
            isFolder(path)
            ? URL(fileURLWithPath: path).appendingPathComponent(names.next(trace.summary.name)).path
            : path
          try Console.write(renderHTML(report.input), to: target)
          console.note("Wrote \(target).")
        }
        if !output.json {
          if !isOnly { try Console.print(traceHeading(trace.summary.name, style: console.style)) }
          try Console.print(
            verdictText(report.comparison, unit: trace.summary.unit, style: console.style))
        }
        results.append(
          reportJSON(
            inspect: report.inspection, compare: report.comparison, replay: report.replay,
            forecast: report.forecast))
      }
      let json = reportsJSON(results)
      if let path = output.output, isJSON(path) {
        try Console.write(JSONWriter().string(json), to: path)
        console.note("Wrote \(path).")
      }
      if output.json { try Console.print(JSONWriter().string(json)) }
      noteUnkept(opened, console)
    }
  }

  private func foretold(_ count: Int, _ console: Console) throws -> ReportJob.Foretold? {
    guard let forecast else {
      guard forecastMethod == nil, forecastObjective == nil else {
        throw Failure(
          .usage,
          "--forecast-method and --forecast-objective tell what another recorded run did. Name the run "
            + "with --forecast.")
      }
      return nil
    }
    let others = try open([forecast], database, reading, console)
    guard count == 1, others.count == 1 else {
      throw Failure(
        .usage, "--forecast \(forecast): one trace foretells another one. Name one of each.")
    }
    return ReportJob.Foretold(
      trace: others[0],
      job: try ForecastJob(
        of: others[0], method: forecastMethod, objective: forecastObjective,
        turnaround: .init(parsing: analysis.turnaround), seed: running.seed))
  }

  /// Told before anything is replayed. One trace has the file that was named; several have a page
  /// each in a folder, or one file of JSON.
  private func checkTarget(isOnly: Bool) throws {
    guard let path = output.output, !isFolder(path) else { return }
    guard !path.hasSuffix("/") else { return try createFolder(at: path) }
    guard path.hasSuffix(".html") || path.hasSuffix(".htm") || isJSON(path) else {
      throw Failure(.usage, "-o \(path): a report is written as .html or .json.")
    }
    guard isOnly || isJSON(path) else {
      throw Failure(
        .usage,
        "-o \(path): several traces need a folder, for a page each. End its name with a slash to create "
          + "it.")
    }
  }

  private func isJSON(_ path: String) -> Bool { !isFolder(path) && path.hasSuffix(".json") }

  private var options: ReportOptions {
    var options = ReportOptions()
    options.reading = reading.words
    // A path says by itself where its gradients are; a name only with its database.
    let hasNames = traces.contains { $0 != "-" && !FileManager.default.fileExists(atPath: $0) }
    if let path = database.db, hasNames, !reading.anonymize { options.reading += ["--db", path] }
    options.analysis = analysis.words(seed: running.seed)
    options.policies = policies.words
    options.noiseScale = policies.noiseScale.map { ["--noise-scale", "\($0)"] } ?? []
    options.objective = objective.map { ["--objective", $0] } ?? []
    options.horizon = time.map { ["--time", $0] } ?? []
    return options
  }

  /// The command that gives this page again, in a form that can be pasted into a shell. Only what
  /// the page depends on: not where it goes, and not the number of threads.
  private var canonicalCommand: String {
    var words = ["outpace", "report"] + (reading.anonymize ? traces.map { _ in "TRACE" } : traces)
    words += options.objective + options.horizon + options.noiseScale + options.policies
    words += options.analysis + options.reading
    if let forecast { words += ["--forecast", reading.anonymize ? "TRACE" : forecast] }
    if let forecastMethod { words += ["--forecast-method", forecastMethod] }
    if let forecastObjective { words += ["--forecast-objective", forecastObjective] }
    return words.map(shellQuoted).joined(separator: " ")
  }
}

/// Names of pages in a folder: that of the trace, with `-2` where a page before has it.
///
/// Names are unique in a database, but every path is in a temporary one of its own.
private struct PageNames {
  private var taken: Set<String> = []

  mutating func next(_ trace: String) -> String {
    let name = trace.replacingOccurrences(of: "/", with: "-")
    var candidate = name
    var suffix = 2
    // Some file systems take two names that differ in case for one.
    while !taken.insert(candidate.lowercased()).inserted {
      candidate = "\(name)-\(suffix)"
      suffix += 1
    }
    return candidate + ".html"
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
