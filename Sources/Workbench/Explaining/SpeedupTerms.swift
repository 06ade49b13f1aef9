extension Term {
  /// The figures of `inspect`.
  static let speedupTerms: [Term] = [
    Term(
      "s_m", .notion,
      "Seconds per gradient of worker m: the mean of its recorded durations. s_max is that of the "
        + "slowest worker.", unit: "seconds", aliases: ["s_max"]),
    Term(
      "count speed-up", .notion,
      "A ratio of gradient counts at equal time, asynchronous over minibatch SGD. Asynchronous SGD "
        + "keeps everybody busy and wins every count; whether more gradients are worth their delays "
        + "is another question. See time-to-target speed-up.",
      unit: "ratio", source: talk, aliases: ["speed-up", "speedup", "effective speed-up"]),
    Term(
      "mean_seconds", .figure, "s_m, the mean duration of a worker's gradients.", unit: "seconds",
      keys: ["inspect.workers.mean_seconds", "generate.mean_seconds"]),
    Term(
      "quantiles", .figure,
      "The median, 90th and 99th percentile, least and largest of a worker's durations; quantiles "
        + "are of type 7, linear between the sorted values.", unit: "seconds",
      keys: ["median", "p90", "p99", "min", "max"].map { "inspect.workers.\($0)_seconds" },
      aliases: ["median_seconds", "p90_seconds", "p99_seconds", "min_seconds", "max_seconds"]),
    Term(
      "std_seconds", .figure,
      "The standard deviation of a worker's durations; null for one gradient.",
      formula: "√(Σ (d_j − s_m)² / (n − 1))", unit: "seconds", keys: ["inspect.workers.std_seconds"]
    ),
    Term(
      "wait_seconds", .figure,
      "The mean time that a worker waited for others after a gradient; 0 if none was recorded.",
      unit: "seconds", keys: ["inspect.workers.wait_seconds"]),
    Term(
      "slowdown", .figure, "How many times slower a worker is than the fastest.",
      formula: "s_m / min s", unit: "ratio", keys: ["inspect.workers.slowdown"]),
    Term(
      "burstiness", .figure,
      "How much of a worker's excess over its median lies in its worst contiguous tenth; near 0.1 "
        + "if the excess is spread evenly, near 1 if it came at once.",
      unit: "share", keys: ["inspect.workers.burstiness"]),
    Term(
      "burstiness_shuffled", .figure,
      "What burstiness is when a worker's durations are put into a random order: the mean of 200 "
        + "seeded shuffles. A burstiness well above it came at once, not by chance.",
      unit: "share", keys: ["inspect.workers.burstiness_shuffled"]),
    Term(
      "trend", .figure,
      "How much slower a worker became from the first to the last of its gradients, as a share of its "
        + "median: the Theil–Sen slope times the length.", unit: "share",
      keys: ["inspect.workers.trend"]),
    Term(
      "slowest", .figure, "The worker with the largest mean duration; of several the lowest index.",
      keys: ["inspect.slowest"]),
    Term(
      "formula_mean", .figure,
      "The formula of the talk: how many times more gradients asynchronous SGD computes in the same "
        + "time, if every gradient of a worker took its mean and server and network were free. On "
        + "a sample it is biased upwards, as s_max is a maximum of noisy means: see formula_null.",
      formula: "(1/M) Σ_m s_max/s_m", unit: "ratio (count)",
      keys: ["inspect.speedup", "inspect.speedup.formula_mean"], source: talk,
      aliases: ["formula"]),
    Term(
      "formula_median", .figure,
      "The formula with medians instead of means: what it is without rare slow gradients.",
      formula: "(1/M) Σ_m median_max/median_m", unit: "ratio (count)",
      keys: ["inspect.speedup.formula_median"]),
    Term(
      "formula_null", .figure,
      "What the formula would be on average if all workers were alike: the mean over 200 seeded "
        + "permutations of the durations between workers, in runs where neighbours are alike. It is "
        + "all bias.",
      unit: "ratio (count)", keys: ["inspect.speedup.formula_null"]),
    Term(
      "p_equal", .figure,
      "How likely a formula as large as this one is among workers that are alike: the share of the "
        + "permutations behind formula_null that reach it. Above 0.05 these workers cannot be told "
        + "apart, and nobody is called slow.",
      unit: "probability", keys: ["inspect.speedup.p_equal"]),
    Term(
      "ci95", .figure,
      "The 95 % interval of the ratio beside it: basic (reflected) block bootstrap with 1,000 "
        + "resamples, blocks of whole rounds or of common time. Null below 8 blocks.",
      keys: ["inspect.speedup.ci95", "inspect.speedup.realised_ci95", "compare.policies.ci95"],
      source: "Davison, Hinkley, Bootstrap Methods and Their Application, 1997",
      aliases: ["realised_ci95", "ci95_lower", "ci95_upper", "95 %"]),
    Term(
      "realised", .figure,
      "The asynchronous rate over the minibatch rate when a round lasts as long as its slowest "
        + "draw: unlike the formula it sees random stragglers. Sixteen equal workers with "
        + "exponential times have 3.38 = 1 + 1/2 + … + 1/16.",
      formula: "(Σ_m 1/s_m) · (Σ_{r<R} max_m d_{m, r mod n_m}) / (M R)", unit: "ratio (count)",
      keys: ["inspect.speedup.realised"]),
    Term(
      "with_turnaround", .figure,
      "The realised ratio with turnarounds charged on both sides; null where none was recorded. "
        + "Where it differs from it by more than 5 %, the verdict uses this one.",
      unit: "ratio (count)", keys: ["inspect.speedup.with_turnaround"]),
    Term(
      "persistent", .figure,
      "The part of realised − 1 that is due to workers that are always slow: drain or rebalance "
        + "them. It is a cautious figure: formula_null takes part of a true difference for chance, "
        + "so that with few gradients it stays below formula_mean − 1 by more than the bias.",
      formula: "formula_mean − formula_null", unit: "ratio (count)",
      keys: ["inspect.speedup.persistent"]),
    Term(
      "random", .figure,
      "The part of realised − 1 that is due to slow moments that hit anybody: backup workers or "
        + "asynchronous SGD help.",
      formula: "realised of shuffled durations − formula_mean + formula_null − 1",
      unit: "ratio (count)", keys: ["inspect.speedup.random"]),
    Term(
      "coinciding", .figure,
      "The part of realised − 1 that is due to when slow moments come: negative where they hit all "
        + "workers together, for then nobody waits for one.",
      formula: "realised − realised of shuffled durations", unit: "ratio (count)",
      keys: ["inspect.speedup.coinciding"]),
    Term(
      "persistent_ci95", .figure,
      "The 95 % interval of a part of the split. Where it holds 0 the part is not named: equal "
        + "workers show as large a persistent part, chance as large a coinciding one. The first and "
        + "the last are the figure less the central 95 % of its permutations and shuffles, that of "
        + "random comes from the block bootstrap.",
      unit: "ratio (count)",
      keys: [
        "inspect.speedup.persistent_ci95", "inspect.speedup.random_ci95",
        "inspect.speedup.coinciding_ci95",
      ], aliases: ["random_ci95", "coinciding_ci95"]),
    Term(
      "influence", .figure,
      "The largest change of the formula when one gradient is left out, and its change when the "
        + "first gradient of each worker is: a figure that rests on one gradient, or on the warm-up, "
        + "is not one of the workers.",
      unit: "ratio (count)",
      keys: ["inspect.influence", "inspect.influence.of_one", "inspect.influence.of_warm_up"],
      aliases: ["of_one", "of_warm_up"]),
    Term(
      "forecast", .figure,
      "The rates that the two schedules would reach on these workers, with turnarounds where they "
        + "were recorded.", unit: "gradients per second",
      keys: [
        "inspect.forecast", "inspect.forecast.async_updates_per_second",
        "inspect.forecast.minibatch_gradients_per_second",
      ], aliases: ["async_updates_per_second", "minibatch_gradients_per_second"]),
    Term(
      "backcast", .figure,
      "A check of the trace against itself: the schedule that was recorded is replayed, and its time "
        + "divided by the recorded one. Outside 0.9 … 1.1 something is missing from the trace, and "
        + "every trust grade falls by one.", formula: "replayed_seconds / recorded_seconds",
      unit: "seconds; ratio",
      keys: [
        "inspect.backcast", "inspect.backcast.replayed_seconds",
        "inspect.backcast.recorded_seconds", "inspect.backcast.ratio",
      ], aliases: ["replayed_seconds", "recorded_seconds"]),
    Term(
      "delay_estimate", .figure,
      "The delay to expect of the slowest worker (1 = fresh): the updates that all workers make "
        + "while it computes one gradient. It is M times the formula.",
      formula: "Σ_m s_max/s_m", unit: "updates", keys: ["inspect.delay_estimate"]),
    Term(
      "synchronous_waste", .figure,
      "The share of a synchronous run that its workers would spend waiting for one another.",
      formula: "1 − Σ busy / (M Σ_r round max)", unit: "share", keys: ["inspect.synchronous_waste"]),
    Term(
      "predicted", .figure,
      "Worst-case theory, constants dropped: seconds per LΔ/ε of minibatch SGD, asynchronous SGD and "
        + "the optimum over the m* fastest workers, at several critical batches. A guide to where "
        + "one overtakes another, not a forecast.",
      formula:
        "s_max(1 + B/M), h(M)(1 + B/M), min_m h(m)(1 + B/m); h: harmonic mean of the fastest",
      unit: "seconds per LΔ/ε",
      keys: [
        "inspect.predicted", "inspect.predicted.minibatch", "inspect.predicted.async",
        "inspect.predicted.optimal", "inspect.predicted.optimal_workers",
      ], source: "Tyurin, Richtárik, NeurIPS 2023", aliases: ["optimal", "optimal_workers"]),
    Term(
      "critical_batch", .figure,
      "B_crit, how many gradients at one point are worth averaging before more of them only repeat "
        + "one another. The verdict depends on it; by default it is looked at for several multiples "
        + "of M, and --noise-scale picks one.", formula: "B_crit = σ²/ε", unit: "gradients",
      keys: [
        "inspect.predicted.critical_batch",
        "compare.verdict.by_noise.critical_batch_over_workers",
      ], source: "McCandlish et al., An Empirical Model of Large-Batch Training, 2018",
      aliases: ["B_crit", "noise scale", "critical_batch_over_workers"]),
    Term(
      "stragglers", .figure,
      "Workers that hold the others up, by kind: persistent (its mean is high), transient (p99 over "
        + "median above 2 and not persistent), drifting (it slows down by more than "
        + "10 % over the trace); each with the formula that the trace would have without it.",
      keys: [
        "inspect.stragglers", "inspect.stragglers.kind", "inspect.stragglers.formula_without",
      ],
      aliases: ["straggler", "transient", "drifting", "formula_without"]),
    Term(
      "figures of a worker", .figure, "What is known of each worker, in order of index.",
      keys: ["inspect.workers"]),
  ]
}
