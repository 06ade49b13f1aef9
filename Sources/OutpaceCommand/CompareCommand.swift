import ArgumentParser
import Reports
import Workbench

struct CompareCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare",
    abstract: "Set policies side by side on a trace, and say which to use.",
    discussion: """
      From durations alone: full minibatch, a fixed subset, rebalanced batches, backup workers and \
      asynchronous SGD. The verdict never rests on counts alone: it depends on how many gradients at \
      one point are worth averaging (B_crit, --noise-scale).

      Examples:
        outpace compare traces/pytorch-ddp-gloo-4
        outpace compare cluster --db cluster.db --noise-scale 32 --json
        outpace compare before.csv after.csv
      """)

  @Argument(help: ArgumentHelp("Paths, names in the database, or '#id'.", valueName: "trace"))
  var traces: [String]

  @Flag(name: .long, help: "Print the table of policies as CSV.")
  var csv = false

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
      var choices = try analysis.choices(seed: running.seed)
      try policies.apply(to: &choices)
      let opened = try open(traces, database, reading, console)
      let results = try opened.map { trace in
        let inspection = inspectTrace(trace, choices)
        return ComparedTrace(
          inspection: inspection,
          comparison: try compareTrace(trace, inspection: inspection, choices))
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
