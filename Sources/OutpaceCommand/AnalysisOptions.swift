import ArgumentParser
import Workbench

/// What an analysis of durations depends on.
struct AnalysisOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "What an exchange with the server costs a worker: recorded, none, or a time such as 2ms.",
      valueName: "cost"))
  var turnaround = "recorded"

  func choices(seed: UInt64) throws -> AnalysisChoices {
    AnalysisChoices(turnaround: try .init(parsing: turnaround), seed: seed)
  }

  /// Those that are not the defaults, as words of a command line.
  func words(seed: UInt64) -> [String] {
    (turnaround == "recorded" ? [] : ["--turnaround", turnaround])
      + (seed == 1 ? [] : ["--seed", "\(seed)"])
  }
}

/// What a comparison of policies depends on besides.
struct PolicyOptions: ParsableArguments {
  @Option(
    name: .customLong("noise-scale"), parsing: .unconditional,
    help: ArgumentHelp(
      "B_crit = σ²/ε, the gradients at one point that are worth averaging; default M, the workers.",
      valueName: "gradients"))
  var noiseScale: Double?

  @Option(
    name: .long,
    help: ArgumentHelp("Time the server needs for one update, as in 50us.", valueName: "time"))
  var server: String?

  @Flag(name: .customLong("no-rebalance"), help: "Never recommend batches rebalanced by speed.")
  var noRebalance = false

  @Option(
    name: .customLong("fixed-cost"),
    help: ArgumentHelp(
      "Time of each gradient that does not grow with its batch, as in 3ms.", valueName: "time"))
  var fixedCost: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "What is left out as one: host or worker; default host where hosts hold several workers.",
      valueName: "unit"))
  var by: String?

  /// Those that are given, but for the noise scale, as words of a command line.
  var words: [String] {
    (server.map { ["--server", $0] } ?? []) + (noRebalance ? ["--no-rebalance"] : [])
      + (fixedCost.map { ["--fixed-cost", $0] } ?? []) + (by.map { ["--by", $0] } ?? [])
  }

  func apply(to choices: inout AnalysisChoices) throws {
    choices.noiseScale = noiseScale
    if let by { try choices.setLeavesOut(by) }
    choices.serverNs = try server.map(TimeText.nanoseconds) ?? 0
    choices.allowsRebalancing = !noRebalance
    choices.fixedCostNs = try fixedCost.map(TimeText.nanoseconds) ?? 0
  }
}
