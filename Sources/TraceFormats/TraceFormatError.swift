import TraceModel

/// A trace that cannot be read: what is wrong, where, and what would be right.
public struct TraceFormatError: Error, Equatable {
  /// What is wrong, as facts; the wording is the error's description.
  public enum Reason: Error, Equatable, Sendable {
    // What a file is.
    /// No byte in it.
    case empty
    /// Compressed, and cut off before anything came out of it.
    case nothingUnpacked
    /// No rule claims its content.
    case unknownFormat
    /// The same, of a file that is known to be something else.
    case foreignFile(ForeignFile)
    /// Files of two formats in one trace.
    case mixedFormats(first: String, firstPath: String, second: String)
    /// A folder without a file that any format claims.
    case nothingClaimed(skipped: [String])
    /// `paths` are all that were given: joined they are the trace.
    case differentRanks(
      first: Int64, second: Int64, secondPath: String, worldSize: Int64, paths: [String])
    /// Two files of what was given as one trace.
    case severalJobs(SeveralJobs, firstPath: String)
    /// What an import that broke off kept of a file.
    case brokenPart
    /// A folder in a folder in a folder, as links can make them.
    case foldersTooDeep(limit: Int)
    /// JSON that cannot be read on; the text says why.
    case brokenJSON(String)

    // Our native format.
    /// Of a version that this program does not know.
    case nativeVersion(String)
    /// Not what the format has at this place; the text says what, as a clause.
    case brokenNative(String)
    /// It ends before all that it announces; the text says what is missing.
    case cutNative(missing: String)

    // The options.
    /// `--columns` without a role or a name.
    case badColumns(String)
    /// `--rank-regex` is no regular expression.
    case badRankPattern(String)
    /// A name without the rank that `--rank-regex` looks for.
    case noRankInName(pattern: String)
    /// `--event` is no regular expression.
    case badPattern(String)
    /// `--rank-by` or `--replica-by` names nothing that tells slices apart.
    case badSliceKey(String)
    /// `--step-by` names no argument.
    case badStepKey(String)
    /// `--replica-by` needs `--step-by`.
    case replicasWithoutSteps
    /// A line of `--map` without rank and replica.
    case badMapLine
    /// A rank with two replicas.
    case mappedTwice(rank: String, first: String, second: String)
    /// A rank that `--map` leaves out.
    case rankNotMapped(String)
    /// `--map dp` where no group is called so.
    case noDataParallelGroup
    /// Groups smaller than the job, and no `--map`.
    case modelParallel(groups: [String], worldSize: Int64)
    /// A Chrome trace without `--event`.
    case eventNeeded(found: [String])
    /// `--pattern` is no regular expression.
    case badLinePattern(String)
    /// `--format log` without `--pattern`.
    case patternNeeded
    /// A pattern without a duration and a time.
    case patternLacksGroups(String)

    // Rows of our own formats.
    /// No column of ours for what is needed.
    case missingColumn(role: String, found: [String])
    /// No column of the name that `--columns` gives.
    case missingMappedColumn(role: String, name: String, found: [String])
    /// Several columns of a name that is wanted.
    case columnTwice(name: String)
    /// Times with and without physical unit in one table.
    case mixedUnits
    /// A row with more or fewer fields than the header.
    case fieldCount(expected: Int, found: Int)
    /// A line of NDJSON that is no object.
    case notAnObject
    /// A field without a value.
    case missingValue(column: String)
    /// A text where a number is needed.
    case notANumber(column: String, text: String)
    /// NaN or infinity.
    case notFinite(column: String, text: String)
    /// A fraction, or a number out of range.
    case notWhole(column: String, text: String)
    /// A time below 0.
    case negative(column: String, text: String)
    /// A time that does not fit into 64 bits of nanoseconds.
    case overflow(column: String, text: String)
    /// A rate of 0 or less.
    case notARate(column: String, text: String)
    /// A row whose end lies before its start.
    case endBeforeStart(startNs: Int64, endNs: Int64)
    /// A word that the column does not take.
    case unknownWord(column: String, text: String, known: [String])
    /// A worker without a name.
    case emptyLabel
    /// A label above 1 KiB.
    case labelTooLong(byteSize: Int)

    // Profiler and task timelines.
    /// Operations that do not touch: the union of one file is kept in memory.
    case tooManyIntervals(count: Int)
    /// Steps of the profiler in all files.
    case tooManySteps(limit: Int)
    /// A profile without `ProfilerStep#N`.
    case noSteps
    /// No slice with a name that `--event` matches.
    case noEvent(pattern: String, found: [String])
    /// No slice that matched had what is to tell its rank or step.
    case noSliceHas(key: String)
    /// Several timelines, and no word on what tells their workers apart.
    case ranksOfSeveralFiles
    /// Pairs of rank and step that are kept until the end.
    case tooManyRankSteps(limit: Int)
    /// Slices that begin and never end.
    case tooManyOpenSlices(limit: Int)
    /// Workers are named after processes whose names come too late.
    case lateNames(limit: Int)
    /// A Horovod timeline without readiness.
    case noTicks
    /// No successful task of the stage that was asked for.
    case noStage(Int64, found: [String])
    /// Too many tasks to be kept, from a pipe that cannot be read twice.
    case tooManyTasks(limit: Int, found: [String])
    /// SQLite's own message.
    case brokenSQLite(String)
    /// An export in a pipe or compressed.
    case notADatabase
    /// An export without a table that is needed.
    case noTable(String)
    /// A pattern that no line has.
    case noLineMatches(pattern: String)
    /// No execution of the task that was asked for, or of any.
    case noTask(named: String?, found: [String])
    /// Too many executions to be kept, from a pipe that cannot be read twice.
    case tooManyExecutions(limit: Int, found: [String])
    /// Every duration of this worker was 0.
    case onlyZeroDurations(worker: String)
    /// Files of a known format with nothing to use in them.
    case noGradients
  }

  /// What shows that two files are of different jobs.
  public enum SeveralJobs: Equatable, Sendable {
    /// Each file of this format has all workers of a job.
    case wholeJobs(String)
    /// Both have this worker, and at least one of them has others too.
    case sharedWorker(String)
    /// Both have it at the same time.
    case rankTwice(String)
    /// Both have it, and no start times that would tell which comes first.
    case noStarts(String)
    /// The job has so many ranks in one, and so many in the other.
    case worldSizes(Int64, Int64)
    /// All workers of one were done before those of the other began.
    case apart
    /// One has physical times and the other has not.
    case units
    /// Each is a whole trace with times from its own first start.
    case wholeTraces
  }

  /// Where in a file something is wrong.
  public enum Place: Equatable, Sendable {
    /// The file as a whole.
    case file
    /// Counted from 1, as editors do.
    case line(Int)
    /// Of the decompressed text, counted from 0.
    case byte(Int64)
  }

  /// What is wrong.
  public var reason: Reason
  /// As it was given; an option's name where a command line is wrong.
  public var path: String
  /// Where in the file.
  public var place: Place

  public init(reason: Reason, path: String, place: Place = .file) {
    self.reason = reason
    self.path = path
    self.place = place
  }
}

extension TraceFormatError: CustomStringConvertible {
  public var description: String {
    let name = path == "-" ? "standard input" : path
    let sentence = reason.sentence(path: path)
    return switch place {
    case .file: "\(name): \(sentence)"
    case .line(let line): "\(name):\(line): \(sentence)"
    case .byte(let byte): "\(name): byte \(byte): \(sentence)"
    }
  }
}

extension TraceFormatError.Reason {
  fileprivate func sentence(path: String) -> String {
    switch self {
    case .empty:
      return "the file is empty. Was the recording cut off before it was written?"
    case .nothingUnpacked:
      return
        "the compressed file is cut off before its first byte of text. Copy or record it again."
    case .unknownFormat:
      let names = TraceFormat.allCases.map(\.rawValue).joined(separator: ", ")
      return "no known format (\(names)) looks like this."
        + " If it is one of them, say so by --format; else write a table worker,start_s,duration_s."
    case .foreignFile(.json(let keys)):
      return "JSON of no known format: its keys begin with \(keys.joined(separator: ", "))."
        + " Make a table worker,start_s,duration_s of it, a row a gradient, and import that."
    case .foreignFile(.container(let name)):
      return "\(name), which is not read."
        + " Take the timings out of it, as CSV or JSON lines, and import those."
    case .mixedFormats(let first, let firstPath, let second):
      return "this file is \(second), \(firstPath) is \(first). One trace has one format:"
        + " choose by --format \(first) or --format \(second)."
    case .nothingClaimed(let skipped):
      return "none of the \(skipped.count) files in this folder is a trace"
        + listed(skipped, before: " (", after: ")")
        + ". For columns of your own use --columns worker=NAME,duration=NAME."
    case .differentRanks(let first, let second, let secondPath, let worldSize, let paths):
      return "is rank \(first) and \(secondPath) is rank \(second) of one world of \(worldSize)."
        + " Together they are one trace: outpace import --join "
        + paths.map(quoted).joined(separator: " ")
    case .severalJobs(let evidence, let firstPath):
      return severalJobs(evidence, firstPath: firstPath, path: path)
    case .brokenPart:
      return "what an import that broke off kept of this file cannot be read."
        + " Delete what it kept, and import without --resume."
    case .foldersTooDeep(let limit):
      return "folders are nested more than \(limit) deep. Name the folder that holds the trace."
    case .brokenJSON(let detail):
      return "broken JSON: \(detail). Was the file cut or edited? Record or copy it again."
    case .nativeVersion(let version):
      return "a trace in version \(version) of the native format, of which this program reads 1."
        + " Use a newer outpace, or export it as .ndjson there."
    case .brokenNative(let problem):
      return "\(problem). It was changed after it was exported: export the trace again. One that is"
        + " to be changed is exported as .ndjson."
    case .cutNative(let missing):
      return "the file ends before \(missing). Copy it or export it again."
    case .badColumns(let text):
      let roles = ColumnRole.allCases.map(\.rawValue).joined(separator: ", ")
      return "“\(text)” names no column. Write ROLE=NAME with commas in between,"
        + " where ROLE is one of \(roles)."
    case .badRankPattern(let pattern):
      return "“\(pattern)” is no regular expression. Example: --rank-regex 'node-(\\d+)'"
    case .noRankInName(let pattern):
      return "the name does not match “\(pattern)” with digits in it, and the file tells no rank."
        + " Rename it, or give another --rank-regex."
    case .badPattern(let pattern):
      return "“\(pattern)” is no regular expression. Example: \(path) 'forward|backward'"
    case .badSliceKey(let text):
      return "“\(text)” tells nothing apart. Write one or more of pid, tid, process_name,"
        + " thread_name, file and args.KEY with commas in between, each once."
    case .badStepKey(let text):
      return "“\(text)” is no argument of a slice. Example: --step-by args.step"
    case .replicasWithoutSteps:
      return "the slices of a replica's ranks can only be set side by side step by step."
        + " Say where the step stands, as in --step-by args.step"
    case .badMapLine:
      return "a line has to have a rank and its replica, such as “3 0”."
    case .mappedTwice(let rank, let first, let second):
      return "rank \(rank) is in replica \(second), and above in replica \(first)."
        + " Keep one of the two lines."
    case .rankNotMapped(let rank):
      return "--map says no replica for the rank \(rank). Add a line “\(rank) REPLICA”."
    case .noDataParallelGroup:
      return "the file names no data-parallel group of its rank. Write the replica of each rank"
        + " into a file, one “rank replica” a line, and give it by --map FILE."
    case .modelParallel(let groups, let worldSize):
      return "ranks of this job of \(worldSize) may share the work of a gradient:"
        + " it has the smaller groups" + listed(groups, before: " ", after: ".")
        + " Say which ranks are one replica by --map FILE with lines “rank replica”, by --map dp"
        + " if a group is called data-parallel, or --map rank if each rank computes whole"
        + " gradients."
    case .eventNeeded(let found):
      return "which slices are gradients? Say so by --event REGEX."
        + (found.isEmpty ? " No slice has a name." : " Most frequent:")
        + listed(found, before: " ", after: ".", limit: 10)
    case .badLinePattern(let pattern):
      return "“\(pattern)” is no regular expression. Example:"
        + " --pattern 'rank (?<worker>\\d+) took (?<duration>[\\d.]+)'"
    case .patternNeeded:
      return "a log needs a pattern for its lines, such as"
        + " --pattern 'rank (?<worker>\\d+) step (?<step>\\d+) took (?<duration>[\\d.]+)'"
    case .patternLacksGroups(let pattern):
      return "“\(pattern)” names no time. It needs a group (?<duration>…) or (?<time>…)."
    case .missingColumn(let role, let found):
      return "no column says the \(role). Columns found: \(found.joined(separator: ", "))."
        + " Say which is which: \(columnsExample(found))"
    case .missingMappedColumn(let role, let name, let found):
      return "there is no column “\(name)” for the \(role)."
        + " Columns found: \(found.joined(separator: ", "))."
        + " Say which is which: \(columnsExample(found))"
    case .columnTwice(let name):
      return
        "two columns are called “\(name)”. Give them different names: nobody knows which one is meant."
    case .mixedUnits:
      return "some times are relative and others are in seconds, and cannot be set side by side."
        + " Give all of them one unit."
    case .fieldCount(let expected, let found):
      return "\(found) fields where the header has \(expected). A separator inside a field?"
        + " Put the field in quotes."
    case .notAnObject:
      return "not a JSON object. Each line has to be one, such as"
        + " {\"worker\":\"a\",\"duration_ms\":12.5}."
    case .missingValue(let column):
      return "\(column) is empty. Fill it in or remove the line."
    case .notANumber(let column, let text):
      return "\(column) is “\(text)”, not a number. Correct the line, or name the right column."
    case .notFinite(let column, let text):
      return "\(column) is \(text). A gradient that never ended is no gradient: remove the line."
    case .notWhole(let column, let text):
      return "\(column) is “\(text)”, not a whole number in range. Write one, as in 17."
    case .negative(let column, let text):
      let isLength = ["duration", "wait", "turnaround"].contains { column.contains($0) }
      return "\(column) is \(text), below 0. "
        + (isLength
          ? "Nothing lasts less than no time: a wrong column, or start and end swapped?"
          : "Shift the clock so that it starts at 0.")
    case .overflow(let column, let text):
      return "\(column) is \(text), beyond the 292 years that fit. A wrong unit?"
    case .notARate(let column, let text):
      return "\(column) is \(text); gradients per second are above 0. Leave out who did nothing."
    case .endBeforeStart(let startNs, let endNs):
      return "the gradient ends at \(endNs) ns, before its start at \(startNs) ns. Swapped columns?"
    case .unknownWord(let column, let text, let known):
      return "\(column) is “\(text)”. Write one of \(known.joined(separator: ", ")), or nothing."
    case .emptyLabel:
      return "the worker has no name. Give each worker one."
    case .labelTooLong(let byteSize):
      return "the worker's name has \(byteSize) bytes; at most"
        + " \(WorkerLabel.byteSizeLimit) are allowed. Is this the right column?"
    case .tooManyIntervals(let count):
      return "\(count) operations that do not touch one another are more than fit in memory."
        + " Profile fewer steps into one file."
    case .tooManySteps(let limit):
      return "more than \(limit) steps of the profiler. Profile fewer steps into one file."
    case .noSteps:
      return "no step of the profiler (ProfilerStep#N) in it."
        + " Call prof.step() once per iteration while recording."
    case .noEvent(let pattern, let found):
      return "no slice is called like “\(pattern)”."
        + (found.isEmpty ? " No slice has a name." : " Most frequent:")
        + listed(found, before: " ", after: ".", limit: 10)
    case .noSliceHas(let key):
      return "no slice that matches has \(key). Look at one of them in the file."
    case .ranksOfSeveralFiles:
      return "this is a second timeline. Say what tells the workers apart: --rank-by file, or"
        + " file,pid, or pid if no two files share a process."
    case .tooManyRankSteps(let limit):
      return "more than \(limit) pairs of a rank and a step. Cut the trace into parts."
    case .tooManyOpenSlices(let limit):
      return "more than \(limit) slices have begun and not ended. Is this a Chrome trace?"
    case .lateNames(let limit):
      return "the processes are named after more than \(limit) slices. Use --rank-by pid instead."
    case .noTicks:
      return "no all-reduce with the readiness of a rank in it. Record it with"
        + " HOROVOD_CACHE_CAPACITY=0, since cached negotiations leave no ticks."
    case .noStage(let stage, let found):
      return "no successful task of stage \(stage)."
        + (found.isEmpty ? " No stage has one." : " Stages found:")
        + listed(found, before: " ", after: ".")
    case .tooManyTasks(let limit, let found):
      return "more than \(limit) tasks, which cannot be read twice from standard input."
        + " Choose the stage by --stage N" + listed(found, before: " (", after: ")")
        + ", or give the file's path."
    case .brokenSQLite(let message):
      return "broken SQLite file: \(message). Export it again by nsys export --type sqlite."
    case .notADatabase:
      return "an export of Nsight Systems has to be an uncompressed SQLite file, given by its path."
    case .noTable(let name):
      return "no table \(name) with the usual columns. Record with --trace=cuda,nvtx."
    case .noLineMatches(let pattern):
      return "no line matches “\(pattern)”. Try the pattern on one line first."
    case .noTask(let name, let found):
      let start = name.map { "no execution of a task “\($0)”" } ?? "no execution of a task"
      return start + ". " + (found.isEmpty ? "Is this a Ray timeline?" : "Tasks found:")
        + listed(found, before: " ", after: ".")
    case .tooManyExecutions(let limit, let found):
      return "more than \(limit) executions, which cannot be read twice from standard input."
        + " Choose the task by --task NAME" + listed(found, before: " (", after: ")")
        + ", or give the file's path."
    case .onlyZeroDurations(let worker):
      return "every duration of the worker \(worker) is 0, so its speed is unknown."
        + " Leave it out by --skip-worker \(quoted(worker))"
    case .noGradients:
      return "no gradient in it, so nothing was imported. Does it cover a whole step?"
    }
  }

  private func severalJobs(
    _ evidence: TraceFormatError.SeveralJobs, firstPath: String, path: String
  ) -> String {
    let other = firstPath
    let oneByOne = "outpace import \(quoted(other)) \(quoted(path))"
    let fact: String
    switch evidence {
    case .wholeJobs(let format):
      fact = "\(format) has a whole job in each file, and \(other) is another one."
    case .sharedWorker(let label):
      fact = "the worker \(label) is in \(other) too, so each file looks like a job of its own."
    case .rankTwice(let label):
      fact =
        "the worker \(label) is in \(other) too, at the same time: these are different jobs,"
        + " or one file twice."
    case .noStarts(let label):
      fact =
        "the worker \(label) is in \(other) too, and without start times nobody can tell"
        + " which comes first."
    case .worldSizes(let first, let second):
      fact = "this is of a job of \(second) ranks, and \(other) of one of \(first)."
    case .apart:
      fact =
        "its workers and those of \(other) never ran at the same time: these look like"
        + " different jobs."
    case .units:
      return "this file has physical times and \(other) has not, or the other way round."
        + " Give them one by one: \(oneByOne)"
    case .wholeTraces:
      return "this is a whole trace, and \(other) is another one, each with times from its own"
        + " first start. Give them one by one: \(oneByOne)"
    }
    return fact
      + " A folder is one trace with a file per rank. Give the files one by one: \(oneByOne)"
      + " (or add --join if all of them are one trace)."
  }

  private func columnsExample(_ found: [String]) -> String {
    let named = found.filter { !$0.isEmpty }
    func guess(_ words: [String], but other: String?) -> String? {
      for word in words {
        if let name = named.first(where: { $0 != other && $0.lowercased().contains(word) }) {
          return name
        }
      }
      return named.first { $0 != other }
    }
    // Only an example: which column it is, the user knows.
    let worker = guess(["worker", "rank", "uuid", "node", "host", "device", "gpu"], but: nil)
    func role(_ role: ColumnRole) -> String? {
      named.first { name in
        let word = name.lowercased()
        return name != worker
          && (word.hasPrefix(role.rawValue) || word.hasSuffix("_" + role.rawValue))
      }
    }
    let durations = ["dur", "perf", "latency", "elapsed"]
    let hasDuration = named.contains { name in
      name != worker && durations.contains { name.lowercased().contains($0) }
    }
    let times: [(role: ColumnRole, name: String?)] =
      if !hasDuration, let start = role(.start), let end = role(.end) {
        [(.start, start), (.end, end)]
      } else {
        [(.duration, guess(durations + ["time", "_ms", "sec"], but: worker))]
      }
    let example =
      "--columns worker=\(quoted(worker ?? "NAME"))"
      + times.map { ",\($0.role.rawValue)=\(quoted($0.name ?? "NAME"))" }.joined()
    // An ending that says the unit is heeded.
    return times.allSatisfy { unitSuffix($0.name ?? "") != nil } ? example : example + " --unit ms"
  }

  private func listed(
    _ names: [String], before: String, after: String, limit: Int = 5
  ) -> String {
    guard !names.isEmpty else { return "" }
    let shown = names.prefix(limit).joined(separator: ", ")
    let rest = names.count - limit
    return before + shown + (rest > 0 ? " and \(rest) more" : "") + after
  }

  /// As a shell takes it.
  private func quoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { byte in
      byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a || byte >= 0x2b && byte <= 0x3a && byte != 0x2c
        || byte == 0x5f
    }
    return plain && !text.isEmpty
      ? text
      : "'"
        + text.split(separator: "'", omittingEmptySubsequences: false)
        .joined(separator: "'\\''") + "'"
  }
}
