extension Term {
  /// How stepsizes are found, and how noisy the built-in objective is.
  static let tuningTerms: [Term] = [
    Term(
      "tuning", .figure,
      "Every stepsize that was tried, a scan for each method, and the best for each target. The grid "
        + "is the same for all methods in weight per gradient, from 2^−10 to 2^4 in units of 1/(LM): "
        + "coarsely first, then by √2 and 2^¼ around the best, and beyond an end where the best lies "
        + "there.",
      keys: ["replay.tuning", "replay.tuning.grid", "replay.tuning.winners"],
      aliases: ["scan", "tuned", "grid", "winners"]),
    Term(
      "weight_lm", .figure,
      "The weight γ/b that a stepsize gives to each of the b gradients of an update, in units of "
        + "1/(LM): at equal weights all methods move equally far for equally many gradients. Null "
        + "in times to target where the objective has no L; in a scan its unit is then 1/M.",
      formula: "γ L M / b", unit: "1/(LM)",
      keys: [
        "replay.tuning.winners.weight_lm", "replay.tuning.grid.weight_lm",
        "replay.time_to_target.weight_lm", "replay.noise_levels.time_to_target.weight_lm",
      ], aliases: ["weight", "weight per gradient"]),
    Term(
      "place", .figure,
      "How the best stepsize lies in its grid: interior (a worse neighbour on each side), "
        + "stability-limit (the next larger one diverges, which is normal without noise) or grid-edge "
        + "(a warning: the grid ended there, and a better one may lie beyond). Null for a stepsize "
        + "that was given.",
      keys: [
        "replay.tuning.winners.place", "replay.time_to_target.place",
        "replay.noise_levels.time_to_target.place",
      ], aliases: ["interior", "stability-limit", "grid-edge"]),
    Term(
      "adaptive_constant", .figure,
      "c of the rule adaptive, min{γ, 1/(cLτ)}; null for others. The delay-adaptive line of a report "
        + "is the better of scaled and of adaptive with c from ¼, 1 and 4, the last being the "
        + "theory's.",
      keys: [
        "replay.replays.adaptive_constant", "replay.time_to_target.adaptive_constant",
        "replay.noise_levels.time_to_target.adaptive_constant", "replay.tuning.adaptive_constant",
      ], aliases: ["c", "delay-adaptive"]),
    Term(
      "gradients_per_update", .figure,
      "b, the gradients that one update averages: M for minibatch, N for backup, 1 for asynchronous "
        + "SGD.", unit: "gradients", keys: ["replay.tuning.gradients_per_update"], aliases: ["b"]),
    Term(
      "L of a scan", .figure,
      "L, the smoothness that the weights are measured with; null where the objective has none, and "
        + "their unit is then 1/M.", keys: ["replay.tuning.smoothness"]),
    Term(
      "scores of a scan", .figure,
      "Of each stepsize when it reached each target of the scan, by 40 instants and in the order of "
        + "the targets (null if not), the mean loss above f* at the horizon (null if a seed "
        + "diverged), and whether a seed diverged.",
      keys: [
        "replay.tuning.targets", "replay.tuning.winners.target", "replay.tuning.winners.stepsize",
        "replay.tuning.grid.stepsize", "replay.tuning.grid.seconds", "replay.tuning.grid.final_gap",
        "replay.tuning.grid.diverged",
      ], aliases: ["final_gap"]),
    Term(
      "shown_fraction", .figure,
      "The target that a report draws and compares by, as a fraction of the initial loss gap "
        + "f(x_0) − f*: the tightest of 0.1, 0.01 and 0.001 that full minibatch reaches, else 0.1. "
        + "Null for replay.", unit: "share", keys: ["replay.shown_fraction"],
      aliases: ["shown target"]),
    Term(
      "noise_levels", .figure,
      "The built-in objective of a report at three noise levels, since a generated objective has none "
        + "of its own: none (batch=full, one seed), middle, and high (batch=1), with the tuned times "
        + "of the policies and the soonest at the shown target. Middle is the batch, a power of two, "
        + "whose B_crit is nearest M. Horizons are twice the rounds that the target is expected to "
        + "take, except for high. A level too dear for so many workers is left out, and exclusion "
        + "says why. Empty with --objective.",
      keys: ["replay.noise_levels"]
        + ["level", "objective", "soonest", "soonest_parameter", "exclusion"].map {
          "replay.noise_levels.\($0)"
        }, aliases: ["level", "soonest", "noise level"]),
    Term(
      "sigma_squared", .figure,
      "σ² = E‖g − ∇f‖² of the gradient of one batch, estimated over all samples: the larger of that "
        + "at x_0 and that where exact gradient descent meets the target; a batch of b has a b-th of "
        + "a sample's.", keys: ["replay.noise_levels.sigma_squared"], aliases: ["σ²"]),
    Term(
      "critical_batch of a level", .figure,
      "B_crit/M with B_crit = σ²/ε, where ε = ‖∇f‖² at the point at which exact gradient descent "
        + "with stepsize 1/L meets the shown target: how many gradients at one point are worth "
        + "averaging there, over the workers.", formula: "σ²/(ε M)", unit: "ratio",
      keys: ["replay.noise_levels.critical_batch_over_workers"]),
  ]
}
