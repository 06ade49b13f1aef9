import ArgumentParser
import Reports
import Workbench

struct WhatIfCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "whatif",
    abstract: "Show the figures of a trace beside those of the trace with some edits.",
    discussion: """
      Edits, applied in their order:
        drop:17            without worker 17 (drop:host=gpu-a: without a host)
        scale:3=0.5        the gradients of worker 3 take half the time (scale:*=2: everybody's twice)
        add:4@p50          four more workers like the median one (add:1@17: like worker 17)
        comm:+2ms          every exchange with the server costs 2 ms more
        fail:9@10s..30s    worker 9 is paused from 10 s to 30 s of the trace's time
        workers:10x        ten times as many workers
        mix:TRACE          the workers of another trace join

      Examples:
        outpace whatif traces/pytorch-ddp-gloo-4 drop:0
        outpace whatif cluster add:4@p50 comm:+2ms --json
        outpace whatif cluster workers:10x --db cluster.db --save ten-fold
      """)

  @Argument(help: ArgumentHelp("A path, a name in the database, or '#id'.", valueName: "trace"))
  var trace: String

  @Argument(help: ArgumentHelp("What to change.", valueName: "edit"))
  var edits: [String]

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Keep the edited trace in the database under this name, with its recipe.", valueName: "name"))
  var save: String?

  @OptionGroup var policies: PolicyOptions
  @OptionGroup var analysis: AnalysisOptions
  @OptionGroup var database: DatabaseOptions
  @OptionGroup var reading: ReadingOptions
  @OptionGroup var running: RunOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    try withExitCodes {
      let console = Console(options: output)
      let form = try console.tableForm(csv: false, of: "whatif")
      guard form != .csv else {
        throw Failure(
          .usage, "whatif sets two results side by side and has no CSV. Use text or --json.")
      }
      var choices = try analysis.choices(seed: running.seed)
      try policies.apply(to: &choices)
      let recipe = WhatIfRecipe(edits, seed: running.seed)
      let opened = try open([trace], database, reading, console)
      let others = try open(recipe.mixed, database, reading, console)
      guard let first = opened.first else { return }
      let result = try whatIf(
        first, recipe, others: others, choices, saveName: save, databasePath: database.db)
      if form == .json {
        try console.write(JSONWriter().string(whatIfJSON(result)))
      } else {
        try console.write(
          sideBySideText(
            result.original, result.edited, names: ("original", "edited"), style: console.style))
      }
      if let saved = result.saved {
        console.note(
          "\(saved.alreadyPresent ? "Already kept" : "Kept") as \(saved.trace.name).")
      } else {
        noteUnkept(opened, console)
      }
    }
  }
}
