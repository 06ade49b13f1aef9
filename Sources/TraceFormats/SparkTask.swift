import ByteStreams

/// The end of one task in an event log of Spark.
struct SparkTask {
  enum Fate: String, Hashable, CaseIterable {
    case success
    case failed
    case resubmitted
    case speculative
  }

  struct Timing {
    var stage: Int64
    var executor: Int32 = 0
    var launchNs: Int64
    var finishNs: Int64
    /// What the executor worked on it.
    var runNs: Int64
  }

  private(set) var stage: Int64?
  private(set) var executor: [UInt8] = []
  private(set) var host: [UInt8] = []
  private(set) var fate = Fate.failed
  /// Nil if a time is missing or makes no sense.
  private(set) var timing: Timing?

  private var launchNs: Int64?
  private var finishNs: Int64?
  private var runNs: Int64?
  private var reason = Fate.failed
  private var isSpeculative = false
  private var hasFailed = false

  /// Reads one line; nil if it is another event. Most lines are left after their first key.
  init?(_ scanner: inout JSONScanner) throws {
    var isTask = false
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      if isSame(key, "Event") {
        guard try scanner.kind() == .string, isSame(try scanner.string(), "SparkListenerTaskEnd")
        else { return nil }
        isTask = true
      } else if isSame(key, "Stage ID") {
        var quoted = 0
        stage = try scanner.number(scale: 0, quoted: &quoted)
      } else if isSame(key, "Task End Reason") {
        try readReason(&scanner)
      } else if isSame(key, "Task Info") {
        try readInfo(&scanner)
      } else if isSame(key, "Task Metrics") {
        try readMetrics(&scanner)
      } else {
        try scanner.skipValue()
      }
    }
    guard isTask else { return nil }
    fate = isSpeculative ? .speculative : hasFailed && reason == .success ? .failed : reason
    guard let stage, let launchNs, let finishNs, let runNs,
      isUsable(startNs: launchNs, durationNs: runNs), isUsable(startNs: finishNs, durationNs: 0)
    else { return }
    timing = Timing(stage: stage, launchNs: launchNs, finishNs: finishNs, runNs: runNs)
  }

  private mutating func readReason(_ scanner: inout JSONScanner) throws {
    guard try scanner.kind() == .object else { return try scanner.skipValue() }
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      guard isSame(key, "Reason"), try scanner.kind() == .string else {
        try scanner.skipValue()
        continue
      }
      let text = try scanner.string()
      reason =
        isSame(text, "Success") ? .success : isSame(text, "Resubmitted") ? .resubmitted : .failed
    }
  }

  private mutating func readInfo(_ scanner: inout JSONScanner) throws {
    guard try scanner.kind() == .object else { return try scanner.skipValue() }
    var quoted = 0
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      if isSame(key, "Launch Time") {
        launchNs = try scanner.number(scale: 6, quoted: &quoted)
      } else if isSame(key, "Finish Time") {
        finishNs = try scanner.number(scale: 6, quoted: &quoted)
      } else if isSame(key, "Executor ID") {
        executor = try text(&scanner)
      } else if isSame(key, "Host") {
        host = try text(&scanner)
      } else if isSame(key, "Speculative") {
        isSpeculative = try isTrue(&scanner)
      } else if isSame(key, "Failed") || isSame(key, "Killed") {
        let isTrue = try isTrue(&scanner)
        hasFailed = hasFailed || isTrue
      } else {
        try scanner.skipValue()
      }
    }
  }

  private mutating func readMetrics(_ scanner: inout JSONScanner) throws {
    guard try scanner.kind() == .object else { return try scanner.skipValue() }
    var quoted = 0
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      if isSame(key, "Executor Run Time") {
        runNs = try scanner.number(scale: 6, quoted: &quoted)
      } else {
        try scanner.skipValue()
      }
    }
  }

  private func text(_ scanner: inout JSONScanner) throws -> [UInt8] {
    switch try scanner.kind() {
    case .string: return Array(try scanner.string().prefix(4096))
    case .scalar: return Array(try scanner.scalar().prefix(4096))
    case .object, .array:
      try scanner.skipValue()
      return []
    }
  }

  private func isTrue(_ scanner: inout JSONScanner) throws -> Bool {
    guard try scanner.kind() == .scalar else {
      try scanner.skipValue()
      return false
    }
    return isSame(try scanner.scalar(), "true")
  }
}
