import ByteStreams
import TraceModel

/// `ray timeline`: a gradient is one execution of a task on one worker.
///
/// Slices whose category is `task::NAME` are executions; `task:execute` and the like are parts of
/// them, and `__init__` is the construction of an actor. The gradients are the executions of the
/// task with the most total time, unless ``ReadOptions/task`` names one (`compute_gradients`, or
/// `DataWorker.compute_gradients`).
///
/// Which task that is shows only at the end. Up to a million executions (24 bytes each) are kept
/// until then; of more, files are read a second time, and standard input needs the task's name.
package final class RayReader: TraceReader {
  private struct Execution {
    var startNs: Int64
    var durationNs: Int64
    var worker: Int32
    var task: Int32
  }

  private struct Task {
    var name: String
    var isConstructor: Bool
    var executionCount = 0
    var totalNs: Int64 = 0
  }

  private struct Worker {
    var host: Int32
    var handle = -1
    /// Any of its durations was above 0.
    var hasTime = false
  }

  /// Executions that are kept until it is known which task computes gradients; of more, the files are
  /// read a second time.
  package static let executionLimit = 1 << 20
  /// Names of tasks can be made up at run time; more distinct ones than this are no one's gradients.
  private static let taskLimit = 1 << 16
  /// A million workers with names of 64 bytes.
  private static let labelByteLimit = 64 << 20

  private let options: ReadOptions
  private let log: IssueLog
  private let executionLimit: Int
  private var executions: [Execution] = []
  private var executionCount = 0
  /// The gradients pushed so far: none before ``finish()``, which decides which task they are.
  package private(set) var gradientCount = 0
  private var paths: [String] = []
  /// By file: how often each task was executed.
  private var executionsByFile: [[Int32: Int]] = []
  private var eventCount = 0
  private var taskTable = ByteTable()
  private var tasks: [Task] = []
  private var workerTable = ByteTable()
  private var workers: [Worker] = []
  private var hostTable = ByteTable()
  private var hasFractions = false
  private var firstStartNs = Int64.max
  private var chosenTasks: Set<Int32>?
  /// Set for the second reading.
  private var chosen: Set<Int32>?

  package init(options: ReadOptions, log: IssueLog, executionLimit: Int = RayReader.executionLimit)
  {
    self.options = options
    self.log = log
    self.executionLimit = executionLimit
  }

  /// An array of events of which one of the first has a category that only Ray writes.
  static func claims(_ head: FileHead) -> Bool {
    guard head.firstByte == 0x5b else { return false }
    var isRay = false
    _ = head.scan { scanner in
      try scanner.enterArray()
      while try scanner.nextElement(), !isRay {
        guard try scanner.kind() == .object else { return }
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
          if isSame(key, "cat"), try scanner.kind() == .string {
            let category = try scanner.string()
            if startsSame(category, "task::") || startsSame(category, "task:execute") {
              isRay = true
              return
            }
          } else {
            try scanner.skipValue()
          }
        }
      }
    }
    return isRay
  }

  /// Collects the executions of one file, of every task.
  package func read(_ source: ByteSource) throws {
    paths.append(source.path)
    executionsByFile.append([:])
    eventCount = 0
    try readEvents(source)
    log.tally(read: eventCount)
  }

  /// Says how many executions of each file belong to the task that was chosen.
  package func complete(_ files: inout [FileReport]) {
    guard let chosen = chosenTasks else { return }
    var counts = executionsByFile.makeIterator()
    for index in files.indices where files[index].format != nil {
      guard let count = counts.next() else { return }
      files[index].used = chosen.reduce(0) { $0 + count[$1, default: 0] }
    }
  }

  /// Chooses the task, and pushes its executions.
  ///
  /// - Throws: `tooManyExecutions` where standard input would have to be read twice.
  package func finish() throws -> TraceFacts {
    let chosen = try chooseTasks()
    chosenTasks = chosen
    if executionCount <= executionLimit {
      for execution in executions where chosen.contains(execution.task) { try push(execution) }
    } else {
      guard !paths.contains("-") else {
        throw TraceFormatError(
          reason: .tooManyExecutions(limit: executionLimit, found: taskNames), path: "-")
      }
      // What has been learned is which task it is.
      executions = []
      self.chosen = chosen
      for path in paths {
        try readEvents(try ByteSource(path: path, bufferSize: options.bufferSize))
      }
    }
    for (index, worker) in workers.enumerated() where worker.handle >= 0 && !worker.hasTime {
      throw TraceFormatError(
        reason: .onlyZeroDurations(worker: workerTable.text(index).text), path: paths.first ?? "")
    }
    let isAbsolute = firstStartNs > 1_000_000_000_000_000_000 && firstStartNs < .max
    return TraceFacts(
      format: TraceFormat.ray.rawValue, kind: .independent, unixNsOfZero: isAbsolute ? 0 : nil,
      turnaround: .gaps, notes: notes(chosen))
  }

  private func readEvents(_ source: ByteSource) throws {
    var scanner = JSONScanner(source: source, bufferSize: options.bufferSize)
    scanner.isLenient = true
    do {
      try scanner.skipByteOrderMark()
      try scanner.enterArray()
      var entries = EntryReader()
      while try scanner.nextElement() { try readEvent(&scanner, &entries, source.path) }
      let end = scanner.byteOffset
      if chosen == nil, try !scanner.isAtEnd() {
        log.count(.textAfterEnd, byte: end, at: "\(source.path): byte \(end)")
      }
    } catch let error as JSONError {
      // The second reading finds the same again.
      if chosen == nil { try settle(error, of: source, log: log) }
    }
    if chosen == nil { log.count(scanner.oddities, at: source.path) }
  }

  private func readEvent(
    _ scanner: inout JSONScanner, _ entries: inout EntryReader, _ path: String
  ) throws {
    let offset = scanner.byteOffset
    eventCount += 1
    if let object = try scanner.takeObject() {
      entries.load(object)
      return try readEvent(&entries, at: offset, path)
    }
    guard try scanner.kind() == .object else {
      if chosen == nil { log.count(.badEvent, byte: offset, at: "\(path): byte \(offset)") }
      return try scanner.skipValue()
    }
    try scanner.enterObject()
    try readEvent(&scanner, at: offset, path)
  }

  private func readEvent<Entries: EntryReading & ~Copyable>(
    _ entries: inout Entries, at offset: Int64, _ path: String
  ) throws {
    var task: Int32?
    var worker: Int32?
    var host: Int32 = -1
    var start: Int64?
    var duration: Int64?
    var isComplete = false
    var quoted = 0
    while let key = try entries.nextKey() {
      if isSame(key, "cat") {
        guard try entries.kind() == .string else { return try entries.skipRest() }
        let category = try entries.string()
        guard startsSame(category, "task::") else { return try entries.skipRest() }
        task = index(ofTask: UnsafeRawBufferPointer(rebasing: category[6...]))
      } else if isSame(key, "ph") {
        guard try entries.kind() == .string, isSame(try entries.string(), "X") else {
          return try entries.skipRest()
        }
        isComplete = true
      } else if isSame(key, "tid") {
        worker = try text(&entries, in: &workerTable)
      } else if isSame(key, "pid") {
        host = try text(&entries, in: &hostTable) ?? -1
      } else if isSame(key, "ts") {
        start = try entries.number(scale: 3, quoted: &quoted)
      } else if isSame(key, "dur") {
        duration = try entries.number(scale: 3, quoted: &quoted)
      } else {
        try entries.skipValue()
      }
    }
    guard isComplete, let task else { return }
    while workers.count < workerTable.count { workers.append(Worker(host: -1)) }
    guard let worker, let start, let duration,
      isUsable(startNs: start, durationNs: duration)
    else {
      if chosen == nil { log.count(.badEvent, byte: offset, at: "\(path): byte \(offset)") }
      return
    }
    if chosen == nil, quoted > 0 { log.count(.stringNumber, quoted, at: "\(path): byte \(offset)") }
    if workers[Int(worker)].host < 0 { workers[Int(worker)].host = host }
    try take(Execution(startNs: start, durationNs: duration, worker: worker, task: task))
  }

  private func take(_ execution: Execution) throws {
    if let chosen {
      if chosen.contains(execution.task) { try push(execution) }
      return
    }
    let task = Int(execution.task)
    tasks[task].executionCount += 1
    if !executionsByFile.isEmpty {
      executionsByFile[executionsByFile.count - 1][execution.task, default: 0] += 1
    }
    tasks[task].totalNs += min(execution.durationNs, .max - tasks[task].totalNs)
    guard !tasks[task].isConstructor else { return }
    if execution.durationNs % 1000 != 0 { hasFractions = true }
    firstStartNs = min(firstStartNs, execution.startNs)
    executionCount += 1
    if executionCount <= executionLimit { executions.append(execution) }
  }

  private func push(_ execution: Execution) throws {
    let worker = Int(execution.worker)
    let (label, isLatin1) = workerTable.text(worker)
    guard !log.isSkipped(label, options) else {
      return log.count(.workerSkipped, at: "\(paths.first ?? ""): worker \(label)")
    }
    if workers[worker].handle < 0 {
      if isLatin1 { log.count(.latin1Label, at: paths.first ?? "") }
      let host = workers[worker].host
      workers[worker].handle = try log.sink.worker(
        labelled: WorkerLabel(label), host: host < 0 ? nil : hostTable.text(Int(host)).text,
        trust: options.trust ?? .measured)
    }
    var durationNs = execution.durationNs
    if durationNs == 0 {
      durationNs = hasFractions ? 1 : 500
      log.count(.zeroDuration, at: "\(paths.first ?? ""): worker \(label)")
    } else {
      workers[worker].hasTime = true
    }
    gradientCount += 1
    try log.sink.append(
      GradientInterval(startNs: execution.startNs, durationNs: durationNs),
      worker: workers[worker].handle)
  }

  // MARK: - Tasks

  private func index(ofTask name: UnsafeRawBufferPointer) -> Int32? {
    if let known = taskTable.find(name) { return Int32(known) }
    guard taskTable.count < RayReader.taskLimit, name.count <= 4096 else { return nil }
    let index = taskTable.index(of: name).index
    let text = taskTable.text(index).text
    let isConstructor = text == "__init__" || text.hasSuffix(".__init__")
    tasks.append(Task(name: text, isConstructor: isConstructor))
    return Int32(index)
  }

  /// Enters a label, which may be a string or a number; nil if it is neither or too long.
  private func text<Entries: EntryReading & ~Copyable>(
    _ entries: inout Entries, in table: inout ByteTable
  ) throws -> Int32? {
    let text: UnsafeRawBufferPointer
    switch try entries.kind() {
    case .string: text = try entries.string()
    case .scalar: text = try entries.scalar()
    case .object, .array:
      try entries.skipValue()
      return nil
    }
    guard !text.isEmpty, text.count <= WorkerLabel.byteSizeLimit else { return nil }
    if let known = table.find(text) { return Int32(known) }
    guard fitsLabel(text), table.byteSize < RayReader.labelByteLimit else { return nil }
    return Int32(exactly: table.index(of: text).index)
  }

  /// The names of tasks with executions, most total time first.
  private var taskNames: [String] {
    tasks.filter { $0.executionCount > 0 && !$0.isConstructor }
      .sorted { ($1.totalNs, WorkerLabel($0.name)) < ($0.totalNs, WorkerLabel($1.name)) }
      .map(\.name)
  }

  private func chooseTasks() throws(TraceFormatError) -> Set<Int32> {
    let names = taskNames
    var wanted = names.first.map { [$0] } ?? []
    if let name = options.task {
      wanted = names.contains(name) ? [name] : names.filter { $0.hasSuffix("." + name) }
    }
    let chosen = tasks.indices.filter { wanted.contains(tasks[$0].name) }
    guard !chosen.isEmpty else {
      throw TraceFormatError(
        reason: .noTask(named: options.task, found: names), path: paths.first ?? "")
    }
    return Set(chosen.map { Int32($0) })
  }

  private func notes(_ chosen: Set<Int32>) -> [String] {
    var notes: [String] = []
    for name in taskNames.prefix(20) {
      guard let index = tasks.firstIndex(where: { $0.name == name }) else { continue }
      let use = chosen.contains(Int32(index)) ? "gradients" : "not used"
      notes.append("\(description(of: tasks[index])), \(use)")
    }
    for task in tasks where task.isConstructor && task.executionCount > 0 {
      notes.append("\(description(of: task)), construction of actors")
    }
    return notes
  }

  private func description(of task: Task) -> String {
    let count = task.executionCount
    return "task \(task.name): \(count) \(count == 1 ? "execution" : "executions")"
  }
}
