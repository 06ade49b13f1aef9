extension Term {
  /// What the command line takes.
  static let optionTerms: [Term] =
    readingOptions + analysisOptions + replayOptions + outputOptions + generateOptions
    + repairOptions + forecastOptions

  private static let readingOptions: [Term] = [
    Term(
      "db", .option,
      "The SQLite database of traces and replays. Without it a path is imported into a temporary one "
        + "that goes away, names are looked up in outpace.db, and 'import' writes there."),
    Term(
      "format", .option,
      "Reads files as this format instead of telling it from their content; see 'explain formats'."),
    Term(
      "columns", .option,
      "Names the columns of a table of your own by role: worker=uuid,duration=perf. Their unit is "
        + "that of --unit, else that of the name's ending, else seconds."),
    Term(
      "unit", .option,
      "The unit of the columns named by --columns: ns, us, ms, s; 'relative' for a trace without "
        + "physical time, of which one unit is stored as one second."),
    Term("task", .option, "The Ray task whose executions are gradients."),
    Term(
      "event", .option,
      "A regular expression for the names of the slices of a Chrome trace, or of the NVTX ranges of an "
        + "Nsight Systems export, that are gradients."),
    Term(
      "rank-by", .option,
      "What tells the ranks of a Chrome trace apart: pid (the default), tid, process_name, "
        + "thread_name, file, args.KEY, with commas between."),
    Term(
      "replica-by", .option,
      "What tells the replicas of a Chrome trace apart. The ranks of a replica share the work of a "
        + "gradient, and the slowest of them counts. Needs --step-by."),
    Term(
      "step-by", .option,
      "Where a slice of a Chrome trace has its step, as in args.step: the slices of a rank in a step "
        + "are summed. Without it each slice is a gradient."),
    Term(
      "map", .option,
      "Which ranks compute one gradient together, where models are divided: a file of lines 'rank "
        + "replica', dp (as the profile's groups say), or rank (each rank its own)."),
    Term("stage", .option, "The Spark stage whose tasks are gradients."),
    Term(
      "pattern", .option,
      "A regular expression for the lines of a text log that are gradients, with a group named "
        + "duration or time, and optionally worker and step."),
    Term(
      "rank-regex", .option,
      "A regular expression that finds the rank in a file's name where the file does not say it."),
    Term(
      "trust", .option,
      "Grades every worker measured, separated or wall-clock, whatever the format or the file says: "
        + "your word that the durations are own time, or that they are not."),
    Term(
      "skip", .option,
      "Drops the first N gradients of every worker, as warm-up. They are counted."),
    Term(
      "steps", .option,
      "Keeps the gradients of the recorded steps A to B, both included. Where none is recorded, places count, "
        + "from 0."),
    Term("skip-worker", .option, "Leaves out the worker with this label; can be given repeatedly."),
    Term(
      "strict", .option,
      "Refuses a trace with any issue of severity warning, with exit code 65 and nothing imported."),
    Term(
      "join", .option,
      "Reads several paths, or all files of a folder, as one trace also where each looks like a job "
        + "of its own; otherwise each path is a trace of its own."),
    Term(
      "resume", .option,
      "Keeps the files of a trace that are finished in a file beside the database (its name with "
        + ".import behind) until the import succeeds; an import that broke off goes on from there, and "
        + "reads again what has changed. What is stored is the same. Files in which Ray, Horovod, "
        + "Spark and Chrome traces come build on one another and are read again."),
    Term(
      "anonymize", .option,
      "Stores worker-1, worker-2 … and host-1, host-2 … in the order of labels for the names of "
        + "workers and hosts, and neither paths, places, the trace's name nor the time of day. "
        + "Durations, steps and samples stay as they are."),
  ]

  private static let analysisOptions: [Term] = [
    Term(
      "turnaround", .option,
      "What an exchange with the server costs a worker: 'recorded' (the default, none where none "
        + "was), 'none', or a time such as 2ms."),
    Term(
      "noise-scale", .option,
      "B_crit, which picks the row of the verdict; the default is M. See critical_batch.",
      formula: "σ²/ε", unit: "gradients"),
    Term(
      "server", .option,
      "The time that the server needs for one update: updates wait for one another."),
    Term("no-rebalance", .option, "Never recommends batches that are rebalanced by speed."),
    Term(
      "fixed-cost", .option,
      "The part of a gradient's time that does not grow with its batch; what rebalancing cannot save."
    ),
    Term(
      "seed", .option,
      "Seed of everything that is drawn: batches, resamples, initial points, generated traces."),
    Term("threads", .option, "How many threads to use; never changes a result."),
    Term(
      "cpu", .option,
      "The instruction set that kernels run on: baseline, avx2 or avx512, by default the best that the "
        + "processor has. For comparing them: the choice never changes a result."),
  ]

  private static let replayOptions: [Term] = [
    Term(
      "method", .option,
      "A method to replay, with its options: async:rule=drop,delay-limit=5; can be given "
        + "repeatedly. Minibatch and async by default."),
    Term(
      "objective", .option,
      "What to minimise: kind[:data][?key=value,…], as in 'softmax:digits.svm?l2=1e-4,batch=32'. "
        + "Without it report and replay take a generated logistic regression with 512 samples of 32 "
        + "features; blame and compare replay nothing."),
    Term(
      "stepsize", .option,
      "γ, or 'tuned' (the default): the best of a grid that is fair to all methods, as it steps "
        + "through the weight of one gradient; or 'theory', what the convex bound asks for."),
    Term(
      "stepsize-rule", .option,
      "How asynchronous SGD's stepsize depends on the delay; see stepsize_rule."),
    Term(
      "delay-limit", .option,
      "The largest delay that the rule drop (default 2M) and ringmaster apply; 1 is fresh.",
      unit: "updates"),
    Term(
      "adaptive-constant", .option, "c of the rule adaptive; 4 by default.",
      formula: "γ_k = min{γ, 1/(c L τ)}"),
    Term("need", .option, "N, the gradients that a round of backup waits for."),
    Term("collect", .option, "B, the gradients that an update of rennala or buffered averages."),
    Term(
      "workers", .option,
      "replay: how many of the workers 'fastest' keeps. generate: M, how many workers there are."),
    Term(
      "abort", .option,
      "rennala and ringmaster stop a worker whose gradient became useless and start it anew."),
    Term(
      "smoothness", .option,
      "L, how fast the gradient changes, instead of the objective's own: "
        + "‖∇f(x) − ∇f(y)‖ ≤ L‖x − y‖.", aliases: ["L"]),
    Term(
      "time", .option, "Ends a replay at this simulated time, included: 90s, 250ms, 97ns, 2h.",
      aliases: ["horizon"]),
    Term("updates", .option, "Ends a replay after so many updates."),
    Term(
      "gradients", .option,
      "replay: ends it after so many applied gradients. generate: how many each worker has."),
    Term("epochs", .option, "Ends a replay after so many passes over the data."),
    Term(
      "at-end", .option,
      "What happens when a worker's recorded durations are used up: 'repeat' (the default) starts "
        + "over, 'stop' silences the worker, 'resample' draws one of its entries for each gradient."
    ),
    Term(
      "timing", .option,
      "'sequence' (the default) reads durations one after another; 'clock' reads them as the speed of "
        + "a worker at each moment, so that slow hours and outages hit whoever computes then."),
    Term(
      "order", .option,
      "'recorded' takes the arrivals of a trace as they came, once: what the recorded job did, and "
        + "not what a method would do with its workers. With the recorded batches and the stepsize of a "
        + "run of 'outpace record' the iterates are its own, bit for bit."),
    Term(
      "local-steps", .option, "H, the steps that a worker of 'local' makes on its own in a round."),
    Term(
      "sampling", .option,
      "Where batches come from: 'seeded' draws, or the 'recorded' samples of the trace, which keep "
        + "the link between what was computed and how long it took."),
    Term(
      "handout", .option,
      "Whether a worker goes on from the iterate 'after' its own update (the default) or 'before' "
        + "it, as the authors' notebook does."),
    Term("initial", .option, "x_0 from a file with a number a line."),
    Term(
      "evaluate-every", .option,
      "Evaluates the loss every N updates instead of at 400 instants; never changes the replay."),
    Term(
      "virtual", .option,
      "Tracks virtual iterates in a second pass, beside their bounds; see virtual_distance. Not for "
        + "local, whose workers send no gradients."),
    Term(
      "bounds", .option,
      "Measures what the theory assumes along each replay, and puts its bounds beside the means that "
        + "they bound: a loss and an exact gradient an update. See assumptions."),
    Term(
      "history", .option,
      "Writes a record an update to a file: k, time_ns, worker, delay, stepsize, loss, "
        + "gradient_norm_squared, virtual_distance_squared."),
    Term(
      "check", .option, "Ends with exit code 3 unless the replay has this fingerprint."),
  ]

  private static let outputOptions: [Term] = [
    Term("json", .option, "Prints one JSON object, whose keys are documented and stay."),
    Term(
      "csv", .option,
      "Prints the table as CSV, with every digit; intervals take two columns, _lower and _upper."),
    Term(
      "output", .option,
      "Writes the result to a file, whose ending says the format; beside it first, so that no "
        + "reader sees half of it.", aliases: ["o", "-o"]),
    Term(
      "to", .option,
      "What export writes, whatever the file's ending says: csv or ndjson (a row a gradient), native "
        + "(the whole trace, to go into another database) or perfetto (a timeline)."),
    Term(
      "window", .option,
      "Which part of a timeline export writes, as in 10s..20s, 10s.. or ..20s, in time from the first "
        + "start: every slice that touches it, whole, and the arrows between slices that do."),
    Term("quiet", .option, "Says nothing on standard error but errors."),
    Term("no-progress", .option, "Shows no progress, even on a terminal."),
    Term(
      "color", .option,
      "When to use colours: auto (on a terminal, unless NO_COLOR is set), always or never."),
    Term("version", .option, "Prints the version."),
    Term("help", .option, "Shows how a command is used.", aliases: ["h", "-h"]),
  ]

  private static let generateOptions: [Term] = [
    Term(
      "mean", .option,
      "The mean time of a generated gradient that nothing slows down; of worker 0 in sqrt."),
    Term(
      "sigma", .option,
      "The noise of a generated trace: σ of the logarithm of each gradient's time; its mean stays. "
        + "0.1 unless told, for lognormal 0.5; 0 makes equal workers equal to the nanosecond.",
      formula: "e^(σZ − σ²/2)"),
    Term(
      "slow", .option,
      "How many times slower: the last worker of one-slow, that of drift at its end (both 2 unless "
        + "told), everybody in an episode of bursts and stalls (5). Of a live run any worker: '3=4x' by "
        + "computing the same gradient again, '3=4x:sleep' by sleeping, which leaves its core to "
        + "others.", unit: "ratio"),
    Term(
      "shape", .option,
      "α, the tail index of heavy-tail: the share of times above x falls as x^(−α). Below 2 the "
        + "variance is infinite, at 1 so is the mean.", formula: "P(d > x) = (x_min/x)^α"),
    Term(
      "episode", .option, "How long an episode of bursts and stalls lasts.",
      unit: "mean times of a gradient"),
    Term(
      "share", .option, "The share of the time that is in episodes of bursts and stalls.",
      unit: "share"),
  ]
}
