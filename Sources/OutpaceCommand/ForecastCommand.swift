import ArgumentParser
import Reports
import Workbench

struct ForecastCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "forecast",
    abstract: "Foretell one recorded run from another, and show the error.",
    discussion: """
      From a recorded minibatch run the rate, the delays and the loss of an asynchronous one, or the \
      other way round, beside a record of that run on the same workers: how far replays of your \
      cluster can be believed. Losses need the --stepsize that was used.

      Examples:
        outpace forecast sync.json.gz async.json.gz
        outpace forecast minibatch.ndjson async.ndjson --method async --stepsize 0.05
      """)

  @Argument(help: ArgumentHelp("The trace that foretells.", valueName: "from"))
  var from: String

  @Argument(help: ArgumentHelp("The trace that it is compared with.", valueName: "to"))
  var to: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What the second trace is a record of, minibatch or async with its options; default what its rounds say.",
      valueName: "method"))
  var method: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What both runs minimise, for the losses; default that of 'outpace record'.",
      valueName: "spec"))
  var objective: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("γ of the recorded run; without it no losses.", valueName: "gamma"))
  var stepsize: Double?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What exchanges with the server cost in the forecast: recorded, none, or a time.",
      valueName: "what"))
  var turnaround = "recorded"

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Seed of the data and of the batches.", valueName: "n"))
  var seed: UInt64 = 1

  @OptionGroup var database: DatabaseOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      let form = try console.tableForm(csv: false, of: "forecast")
      guard form != .csv else {
        throw Failure(
          .usage, "-o \(output.output ?? ""): forecast has no table. Name a .json or .txt file.")
      }
      let opened = try open([from, to], database, reading, console)
      guard opened.count == 2 else {
        throw Failure(
          .usage, "forecast takes two traces, and these paths hold \(opened.count). Name one each.")
      }
      let job = try ForecastJob(
        of: opened[1], method: method, stepsize: stepsize, objective: objective,
        turnaround: .init(parsing: turnaround), seed: seed)
      let report = try forecast(opened[0], opened[1], job)
      if form == .json {
        try console.write(JSONWriter().string(forecastJSON(report)))
      } else {
        try console.write(forecastText(report))
      }
      noteUnkept(opened, console)
    }
  }
}
