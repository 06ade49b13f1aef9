import ArgumentParser
import Workbench

/// Where results go and how they look.
struct OutputOptions: ParsableArguments {
  @Flag(name: .long, help: "Print one JSON object instead of text.")
  var json = false

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp(
      "Write the result to FILE; its ending (.json, .csv, .txt, .html) picks the format.",
      valueName: "file"))
  var output: String?

  @Flag(name: .long, help: "Say nothing on standard error but errors.")
  var quiet = false

  @Flag(name: .customLong("no-progress"), help: "Show no progress, even on a terminal.")
  var noProgress = false

  @Option(
    name: .long,
    help: ArgumentHelp("When to use colours: auto, always or never.", valueName: "when"))
  var color: ColorChoice = .auto
}

enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, always, never
}

/// The database of traces and replays.
struct DatabaseOptions: ParsableArguments {
  @Option(name: .long, help: ArgumentHelp("The SQLite database to use.", valueName: "file"))
  var db: String?
}

/// How recorded files are read.
struct ReadingOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Read files as this format instead of telling it from their content: csv, ndjson, native, pytorch, ray, horovod, chrome, spark, rates, nsys, log.",
      valueName: "name"))
  var format: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Columns of your own table: worker=uuid,duration=perf. Roles: worker, start, end, duration, wait, turnaround, step, samples, host, trust.",
      valueName: "role=name,…"))
  var columns: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Unit of mapped columns: ns, us, ms, s, or relative for traces without physical time.",
      valueName: "unit"))
  var unit: String?

  @Option(
    name: .long, help: ArgumentHelp("The Ray task that computes a gradient.", valueName: "name"))
  var task: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Names of the slices (chrome) or NVTX ranges (nsys) that are gradients.", valueName: "regex"))
  var event: String?

  @Option(
    name: .customLong("rank-by"),
    help: ArgumentHelp(
      "What tells the ranks of a Chrome trace apart: pid, tid, process_name, thread_name, file, args.KEY, with commas; default pid.",
      valueName: "keys"))
  var rankBy: String?

  @Option(
    name: .customLong("replica-by"),
    help: ArgumentHelp(
      "What tells its replicas apart; the slowest rank of a replica counts. Needs --step-by.",
      valueName: "keys"))
  var replicaBy: String?

  @Option(
    name: .customLong("step-by"),
    help: ArgumentHelp(
      "Where a slice has its step, as in args.step; its rank's slices in a step are summed.",
      valueName: "key"))
  var stepBy: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Which ranks compute one gradient together: a file of lines 'rank replica', dp (as the profile's groups say), or rank (each its own).",
      valueName: "map"))
  var map: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("The Spark stage whose tasks are gradients.", valueName: "n"))
  var stage: Int64?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Lines of a text log that are gradients, with groups (?<duration>…) or (?<time>…), and optionally (?<worker>…), (?<step>…).",
      valueName: "regex"))
  var pattern: String?

  @Option(
    name: .customLong("rank-regex"),
    help: ArgumentHelp(
      "Takes the rank from a file's name where the file does not say it; one group.",
      valueName: "regex"))
  var rankRegex: String?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Trust every worker's durations as: measured, separated, wall-clock.", valueName: "grade"))
  var trust: String?

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Drop the first N gradients of every worker (warm-up).", valueName: "n"))
  var skip: Int = 0

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Keep the recorded steps A to B, both included; where none is recorded, places count, from 0.",
      valueName: "a:b"))
  var steps: String?

  @Option(
    name: .customLong("skip-worker"),
    help: ArgumentHelp("Leave out the worker with this label; repeatable.", valueName: "label"))
  var skipWorker: [String] = []

  @Flag(name: .long, help: "Refuse a trace with any issue of severity warning (exit code 65).")
  var strict = false

  @Flag(name: .long, help: "Read several paths as the ranks of one trace.")
  var join = false

  @Flag(
    name: .long,
    help: "Keep finished files beside the database until the import succeeds, and go on from there."
  )
  var resume = false

  @Flag(
    name: .long,
    help: "Store worker-1, host-1 … for labels and hosts, and nothing that tells the origin.")
  var anonymize = false
}

/// The default of `--seed` and `--threads`, the same everywhere.
struct RunOptions: ParsableArguments {
  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Seed of everything that is drawn.", valueName: "n"))
  var seed: UInt64 = 1

  @Option(
    name: .long, parsing: .unconditional,
    help: ArgumentHelp("Threads to use; never changes a result.", valueName: "n"))
  var threads: Int?

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Kernels for this instruction set: baseline, avx2, avx512; never changes a result.",
      valueName: "set", visibility: .hidden))
  var cpu: String?

  func validate() throws {
    guard let cpu, !useInstructionSet(cpu) else { return }
    throw ValidationError(
      "--cpu \(cpu): write baseline, avx2 or avx512, as far as this processor has it.")
  }
}
