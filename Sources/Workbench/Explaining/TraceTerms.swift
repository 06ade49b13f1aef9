extension Term {
  /// What a recorded trace is made of.
  static let traceTerms: [Term] = [
    Term(
      "trace", .notion,
      "The recorded timings of M workers, each with the durations of its gradient computations in "
        + "the order they were started; the input of everything else.",
      keys: ["inspect.trace", "replay.trace", "import.traces", "list.traces"]),
    Term(
      "worker", .notion,
      "One source of gradients: a rank, an actor, an executor. Its index is its place in the order "
        + "of labels, in which runs of digits compare as numbers (rank 2 before rank 10)."),
    Term(
      "own time", .notion,
      "The time in which a worker computes its own gradient, without waiting for others. In a "
        + "synchronous job it is separated from the waiting: the wall time of the step less the "
        + "time in which only collectives ran.",
      formula: "own(step) = wall(step) − |⋃ collectives ∖ ⋃ compute|", unit: "seconds"),
    Term(
      "schema", .figure,
      "Which command wrote this JSON and which version of its keys. Keys may be added within a "
        + "version, none is renamed or removed.",
      keys: [
        "import.schema", "list.schema", "inspect.schema", "compare.schema", "replay.schema",
        "report.schema", "export.schema", "generate.schema", "explain.schema", "blame.schema",
        "whatif.schema", "gate.schema", "forecast.schema",
      ]),
    Term(
      "id", .figure,
      "The number of a trace or a replay in its database; '#3' on a command line is the trace 3.",
      keys: traceKeys("id") + ["list.replays.id", "generate.id", "whatif.saved.id"]),
    Term(
      "name", .figure,
      "The name of a trace in its database: that of the file or folder it came from, with -2 and "
        + "so on where it was taken.",
      keys: traceKeys("name") + [
        "list.replays.trace", "export.trace", "generate.name", "whatif.saved.name",
      ]),
    Term(
      "digest", .figure,
      "The identity of a trace: SHA-256 over its unit, labels, hosts, trust grades and all recorded "
        + "columns, and nothing else. The same content has the same digest however it was written; "
        + "importing it twice is one trace.",
      keys: traceKeys("digest") + ["export.digest", "generate.digest", "whatif.saved.digest"]),
    Term(
      "format", .figure, "What the files of a trace were read as; see 'explain formats'.",
      keys: traceKeys("format") + ["export.format"]),
    Term(
      "kind", .figure,
      "What the workers had to do with one another: 'synchronous' if they advanced round by round, "
        + "'independent' otherwise. In our own tables the column is trace_kind.",
      keys: traceKeys("kind"), aliases: ["trace_kind", "synchronous", "independent"]),
    Term(
      "workers", .figure, "M, the number of workers of a trace.",
      keys: traceKeys("workers") + ["generate.workers"], aliases: ["M"]),
    Term(
      "gradients", .figure,
      "How many gradients: recorded ones of a trace or of a worker; in a replay and at a point of "
        + "it the applied ones.",
      keys: traceKeys("gradients") + [
        "inspect.workers.gradients", "replay.replays.gradients", "replay.replays.points.gradients",
        "export.gradients", "generate.gradients",
      ]),
    Term(
      "span_seconds", .figure, "From the first start of a trace to its last end.",
      unit: "seconds", keys: traceKeys("span_seconds") + ["generate.span_seconds"]),
    Term(
      "already_present", .figure,
      "Whether the database held the same content before, so that nothing was added; null outside "
        + "of an import.",
      keys: traceKeys("already_present") + [
        "generate.already_present", "whatif.saved.already_present",
      ]),
    Term(
      "unit", .figure,
      "'s' for physical time; 'relative' for a trace without, of which one unit is stored as one "
        + "second: what keys call seconds are then units.",
      keys: traceKeys("unit"), aliases: ["relative"]),
    Term(
      "issues", .figure,
      "What was dubious in the files and kept: a code, a severity ('warning' is refused under "
        + "--strict), how often, where first, and what it means for the result.",
      keys: traceKeys("issues") + traceKeys("issues.code") + traceKeys("issues.severity")
        + traceKeys("issues.count") + traceKeys("issues.first_place")
        + traceKeys("issues.meaning"), aliases: ["issue", "import issue"]),
    Term(
      "files", .figure,
      "What an import made of each file: how many events, rows or lines were read, how many of them "
        + "the gradients are made of, how many were skipped by the code of an issue (the rest is of no "
        + "interest to the format), and where the first one that could not be used begins, in bytes "
        + "of the decompressed text.",
      keys: [
        "", ".path", ".format", ".read", ".used", ".skipped", ".skipped.code",
        ".skipped.count", ".first_bad_byte",
      ].map { "import.traces.files" + $0 }),
    Term(
      "looks-synchronous", .notion,
      "An issue: the step times of all workers agree within 2 % in 9 of 10 rounds, as they do where "
        + "the fast wait inside them for the slow. They say nothing about speeds, so every worker "
        + "is graded wall-clock. A column trust, or --trust measured, says that they do."),
    Term(
      "trust", .figure,
      "How far a worker's durations are its own computing: measured (own intervals were recorded), "
        + "separated (own time by rule from collectives) or wall-clock (waiting may hide in them). "
        + "A verdict abstains on wall-clock workers.",
      keys: ["inspect.workers.trust"],
      aliases: ["trust grade", "measured", "separated", "wall-clock"]),
    Term(
      "index", .figure, "A worker's place in the order of labels, from 0.",
      keys: ["inspect.workers.index", "inspect.stragglers.index", "inspect.slowest.index"]),
    Term(
      "label", .figure, "A worker's name as recorded; in blame by host, a host's.",
      keys: [
        "inspect.workers.label", "inspect.stragglers.label", "inspect.slowest.label",
        "blame.workers.label",
      ]),
    Term("host", .figure, "Where a worker ran, null if unknown.", keys: ["inspect.workers.host"]),
    Term(
      "turnaround", .figure,
      "What an exchange with the server costs a worker between the end of a gradient and its next "
        + "start: the gap of an asynchronous job, the smallest gap of a round of tasks, the "
        + "transfer in collective training. Its mean, and its share of turnaround plus own time; "
        + "null where none was recorded.", unit: "seconds; a share from 0 to 1",
      keys: [
        "inspect.turnaround", "inspect.turnaround.mean_seconds",
        "inspect.turnaround.share_of_cycle",
      ], aliases: ["share_of_cycle"]),
    Term(
      "terms", .figure,
      "What 'explain' knows: of each term its kind, definition, formula, unit, the keys under which "
        + "it stands in JSON, what the definition is after, and other words for it.",
      keys: ["explain.terms"]
        + ["term", "kind", "definition", "formula", "unit", "json_keys", "source", "aliases"].map {
          "explain.terms.\($0)"
        }),
    Term(
      "columns", .figure, "The columns of a file that was exported.", keys: ["export.columns"]),
    Term(
      "written", .figure, "The path of the file that was written, null if there was none.",
      keys: ["export.written", "generate.written"]),
    Term(
      "profile", .figure,
      "What the workers of a generated trace are like: "
        + SyntheticProfile.allCases.map { "\($0.rawValue) (\($0.summary))" }
        .joined(separator: "; ") + ".", keys: ["generate.profile"]),
    Term(
      "parameters", .figure, "The numbers that a generated trace's profile depends on.",
      keys: ["generate.parameters"]
        + SyntheticParameter.allCases.map {
          "generate.parameters.\($0.rawValue)"
        }),
    Term(
      "formula_expected", .figure,
      "The formula that a generated trace's profile has in expectation, as the number of gradients "
        + "grows.", formula: "(1/M) Σ s_max/s_m", unit: "ratio", keys: ["generate.formula_expected"]
    ),
  ]
}
