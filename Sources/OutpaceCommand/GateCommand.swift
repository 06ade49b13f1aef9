import ArgumentParser
import Reports
import Workbench

struct GateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "gate",
    abstract: "Check limits on the numbers of a trace; exit code 3 if one does not hold.",
    discussion: """
      A metric is the path of keys to a number of 'inspect --json' or 'compare --json'. Of a list the \
      worst element counts, or the one that is named, as in policies.async.count_ratio. With \
      --baseline a limit is one of the ratio to the same number of that trace.

      Examples:
        outpace gate nightly.csv --max workers.p99_seconds=0.3 --min speedup.realised=1.2
        outpace gate after --baseline before --max workers.mean_seconds=1.05
      """)

  @Argument(help: ArgumentHelp("A path, a name in the database, or '#id'.", valueName: "trace"))
  var trace: String

  @Option(
    name: .long,
    help: ArgumentHelp("A metric that must not be above a limit; repeatable.", valueName: "m=n"))
  var max: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("A metric that must not be below a limit; repeatable.", valueName: "m=n"))
  var min: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp("A trace whose numbers are 1: limits become ratios.", valueName: "trace"))
  var baseline: String?

  @OptionGroup var policies: PolicyOptions
  @OptionGroup var analysis: AnalysisOptions
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var running: RunOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      let form = try console.tableForm(csv: false, of: "gate")
      guard form != .csv else { throw Failure(.usage, "gate has no CSV. Use text or --json.") }
      let limits =
        try max.map { try GateLimit(parsing: $0, bound: .max) }
        + min.map { try GateLimit(parsing: $0, bound: .min) }
      guard !limits.isEmpty else {
        throw Failure(
          .usage,
          "gate wants a limit, as in --max workers.p99_seconds=0.3 or "
            + "--min speedup.realised=1.2.")
      }
      var choices = try analysis.choices(seed: running.seed)
      try policies.apply(to: &choices)
      let opened = try open([trace], database, reading, console)
      let others = try baseline.map { try open([$0], database, reading, console) } ?? []
      guard let first = opened.first else { return }
      let result = try gateTrace(first, baseline: others.first, limits: limits, choices)
      if form == .json {
        try console.write(JSONWriter().string(gateJSON(result)))
      } else {
        try console.write(gateText(result, style: console.style))
      }
      noteUnkept(opened + others, console)
      // What does not hold has just been said.
      guard result.holds else { throw Failure(.checkFailed, "") }
    }
  }
}
