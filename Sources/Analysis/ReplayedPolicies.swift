import Optimization
import ReplayEngine
import TraceModel

/// A policy whose rate no closed form gives: its schedule is replayed without gradients.
struct ReplayedPolicy {
  var name: PolicyName
  /// As on the command line.
  var parameter: String
  var method: MethodChoice
  /// Nanoseconds an update, with the server that was replayed.
  var updateTime: Double
  /// b
  var gradientsPerUpdate: Double
  var delays: DelayHistogram?
  var discardedShare: Double
  var abortedShare: Double

  /// Gradients in a nanosecond.
  var rate: Double { gradientsPerUpdate / updateTime }
}

extension NoiseLaw {
  /// What the law makes of updates of b gradients of mean delay τ: t(late(τ) + B/b).
  ///
  /// late is 1 for fresh gradients, as in a round, and 4τ/π from τ = 2 on, which is what asynchronous
  /// SGD has at τ = M.
  func time(_ policy: ReplayedPolicy) -> Double {
    let time = policy.updateTime
    if criticalBatch == .infinity { return time / policy.gradientsPerUpdate }
    let delay = max(1, policy.delays?.mean ?? 1)
    let atTwo = 8 / Double.pi
    let late = delay < 2 ? 1 + (atTwo - 1) * (delay - 1) : 4 * delay / Double.pi
    return time * (late + criticalBatch / policy.gradientsPerUpdate)
  }
}

/// Replays `buffered`, `rennala` and `ringmaster` over the powers of two of their parameter, with and
/// without aborts.
///
/// What aborts is judged by both timing models, and the smaller rate counts: in sequence an aborted
/// slow gradient is drawn anew, which flatters it where slowness belongs to the machine. All are
/// replayed for one time, that of at most 20,000 gradients of asynchronous SGD, or 40 a worker; with a
/// server for the time that so many gradients take there.
///
/// A server that takes its time is replayed too: workers queue before it, and how long depends on who
/// arrives when.
///
/// - Parameter server: nanoseconds an update.
/// - Returns: The candidates; none above 4,096 workers.
func replayedPolicies(
  _ trace: Trace, _ timings: Timings, withTurnaround: Bool, turnaround: TurnaroundPolicy,
  server: Double
) -> [ReplayedPolicy] {
  let workerCount = timings.workerCount
  guard workerCount <= workerLimitOfExtras,
    let run = ScheduleSample(
      trace, timings, withTurnaround: withTurnaround, turnaround: turnaround, server: server)
  else { return [] }
  let cycles = timings.cycles(withTurnaround: withTurnaround)

  var powers: [Int] = []
  var power = 1
  while power < 2 * workerCount {
    powers.append(power)
    power *= 2
  }
  // A buffer beyond M, or a delay limit beyond 2M, is another method's name.
  let counts = powers.filter { $0 <= max(1, workerCount) }
  var found: [ReplayedPolicy?] = []
  // A buffer of one is asynchronous SGD.
  for count in counts where count > 1 || workerCount == 1 {
    found.append(run.policy(.buffered, "collect=\(count)", .buffered(collect: count)))
  }
  for count in counts {
    found.append(run.policy(.rennala, "collect=\(count)", .rennala(collect: count)))
    found.append(
      run.policy(.rennala, "collect=\(count),abort", .rennala(collect: count, abort: true)))
  }
  for limit in powers {
    found.append(run.policy(.ringmaster, "delay-limit=\(limit)", .ringmaster(delayLimit: limit)))
    found.append(
      run.policy(
        .ringmaster, "delay-limit=\(limit),abort", .ringmaster(delayLimit: limit, abort: true)))
  }
  return found.compactMap { policy in
    guard var policy else { return nil }
    // Alone a worker updates after each of its cycles, whatever the method; the replay's part of the
    // trace would only say so with an error.
    if workerCount == 1 { policy.updateTime = cycles[0] + server }
    return policy
  }
}

/// A trace with a server, as far as about so many gradients reach.
struct ScheduleSample {
  let trace: Trace
  let turnaround: TurnaroundPolicy
  let serverNs: Int64
  private let arrivals: Double
  /// λ
  private let rate: Double

  /// Returns nil where the time goes beyond what can be replayed.
  ///
  /// - Parameter share: of the gradients, where less exact figures will do.
  init?(
    _ trace: Trace, _ timings: Timings, withTurnaround: Bool, turnaround: TurnaroundPolicy,
    server: Double, share: Double = 1
  ) {
    let workerCount = timings.workerCount
    let cycles = timings.cycles(withTurnaround: withTurnaround)
    rate = orderFreeSum(cycles.map { 1 / $0 })
    let perWorker = workerCount <= 512 ? 40 : 10
    arrivals =
      share * Double(max(min(2 * trace.gradientCount, 20_000), perWorker * workerCount))
    guard arrivals * (1 / rate + server) < 0x1p62 else { return nil }
    self.trace = trace
    self.turnaround = withTurnaround ? turnaround : .none
    serverNs = Int64(server.rounded())
  }

  /// Time for so many gradients where workers and server wait for one another.
  private func horizonNs(_ method: MethodChoice) -> Int64 {
    let gradients: Int
    switch method {
    case .buffered(let collect), .rennala(let collect, _): gradients = collect
    default: gradients = 1
    }
    return max(1, Int64(arrivals * (1 / rate + Double(serverNs) / Double(gradients))))
  }

  /// Returns nil where no update is made within the horizon.
  func policy(_ name: PolicyName, _ parameter: String, _ method: MethodChoice) -> ReplayedPolicy? {
    guard let first = policy(name, parameter, method, .sequence) else { return nil }
    guard method.aborts else { return first }
    guard let second = policy(name, parameter, method, .clock) else { return nil }
    return second.rate < first.rate ? second : first
  }

  private func policy(
    _ name: PolicyName, _ parameter: String, _ method: MethodChoice, _ timing: Timing
  ) -> ReplayedPolicy? {
    // Up to the last update: what is left of a batch is nobody's loss.
    var lastUpdateNs: Int64 = 0
    let observer = ReplayObserver(update: { lastUpdateNs = $0.timeNs })
    let request = ScheduleRequest(
      method: method, horizon: Horizon(timeNs: horizonNs(method)), turnaround: turnaround,
      timing: timing, serverNs: serverNs)
    guard let run = try? replaySchedule(of: trace, request, observer: observer),
      run.updateCount > 0, lastUpdateNs > 0, run.gradientCount > 0
    else { return nil }
    let started = Double(max(1, run.computedCount + run.abortedCount))
    return ReplayedPolicy(
      name: name, parameter: parameter, method: method,
      updateTime: Double(lastUpdateNs) / Double(run.updateCount),
      gradientsPerUpdate: Double(run.gradientCount) / Double(run.updateCount),
      delays: run.delays?.overall, discardedShare: Double(run.discardedCount) / started,
      abortedShare: Double(run.abortedCount) / started)
  }
}

extension MethodChoice {
  /// Whether some gradients are stopped before they arrive.
  package var aborts: Bool {
    switch self {
    case .backup: true
    case .rennala(_, let abort), .ringmaster(_, let abort): abort
    default: false
    }
  }
}

extension PolicyStudy {
  /// Of each name the candidate that suits a law best; ties go to the first.
  func best(of candidates: [ReplayedPolicy], _ law: NoiseLaw) -> [ReplayedPolicy] {
    [PolicyName.buffered, .rennala, .ringmaster].compactMap { name in
      candidates.filter { $0.name == name }.min {
        law.time($0) < law.time($1)
      }
    }
  }

  /// A line of the table.
  ///
  /// Buffered SGD applies every gradient, and so has the count ratio of asynchronous SGD with its
  /// interval; for the others there is none.
  func policy(_ replayed: ReplayedPolicy, asyncInterval: Interval?) -> Comparison.Policy {
    let count = Double(timings.workerCount)
    let full = times.time(.minibatch, server: server) / count
    let rate = replayed.rate
    let gradients = replayed.gradientsPerUpdate
    let pass = count * Double(timings.counts.max() ?? 0)
    let aborted = Int((replayed.abortedShare * pass).rounded())
    return Comparison.Policy(
      name: replayed.name, parameter: replayed.parameter, dropped: [],
      gradientsPerSecond: 1e9 * rate, countRatio: rate * full,
      interval: replayed.name == .buffered && server == 0 ? asyncInterval : nil,
      delayP50: replayed.delays?.quantile(0.5), delayP99: replayed.delays?.quantile(0.99),
      delayMax: replayed.delays?.max,
      unusedShare: replayed.discardedShare + replayed.abortedShare,
      discardedCount: Int((replayed.discardedShare * pass).rounded()) + aborted,
      abortedCount: aborted, updatesPerSecond: 1e9 / replayed.updateTime,
      breakEvenServerSeconds: breakEvenServer(replayed).map { $0 / 1e9 },
      secondsPerRound: law.time(replayed) / 1e9, gradientsPerUpdate: gradients,
      exclusion: "recommended only from replays on an objective")
  }

  /// The server time at which the policy makes as many gradients as full minibatch; nil where it always
  /// makes more, since its updates are as large.
  ///
  /// By halving: replays say how many gradients it makes at a server time. With workers that never wait
  /// for the server it would be (bT − Mt)/(M − b), which is more than it is.
  private func breakEvenServer(_ replayed: ReplayedPolicy) -> Double? {
    let count = Double(timings.workerCount)
    let gradients = replayed.gradientsPerUpdate
    guard gradients < count * (1 - 1e-9) else { return nil }
    let full = times.time(.minibatch, server: 0)
    func isAhead(_ server: Double) -> Bool {
      guard
        let sample = ScheduleSample(
          trace, timings, withTurnaround: withTurnaround, turnaround: options.turnaround,
          server: server, share: 0.25),
        let policy = sample.policy(replayed.name, replayed.parameter, replayed.method)
      else { return false }
      return policy.rate > count / (full + server)
    }
    guard isAhead(0) else { return 0 }
    var low = 0.0
    var high = gradients * full / (count - gradients)
    for _ in 0..<8 {
      let middle = (low + high) / 2
      if isAhead(middle) { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
