import ArgumentParser
import Reports
import Workbench

struct VerifyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Check a database: every chunk's checksum, every replay's fingerprint.",
    discussion: """
      Unpacks every chunk, computes the digest of every trace anew, and makes every stored replay \
      again from its request. What is damaged or differs is named, with exit code 3. A replay of \
      data files needs them where they were.

      Examples:
        outpace verify --db cluster.db
        outpace verify cluster --db cluster.db --json
      """)

  @Argument(help: ArgumentHelp("One trace, a name or '#id'; default all.", valueName: "trace"))
  var trace: String?

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      let form = try console.tableForm(csv: false, of: "verify")
      guard form != .csv else {
        throw Failure(
          .usage, "-o \(output.output ?? ""): verify has no table. Name a .json or .txt file.")
      }
      let path = database.db ?? defaultDatabasePath
      let progress = console.progress
      let verification = try verifyDatabase(path, trace: trace) { place, count in
        progress?.say("making replay \(place + 1) of \(count) again …")
      }
      progress?.clear()
      if form == .json {
        try console.write(
          JSONWriter().string(
            verifyJSON(
              verification, database: path, arguments: Array(CommandLine.arguments.dropFirst()))))
      } else {
        try console.write(verifyText(verification, database: path))
      }
      guard verification.holds else { throw Failure(.checkFailed, "") }
    }
  }
}
