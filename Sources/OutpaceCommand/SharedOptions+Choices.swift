import Workbench

extension ReadingOptions {
  var choices: ReadingChoices {
    var choices = ReadingChoices()
    choices.format = format
    choices.columns = columns
    choices.unit = unit
    choices.task = task
    choices.event = event
    choices.rankBy = rankBy
    choices.replicaBy = replicaBy
    choices.stepBy = stepBy
    choices.map = map
    choices.stage = stage
    choices.pattern = pattern
    choices.rankRegex = rankRegex
    choices.trust = trust
    choices.skip = skip
    choices.steps = steps
    choices.skipWorkers = skipWorker
    choices.strict = strict
    choices.join = join
    choices.resume = resume
    choices.anonymize = anonymize
    return choices
  }

  /// The options that differ from their defaults, as words of a command line.
  ///
  /// Under `--anonymize` they are kept to themselves: paths, patterns and labels tell whose trace it
  /// is.
  var words: [String] {
    guard !anonymize else { return ["--anonymize"] }
    var words: [String] = []
    func add(_ option: String, _ value: String?) {
      if let value { words += [option, value] }
    }
    add("--format", format)
    add("--columns", columns)
    add("--unit", unit)
    add("--task", task)
    add("--event", event)
    add("--rank-by", rankBy)
    add("--replica-by", replicaBy)
    add("--step-by", stepBy)
    add("--map", map)
    add("--stage", stage.map { "\($0)" })
    add("--pattern", pattern)
    add("--rank-regex", rankRegex)
    add("--trust", trust)
    add("--skip", skip == 0 ? nil : "\(skip)")
    add("--steps", steps)
    for label in skipWorker { add("--skip-worker", label) }
    if strict { words.append("--strict") }
    if join { words.append("--join") }
    return words
  }
}

/// The traces of a command, opened, with progress shown on the way.
func open(
  _ traces: [String], _ database: DatabaseOptions, _ reading: ReadingOptions, _ console: Console,
  keepsReplays: Bool = false
) throws -> [OpenedTrace] {
  let progress = console.progress
  defer { progress?.clear() }
  return try openTraces(
    traces, databasePath: database.db, reading: reading.choices, keepsReplays: keepsReplays,
    progress: progress.map { line in { line.show($0) } })
}

/// Says that a trace was only imported for this command.
func noteUnkept(_ opened: [OpenedTrace], _ console: Console) {
  if opened.contains(where: { !$0.isKept }) {
    console.note("Nothing was kept; --db FILE keeps the trace.")
  }
}
