import ArgumentParser
import Reports
import Workbench

struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show what is in a trace: workers, the formula, stragglers, trust and issues.",
    discussion: """
      From durations alone; no gradient is replayed.

      Examples:
        outpace inspect traces/ray-least-squares-8/sync.json.gz
        outpace inspect '#3' --db cluster.db --json
        outpace inspect job.csv --columns worker=worker,duration=batch_time --unit relative
      """)

  @Argument(help: ArgumentHelp("A path, a name in the database, or '#id'.", valueName: "trace"))
  var trace: String

  @Flag(name: .long, help: "Print the table of workers as CSV.")
  var csv = false

  @OptionGroup var analysis: AnalysisOptions
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var running: RunOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      let form = try console.tableForm(csv: csv, of: "inspect")
      let opened = try open([trace], database, reading, console)
      for trace in opened {
        let inspection = inspectTrace(trace, try analysis.choices(seed: running.seed))
        switch form {
        case .json: try console.write(JSONWriter().string(inspectJSON(inspection)))
        case .csv: try console.write(workersCSV(inspection))
        default: try console.write(inspectText(inspection, style: console.style))
        }
      }
      noteUnkept(opened, console)
    }
  }
}
