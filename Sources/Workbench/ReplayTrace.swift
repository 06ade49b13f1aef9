import Analysis
import Foundation
import Optimization
import ReplayEngine
import Reports
import TraceModel

/// What `replay` is asked to do with a trace.
public struct ReplayJob: Sendable {
  /// Each with its own options and stepsize.
  public var methods: [MethodSpec]
  /// As on the command line, ``defaultObjective`` for the built-in one.
  public var objective: String
  /// L instead of the objective's own.
  public var smoothness: Double?
  /// `--time`
  public var timeNs: Int64?
  /// `--updates`
  public var updateCount: Int?
  /// `--gradients`
  public var gradientCount: Int?
  /// `--epochs`, passes over the data.
  public var epochCount: Double?
  /// What happens when recorded durations are used up.
  public var atEnd: AtEnd
  /// How recorded durations are read.
  public var timing: Timing
  /// Where batches come from.
  public var sampling: Sampling
  /// Which iterate a worker that arrives is handed.
  public var handout: Handout
  /// What exchanges with the server cost.
  public var turnaround: TurnaroundPolicy
  /// The time of the server for an update.
  public var serverNs: Int64 = 0
  /// A file with a number a line: x_0.
  public var initialPath: String?
  /// `--evaluate-every`; nil for 400 instants.
  public var evaluateEvery: Int?
  /// `--virtual`, in a second pass.
  public var tracksVirtualIterates: Bool
  /// Measures what the theory assumes, and puts its bounds beside what they bound.
  public var checksTheory = false
  /// The gradients that one replay may compute within the default horizon, minibatch SGD's and
  /// asynchronous SGD's; nil for no bound. A report makes hundreds of replays.
  var gradientLimit: Int?
  /// The rounds of minibatch SGD that the default horizon may hold; nil for no bound.
  var roundLimit: Int?
  /// The first seed; tuning takes the four after it besides.
  public var seed: UInt64
  /// Never changes a result.
  public var threads: Int

  public init(
    methods: [MethodSpec], objective: String, seed: UInt64 = 1, threads: Int? = nil
  ) {
    self.methods = methods
    self.objective = objective
    atEnd = .repeat
    timing = .sequence
    sampling = .seeded
    handout = .after
    turnaround = .recorded
    tracksVirtualIterates = false
    self.seed = seed
    self.threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
  }

  /// How many seeds are behind a tuned stepsize and a time to target. Where nothing is drawn one says
  /// all.
  var tuningSeedCount = 5
  var tuningSeeds: [UInt64] { (0..<UInt64(tuningSeedCount)).map { seed &+ $0 } }
}

/// A replay of one trace with everything it needs, ready to run.
struct PreparedReplay {
  var trace: Trace
  var spec: ObjectiveSpec
  var objective: any Objective
  /// Everything but method, stepsize, seed and evaluation.
  var base: ReplayRequest
  var job: ReplayJob
  /// L, given or the objective's own; nil where there is none.
  var knownSmoothness: Double?
  var initialLoss: Double
  /// Whether the default horizon was cut to `gradientLimit`.
  var isShortened = false

  init(_ trace: Trace, _ job: ReplayJob) throws {
    self.trace = trace
    self.job = job
    try job.checkVirtual()
    spec = try ObjectiveSpec(parsing: job.objective)
    objective = try spec.build(seed: job.seed)
    let initial =
      try job.initialPath.map(readInitial) ?? objective.initialIterate(seed: job.seed)
    guard initial.count == objective.dimension else {
      throw ReplayError.initialSize(count: initial.count, dimension: objective.dimension)
    }
    knownSmoothness = job.smoothness ?? objective.smoothness
    initialLoss = objective.loss(atEntries: initial)
    base = ReplayRequest(
      method: .minibatch, stepsize: 1, smoothness: job.smoothness, horizon: Horizon(),
      atEnd: job.atEnd, sampling: job.sampling, batchSize: spec.batchSize, handout: job.handout,
      turnaround: job.turnaround, seed: job.seed, initial: initial)
    base.replacesSamples = spec.replacesSamples
    base.timing = job.timing
    base.serverNs = job.serverNs
    base.tracksVirtualIterates = job.tracksVirtualIterates
    base.horizon = try horizon(methodCount: job.methods.count)
  }

  /// Comparing methods needs one time for all: that at which minibatch SGD ends.
  private mutating func horizon(methodCount: Int) throws -> Horizon {
    var horizon = Horizon(
      timeNs: job.timeNs, updateCount: job.updateCount, gradientCount: job.gradientCount)
    if let epochs = job.epochCount {
      let batch = Double(spec.batchSize == 0 ? objective.sampleCount : spec.batchSize)
      horizon.gradientCount = Int((epochs * Double(objective.sampleCount) / batch).rounded(.up))
    }
    let isGiven = horizon != Horizon()
    if job.timing == .recorded {
      guard methodCount == 1, let only = job.methods.first, only.stepsize != .tuned else {
        throw Failure(
          .usage,
          "--order recorded makes the updates of the recorded job again: name its method and its "
            + "stepsize, as in --method async --stepsize 0.05.")
      }
      return horizon
    }
    if horizon.timeNs != nil || (isGiven && methodCount == 1) { return horizon }
    let limit = isGiven ? nil : job.gradientLimit
    if !isGiven {
      let longest = trace.workers.map(\.gradientCount).max() ?? 1
      horizon.updateCount = min(max(200, 2 * longest), job.roundLimit ?? .max)
      shorten(&horizon, to: limit.map { $0 / trace.workerCount })
    }
    guard let timeNs = try endOfMinibatch(horizon) else { return horizon }
    // Where rounds are long beside a gradient, asynchronous SGD computes many times more.
    guard let limit, let rounds = horizon.updateCount, case let count = asynchronousCount(timeNs),
      count > Double(limit)
    else { return Horizon(timeNs: timeNs) }
    shorten(&horizon, to: Int(Double(rounds) * Double(limit) / count))
    let shorter = try endOfMinibatch(horizon) ?? timeNs
    // Two rounds may still be too much for hundreds of replays: then there are fewer of them.
    let share = Double(limit) / asynchronousCount(shorter)
    if share < 1 { self.job.tuningSeedCount = max(1, Int(share * Double(job.tuningSeedCount))) }
    return Horizon(timeNs: shorter)
  }

  /// Two rounds are the least that can be compared.
  private mutating func shorten(_ horizon: inout Horizon, to rounds: Int?) {
    guard let rounds, let asked = horizon.updateCount, asked > max(2, rounds) else { return }
    horizon.updateCount = max(2, rounds)
    isShortened = true
  }

  /// The time at which minibatch SGD ends; nil if it makes no round.
  private func endOfMinibatch(_ horizon: Horizon) throws -> Int64? {
    let rounds = try replaySchedule(
      of: trace,
      ScheduleRequest(
        method: .minibatch, horizon: horizon, atEnd: job.atEnd, turnaround: job.turnaround,
        timing: job.timing, seed: job.seed, serverNs: job.serverNs))
    return rounds.roundCount > 0 ? rounds.timeNs : nil
  }

  /// About how many gradients asynchronous SGD computes in a time, by the workers' means.
  private func asynchronousCount(_ timeNs: Int64) -> Double {
    trace.workers.reduce(0) { sum, worker in
      let computing = worker.durationsNs.reduce(0.0) { $0 + Double($1) }
      return sum + Double(timeNs) * Double(worker.gradientCount) / max(1, computing)
    }
  }
}

func readInitial(_ path: String) throws -> [Double] {
  guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {
    throw Failure(.noInput, "\(path): the initial point cannot be read. Check the path.")
  }
  return try text.split(whereSeparator: \.isNewline).enumerated().map { line, entry in
    guard let number = Double(entry.trimmingCharacters(in: .whitespaces)), number.isFinite else {
      throw Failure(
        .badData,
        "\(path):\(line + 1): '\(entry.prefix(40))' is no number; the file has one a line.")
    }
    return number
  }
}
