import ArgumentParser
import Reports
import Workbench

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Import recorded timings into the database.",
    discussion: """
      Every path is one trace: a file, a folder with a file a rank, or - for standard input; plain, \
      .gz or .zst. The format is told from the content. A trace is imported whole or not at all, and \
      the same content twice is one trace.

      Examples:
        outpace import profiler-output/ --db cluster.db
        outpace import steps.csv --columns worker=rank,duration=step_time --unit ms
        zcat timeline.json.gz | outpace import - --task compute_gradients
        outpace import huge-folder/ --db cluster.db --resume
      """)

  @Argument(help: ArgumentHelp("Recorded files, folders or -.", valueName: "path"))
  var paths: [String]

  @Flag(name: .long, help: "Print the table of traces as CSV.")
  var csv = false

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var reading: ReadingOptions

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp(
      "How many files of a trace to read at once; never changes a result.", valueName: "n"))
  var threads: Int?

  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      let form = try console.tableForm(csv: csv, of: "import")
      let progress = console.progress
      var reports: [ImportReport] = []
      var choices = reading.choices
      choices.threads = threads
      do {
        try importTraces(
          from: paths, into: database.db ?? defaultDatabasePath, reading: choices,
          progress: progress.map { line in { line.show($0) } }, onImport: { reports.append($0) })
      } catch {
        progress?.clear()
        // Each trace is its own unit: those before the one that was refused are told of.
        if !reports.isEmpty { try write(reports, form, console) }
        throw error
      }
      progress?.clear()
      try write(reports, form, console)
    }
  }

  private func write(_ reports: [ImportReport], _ form: Console.Form, _ console: Console) throws {
    switch form {
    case .json: try console.write(JSONWriter().string(importJSON(reports)))
    case .csv: try console.write(tracesCSV(reports.map(\.trace)))
    default: try console.write(importText(reports, style: console.style))
    }
  }
}
