extension Term {
  /// What the theory assumes and guarantees, beside what was measured.
  static let theoryTerms: [Term] = [
    Term(
      "assumptions", .figure,
      "What the theory of asynchronous SGD assumes, as measured on each replay, its bounds beside the "
        + "averages that they bound, and the stepsize rules that are therefore justified. With "
        + "--bounds, and in every report; else null. Same data on all workers is assumed.",
      keys: [
        "replay.assumptions", "replay.assumptions.checks", "replay.assumptions.same_data",
        "replay.assumptions.checks.method", "replay.assumptions.checks.stepsize_rule",
        "replay.assumptions.checks.stepsize", "replay.assumptions.checks.seed",
      ], source: talk, aliases: ["checks", "same_data"]),
    Term(
      "replay of a check", .figure,
      "The place of the replay among 'replays' that a check is about; null for one that a report "
        + "makes with the stepsize that a bound asks for.",
      keys: ["replay.assumptions.checks.replay"]),
    Term(
      "read point", .notion,
      "y, a point at which a gradient was computed. What is proved of asynchronous SGD is proved of "
        + "means over read points, never of the last iterate.", aliases: ["y"]),
    Term(
      "read_points", .figure, "The gradients that were started, each at a point that was measured.",
      unit: "gradients", keys: ["replay.assumptions.checks.read_points"]),
    Term(
      "shortened", .figure,
      "Whether the check ended before the replay did: a report measures no more than stays cheap.",
      keys: ["replay.assumptions.checks.shortened"]),
    Term(
      "smoothness constant", .figure,
      "L, the Lipschitz constant of ∇f, or what --smoothness gave. Null where there is none (hinge) "
        + "or only a local one (mlp), and where the one given is below the objective's own.",
      keys: ["replay.assumptions.smoothness"], aliases: ["L"]),
    Term(
      "initial_distance", .figure, "How far the start is from the minimum.", formula: "‖x_0 − x*‖",
      keys: ["replay.assumptions.initial_distance"], aliases: ["D"]),
    Term(
      "initial_gap", .figure, "How much the loss can fall.", formula: "f(x_0) − f*",
      keys: ["replay.assumptions.initial_gap"], aliases: ["Δ"]),
    Term(
      "gradient_norm", .figure,
      "The length of the exact gradient where gradients were computed: least, largest, and at the "
        + "last. A constant stepsize is covered by the theory where it stays bounded.",
      formula: "‖∇f(y)‖",
      keys: ["replay.assumptions.checks.gradient_norm"]
        + ["min", "max", "last"].map { "replay.assumptions.checks.gradient_norm.\($0)" }),
    Term(
      "noise_squared", .figure,
      "σ² of one batch, estimated: the largest mean of ‖g − ∇f(y)‖² over a tenth of the run.",
      keys: ["replay.assumptions.checks.noise_squared"], aliases: ["σ²", "σ"]),
    Term(
      "gradient_bound_squared", .figure,
      "G² with E‖g‖² ≤ G², estimated: the largest ‖∇f(y)‖² of the run, and σ².",
      keys: ["replay.assumptions.checks.gradient_bound_squared"], aliases: ["G²", "G"]),
    Term(
      "estimated", .figure,
      "How σ² and G² were found: the bounds are estimates as far as they are.",
      keys: ["replay.assumptions.estimated"]),
    Term(
      "delay_bias", .figure,
      "Whether the stepsizes pick among the noise: the mean error of the gradients as they were "
        + "weighted, against the same with the stepsizes dealt out at random (mean and 95 % of the "
        + "permutations). tied_to_delay says that it is above these 95 % (of the rules together, for rule_biases). Each "
        + "recorded batch counts once. Dropped, discarded and "
        + "aborted gradients take part with weight 0. Only with recorded batches: those drawn after "
        + "the fact know nothing of delays.",
      formula: "b̂ = ‖Σ γ_k (g_k − ∇f(y_k))‖ / Σ γ_k",
      keys: ["checks", "rule_biases"].flatMap { list in
        ["", ".value", ".by_chance_mean", ".by_chance_p95", ".permutations", ".tied_to_delay"].map {
          "replay.assumptions.\(list).delay_bias\($0)"
        }
      },
      aliases: ["b̂", "tied_to_delay", "by_chance_mean", "by_chance_p95", "permutations"]),
    Term(
      "independence", .figure,
      "Whether noise and delay are independent, which every rule that discounts late gradients needs.",
      keys: ["replay.assumptions.independence"]),
    Term(
      "rule_biases", .figure,
      "The delay bias of the rules that discount late gradients, on the recorded batches; empty "
        + "where it cannot be tested.",
      keys: ["replay.assumptions.rule_biases", "replay.assumptions.rule_biases.rule"]),
    Term(
      "bounds of a run", .figure,
      "A bound on a mean over read points, in expectation, with explicit constants. lipschitz: mean "
        + "of f(y) − f* for a constant stepsize, D²/(2γN) + γG²(2M − 1)/2. convex: weighted mean of "
        + "f(y) − f*, 3D²/(2γN) + γσ². nonconvex: weighted mean of ‖∇f(y)‖², 12Δ/(γN) + 3Lγσ². The "
        + "last two for min{γ, 1/(4Lτ)} with γ at most 1/(2LM). Rounds count as one worker with the "
        + "noise of their mean. 'measured' is what the run has, 'limit' the bound, 'count' its N; "
        + "where it does not apply, 'reason' says why.",
      keys: ["replay.assumptions.checks.bounds"]
        + ["bound", "on", "applies", "reason", "count", "measured", "limit"].map {
          "replay.assumptions.checks.bounds.\($0)"
        }, aliases: ["lipschitz", "convex", "nonconvex", "limit", "measured", "applies"]),
    Term(
      "rules", .figure,
      "Whether the theory stands behind each stepsize rule on this trace and objective: yes, no, or "
        + "only-if, because of what was measured.",
      keys: ["replay.assumptions.rules"]
        + ["rule", "justified", "because"].map { "replay.assumptions.rules.\($0)" },
      aliases: ["justified", "because"]),
    Term(
      "virtual_distance", .figure,
      "How far the iterates of a replay were from the virtual ones, the mean and the largest over its "
        + "updates, beside bounds on the expectation. limit_squared needs bounded gradients and a "
        + "constant stepsize; limit_mean_squared_unbounded is on the mean over the updates and takes "
        + "the gradients in flight as they are. Null without --virtual.",
      formula: "γ²(M − 1)²(G² + σ²); 2(M − 1) Σ γ²‖∇f(y)‖² + 2σ² Σ γ²",
      keys: ["replay.replays.virtual_distance"]
        + [
          "mean_squared", "max_squared", "max_update", "limit_squared",
          "limit_mean_squared_unbounded",
        ].map { "replay.replays.virtual_distance.\($0)" },
      source: talk,
      aliases: ["limit_squared", "limit_mean_squared_unbounded", "max_squared", "mean_squared"]),
  ]
}
