import ByteStreams
import TraceModel

/// Files of the PyTorch profiler (Kineto): a gradient is one `ProfilerStep#N` on one rank.
///
/// A synchronous job hides the speeds: all ranks show the same step time, since the fast wait for the
/// slow in the all-reduce. The own time of a rank in a step is therefore
///
///     own = wall − exposed,   exposed = |⋃ collectives ∖ ⋃ compute|   inside the step's window
///
/// On a profile with kernels, compute is every kernel, copy and set that is no collective, and
/// collectives are the kernels of NCCL and RCCL. On one without, compute is every operator that is
/// no collective, and collectives are the ranges of gloo, c10d, MPI and NCCL. Of the exposed time the
/// smallest over the ranks of the step is the transfer, since who comes last waits for nobody; it
/// becomes the turnaround, and the rest is waiting.
///
/// Where ranks share the work of a gradient (``ReplicaMap``), collectives inside a replica are part of
/// its computing, and its own time in a step is that of its slowest rank.
///
/// A last step counts as cut, and is dropped, if it is shorter than a tenth of the median of the
/// file's other steps, or if nothing ran in it while something ran in all the others.
///
/// Memory: the union of one file's operations (``IntervalUnion``).
struct PyTorchReader: FileReader {
  let options: ReadOptions
  let log: IssueLog

  func read(_ source: ByteSource) throws -> FilePart.Content {
    let profile = try PyTorchProfile(source, options: options, log: log)
    guard !profile.steps.isEmpty else {
      throw TraceFormatError(reason: .noSteps, path: source.path)
    }
    log.count(.cutStep, profile.cutStepCount, at: source.path)
    return .ranks([RankProfile(profile)], names: [])
  }
}

/// Sets the profiles of a job's ranks beside one another.
///
/// Memory: 56 bytes a step of all files.
final class RankJoiner: PartJoiner {
  struct Rank {
    var label: WorkerLabel
    var host: String?
    var hasCollectives: Bool
    var path: String
    /// The replica that the file's data-parallel groups put it in.
    var replica: Int?
    /// Some step was not all waiting.
    var hasTime = false
    /// From its first start to its last end in each file.
    var windows: [Window] = []
  }

  struct Window {
    var stretch: Stretch
    var path: String
  }

  struct Step {
    var rank: Int
    var number: Int64
    /// Counts the steps with the same number on the same rank.
    var repetition = 0
    var startNs: Int64
    var wallNs: Int64
    var exposedNs: Int64
  }

  /// A step over all ranks.
  private struct Round: Hashable {
    var number: Int64
    var repetition: Int
  }

  /// The smallest exposed time of a round, and whether more than one rank recorded it: a rank alone
  /// cannot tell transfer from waiting.
  private struct Transfer {
    var ns: Int64
    var isShared: Bool
  }

  private let format: TraceFormat
  let options: ReadOptions
  private let log: IssueLog
  private let pattern: RankPattern?
  private let isJoined: Bool
  /// The first file that says how large the job is.
  private var sizedPath = ""
  private var names: [String] = []
  var ranks: [Rank] = []
  private var rankIndices: [WorkerLabel: Int] = [:]
  /// As far as the files tell them.
  private var rankNumbers: Set<Int64> = []
  var steps: [Step] = []
  private var worldSize: Int64?
  private var unknownRankCount = 0
  private var absoluteFileCount = 0
  private var fileCount = 0
  private var hasFractions = false
  private(set) var gradientCount = 0
  private var firstPath = ""

  /// - Parameters:
  ///   - format: What the profiles come from.
  ///   - isJoined: Whether the user said that all files are one trace.
  init(
    options: ReadOptions, log: IssueLog, format: TraceFormat, isJoined: Bool
  ) throws(TraceFormatError) {
    self.format = format
    self.options = options
    self.log = log
    self.isJoined = isJoined
    if let text = options.rankRegex { pattern = try RankPattern(text) } else { pattern = nil }
  }

  func take(_ part: FilePart, number: Int) throws {
    guard case .ranks(let profiles, let found) = part.content else { return }
    if names.isEmpty { names = found }
    if firstPath.isEmpty { firstPath = part.path }
    for profile in profiles { try take(profile, path: part.path) }
  }

  private func take(_ profile: RankProfile, path: String) throws {
    guard !profile.steps.isEmpty else { return }
    fileCount += 1
    guard options.map != nil || profile.partialGroups.isEmpty else {
      throw TraceFormatError(
        reason: .modelParallel(groups: profile.partialGroups, worldSize: profile.worldSize ?? 0),
        path: path)
    }
    let rank = try index(of: profile, path: path)
    if let size = profile.worldSize {
      if let known = worldSize, known != size {
        guard isJoined else {
          throw TraceFormatError(
            reason: .severalJobs(.worldSizes(known, size), firstPath: sizedPath), path: path)
        }
        log.count(.worldSizesDiffer, at: path)
      }
      if sizedPath.isEmpty { sizedPath = path }
      worldSize = max(worldSize ?? size, size)
    }
    hasFractions = hasFractions || profile.hasFractions
    let baseNs = profile.baseNs ?? 0
    // Times without a base are absolute if they are later than September 2001, and else since boot.
    let isAbsolute =
      profile.baseNs != nil || (profile.steps.first?.window.start ?? 0) > 1_000_000_000_000_000_000
    if isAbsolute { absoluteFileCount += 1 }
    let firstStep = steps.count
    for step in profile.steps {
      let (startNs, overflow) = step.window.start.addingReportingOverflow(baseNs)
      guard !overflow, isUsable(startNs: startNs, durationNs: 0) else {
        log.count(.badEvent, at: path)
        continue
      }
      steps.append(
        Step(
          rank: rank, number: step.number, startNs: startNs,
          wallNs: step.window.end - step.window.start, exposedNs: step.exposedNs))
    }
    try note(steps[firstStep...], of: rank, path: path)
  }

  /// Refuses a second file that claims a rank at a time at which another file has it: they are of
  /// different jobs, or the same twice.
  private func note(_ added: ArraySlice<Step>, of rank: Int, path: String) throws {
    guard let start = added.map(\.startNs).min(),
      let end = added.map({ $0.startNs + $0.wallNs }).max()
    else { return }
    let window = Window(stretch: Stretch(start: start, end: end), path: path)
    if !isJoined,
      let other = ranks[rank].windows.first(where: {
        $0.stretch.start < end && start < $0.stretch.end
      })
    {
      throw TraceFormatError(
        reason: .severalJobs(.rankTwice(ranks[rank].label.text), firstPath: other.path),
        path: path)
    }
    ranks[rank].windows.append(window)
  }

  func finish() throws -> TraceFacts {
    guard !steps.isEmpty else {
      throw TraceFormatError(
        reason: format == .nsys
          ? .noEvent(pattern: options.event ?? "", found: names) : .noSteps, path: firstPath)
    }
    steps.sort { ($0.rank, $0.startNs, $0.number) < ($1.rank, $1.startNs, $1.number) }
    numberRepetitions()
    let rankCount = ranks.count
    try joinReplicas()
    let isJob = (worldSize ?? 0) > 1 || ranks.count > 1
    let hasOthers = isJob || (worldSize == nil && ranks.contains(where: \.hasCollectives))
    let transfers = smallestExposed()
    let handles = try ranks.map { rank in
      if log.isSkipped(rank.label.text, options) { return -1 }
      return try log.sink.worker(
        labelled: rank.label, host: rank.host,
        trust: options.trust ?? (hasOthers && !rank.hasCollectives ? .wallClock : .separated))
    }
    for step in steps {
      guard handles[step.rank] >= 0 else {
        log.count(.workerSkipped, at: ranks[step.rank].path)
        continue
      }
      try push(step, to: handles[step.rank], transfers: hasOthers ? transfers : [:], hasOthers)
    }
    for (rank, handle) in zip(ranks, handles) where handle >= 0 && !rank.hasTime {
      throw TraceFormatError(
        reason: .onlyZeroDurations(worker: rank.label.text), path: rank.path)
    }
    countIssues(hasOthers: hasOthers, rankCount: rankCount)
    if absoluteFileCount != 0, absoluteFileCount != fileCount {
      log.count(.clocksDiffer, at: firstPath)
    }
    return TraceFacts(
      format: format.rawValue, kind: hasOthers ? .synchronous : .independent,
      unixNsOfZero: absoluteFileCount == fileCount ? 0 : nil,
      notes: notes(rankCount: rankCount))
  }

  private func notes(rankCount: Int) -> [String] {
    let replicas = ranks.count < rankCount ? "\(ranks.count) replicas of " : ""
    return [
      "\(steps.count) \(steps.count == 1 ? "step" : "steps") on \(replicas)\(rankCount) of"
        + " \(worldSize ?? Int64(rankCount)) \(worldSize ?? Int64(rankCount) == 1 ? "rank" : "ranks")"
    ]
  }

  private func numberRepetitions() {
    var repetitions: [Int64: Int] = [:]
    for index in steps.indices {
      if index == 0 || steps[index].rank != steps[index - 1].rank { repetitions = [:] }
      let number = steps[index].number
      steps[index].repetition = repetitions[number, default: 0]
      repetitions[number] = steps[index].repetition + 1
    }
  }

  /// Finds the smallest exposed time of each step.
  private func smallestExposed() -> [Round: Transfer] {
    var smallest: [Round: Transfer] = [:]
    for step in steps {
      // A rank without collectives would make every transfer free.
      guard ranks[step.rank].hasCollectives else { continue }
      let round = Round(number: step.number, repetition: step.repetition)
      let exposedNs = step.exposedNs
      if let known = smallest[round] {
        smallest[round] = Transfer(ns: min(known.ns, exposedNs), isShared: true)
      } else {
        smallest[round] = Transfer(ns: exposedNs, isShared: false)
      }
    }
    return smallest
  }

  private func push(
    _ step: Step, to handle: Int, transfers: [Round: Transfer], _ hasOthers: Bool
  ) throws {
    // A job of one rank waits for nobody.
    let exposedNs = hasOthers ? step.exposedNs : 0
    var gradient = GradientInterval(
      startNs: step.startNs, durationNs: step.wallNs - exposedNs, waitNs: exposedNs,
      step: step.number)
    if ranks[step.rank].hasCollectives,
      let transfer = transfers[Round(number: step.number, repetition: step.repetition)],
      transfer.isShared
    {
      gradient.turnaroundNs = transfer.ns
      gradient.waitNs = exposedNs - transfer.ns
    }
    if gradient.durationNs <= 0 {
      // Half a microsecond, or as near as whole nanoseconds come to half of one.
      gradient.durationNs = hasFractions ? 1 : 500
      log.count(.zeroDuration, at: "\(ranks[step.rank].path): step \(step.number)")
    } else {
      ranks[step.rank].hasTime = true
    }
    gradientCount += 1
    try log.sink.append(gradient, worker: handle)
  }

  private func countIssues(hasOthers: Bool, rankCount: Int) {
    if hasOthers {
      for rank in ranks where !rank.hasCollectives { log.count(.noCollectives, at: rank.path) }
    }
    let worldSize = worldSize ?? 0
    // A rank that the job cannot have stands for none of its own.
    let given = rankCount - rankNumbers.count { !(0..<max(0, worldSize)).contains($0) }
    let missing = Int(clamping: worldSize) - given
    if missing > 0 {
      log.count(.rankMissing, missing, at: "\(firstPath): \(given) of \(worldSize) ranks")
    }
    log.count(.rankUnknown, unknownRankCount, at: firstPath)
  }

  /// The rank that the file tells, else the one in its name by the user's pattern, else by the
  /// profiler's habits, else the name itself.
  private func index(of profile: RankProfile, path: String) throws -> Int {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    if let rank = profile.rank { rankNumbers.insert(rank) }
    let label: WorkerLabel
    if let given = profile.label ?? profile.rank.map({ "\($0)" }) {
      label = WorkerLabel(given)
    } else if let pattern {
      guard let rank = pattern.rank(in: name) else {
        throw TraceFormatError(reason: .noRankInName(pattern: pattern.text), path: path)
      }
      label = WorkerLabel("\(rank)")
    } else if let rank = rank(inName: name) {
      label = WorkerLabel("\(rank)")
    } else {
      unknownRankCount += 1
      label = WorkerLabel(String(name.prefix(200)))
    }
    if let known = rankIndices[label] {
      ranks[known].hasCollectives = ranks[known].hasCollectives || profile.hasCollectives
      ranks[known].host = ranks[known].host ?? profile.host
      return known
    }
    rankIndices[label] = ranks.count
    ranks.append(
      Rank(
        label: label, host: profile.host, hasCollectives: profile.hasCollectives, path: path,
        replica: profile.replica))
    return ranks.count - 1
  }
}
