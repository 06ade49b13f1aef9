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
      """)

  @Argument(help: ArgumentHelp("A path, a name in the database, or '#id'.", valueName: "trace"))
  var trace: String

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
      let interrupt = Interrupt.watch()
      defer { interrupt.cancel() }
      let console = Console(options: output)
      let form = try console.form(csv: csv)
      var choices = try analysis.choices(seed: running.seed)
      try policies.apply(to: &choices)
      let opened = try open([trace], database, reading, console)
      for trace in opened {
        let inspection = inspectTrace(trace, choices)
        let comparison = try compareTrace(trace, inspection: inspection, choices)
        switch form {
        case .json: try console.write(JSONWriter().string(compareJSON(comparison)))
        case .csv: try console.write(policiesCSV(comparison))
        case .text:
          try console.write(
            compareText(comparison, unit: trace.summary.unit, style: console.style) + "\n"
              + verdictText(comparison, unit: trace.summary.unit, style: console.style))
        case .html: throw Failure(.usage, "compare writes no page; 'outpace report' does.")
        }
      }
      noteUnkept(opened, console)
    }
  }
}
