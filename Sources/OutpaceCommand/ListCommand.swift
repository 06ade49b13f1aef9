import ArgumentParser
import Reports
import Workbench

struct ListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the traces and replays of a database.",
    discussion: """
      As CSV it lists the traces; JSON and text have the replays besides.

      Examples:
        outpace list --db cluster.db
        outpace list --db cluster.db --csv
      """)

  @Flag(name: .long, help: "Print the table of traces as CSV.")
  var csv = false

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      let form = try console.tableForm(csv: csv, of: "list")
      let listing = try listDatabase(database.db ?? defaultDatabasePath)
      switch form {
      case .json:
        try console.write(
          JSONWriter().string(listJSON(traces: listing.traces, replays: listing.replays)))
      case .csv: try console.write(tracesCSV(listing.traces))
      default:
        try console.write(
          listText(traces: listing.traces, replays: listing.replays, style: console.style))
      }
    }
  }
}
