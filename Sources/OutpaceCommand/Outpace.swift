import ArgumentParser
import Workbench

@main
struct Outpace: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "outpace",
    abstract: "Would asynchronous SGD outpace minibatch SGD on the workers you really have?",
    discussion: """
      Reads recorded timings of workers, replays them through Minibatch SGD and Asynchronous SGD on \
      real gradients, and says which to use, by how much, and which worker decides it.

      A TRACE is a path (a file, a folder with a file a rank, or - for standard input), which is \
      imported on the way; else the name of a trace in the database; else its number, as in '#3'.

      Examples:
        outpace report traces/pytorch-ddp-gloo-4 -o report.html
        outpace import steps.csv --columns worker=rank,duration=step_ms --unit ms
        outpace inspect steps --json
        outpace replay steps --method minibatch --method async:rule=scaled --stepsize 0.1

      Exit codes: 0 done · 1 failed · 3 a check did not hold · 64 usage · 65 bad data · 66 no input \
      · 70 our mistake · 73, 74 cannot write · 75 database busy · 130, 143, 129 interrupted.
      """,
    version: outpaceVersion,
    subcommands: [
      ReportCommand.self, ImportCommand.self, InspectCommand.self, ListCommand.self,
      ReplayCommand.self, CompareCommand.self, BlameCommand.self,
      WhatIfCommand.self, GateCommand.self, ExportCommand.self,
      GenerateCommand.self, RecordCommand.self, ForecastCommand.self, VerifyCommand.self,
      ExplainCommand.self, RecordWorkerCommand.self,
    ])

  /// As ArgumentParser's own, except that what it repeats of a command line cannot steer a terminal.
  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      let code = exitCode(for: error)
      let message = fullMessage(for: error)
      guard code != .success, !message.isEmpty else { exit(withError: error) }
      Console.error(message)
      exit(withError: code)
    }
  }
}
