import ArgumentParser
import Reports
import Workbench

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write every gradient of a trace as a row, to be read by anything.",
    discussion: """
      The columns are our own: worker, start_ns, duration_ns, then those of wait_ns, turnaround_ns, \
      step, samples and host that the trace has, then trust. Importing the file gives the same \
      trace again, with the same digest. Without -o the rows go to standard output.

      Examples:
        outpace export cluster --db cluster.db -o cluster.csv
        outpace export traces/ray-least-squares-8/sync.json.gz -o rows.ndjson
        outpace export '#3' --to ndjson | jq .duration_ns
      """)

  @Argument(help: ArgumentHelp("A path, a name in the database, or '#id'.", valueName: "trace"))
  var trace: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Write csv (the default on standard output) or ndjson, whatever the file's ending says.",
      valueName: "format"))
  var to: TableFormat?

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      guard !output.json || output.output != nil else {
        throw Failure(.usage, "--json describes the file that was written: name one with -o FILE.")
      }
      let target = try TableOutput(path: output.output, format: to)
      let opened = try open([trace], database, reading, console)
      for trace in opened {
        try target.write { try exportTrace(trace, as: target.format, to: $0) }
        guard let path = target.path else { continue }
        if output.json {
          try Console.print(JSONWriter().string(exportJSON(trace, as: target.format, path: path)))
        } else {
          console.note("Wrote \(path): \(trace.summary.gradientCount) gradients.")
        }
      }
      noteUnkept(opened, console)
    }
  }
}
