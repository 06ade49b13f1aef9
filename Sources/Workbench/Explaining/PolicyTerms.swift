extension Term {
  /// What `compare` sets side by side, and the verdict.
  static let policyTerms: [Term] = [
    Term(
      "policy", .figure,
      "A way to use these workers: "
        + "minibatch, subset, rebalanced, backup, async, buffered, rennala or ringmaster, in the "
        + "order of simplicity. Recommended is the simplest that is not clearly worse than the best.",
      keys: [
        "compare.policies", "compare.policies.policy", "compare.verdict.by_noise.policy",
        "compare.verdict.recommendation.policy",
      ], aliases: ["policies"]),
    Term(
      "minibatch", .policy,
      "Minibatch SGD: in each round every worker computes a gradient at the same iterate, and their "
        + "mean makes one update; a round lasts as long as its slowest gradient.",
      formula: "x_r = x_{r−1} − γ (1/M) Σ_m g_m", source: talk),
    Term(
      "async", .policy,
      "Asynchronous SGD: every gradient that arrives makes an update at once, and its worker goes on "
        + "from the new iterate; nobody waits.",
      formula: "x_k = x_{k−1} − γ_k g(x_{k−τ(k)})", source: talk, aliases: ["asynchronous"]),
    Term(
      "subset", .policy, "Minibatch SGD without the k slowest workers: the others wait less."),
    Term(
      "rebalanced", .policy,
      "Minibatch SGD with batches that fit the speeds: all workers end together. Assumes that time "
        + "grows with the batch, --fixed-cost excepted.", formula: "w_m ∝ 1/s_m, mean 1"),
    Term(
      "backup", .policy,
      "Rounds that end with the first N of M gradients; the others are aborted.",
      source: "Chen et al., Revisiting Distributed Synchronous SGD, 2016"),
    Term(
      "buffered", .policy, "An update averages the next B arrivals, however stale they are.",
      source: "Nguyen et al., FedBuff, AISTATS 2022"),
    Term(
      "rennala", .policy,
      "An update averages B gradients computed at the current iterate, by whoever; gradients of "
        + "earlier iterates are discarded.", source: "Tyurin, Richtárik, NeurIPS 2023"),
    Term(
      "ringmaster", .policy,
      "Asynchronous SGD that discards gradients whose delay is above a limit, without an update.",
      source: "Maranjyan, Tyurin, Richtárik, ICML 2025"),
    Term(
      "fastest", .policy, "Asynchronous SGD on the m fastest workers; m = 1 is sequential SGD."),
    Term(
      "local", .policy,
      "Every worker makes H steps on its own; the mean of where they end is the next iterate.",
      source: "Stich, ICLR 2019"),
    Term(
      "picky", .policy,
      "Asynchronous SGD that discards a gradient if the iterate has gone farther than distance= since "
        + "its worker read it.", formula: "applied if ‖x − y‖ ≤ D",
      source: "Cohen et al., NeurIPS 2021",
      aliases: ["distance"]),
    Term(
      "clipped", .policy,
      "Asynchronous SGD with gradients clipped at the norm radius=: no gradient, however late, moves "
        + "the iterate by more than γ times that.", formula: "x ← x − γ g min{1, R/‖g‖}",
      source: "Erickson, Johansson, 2026", aliases: ["radius"]),
    Term(
      "dc-async", .policy,
      "Asynchronous SGD that takes a late gradient to where the iterate is now, with lambda= (0.04 "
        + "unless told) times the squares of its entries for the curvature. With adaptive, lambda (2 "
        + "unless told) is divided by the root of the running mean of each entry's squares.",
      formula: "x ← x − γ (g + λ g ⊙ g ⊙ (x − y))", source: "Zheng et al., ICML 2017",
      aliases: ["lambda", "delay compensation"]),
    Term(
      "momentum", .policy,
      "Asynchronous SGD with heavy-ball momentum beta= (0.9 unless told) on the server.",
      formula: "x_k = x_{k−1} − γ g + β (x_{k−1} − x_{k−2})",
      source: "Polyak, 1964; Mitliagkas et al., 2016", aliases: ["beta", "heavy ball"]),
    Term(
      "parameter", .figure,
      "What was chosen for a policy, written as on the command line: drop=1, need=7, rule=scaled.",
      keys: ["compare.policies.parameter", "compare.verdict.recommendation.parameter"]),
    Term(
      "gradients_per_second", .figure, "Applied gradients per second of simulated time.",
      unit: "gradients per second", keys: ["compare.policies.gradients_per_second"],
      aliases: ["grad/s"]),
    Term(
      "count_ratio", .figure,
      "Applied gradients of a policy over those of minibatch SGD on all workers at equal time. Where "
        + "text shows two, its parameter was chosen on the first half of the trace and scored on "
        + "the second; in brackets the one in-sample.", unit: "ratio (count)",
      keys: ["compare.policies.count_ratio"], aliases: ["ratio"]),
    Term(
      "time_to_target_seconds", .figure,
      "The time at which a policy reaches the target loss for good, stepsize tuned for it: "
        + "f* + replay.shown_fraction (f(x_0) − f*), the tightest of 0.1, 0.01 and 0.001 that full "
        + "minibatch reaches, else 0.1; with the built-in objective at high noise. Null without an "
        + "objective, for policies that are not replayed, and where it is not reached within the "
        + "horizon.", unit: "seconds",
      keys: ["compare.policies.time_to_target_seconds"]),
    Term(
      "time_to_target_lower_seconds", .figure,
      "The lower end of the interval of a policy's time to the target: from 8 seeds on 95% over "
        + "resampled seeds, or resampled traces with --trace-bootstrap; below that the soonest seed. "
        + "The upper end is null where a resample, or a seed, does not reach the target.",
      unit: "seconds",
      keys: [
        "compare.policies.time_to_target_lower_seconds",
        "compare.policies.time_to_target_upper_seconds",
      ], aliases: ["time_to_target_upper_seconds"]),
    Term(
      "time_to_target_seeds", .figure, "The seeds behind a policy's time to the target.",
      unit: "seeds", keys: ["compare.policies.time_to_target_seeds"]),
    Term(
      "discarded", .figure,
      "Gradients that were computed and thrown away without an update; of a policy in one pass "
        + "through the trace, those that were stopped before they arrived included.",
      unit: "gradients",
      keys: ["compare.policies.discarded", "replay.replays.discarded"], aliases: ["unused"]),
    Term(
      "unused_share", .figure,
      "Gradients of a policy that are discarded or stopped before they arrive, as a share of those "
        + "started.", unit: "share", keys: ["compare.policies.unused_share"]),
    Term(
      "updates_per_second", .figure, "The updates that the server makes in a second.",
      unit: "updates per second", keys: ["compare.policies.updates_per_second"],
      aliases: ["updates/s"]),
    Term(
      "break_even_server_seconds", .figure,
      "The time of the server for one update above which a policy makes fewer gradients than full "
        + "minibatch; null where no such time exists.", unit: "seconds",
      keys: ["compare.policies.break_even_server_seconds"], aliases: ["break-even"]),
    Term(
      "excluded", .figure, "Why a policy is not up for recommendation; null if it is.",
      keys: ["compare.policies.excluded"]),
    Term(
      "verdict", .figure,
      "What to do, in words: one sentence, why, what it gains, how far to trust it, and what to do "
        + "next. It never rests on counts alone, and abstains where the trace cannot tell.",
      keys: ["compare.verdict"]
        + ["sentence", "why", "gain", "trust", "next"].map { "compare.verdict.\($0)" },
      aliases: ["sentence", "why", "gain", "next"]),
    Term(
      "recommendation", .figure,
      "The policy to use at B_crit = M, or at --noise-scale, with the labels of the workers to drop; "
        + "null when the verdict abstains. With an objective it is the simplest policy whose tuned time to "
        + "the target is surely no more than 3% above that of any other.",
      keys: ["compare.verdict.recommendation", "compare.verdict.recommendation.workers"]),
    Term(
      "by_noise", .figure,
      "The recommended policy at each B_crit over M; null for one that cannot be told. The last row, "
        + "B_crit over M null, is the limit of all noise.",
      keys: ["compare.verdict.by_noise"]),
    Term(
      "target of a comparison", .figure,
      "What a comparison was replayed on, and the loss that its policies were to reach, as a fraction "
        + "of the initial distance: the tightest of 0.1, 0.01 and 0.001 that tuned minibatch SGD reaches. "
        + "null without an objective.",
      keys: ["compare.verdict.objective", "compare.verdict.target_fraction"]),
    Term(
      "note", .figure, "What a comparison left out, and why; null if nothing.",
      keys: ["compare.verdict.note"]),
  ]
}
