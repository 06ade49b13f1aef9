extension Term {
  /// What `forecast` prints, and the section of a report.
  static let forecastTerms: [Term] = [
    Term(
      "figures", .figure,
      "The rate and the delays of a recorded run: as a replay of another recorded run foretells them, "
        + "and as they were. The recorded rate counts from when every worker has ended its first gradient "
        + "to when the first worker has ended its last.",
      unit: "gradients or updates per second; updates",
      keys: [
        "report.forecast", "forecast.figures", "forecast.figures.name",
        "forecast.figures.forecast", "forecast.figures.recorded",
      ], aliases: ["recorded"]),
    Term(
      "error", .figure, "How far a forecast is from the record; below 0 it is too low.",
      formula: "forecast / recorded − 1", unit: "share", keys: ["forecast.figures.error"]),
    Term(
      "equal computing times", .figure,
      "The rate as it is foretold once each worker's computing times are scaled to their mean in the "
        + "recorded run; turnarounds stay as they were. What its error has less than the first one's is how "
        + "long computing took: the machine's pace, which changed between the two runs, and who computed "
        + "at the same time.",
      formula: "d · mean(d of the record) / mean(d), per worker",
      unit: "gradients or updates per second",
      aliases: [
        "updates per second, equal computing times",
        "gradients per second, equal computing times",
      ]),
    Term(
      "foretold", .figure,
      "The trace that foretells ('from'), the recorded run that it is set against ('to'), and what that "
        + "run is a record of.", keys: ["forecast.from", "forecast.to", "forecast.method"],
      aliases: ["from"]),
    Term(
      "delays", .figure,
      "How many updates have each delay: in the replay that foretells, and in the record. Null for "
        + "rounds, in which every delay is 1.", unit: "updates",
      keys: [
        "forecast.delays", "forecast.delays.delay", "forecast.delays.forecast",
        "forecast.delays.recorded",
      ]),
    Term(
      "losses", .figure,
      "The loss of the replay that foretells and that of the recorded run, at equal times since their "
        + "starts, on the objective and with the stepsize that the run was recorded with. Empty where "
        + "these are not known.",
      keys: [
        "forecast.losses", "forecast.losses.time_seconds", "forecast.losses.forecast",
        "forecast.losses.recorded", "forecast.objective", "forecast.stepsize",
      ]),
    Term(
      "cores_shared", .figure,
      "Whether one of the two runs is known to have had more workers than cores: its times then include "
        + "contention, which another schedule would change.", keys: ["forecast.cores_shared"]),
    Term(
      "cautions", .figure, "What keeps two recorded runs from being alike, as sentences.",
      keys: ["forecast.cautions"]),
  ]

  static let forecastOptions: [Term] = [
    Term(
      "forecast", .option,
      "Another recorded run of the same workers. The report then shows what its own trace foretells of "
        + "that run beside what the run did, with the error."),
    Term(
      "forecast-method", .option,
      "What the run of --forecast is a record of, with its stepsize for the losses, as in "
        + "async:stepsize=0.1. A database of 'outpace record --db' knows it."),
    Term(
      "forecast-objective", .option,
      "What the run of --forecast minimised, for the losses. A database of 'outpace record --db' knows "
        + "it; else it is the default of 'outpace record'."),
    Term(
      "processes", .option,
      "Runs each worker of a live run as a process of its own, connected to the server by a socket: the "
        + "turnaround then holds the transfer of iterates and gradients. A worker that ends takes the run "
        + "with it, whole up to there."),
  ]
}
