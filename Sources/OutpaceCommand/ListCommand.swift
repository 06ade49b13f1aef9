import ArgumentParser
import Reports
import Workbench

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the traces and replays of a database.",
    discussion: """
      Example:
        outpace list --db cluster.db
      """)

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      let form = try console.form()
      let listing = try listDatabase(database.db ?? defaultDatabasePath)
      try console.write(
        form == .json
          ? JSONWriter().string(listJSON(traces: listing.traces, replays: listing.replays))
          : listText(traces: listing.traces, replays: listing.replays, style: console.style))
    }
  }
}
