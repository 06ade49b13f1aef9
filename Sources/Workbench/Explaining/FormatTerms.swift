import TraceFormats

extension Term {
  /// The formats that this version reads, and what each needs.
  static let formatTerms: [Term] =
    [
      Term(
        "formats", .notion,
        "What traces are read from, told from the content of a file and never from its name alone: "
          + TraceFormat.allCases.map(\.rawValue).joined(separator: ", ")
          + ". Plain, .gz, .zst, or - for standard input; a folder is one trace with a file a "
          + "rank. --format overrides.")
    ] + described.filter { TraceFormat(rawValue: $0.name) != nil }

  /// Those that a version without a reader for them leaves out.
  private static let described: [Term] = [
    Term(
      "csv", .format,
      "Our own table, a gradient a row. Needs worker and one of duration_*, or start_* and end_*, "
        + "where * is ns, us, ms, s or relative (no physical time). Takes wait_*, turnaround_*, "
        + "step, samples (3;17;4), host, trust (measured, separated, wall-clock) and trace_kind "
        + "(independent, synchronous). Without start times gradients are taken as back to back. "
        + "Anyone's columns by --columns worker=uuid,duration=perf --unit ms. A row that is no "
        + "gradient is refused. 'outpace export' writes it."),
    Term(
      "ndjson", .format,
      "Our own columns (see csv) as keys, a JSON object a line; samples is an array."),
    Term(
      "native", .format,
      "What 'outpace export' writes as .outpace.zst: a whole trace with its issues, its origin, the "
        + "grade and host of each worker, and the replays kept beside it. Importing it gives the trace "
        + "that was exported, under its name; exporting that again gives the same bytes. A file that "
        + "was cut or changed is refused."),
    Term(
      "pytorch", .format,
      "PyTorch profiler (Kineto) traces, a file a rank: a gradient is one ProfilerStep#N. Needs "
        + "prof.step() once an iteration, and the collectives recorded, so that waiting can be told "
        + "from computing; without them a job of several ranks is graded wall-clock. The rank comes "
        + "from distributedInfo, else --rank-regex, else the file's name."),
    Term(
      "ray", .format,
      "'ray timeline': a gradient is one execution of a task on one worker. The task with the most "
        + "total time unless --task NAME. Gaps between executions are waiting and turnaround."),
    Term(
      "horovod", .format,
      "Horovod timelines: a gradient of a rank is from the end of an all-reduce to the rank's last "
        + "readiness for the next."),
    Term(
      "chrome", .format,
      "Any other Chrome trace. Needs --event REGEX for the slices that are gradients; --rank-by, "
        + "--replica-by and --step-by say where ranks, replicas and steps stand."),
    Term(
      "spark", .format,
      "Spark event logs: a gradient is a successful task of one stage (--stage N), a worker an "
        + "executor."),
    Term(
      "rates", .format, "A table of workers and their gradients per second, published ones say."),
    Term(
      "nsys", .format,
      "Nsight Systems' SQLite export: a gradient is an NVTX range that --event names, collectives are "
        + "NCCL kernels."),
    Term(
      "log", .format,
      "Text logs. Needs --pattern, a regular expression with groups named worker and time or "
        + "duration."),
  ]
}
