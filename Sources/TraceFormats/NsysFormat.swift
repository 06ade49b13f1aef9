import ByteStreams
import TraceModel

/// SQLite exports of Nsight Systems: a gradient is a range of NVTX that ``ReadOptions/event`` names, on
/// one rank.
///
/// As in profiles of PyTorch the own time is the range less the exposed time of collectives: the
/// kernels of NCCL that run while no other kernel, copy or set does. An export has one process, whose
/// rank its name tells; of several processes each is a worker, named after the file and its number.
///
/// Ranges are times of the CPU: without a synchronization at its end a step's last kernels fall into
/// the next one.
///
/// Memory: two ``IntervalUnion`` a process and its ranges.
final class NsysReader: FileReader {
  private struct Process {
    var steps: [PyTorchProfile.Step] = []
    var isNumbered = true
    var compute = IntervalUnion(byteLimit: 16 << 20)
    var collectives = IntervalUnion(byteLimit: 16 << 20)
  }

  private static let processLimit = 1 << 12
  private static let stepLimit = 1 << 20

  private let log: IssueLog
  private let pattern: EventPattern
  private var profiles: [RankProfile] = []
  private var path = ""

  init(options: ReadOptions, log: IssueLog) throws(TraceFormatError) {
    self.log = log
    pattern = try EventPattern(options.event)
  }

  /// A database with a table of NVTX ranges.
  static func claims(_ head: FileHead) -> Bool {
    let wanted = Array("NVTX_EVENTS".utf8)
    guard head.bytes.starts(with: SQLiteFile.magic) else { return false }
    return head.bytes.withUnsafeBytes { bytes in
      (0..<max(0, bytes.count - wanted.count)).contains { start in
        bytes[start] == wanted[0] && bytes[start..<start + wanted.count].elementsEqual(wanted)
      }
    }
  }

  func read(_ source: ByteSource) throws -> FilePart.Content {
    path = source.path
    // SQLite jumps about in a file: neither a pipe nor a compressed one will do.
    guard path != "-", try source.head(16).starts(with: SQLiteFile.magic) else {
      throw TraceFormatError(reason: .notADatabase, path: path)
    }
    let file = try SQLiteFile.open(path: path)
    do {
      var processes = try ranges(file)
      guard pattern.isGiven else {
        throw TraceFormatError.Reason.eventNeeded(found: pattern.mostFrequent)
      }
      guard !processes.isEmpty else { return .ranks([], names: pattern.mostFrequent) }
      try operations(file, &processes)
      for (number, process) in processes.sorted(by: { $0.key < $1.key }) {
        take(process, number: processes.count > 1 ? number : nil)
      }
      return .ranks(profiles, names: pattern.mostFrequent)
    } catch let reason as TraceFormatError.Reason {
      throw TraceFormatError(reason: reason, path: path)
    }
  }

  /// The ranges that are steps, by the number of their process.
  private func ranges(_ file: borrowing SQLiteFile) throws -> [Int64: Process] {
    let columns = try file.columns(of: "NVTX_EVENTS")
    let hasStrings = try !file.columns(of: "StringIds").isEmpty && columns.contains("textId")
    guard columns.isSuperset(of: ["start", "end", "eventType", "text", "globalTid"]) else {
      throw TraceFormatError.Reason.noTable("NVTX_EVENTS")
    }
    // 59 is a range that was pushed and popped, 60 one that was started and ended.
    let sql = """
      SELECT n.start, n."end", n.globalTid, \(hasStrings ? "coalesce(n.text, s.value)" : "n.text")
      FROM NVTX_EVENTS AS n \(hasStrings ? "LEFT JOIN StringIds AS s ON s.id = n.textId" : "")
      WHERE n.eventType IN (59, 60)
      """
    var processes: [Int64: Process] = [:]
    var stepCount = 0
    try file.forEachRow(of: sql) { row in
      let name = row.text(3).map { [UInt8]($0) } ?? []
      log.tally(read: 1)
      guard pattern.matches(name) else { return }
      guard let start = row.integer(0), let end = row.integer(1), let thread = row.integer(2) else {
        return log.count(.openSlice, at: path)
      }
      let process = NsysReader.process(of: thread)
      guard isUsable(startNs: start, durationNs: 0), isUsable(startNs: end, durationNs: 0),
        end >= start, processes[process] != nil || processes.count < NsysReader.processLimit
      else { return log.count(.badEvent, at: path) }
      stepCount += 1
      guard stepCount <= NsysReader.stepLimit else {
        throw TraceFormatError.Reason.tooManySteps(limit: NsysReader.stepLimit)
      }
      log.tally(used: 1)
      let number = NsysReader.number(at: name)
      if number == nil { processes[process, default: Process()].isNumbered = false }
      processes[process, default: Process()].steps.append(
        PyTorchProfile.Step(number: number ?? 0, window: Stretch(start: start, end: end)))
    }
    return processes
  }

  private func operations(
    _ file: borrowing SQLiteFile, _ processes: inout [Int64: Process]
  ) throws {
    var names = KernelNames()
    for kind in ["KERNEL", "MEMCPY", "MEMSET"] {
      let table = "CUPTI_ACTIVITY_KIND_\(kind)"
      let columns = try file.columns(of: table)
      guard columns.isSuperset(of: ["start", "end"]) else { continue }
      let hasNames = kind == "KERNEL" && columns.contains("demangledName")
      let sql = """
        SELECT k.start, k."end", \(columns.contains("globalPid") ? "k.globalPid" : "NULL"),
          \(hasNames ? "s.value" : "NULL")
        FROM \(table) AS k \(hasNames ? "LEFT JOIN StringIds AS s ON s.id = k.demangledName" : "")
        """
      try file.forEachRow(of: sql) { row in
        guard let start = row.integer(0), let end = row.integer(1),
          isUsable(startNs: start, durationNs: 0), isUsable(startNs: end, durationNs: 0)
        else { return log.count(.badEvent, at: path) }
        // Older exports leave out whose kernel it is; then there is one process.
        let owner = row.integer(2).map(NsysReader.process)
        guard let process = owner ?? processes.keys.first, processes[process] != nil else { return }
        let isCollective = row.text(3).map { names.isCollective($0) } ?? false
        let stretch = Stretch(start: start, end: end)
        if isCollective {
          try processes[process]?.collectives.insert(stretch)
        } else {
          try processes[process]?.compute.insert(stretch)
        }
      }
    }
  }

  private func take(_ process: Process, number: Int64?) {
    var steps = process.steps.sorted { ($0.window.start, $0.number) < ($1.window.start, $1.number) }
    for index in steps.indices {
      if !process.isNumbered { steps[index].number = Int64(index) }
      if index > 0, steps[index].window.start < steps[index - 1].window.end {
        log.count(.nestedSlice, at: path)
      }
    }
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let profile = PyTorchProfile(
      steps: steps, compute: process.compute, collectives: process.collectives,
      label: number.map { "\(name.prefix(200))/\($0)" }, path: path, log: log)
    log.count(.cutStep, profile.cutStepCount, at: path)
    profiles.append(RankProfile(profile))
  }

  /// The number of the process in the number that an export gives a thread or process.
  private static func process(of global: Int64) -> Int64 { (global >> 24) & 0xff_ffff }

  /// The digits at the end of a name: 12 for `step 12`.
  private static func number(at name: [UInt8]) -> Int64? {
    let digits = name.reversed().prefix { $0 &- 0x30 <= 9 }.reversed()
    guard digits.count <= 18 else { return nil }
    return Int64(String(decoding: Array(digits), as: UTF8.self))
  }
}
