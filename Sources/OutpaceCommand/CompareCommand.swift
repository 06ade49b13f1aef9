import ArgumentParser
import Reports
import Workbench

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Set policies side by side on a trace, and say which to use.",
    discussion: """
      From durations alone: full minibatch, a fixed subset, rebalanced batches, backup workers and \
      asynchronous SGD, and from replays without gradients buffered, rennala and ringmaster. The \
      verdict never rests on counts alone: it depends on how many gradients at one point are worth \
      averaging (B_crit, --noise-scale). With --objective every policy is replayed with tuned \
      stepsizes, and the verdict rests on the time to a target.

      Examples:
        outpace compare traces/pytorch-ddp-gloo-4
        outpace compare cluster --db cluster.db --noise-scale 32 --json
        outpace compare before.csv after.csv
        outpace compare cluster --objective 'logistic:gaussian:n=512,d=32?l2=0.01'
      """)

  @Argument(help: ArgumentHelp("Paths, names in the database, or '#id'.", valueName: "trace"))
  var traces: [String]

  @Flag(name: .long, help: "Print the table of policies as CSV.")
  var csv = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What to minimise, for tuned times to a target; without it the verdict is a table over the noise.",
      valueName: "spec"))
  var objective: String?

  @Option(
    name: .customLong("trace-bootstrap"), parsing: .unconditional,
    help: ArgumentHelp(
      "With --objective, resamples the trace N times for the intervals of the times, at least 20; default 0, the seeds alone.",
      valueName: "n"))
  var traceBootstrap = 0

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "With --objective, the seeds behind each time, at least 8; default 40, or 320 where those leave open who is first.",
      valueName: "n"))
  var seeds: Int?

  @OptionGroup var policies: PolicyOptions
  @OptionGroup var analysis: AnalysisOptions
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var running: RunOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      let form = try console.tableForm(csv: csv, of: "compare")
      guard form != .csv || traces.count == 1 || reading.join else {
        throw Failure(.usage, "CSV is the table of one trace: name one, or use --json.")
      }
      guard traceBootstrap == 0 || (objective != nil && traceBootstrap >= 20) else {
        throw Failure(
          .usage,
          "--trace-bootstrap \(traceBootstrap): write a number from 20 on, beside an --objective.")
      }
      guard seeds.map({ objective != nil && (8...100_000).contains($0) }) ?? true else {
        throw Failure(
          .usage,
          "--seeds \(seeds ?? 0): write a number from 8 to 100,000, beside an --objective.")
      }
      var choices = try analysis.choices(seed: running.seed)
      try policies.apply(to: &choices)
      let opened = try open(traces, database, reading, console)
      let results = try opened.map { trace in
        let inspection = inspectTrace(trace, choices)
        let comparison =
          if let objective {
            try compareTrace(
              trace, inspection: inspection, choices, objective: objective,
              resampledTraces: traceBootstrap, seedCount: seeds, threads: running.threads)
          } else {
            try compareTrace(trace, inspection: inspection, choices)
          }
        return ComparedTrace(inspection: inspection, comparison: comparison)
      }
      try console.write(rendered(results, form, console.style))
      noteUnkept(opened, console)
    }
  }

  private func rendered(
    _ results: [ComparedTrace], _ form: Console.Form, _ style: TextStyle
  ) -> String {
    switch form {
    case .json: JSONWriter().string(compareJSON(results))
    case .csv: results.map { policiesCSV($0.comparison) }.joined()
    default: compareText(results, style: style)
    }
  }
}
