extension Term {
  /// The figures of `replay` that are not about delays.
  static let replayTerms: [Term] = [
    Term(
      "replay", .notion,
      "A trace fed through a method on real gradients, in simulated nanoseconds: the j-th gradient "
        + "that a worker starts takes its j-th recorded duration. The same trace and options give "
        + "the same bits everywhere.", keys: ["replay.replays", "list.replays"]),
    Term(
      "iterate", .notion, "x_k, the point after k updates.", aliases: ["x_k"]),
    Term(
      "update", .notion, "One change of the iterate; k counts them.", aliases: ["k"]),
    Term(
      "applied", .notion,
      "A gradient is computed when its work has ended, and applied when it ended in an update with "
        + "positive weight. Every rate and ratio counts applied ones.", aliases: ["computed"]),
    Term(
      "objective", .figure,
      "f, what is minimised, as written for --objective; without one a generated logistic "
        + "regression.", keys: ["replay.objective", "list.replays.objective"], aliases: ["f"]),
    Term(
      "method", .figure, "The algorithm that was replayed, under the name of --method.",
      keys: [
        "replay.replays.method", "list.replays.method", "replay.time_to_target.method",
        "replay.tuning.method", "replay.noise_levels.time_to_target.method",
      ]),
    Term(
      "stepsize", .figure,
      "γ, what a gradient is multiplied with before it moves the iterate; that of minibatch SGD is "
        + "on the mean of its M gradients. In a history the one that the update used.",
      keys: [
        "replay.replays.stepsize", "list.replays.stepsize", "replay.time_to_target.stepsize",
        "history.stepsize", "replay.noise_levels.time_to_target.stepsize",
      ], aliases: ["γ", "gamma"]),
    Term(
      "stepsize_rule", .figure,
      "How the stepsize of asynchronous SGD depends on the delay τ: constant γ; adaptive "
        + "min{γ, 1/(cLτ)}; scaled γ M/max(M, τ); drop 0 above --delay-limit; inverse "
        + "γ/max(1, τ − 1). Null for methods without.",
      keys: [
        "replay.replays.stepsize_rule", "list.replays.stepsize_rule",
        "replay.time_to_target.stepsize_rule", "replay.tuning.stepsize_rule",
        "replay.noise_levels.time_to_target.stepsize_rule",
      ], source: talk,
      aliases: ["rule", "constant", "adaptive", "scaled", "drop", "inverse"]),
    Term(
      "seed", .figure,
      "What everything that is drawn depends on; the same seed gives the same result on any machine "
        + "and number of threads. Above 2^63 a string.",
      keys: [
        "replay.replays.seed", "list.replays.seed", "generate.seed", "whatif.recipe.seed",
      ]),
    Term(
      "seeds", .figure, "The seeds that a time to target is the mean over; of a scan their number.",
      keys: [
        "replay.time_to_target.seeds", "replay.noise_levels.time_to_target.seeds",
        "replay.tuning.seeds",
      ]),
    Term(
      "outcome", .figure,
      "How a replay ended: completed (at its horizon), exhausted (nobody is computing) or "
        + "diverged(k) (by update k the iterate was not finite or the loss had grown a million "
        + "times). Diverging is a finding, not an error.",
      keys: ["replay.replays.outcome", "list.replays.outcome"],
      aliases: ["completed", "exhausted", "diverged"]),
    Term(
      "time_seconds", .figure, "Simulated time at the end of a replay, or at a point of it.",
      unit: "seconds", keys: ["replay.replays.time_seconds", "replay.replays.points.time_seconds"]),
    Term(
      "updates", .figure, "k, the number of updates at the end of a replay or at a point of it.",
      unit: "updates",
      keys: ["replay.replays.updates", "replay.replays.points.updates", "history.k"]),
    Term(
      "aborted", .figure, "Gradients whose computing was stopped because they had become useless.",
      unit: "gradients", keys: ["replay.replays.aborted", "compare.policies.aborted"]),
    Term(
      "rounds", .figure, "Synchronous rounds; 0 for methods without.", unit: "rounds",
      keys: ["replay.replays.rounds"]),
    Term(
      "loss", .figure,
      "f at an iterate: at x_0, at the end, at a point of the replay or after an update of the "
        + "history. Null where it is not finite.", formula: "f(x_k)",
      keys: [
        "replay.replays.initial_loss", "replay.replays.final_loss", "replay.replays.points.loss",
        "history.loss",
      ], aliases: ["initial_loss", "final_loss"]),
    Term(
      "minimum_loss", .figure,
      "f*, the least value of the objective, where it can be computed; else null. Plots show f − f*.",
      keys: ["replay.replays.minimum_loss"], aliases: ["f*"]),
    Term(
      "gradient_norm_squared", .figure,
      "The squared length of the exact gradient at an iterate: how far it is from stationary.",
      formula: "‖∇f(x_k)‖²",
      keys: [
        "replay.replays.final_gradient_norm_squared",
        "replay.replays.points.gradient_norm_squared", "history.gradient_norm_squared",
      ], aliases: ["final_gradient_norm_squared"]),
    Term(
      "virtual_distance_squared", .figure,
      "How far the iterate is from the virtual one, which has every gradient applied the moment it "
        + "was started. 0 for synchronous rounds; tracked with --virtual.",
      formula: "‖x_k − x̂_k‖²", keys: ["history.virtual_distance_squared"], source: talk,
      aliases: ["virtual iterate"]),
    Term(
      "utilisation", .figure,
      "The share of the workers' time in which they were computing, useless work included.",
      formula: "Σ busy / (M · time)", unit: "share", keys: ["replay.replays.utilisation"]),
    Term(
      "fingerprint", .figure,
      "SHA-256 over all arrivals, verdicts and iterates of a replay: equal replays have equal ones, "
        + "and a last bit of a stepsize changes it. --check compares it.",
      keys: ["replay.replays.fingerprint", "list.replays.fingerprint"]),
    Term(
      "wall_seconds", .figure,
      "The real time that the replay itself took, without import and set-up. In no fingerprint and "
        + "on no page.", unit: "seconds", keys: ["replay.replays.wall_seconds"]),
    Term(
      "points", .figure,
      "The replay at the instants at which it was evaluated: 400 of them unless --evaluate-every "
        + "says otherwise.", keys: ["replay.replays.points"]),
    Term(
      "count_speedup_measured", .figure,
      "Applied gradients of asynchronous over minibatch SGD up to the end of minibatch's last round: "
        + "the formula, as replayed. Null below ten rounds or without both.", unit: "ratio (count)",
      keys: ["replay.count_speedup_measured"]),
    Term(
      "time-to-target speed-up", .notion,
      "A ratio of times at equal loss: what counts in the end. It can be below 1 where the count "
        + "speed-up is above."),
    Term(
      "time_to_target", .figure,
      "The first instant from which the mean of f − f* over the seeds stays at or below the target "
        + "for 5 % of the horizon, with its interval; null if it is not reached. A diverged run "
        + "counts as +∞. Targets are f* + {0.1, 0.01, 0.001} (f(x_0) − f*).", unit: "seconds",
      keys: ["replay.time_to_target", "replay.noise_levels.time_to_target"].flatMap { list in
        [list]
          + ["target", "fraction", "seconds", "lower_seconds", "upper_seconds", "reached"].map {
            "\(list).\($0)"
          }
      }, aliases: ["target", "reached", "lower_seconds", "upper_seconds"]),
    Term(
      "time_ns", .figure, "Simulated time of an update.", unit: "nanoseconds",
      keys: ["history.time_ns"]),
    Term(
      "worker of an update", .figure,
      "The index of the worker whose gradient made the update; −1 for a synchronous round.",
      keys: ["history.worker"]),
    Term(
      "parts of a report", .figure, "The results of the commands that a report is made of.",
      keys: ["report.inspect", "report.compare", "report.replay"]),
  ]

  /// The delays.
  static let delayTerms: [Term] = [
    Term(
      "delay", .figure,
      "τ, the number of updates from reading the iterate to applying its gradient; 1 is fresh. For "
        + "a replay its distribution over all gradients and per worker, null for synchronous "
        + "rounds, whose gradients are all fresh.",
      formula: "τ(k) = k − j for a gradient read at x_j and applied at update k", unit: "updates",
      keys: [
        "replay.replays.delay", "replay.replays.delay.per_worker", "history.delay",
      ], source: talk, aliases: ["τ", "tau", "per_worker"]),
    Term(
      "staleness", .notion,
      "τ − 1, as later papers count delays: a fresh gradient has staleness 0.", unit: "updates"),
    Term(
      "delay quantiles", .figure,
      "Mean, median, 90th and 99th percentile and largest of the delays. The mean stays below M "
        + "whatever the workers do.", unit: "updates (1 = fresh)",
      keys: ["mean", "median", "p90", "p99", "max"].flatMap {
        ["replay.replays.delay.\($0)", "replay.replays.delay.per_worker.\($0)"]
      } + ["p50", "p99", "max"].map { "compare.policies.delay_\($0)" },
      aliases: ["delay_p50", "delay_p99", "delay_max", "p50", "mean delay"]),
    Term(
      "share_above_workers", .figure, "The share of delays above M.", unit: "share",
      keys: [
        "replay.replays.delay.share_above_workers",
        "replay.replays.delay.per_worker.share_above_workers",
      ]),
    Term(
      "identity_holds", .figure,
      "Whether the delays add up as they must when M workers are always busy: a check of the replay. "
        + "Null where the identity does not apply.",
      formula: "Σ_k τ(k) + Σ_m (K − last(m)) = M K", keys: ["replay.replays.delay.identity_holds"]),
  ]
}
