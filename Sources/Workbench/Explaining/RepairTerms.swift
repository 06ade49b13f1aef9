extension Term {
  /// The figures of `blame`, `whatif` and `gate`.
  static let repairTerms: [Term] = blameTerms + whatIfTerms + gateTerms

  private static let blameTerms: [Term] = [
    Term(
      "left out as one", .figure, "What blame leaves out whole: 'host' or 'worker'; see --by.",
      keys: ["blame.by"]),
    Term(
      "blame", .notion,
      "How much a worker or a host costs a synchronous run: what is gained without it, without the "
        + "slowest ones together, and what it costs alone among ideal workers. Two equally slow "
        + "workers hide each other, and only the last two of the three see them."),
    Term(
      "gradients_per_second_gain", .figure,
      "The gradients per second that minibatch SGD gains without a worker or host, or without "
        + "several together; below 0 for who is not in the way.", unit: "gradients per second",
      keys: [
        "blame.workers", "blame.minibatch_gradients_per_second",
        "blame.workers.gradients_per_second_gain", "blame.cumulative",
        "blame.cumulative.gradients_per_second_gain",
      ], aliases: ["leave-one-out"]),
    Term(
      "best_synchronous_gain", .figure,
      "The same gain of the best other synchronous policy: a subset without the same others, backup "
        + "rounds that wait for as many, or batches shared out anew. 0 for who is drained anyway.",
      unit: "gradients per second",
      keys: ["blame.workers.best_synchronous_gain"]),
    Term(
      "best_synchronous", .figure,
      "The synchronous policy other than full minibatch that takes the shortest predicted time at "
        + "B_crit; null where none is up for recommendation.",
      keys: [
        "blame.best_synchronous", "blame.best_synchronous.policy",
        "blame.best_synchronous.parameter", "blame.best_synchronous.gradients_per_second",
      ]),
    Term(
      "ideal_loss", .figure,
      "The gradients per second that minibatch SGD of ideal workers loses when this worker takes the "
        + "place of one of them. An ideal worker always takes as long as the fastest quarter does in "
        + "the mean.", unit: "gradients per second",
      keys: ["blame.workers.ideal_loss", "blame.ideal_gradients_per_second"],
      aliases: ["add-one-in"]),
    Term(
      "seconds_to_target_gain", .figure,
      "The seconds by which tuned minibatch SGD reaches the target sooner without a worker or host; "
        + "null without an objective, for gains that are not among the eight largest, and where the "
        + "target is not reached.", unit: "seconds",
      keys: [
        "blame.workers.seconds_to_target_gain", "blame.seconds_to_target",
        "blame.target_fraction",
      ], aliases: ["target_fraction"]),
    Term(
      "dropped", .figure, "The workers that are left out together, by label.",
      keys: ["blame.cumulative.dropped"]),
    Term(
      "members", .figure, "The workers of a host, or the one worker.",
      keys: ["blame.workers.members"]),
    Term(
      "told_apart", .figure,
      "Whether the workers differ by more than chance; where they do not, the gains are chance too.",
      keys: ["blame.told_apart"]),
    Term(
      "unlisted", .figure,
      "Workers or hosts that were not looked at one by one: above 4,096 workers only the 100 slowest "
        + "and a random 1,000 are.", keys: ["blame.unlisted"]),
  ]

  private static let whatIfTerms: [Term] = [
    Term(
      "original", .figure, "The results of inspect and compare on the trace as it is, each whole.",
      keys: ["whatif.original", "whatif.original.inspect", "whatif.original.compare"]),
    Term(
      "edited", .figure,
      "The results of inspect and compare on the trace after its edits, each whole. Workers keep the "
        + "index of the original trace, and added ones follow.",
      keys: ["whatif.edited", "whatif.edited.inspect", "whatif.edited.compare"]),
    Term(
      "recipe", .figure,
      "The edits of a trace in their order, and the seed of what they draw. The same recipe on the "
        + "same trace gives the same trace.",
      keys: ["whatif.recipe", "whatif.recipe.edits"], aliases: ["edit", "edits"]),
    Term(
      "saved", .figure, "Where an edited trace was kept; null if it was not.",
      keys: ["whatif.saved"]),
  ]

  private static let gateTerms: [Term] = [
    Term(
      "metric", .figure,
      "The path of keys to a number of inspect or compare. Of a list the worst element counts, or "
        + "the one that is named, as in policies.async.count_ratio.",
      keys: ["gate.checks", "gate.checks.metric"]),
    Term(
      "limit", .figure, "What a metric must not be above, or below; see bound.",
      keys: ["gate.checks.limit"]),
    Term(
      "value", .figure,
      "The metric, or with a baseline its ratio to the same number there; null where one of them "
        + "does not exist.", keys: ["gate.checks.value"]),
    Term(
      "bound", .figure, "Whether a limit is a maximum, 'max', or a minimum, 'min'.",
      keys: ["gate.checks.bound"]),
    Term(
      "holds", .figure,
      "Whether a limit is kept; of all together, whether every one is. A number that does not exist "
        + "keeps none.", keys: ["gate.holds", "gate.checks.holds"]),
    Term(
      "reason", .figure, "Why a metric has no value; null where it has one.",
      keys: ["gate.checks.reason"]),
    Term(
      "baseline", .figure, "The metric in the trace of --baseline.",
      keys: ["gate.checks.baseline"]),
  ]

  static let repairOptions: [Term] = [
    Term(
      "by", .option,
      "What subset and blame leave out as one: 'host', all workers of a host together, or 'worker'. "
        + "Without it host where there are at least two and one holds several workers."),
    Term(
      "save", .option,
      "Keeps the edited trace of whatif in the database under this name, with its recipe."),
    Term(
      "trace-bootstrap", .option,
      "With an objective, compare replays its policies on N traces of resampled blocks, and takes the "
        + "intervals of their times from those; without it from the seeds alone."),
    Term(
      "seeds", .option,
      "With an objective, how many seeds compare takes behind each policy's time to the target. By "
        + "default 40, or 320 where those leave open who is first and that many would tell."),
    Term(
      "ledger", .option,
      "Keeps a row for every gradient of a replay in the database, in the table gradient_ledger: when it "
        + "was computed, which update has it, and why not where none has. The view ledger_summary counts "
        + "them."),
    Term("max", .option, "A metric and the limit that it must not be above, as in a.b=0.3."),
    Term("min", .option, "A metric and the limit that it must not be below, as in a.b=1.2."),
    Term("baseline", .option, "A trace whose numbers count as 1: limits are ratios to them."),
  ]
}
