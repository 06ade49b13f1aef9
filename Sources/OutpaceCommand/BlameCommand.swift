import ArgumentParser
import Reports
import Workbench

struct BlameCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "blame",
    abstract: "Say which workers or hosts cost a synchronous run how much.",
    discussion: """
      Leaves out each worker (or host) alone, the slowest ones together, since two equally slow \
      workers hide each other, and puts each one alone among ideal workers. Gains are gradients per \
      second of minibatch SGD and of the best other synchronous policy; with --objective also \
      seconds to a target of tuned minibatch SGD, for the largest gains.

      Examples:
        outpace blame traces/pytorch-ddp-gloo-4
        outpace blame cluster --db cluster.db --by host --csv
        outpace blame cluster --objective 'logistic:gaussian:n=512,d=32' --json
      """)

  @Argument(help: ArgumentHelp("A path, a name in the database, or '#id'.", valueName: "trace"))
  var trace: String

  @Flag(name: .long, help: "Print the table of workers as CSV.")
  var csv = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What to minimise, for gains in seconds to a target; without it nothing is replayed.",
      valueName: "spec"))
  var objective: String?

  @OptionGroup var policies: PolicyOptions
  @OptionGroup var analysis: AnalysisOptions
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var running: RunOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      let form = try console.tableForm(csv: csv, of: "blame")
      var choices = try analysis.choices(seed: running.seed)
      try policies.apply(to: &choices)
      let opened = try open([trace], database, reading, console)
      for trace in opened {
        let inspection = inspectTrace(trace, choices)
        let blame = try blameTrace(
          trace, inspection: inspection, choices, objective: objective, threads: running.threads)
        switch form {
        case .json: try console.write(JSONWriter().string(blameJSON(blame)))
        case .csv: try console.write(blameCSV(blame))
        default:
          try console.write(
            blameText(blame, unit: inspection.trace.unit, style: console.style))
        }
      }
      noteUnkept(opened, console)
    }
  }
}
