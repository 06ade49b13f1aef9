import ByteStreams
import TraceModel

/// What one file of the PyTorch profiler says, before the ranks are set side by side.
struct PyTorchProfile {
  private struct Activity {
    /// At five bytes for each stretch 20 and 10 million of them; real profiles need a hundredth.
    var compute = IntervalUnion(byteLimit: 96 << 20)
    var collectives = IntervalUnion(byteLimit: 48 << 20)
  }

  private static let stepLimit = 1 << 20

  private var eventCount = 0
  private var usedCount = 0

  struct Step {
    var number: Int64
    var window: Stretch
    /// |⋃ collectives ∖ ⋃ compute| inside the window, in nanoseconds.
    var exposedNs: Int64 = 0
    /// Something ran inside the window, compute or collective.
    var hasWork = false
  }

  private(set) var rank: Int64?
  /// What the worker is called if neither a rank nor the name of the file says it.
  private(set) var label: String?
  private(set) var worldSize: Int64?
  private(set) var host: String?
  private(set) var baseNs: Int64?
  private(set) var groups: [ProcessGroup] = []
  private(set) var steps: [Step] = []
  private(set) var hasCollectives = false
  /// Times have digits below the microsecond.
  private(set) var hasFractions = false
  /// Steps that the profiler cut: 0 or 1.
  private(set) var cutStepCount = 0

  /// Some event was a kernel: what the CPU did does not count.
  private var isGPU = false
  private var onCPU = Activity()
  private var onGPU = Activity()
  private var kernelNames = KernelNames()
  /// The groups whose collectives are part of computing a gradient.
  private var innerNames: Set<[UInt8]> = []
  /// Collectives that name no group, while some groups lie within a replica.
  private var grouplessKernels = 0
  private var grouplessRanges = 0
  private let map: ReplicaMap?
  private let log: IssueLog
  private let path: String
  private let ticket: GateTicket
  /// From there on a file has to be the only large one.
  private static let smallByteSize = 4 << 20

  /// Reads a file to its end, and works out the exposed time of its steps.
  init(_ source: ByteSource, options: ReadOptions, log: IssueLog) throws {
    self.log = log
    map = options.map
    ticket = GateTicket(options.gate)
    path = source.path
    var scanner = JSONScanner(source: source, bufferSize: options.bufferSize)
    scanner.isLenient = true
    do {
      try scanner.skipByteOrderMark()
      try readDocument(&scanner)
      let end = scanner.byteOffset
      if try !scanner.isAtEnd() { log.count(.textAfterEnd, byte: end, at: "\(path): byte \(end)") }
    } catch let error as JSONError {
      try settle(error, of: source, log: log)
    } catch let reason as TraceFormatError.Reason {
      throw TraceFormatError(reason: reason, path: path, place: .byte(scanner.byteOffset))
    }
    log.count(scanner.oddities, at: path)
    log.tally(read: eventCount, used: usedCount)
    log.count(.groupUnknown, isGPU ? grouplessKernels : grouplessRanges, at: path)
    work()
  }

  /// A profile whose steps and operations on the GPU have been collected elsewhere.
  init(
    steps: [Step], compute: IntervalUnion, collectives: IntervalUnion, label: String?,
    path: String, log: IssueLog
  ) {
    self.log = log
    self.path = path
    self.label = label
    self.steps = steps
    map = nil
    ticket = GateTicket(nil)
    isGPU = true
    onGPU = Activity(compute: compute, collectives: collectives)
    hasFractions = true
    work()
  }

  private mutating func readDocument(_ scanner: inout JSONScanner) throws {
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      if isSame(key, "traceEvents") {
        try scanner.enterArray()
        var entries = EntryReader()
        while try scanner.nextElement() { try readEvent(&scanner, &entries) }
      } else if isSame(key, "distributedInfo") {
        try readDistributedInfo(&scanner)
      } else if isSame(key, "baseTimeNanoseconds") {
        var quoted = 0
        baseNs = try scanner.number(scale: 0, quoted: &quoted)
      } else if isSame(key, "host_name"), try scanner.kind() == .string {
        host = decodedText(try scanner.string().prefix(WorkerLabel.byteSizeLimit)).text
      } else {
        try scanner.skipValue()
      }
    }
  }

  private mutating func readDistributedInfo(_ scanner: inout JSONScanner) throws {
    guard try scanner.kind() == .object else { return try scanner.skipValue() }
    var quoted = 0
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      if isSame(key, "rank") {
        rank = try scanner.number(scale: 0, quoted: &quoted)
      } else if isSame(key, "world_size") {
        worldSize = try scanner.number(scale: 0, quoted: &quoted)
      } else if isSame(key, "pg_config") {
        groups = try PyTorchProfile.groups(&scanner)
      } else {
        try scanner.skipValue()
      }
    }
    if let rank { innerNames = groups.namesInside(replicaOf: rank, by: map) }
  }

  private mutating func readEvent(
    _ scanner: inout JSONScanner, _ entries: inout EntryReader
  ) throws {
    eventCount += 1
    if let object = try scanner.takeObject() {
      entries.load(object)
      return try readEvent(&entries, at: object.byteOffset)
    }
    guard try scanner.kind() == .object else {
      log.count(
        .badEvent, byte: scanner.byteOffset, at: "\(path): byte \(scanner.byteOffset)")
      return try scanner.skipValue()
    }
    let offset = scanner.byteOffset
    try scanner.enterObject()
    try readEvent(&scanner, at: offset)
  }

  /// Reads the entries of one event, and leaves it as soon as it is clear that the rest of it does not
  /// matter.
  private mutating func readEvent<Entries: EntryReading & ~Copyable>(
    _ entries: inout Entries, at offset: Int64
  ) throws {
    var category: ProfileCategory?
    var name: ProfileName?
    var isComplete = false
    var start: Int64?
    var duration: Int64?
    var hasTimes = 0
    var hasArguments = innerNames.isEmpty
    var isInner: Bool?
    var quoted = 0
    while let key = try entries.nextKey() {
      if isSame(key, "ph") {
        guard try entries.kind() == .string, isSame(try entries.string(), "X") else {
          return try entries.skipRest()
        }
        isComplete = true
      } else if isSame(key, "cat") {
        guard try entries.kind() == .string else { return try entries.skipRest() }
        let kind = ProfileCategory(try entries.string())
        if case .ignored = kind { return try entries.skipRest() }
        category = kind
      } else if isSame(key, "name") {
        // Looking at the value uses up the key: no other branch may follow.
        guard try entries.kind() == .string else {
          try entries.skipValue()
          continue
        }
        let text = try entries.string()
        switch category {
        case .kernel: name = kernelNames.isCollective(text) ? .collectiveKernel : .other
        case .transfer: name = .other
        case .operation, .annotation, .ignored, nil: name = ProfileName(text)
        }
        if isGPU, isOnlyOfInterestOnCPU(category, name) { return try entries.skipRest() }
      } else if isSame(key, "ts") {
        start = try entries.number(scale: 3, quoted: &quoted)
        hasTimes += 1
      } else if isSame(key, "dur") {
        duration = try entries.number(scale: 3, quoted: &quoted)
        hasTimes += 1
      } else if !hasArguments, isSame(key, "args") {
        hasArguments = true
        isInner = try entries.withScanner { try PyTorchProfile.isInside(&$0, innerNames) }
      } else {
        try entries.skipValue()
      }
      if isComplete, hasTimes == 2, hasArguments, let category, let name {
        try entries.skipRest()
        let known = innerNames.isEmpty ? name : settled(name, isInner)
        return try take(category, known, start, duration, quoted, offset)
      }
    }
    if isComplete, let category, let name {
      try take(category, settled(name, isInner), start, duration, quoted, offset)
    }
  }

  /// What an event is, now that it is known whether its group lies within a replica.
  private mutating func settled(_ name: ProfileName, _ isInner: Bool?) -> ProfileName {
    guard !innerNames.isEmpty, name.inner != name else { return name }
    if isInner == nil {
      if name == .collectiveKernel { grouplessKernels += 1 } else { grouplessRanges += 1 }
    }
    return isInner == true ? name.inner : name
  }

  private func isOnlyOfInterestOnCPU(_ category: ProfileCategory?, _ name: ProfileName?) -> Bool {
    guard let category, let name else { return false }
    if case .step = name { return false }
    return category == .operation || category == .annotation
  }

  private mutating func take(
    _ category: ProfileCategory, _ name: ProfileName, _ start: Int64?, _ duration: Int64?,
    _ quoted: Int, _ offset: Int64
  ) throws {
    if category == .kernel, !isGPU {
      isGPU = true
      onCPU = Activity()
    }
    if quoted > 0 { log.count(.stringNumber, quoted, at: "\(path): byte \(offset)") }
    guard let start, let duration, isUsable(startNs: start, durationNs: duration) else {
      return log.count(.badEvent, byte: offset, at: "\(path): byte \(offset)")
    }
    usedCount += 1
    let end = start + duration
    if start % 1000 != 0 || duration % 1000 != 0 { hasFractions = true }
    let stretch = Stretch(start: start, end: end)
    switch (category, name) {
    case (.operation, .step(let number)), (.annotation, .step(let number)):
      guard steps.count < PyTorchProfile.stepLimit else {
        throw TraceFormatError.Reason.tooManySteps(limit: PyTorchProfile.stepLimit)
      }
      steps.append(Step(number: number, window: stretch))
    case (.kernel, .collectiveKernel):
      try onGPU.collectives.insert(stretch)
    case (.kernel, _), (.transfer, _):
      try onGPU.compute.insert(stretch)
    case (.operation, .collectiveRange), (.annotation, .collectiveRange):
      if !isGPU { try onCPU.collectives.insert(stretch) }
    case (.operation, _):
      if !isGPU { try onCPU.compute.insert(stretch) }
    case (.annotation, _), (.ignored, _):
      break
    }
    if onGPU.compute.byteSize > PyTorchProfile.smallByteSize
      || onCPU.compute.byteSize > PyTorchProfile.smallByteSize
    {
      ticket.enter()
    }
  }

  /// Works out the exposed time of each step, and drops a last step that was cut.
  private mutating func work() {
    var activity = isGPU ? onGPU : onCPU
    onCPU = Activity()
    onGPU = Activity()
    activity.compute.tidy()
    activity.collectives.tidy()
    let compute = activity.compute
    let collectives = activity.collectives
    hasCollectives = !collectives.isEmpty
    steps.sort { ($0.window.start, $0.number) < ($1.window.start, $1.number) }
    for index in steps.indices {
      let window = steps[index].window
      steps[index].exposedNs = collectives.measure(in: window, without: compute)
      steps[index].hasWork = compute.meets(window) || collectives.meets(window)
    }
    guard let last = steps.last, steps.count > 1 else { return }
    let others = steps.dropLast()
    let walls = others.map { $0.window.end - $0.window.start }.sorted()
    let isShort = last.window.end - last.window.start < walls[walls.count / 2] / 10
    if isShort || (!last.hasWork && others.allSatisfy(\.hasWork)) {
      steps.removeLast()
      cutStepCount = 1
    }
  }
}

/// Counts a text that ends early as an issue, and refuses one that is broken in the middle.
func settle(_ error: JSONError, of source: ByteSource, log: IssueLog) throws {
  guard case .truncated = error else {
    throw TraceFormatError(
      reason: .brokenJSON("\(error)"), path: source.path, place: .byte(error.byte))
  }
  if source.isTruncated {
    log.count(.cutCompressedStream, at: source.path)
  } else {
    log.count(.truncatedTail, byte: error.byte, at: "\(source.path): byte \(error.byte)")
  }
}
