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
      """)

  @Argument(help: ArgumentHelp("Recorded files, folders or -.", valueName: "path"))
  var paths: [String]

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let interrupt = Interrupt.watch()
      defer { interrupt.cancel() }
      let console = Console(options: output)
      let form = try console.form()
      let progress = console.progress
      let reports = try importTraces(
        from: paths, into: database.db ?? defaultDatabasePath, reading: reading.choices,
        progress: progress.map { line in { line.show($0) } })
      progress?.clear()
      try console.write(
        form == .json
          ? JSONWriter().string(importJSON(reports)) : importText(reports, style: console.style))
    }
  }
}
