import ByteStreams
import TraceModel

/// One event of a Chrome trace. Its texts are in the ``ChromeEvents`` that delivered it.
struct ChromeEvent {
  enum Phase {
    case complete
    case begin
    case end
    case metadata
    case instant
  }

  var phase: Phase
  var startNs: Int64?
  var durationNs: Int64?
  /// Entries of ``ChromeEvents/labels``; nil for what is missing, or too long to be anyone's name.
  var process: Int32?
  var thread: Int32?
  /// `args.name` of an event of metadata.
  var givenName: Int32?
  /// The whole number under the key of steps in `args`.
  var step: Int64?
  /// The Unix time of the clock's zero that Horovod writes into its first event.
  var unixNsOfZero: Int64?
  /// Where it begins, in bytes of the decompressed text.
  var offset: Int64
}

/// Walks through the events of Chrome traces, in array or object form, in constant memory.
///
/// Only times, names and the asked-for arguments are looked at. Pushes each event into a closure: the
/// readers of timelines differ in what they make of events, not in how they get at them.
struct ChromeEvents {
  /// A million workers with names of 64 bytes.
  private static let labelByteLimit = 64 << 20

  /// The texts of processes, threads and arguments.
  private(set) var labels = ByteTable()
  /// The name of the event at hand.
  private(set) var name: [UInt8] = []
  /// What the event at hand has under the keys of `argumentKeys`, as entries of ``labels``.
  private(set) var arguments: [Int32?]
  private(set) var hasFractions = false
  private let argumentKeys: [[UInt8]]
  private let stepKey: [UInt8]?

  init(argumentKeys: [String] = [], stepKey: String? = nil) {
    self.argumentKeys = argumentKeys.map { Array($0.utf8) }
    self.stepKey = stepKey.map { Array($0.utf8) }
    arguments = argumentKeys.map { _ in nil }
  }

  /// Whether the head of a file is a Chrome trace, and `isWanted` holds for the name of one of
  /// its first events.
  static func claims(
    _ head: FileHead, where isWanted: (_ name: UnsafeRawBufferPointer) -> Bool
  ) -> Bool {
    var isClaimed = false
    _ = head.scan { scanner in
      guard try enterEvents(&scanner) else { return }
      while try scanner.nextElement(), !isClaimed {
        guard try scanner.kind() == .object else { return }
        var hasPhase = false
        var hasName = false
        try scanner.enterObject()
        while let key = try scanner.nextKey() {
          if isSame(key, "ph") {
            hasPhase = try scanner.kind() == .string
            try scanner.skipValue()
          } else if isSame(key, "name"), try scanner.kind() == .string {
            hasName = isWanted(try scanner.string())
          } else {
            try scanner.skipValue()
          }
        }
        isClaimed = hasPhase && hasName
      }
    }
    return isClaimed
  }

  /// Reads all events of a file; a text that ends early is kept as far as it goes, and counted.
  mutating func read(
    _ source: ByteSource, options: ReadOptions, log: IssueLog,
    _ body: (ChromeEvent, ChromeEvents) throws -> Void
  ) throws {
    var scanner = JSONScanner(source: source, bufferSize: options.bufferSize)
    scanner.isLenient = true
    var entries = EntryReader()
    var eventCount = 0
    defer {
      log.tally(read: eventCount)
      log.count(scanner.oddities, at: source.path)
    }
    do {
      try scanner.skipByteOrderMark()
      guard try ChromeEvents.enterEvents(&scanner) else { return }
      while try scanner.nextElement() {
        let offset = scanner.byteOffset
        if try scanner.kind() == .array {
          // The list has no end, and another one begins.
          return log.count(.textAfterEnd, byte: offset, at: "\(source.path): byte \(offset)")
        }
        eventCount += 1
        var quoted = 0
        let event: ChromeEvent?
        if let object = try scanner.takeObject() {
          entries.load(object)
          event = try readEvent(&entries, at: object.byteOffset, &quoted)
        } else if try scanner.kind() == .object {
          let start = scanner.byteOffset
          try scanner.enterObject()
          event = try readEvent(&scanner, at: start, &quoted)
        } else {
          log.count(.badEvent, byte: offset, at: "\(source.path): byte \(offset)")
          try scanner.skipValue()
          continue
        }
        if quoted > 0 { log.count(.stringNumber, quoted, at: "\(source.path): byte \(offset)") }
        if let event { try body(event, self) }
      }
      let offset = scanner.byteOffset
      if try ChromeEvents.isFollowed(&scanner) {
        log.count(.textAfterEnd, byte: offset, at: "\(source.path): byte \(offset)")
      }
    } catch let error as JSONError {
      try settle(error, of: source, log: log)
    } catch let reason as TraceFormatError.Reason {
      throw TraceFormatError(reason: reason, path: source.path, place: .byte(scanner.byteOffset))
    }
  }

  /// Goes to the first event; false if there is no list of events.
  private static func enterEvents(_ scanner: inout JSONScanner) throws -> Bool {
    if try scanner.kind() == .object {
      try scanner.enterObject()
      while let key = try scanner.nextKey() {
        if isSame(key, "traceEvents"), try scanner.kind() == .array {
          try scanner.enterArray()
          return true
        }
        try scanner.skipValue()
      }
      return false
    }
    try scanner.enterArray()
    return true
  }

  /// Leaves the text, and tells whether another list of events or anything else follows.
  private static func isFollowed(_ scanner: inout JSONScanner) throws -> Bool {
    if scanner.depth > 0 {
      while let key = try scanner.nextKey() {
        if isSame(key, "traceEvents") { return true }
        try scanner.skipValue()
      }
    }
    return try !scanner.isAtEnd()
  }

  /// Takes one event; nil for a kind of event that nobody here looks at.
  private mutating func readEvent<Entries: EntryReading & ~Copyable>(
    _ entries: inout Entries, at offset: Int64, _ quoted: inout Int
  ) throws -> ChromeEvent? {
    var event = ChromeEvent(phase: .instant, offset: offset)
    var hasPhase = false
    name.removeAll(keepingCapacity: true)
    for index in arguments.indices { arguments[index] = nil }
    while let key = try entries.nextKey() {
      if isSame(key, "ph") {
        guard try entries.kind() == .string, let phase = ChromeEvents.phase(try entries.string())
        else {
          try entries.skipRest()
          return nil
        }
        event.phase = phase
        hasPhase = true
      } else if isSame(key, "name") {
        guard try entries.kind() == .string else {
          try entries.skipValue()
          continue
        }
        name.append(contentsOf: try entries.string())
      } else if isSame(key, "ts") {
        event.startNs = try time(&entries, &quoted)
      } else if isSame(key, "dur") {
        event.durationNs = try time(&entries, &quoted)
      } else if isSame(key, "pid") {
        event.process = try label(&entries)
      } else if isSame(key, "tid") {
        event.thread = try label(&entries)
      } else if isSame(key, "args"), try entries.kind() == .object {
        try entries.withScanner { try readArguments(&$0, &event, &quoted) }
      } else {
        try entries.skipValue()
      }
    }
    return hasPhase ? event : nil
  }

  private mutating func readArguments(
    _ scanner: inout JSONScanner, _ event: inout ChromeEvent, _ quoted: inout Int
  ) throws {
    try scanner.enterObject()
    while let key = try scanner.nextKey() {
      let isStep = stepKey.map { $0.elementsEqual(key) } ?? false
      if let index = argumentKeys.firstIndex(where: { $0.elementsEqual(key) }) {
        arguments[index] = try label(&scanner)
        // One key may tell both the rank and the step.
        if isStep, let entry = arguments[index] { event.step = whole(labels.bytes(Int(entry))) }
      } else if isStep {
        let text: UnsafeRawBufferPointer
        switch try scanner.kind() {
        case .scalar: text = try scanner.scalar()
        case .string: text = try scanner.string()
        case .object, .array:
          try scanner.skipValue()
          continue
        }
        event.step = try? CellText.whole(text, "")
      } else if isSame(key, "name") {
        event.givenName = try label(&scanner)
      } else if isSame(key, "start_time_since_epoch_in_micros") {
        event.unixNsOfZero = try scanner.number(scale: 3, quoted: &quoted)
      } else {
        try scanner.skipValue()
      }
    }
  }

  private func whole(_ bytes: ArraySlice<UInt8>) -> Int64? {
    bytes.withUnsafeBytes { try? CellText.whole($0, "") }
  }

  private mutating func time<Entries: EntryReading & ~Copyable>(
    _ entries: inout Entries, _ quoted: inout Int
  ) throws -> Int64? {
    let time = try entries.number(scale: 3, quoted: &quoted)
    if let time, time % 1000 != 0 { hasFractions = true }
    return time
  }

  /// Enters a text or number; nil if it is neither, empty or too long.
  private mutating func label<Entries: EntryReading & ~Copyable>(
    _ entries: inout Entries
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
    if let known = labels.find(text) { return Int32(known) }
    guard labels.byteSize < ChromeEvents.labelByteLimit else { return nil }
    return Int32(exactly: labels.index(of: text).index)
  }

  private static func phase(_ text: UnsafeRawBufferPointer) -> ChromeEvent.Phase? {
    guard text.count == 1 else { return nil }
    return switch text[0] {
    case UInt8(ascii: "X"): .complete
    case UInt8(ascii: "B"): .begin
    case UInt8(ascii: "E"): .end
    case UInt8(ascii: "M"): .metadata
    case UInt8(ascii: "i"), UInt8(ascii: "I"): .instant
    default: nil
    }
  }
}
