import ByteStreams
import TraceModel

/// Event logs of Spark: a gradient is a successful task of one stage, a worker is an executor.
///
/// Tasks of different stages are different work, so workers are only compared within one: that of
/// ``ReadOptions/stage``, else among the stages that used most executors the one with most tasks, and
/// of equal ones the first. All attempts of a stage count; failed tasks, `Resubmitted` ones (whose
/// result was lost with its executor: the same task ends again) and speculative copies do not.
///
/// A duration is the `Executor Run Time`, which leaves out what the driver, the network and
/// deserialization took; what is left of the time from launch to finish is the turnaround.
///
/// Which stage it is shows at the end. Up to a million tasks (40 bytes each) are kept until then; of
/// more, files are read a second time, and standard input needs the stage's number.
package final class SparkReader: TraceReader {
  /// Tasks that are kept until it is known which stage computes gradients; of more, the files are read
  /// a second time.
  package static let taskLimit = 1 << 20
  private static let executorLimit = 1 << 20
  private static let stageLimit = 1 << 20

  private struct Executor {
    var host: String?
    /// −2 until it is needed, −1 if it is left out.
    var handle = -2
    var hasTime = false
    var lastFinishNs = Int64.min
    var overlapCount = 0
  }

  private struct Stage {
    var taskCount = 0
    var executorCount = 0
    var unusedCounts: [SparkTask.Fate: Int] = [:]
  }

  private struct Pair: Hashable {
    var stage: Int64
    var executor: Int32
  }

  private let options: ReadOptions
  private let log: IssueLog
  private let taskLimit: Int
  private var tasks: [SparkTask.Timing] = []
  private var taskCount = 0
  /// The gradients pushed so far: none before ``finish()``, which decides which stage they are.
  package private(set) var gradientCount = 0
  private var paths: [String] = []
  /// By file: the tasks of each stage.
  private var tasksByFile: [[Int64: Int]] = []
  private var lineCount = 0
  private var table = ByteTable()
  private var executors: [Executor] = []
  private var stages: [Int64: Stage] = [:]
  private var pairs: Set<Pair> = []
  private var chosenStage: Int64?
  /// Set for the second reading.
  private var chosen: Int64?

  package init(options: ReadOptions, log: IssueLog, taskLimit: Int = SparkReader.taskLimit) {
    self.options = options
    self.log = log
    self.taskLimit = taskLimit
  }

  /// A first line that is an object with the class of an event.
  static func claims(_ head: FileHead) -> Bool {
    guard head.firstByte == 0x7b, let line = head.firstLine else { return false }
    return Array(line).withUnsafeBytes { text in
      var scanner = JSONScanner()
      scanner.load(text)
      return (try? isEvent(&scanner)) ?? false
    }
  }

  private static func isEvent(_ scanner: inout JSONScanner) throws -> Bool {
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      if isSame(key, "Event"), try scanner.kind() == .string {
        let name = try scanner.string()
        return startsSame(name, "SparkListener") || startsSame(name, "org.apache.spark.")
      }
      try scanner.skipValue()
    }
    return false
  }

  /// Whether a file is one of those that Spark begins when the one before is large enough.
  static func isRolling(_ path: String) -> Bool {
    let parts = path.split(separator: "/")
    guard let name = parts.last, name.hasPrefix("events_"), parts.count > 1 else { return false }
    return parts[parts.count - 2].hasPrefix("eventlog_v2")
  }

  static func folder(of path: String) -> Substring {
    path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
  }

  /// Collects the tasks of one file, of every stage.
  package func read(_ source: ByteSource) throws {
    paths.append(source.path)
    tasksByFile.append([:])
    lineCount = 0
    try readLines(source)
    log.tally(read: lineCount)
  }

  /// Says how many tasks of each file belong to the stage that was chosen.
  package func complete(_ files: inout [FileReport]) {
    guard let stage = chosenStage else { return }
    var counts = tasksByFile.makeIterator()
    for index in files.indices where files[index].format != nil {
      guard let count = counts.next() else { return }
      files[index].used = count[stage, default: 0]
    }
  }

  /// Chooses the stage, and pushes its tasks.
  ///
  /// - Throws: `tooManyTasks` where standard input would have to be read twice.
  package func finish() throws -> TraceFacts {
    let path = paths.first ?? ""
    let chosen = try chooseStage(path)
    chosenStage = chosen
    if taskCount <= taskLimit {
      for task in tasks where task.stage == chosen { try push(task) }
    } else {
      guard !paths.contains("-") else {
        throw TraceFormatError(
          reason: .tooManyTasks(limit: taskLimit, found: stageTexts), path: "-")
      }
      // What has been learned is which stage it is.
      tasks = []
      self.chosen = chosen
      for path in paths {
        try readLines(try ByteSource(path: path, bufferSize: options.bufferSize))
      }
    }
    for (index, executor) in executors.enumerated() where executor.handle >= 0 && !executor.hasTime
    {
      throw TraceFormatError(
        reason: .onlyZeroDurations(worker: table.text(index).text), path: path)
    }
    let idleCount = executors.count { $0.handle == -2 }
    log.count(.executorIdle, idleCount, at: "\(path): stage \(chosen)")
    let unused = stages[chosen]?.unusedCounts ?? [:]
    log.count(
      .taskNotUsed, unused.values.reduce(0, +), at: "\(path): stage \(chosen)")
    let overlapCount = executors.reduce(0) { $0 + $1.overlapCount }
    // Between tasks that run side by side on the cores of an executor there are no gaps.
    return TraceFacts(
      format: TraceFormat.spark.rawValue, kind: .independent, unixNsOfZero: 0,
      turnaround: overlapCount > 0 ? .recorded : .gaps,
      notes: notes(chosen, unused: unused, overlapCount: overlapCount))
  }

  private func readLines(_ source: ByteSource) throws {
    var lines = LineReader(source: source, bufferSize: options.bufferSize)
    var scanner = JSONScanner()
    scanner.isLenient = true
    let path = source.path
    while let line = try lines.next() {
      guard !line.isEmpty else { continue }
      let number = lines.lineNumber
      lineCount += 1
      let oddCount = scanner.oddities.count
      defer {
        if chosen == nil {
          log.count(.looseJSON, scanner.oddities.count - oddCount, at: "\(path):\(number)")
        }
      }
      do {
        scanner.load(line)
        if let task = try SparkTask(&scanner) {
          try take(task, path, number, byte: lines.byteOffset)
        }
      } catch is JSONError {
        // The second reading finds the same again.
        guard chosen == nil else { continue }
        log.count(
          lines.isUnterminated ? .unterminatedLineDropped : .badEvent, byte: lines.byteOffset,
          at: "\(path):\(number)")
      }
    }
    if lines.isTruncated, chosen == nil { log.count(.cutCompressedStream, at: path) }
  }

  private func take(_ task: SparkTask, _ path: String, _ line: Int, byte: Int64) throws {
    guard let stage = task.stage else { return }
    guard task.fate == .success else {
      guard chosen == nil, stages[stage] != nil || stages.count < SparkReader.stageLimit else {
        return
      }
      stages[stage, default: Stage()].unusedCounts[task.fate, default: 0] += 1
      return
    }
    guard var timing = task.timing, let executor = executor(task) else {
      if chosen == nil { log.count(.badEvent, byte: byte, at: "\(path):\(line)") }
      return
    }
    timing.executor = executor
    if let chosen {
      if stage == chosen { try push(timing) }
      return
    }
    guard stages[stage] != nil || stages.count < SparkReader.stageLimit else { return }
    stages[stage, default: Stage()].taskCount += 1
    tasksByFile[tasksByFile.count - 1][stage, default: 0] += 1
    if pairs.count < 1 << 20, pairs.insert(Pair(stage: stage, executor: executor)).inserted {
      stages[stage, default: Stage()].executorCount += 1
    }
    guard options.stage.map({ $0 == stage }) ?? true else { return }
    taskCount += 1
    if taskCount <= taskLimit { tasks.append(timing) }
  }

  private func executor(_ task: SparkTask) -> Int32? {
    guard !task.executor.isEmpty, task.executor.count <= WorkerLabel.byteSizeLimit else {
      return nil
    }
    return task.executor.withUnsafeBytes { bytes in
      if let known = table.find(bytes) { return Int32(known) }
      guard fitsLabel(bytes), table.count < SparkReader.executorLimit else { return nil }
      executors.append(Executor(host: task.host.isEmpty ? nil : decodedText(task.host).text))
      return Int32(table.index(of: bytes).index)
    }
  }

  private func push(_ task: SparkTask.Timing) throws {
    let index = Int(task.executor)
    let label = table.text(index).text
    if executors[index].handle == -2 {
      executors[index].handle =
        log.isSkipped(label, options)
        ? -1
        : try log.sink.worker(
          labelled: WorkerLabel(label), host: executors[index].host,
          trust: options.trust ?? .measured)
    }
    let handle = executors[index].handle
    guard handle >= 0 else { return log.count(.workerSkipped, at: paths.first ?? "") }
    if task.launchNs < executors[index].lastFinishNs { executors[index].overlapCount += 1 }
    executors[index].lastFinishNs = max(executors[index].lastFinishNs, task.finishNs)
    var gradient = GradientInterval(startNs: task.launchNs, durationNs: task.runNs)
    gradient.turnaroundNs = max(0, task.finishNs - task.launchNs - task.runNs)
    if gradient.durationNs == 0 {
      gradient.durationNs = 500_000
      log.count(.zeroDuration, at: "\(paths.first ?? ""): executor \(label)")
    } else {
      executors[index].hasTime = true
    }
    gradientCount += 1
    try log.sink.append(gradient, worker: handle)
  }

  // MARK: - Stages

  /// The stages that have successful tasks, the one to be used first.
  private var candidates: [(number: Int64, stage: Stage)] {
    stages.filter { $0.value.taskCount > 0 }.map { (number: $0.key, stage: $0.value) }
      .sorted {
        ($1.stage.executorCount, $1.stage.taskCount, $0.number)
          < ($0.stage.executorCount, $0.stage.taskCount, $1.number)
      }
  }

  private func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }

  private var stageTexts: [String] {
    candidates.map { number, stage in
      "\(number) with \(counted(stage.taskCount, "task"))"
        + " on \(counted(stage.executorCount, "executor"))"
    }
  }

  private func chooseStage(_ path: String) throws(TraceFormatError) -> Int64 {
    guard let wanted = options.stage else {
      guard let first = candidates.first else {
        throw TraceFormatError(reason: .noGradients, path: path)
      }
      return first.number
    }
    guard stages[wanted].map({ $0.taskCount > 0 }) ?? false else {
      throw TraceFormatError(reason: .noStage(wanted, found: stageTexts), path: path)
    }
    return wanted
  }

  private func notes(
    _ chosen: Int64, unused: [SparkTask.Fate: Int], overlapCount: Int
  ) -> [String] {
    var notes: [String] = []
    for (candidate, text) in zip(candidates, stageTexts).prefix(8) {
      notes.append("stage \(text), \(candidate.number == chosen ? "gradients" : "not used")")
    }
    for fate in SparkTask.Fate.allCases {
      if let count = unused[fate] {
        notes.append("\(counted(count, "task")) of it not used: \(fate.rawValue)")
      }
    }
    if overlapCount > 0 {
      notes.append(
        "executors run several tasks at once (\(overlapCount) of \(gradientCount) started before one"
          + " on the same executor had ended): each executor counts as one worker, whose tasks are"
          + " replayed one after the other, so all rates are too low by the number of tasks at"
          + " once; ratios between executors hold where all run as many")
    }
    return notes
  }
}
