import Analysis
import Optimization
import ReplayEngine
import Reports
import TraceModel

/// Replays a trace through methods on the gradients of an objective.
///
/// - Parameter observer: told of every update of every run that is reported; at most one method
///   may be replayed then, since a history is of one replay.
/// - Parameter keepsLedger: keeps every gradient of each reported run beside it, in the trace's database.
/// - Parameter onUnsaved: is told why the replays were not kept beside their trace. They ran all the
///   same: their report is not lost to a database that cannot be written.
/// - Throws: `Failure`.
public func replayTrace(
  _ opened: OpenedTrace, _ job: ReplayJob, observer: ReplayObserver = .none,
  keepsLedger: Bool = false, onUnsaved: (Failure) -> Void = { _ in }
) throws -> ReplayReport {
  try Failure.mapping {
    let prepared = try PreparedReplay(opened.trace, job)
    guard !keepsLedger || opened.isKept else {
      throw Failure(
        .usage,
        "--ledger keeps the gradients of a replay in the trace's database: name one with --db.")
    }
    let ledgers = keepsLedger ? LedgerCollector() : nil
    let report = try prepared.report(on: opened.summary, observer: observer, ledgers: ledgers)
    do {
      try Failure.mapping {
        try prepared.save(report.runs, of: opened, ledgers: ledgers?.lists)
      }
    } catch let failure as Failure {
      onUnsaved(failure)
    }
    return report
  }
}

extension PreparedReplay {
  func report(
    on summary: Inspection.TraceSummary, observer: ReplayObserver = .none,
    ledgers: LedgerCollector? = nil
  ) throws -> ReplayReport {
    let tuned = try tuneAll(job.methods.filter { $0.stepsize == .tuned }.map(\.choice))
    let requests = try job.methods.map { spec -> ReplayRequest? in
      switch spec.stepsize {
      case .value(let given): return request(spec.choice, stepsize: given)
      case .theory: return request(spec.choice, stepsize: try theoryStepsize(of: spec.choice))
      case .tuned:
        // The reported run is the one that plain flags would make, so that its points, history and
        // fingerprint are those of `--stepsize` with the number that was found.
        return tuned.methods.first { $0.choice == spec.choice }.map {
          request(spec.choice, stepsize: $0.winners[Self.mainTarget(of: $0)].stepsize)
        }
      }
    }
    let runs = try replayAll(requests.compactMap(\.self), observer: observer, ledgers: ledgers)
    var groups: [[Run]] = []
    var next = runs.makeIterator()
    for (spec, request) in zip(job.methods, requests) where request != nil {
      guard let run = next.next() else { break }
      let method = tuned.methods.first { $0.choice == spec.choice }
      if spec.stepsize == .tuned, let method {
        groups.append(contentsOf: method.winners.map(\.runs))
      } else {
        groups.append([run])
      }
    }
    var report = ReplayReport(
      trace: summary, objectiveDescription: spec.description, minimumLoss: objective.minimum,
      runs: runs, countSpeedupMeasured: try countSpeedupMeasured(),
      timeToTarget: timesToTargets(of: groups, tuned: tuned), tuning: tuned.methods.map(\.scan))
    try addTheory(to: &report)
    return report
  }

  /// The runs of some requests in their order: each on a thread of its own where nobody listens, else one
  /// after the other, with the gradients of each on all threads where they are dear.
  private func replayAll(
    _ requests: [ReplayRequest], observer: ReplayObserver, ledgers: LedgerCollector?
  ) throws -> [Run] {
    let (trace, objective, threads) = (self.trace, self.objective, job.threads)
    let isHeard = observer.update != nil || observer.gradient != nil || ledgers != nil
    guard requests.count > 1, !isHeard else {
      return try requests.map {
        try replay(
          trace, minimising: objective, $0, batches: nil,
          observer: ledgers?.observer(beside: observer) ?? observer, threads: threads)
      }
    }
    return try Parallel.map(count: requests.count, threads: threads) {
      try replay(trace, minimising: objective, requests[$0])
    }
  }

  /// The stepsize that stands for a tuned method is that of the middle target.
  static func mainTarget(of method: TunedMethod) -> Int { method.winners.count / 2 }

  func request(_ choice: MethodChoice, stepsize: Double) -> ReplayRequest {
    var request = base
    request.method = choice
    request.stepsize = stepsize
    if let every = job.evaluateEvery { request.evaluation = .everyUpdates(every) }
    request.readPoints = readPointStudy(of: choice)
    return request
  }

  /// Applied gradients of asynchronous over those of minibatch SGD at the end of minibatch's last
  /// round; nil below ten rounds, or where one of the two is not replayed.
  func countSpeedupMeasured() throws -> Double? {
    guard job.methods.contains(where: { $0.choice == .minibatch }),
      let asynchronous = job.methods.first(where: { $0.choice.rule != nil })
    else { return nil }
    func schedule(_ method: MethodChoice, _ horizon: Horizon) throws -> ScheduleRun {
      try replaySchedule(
        of: trace,
        ScheduleRequest(of: base, method: method, horizon: horizon))
    }
    let whole = try schedule(.minibatch, base.horizon)
    guard whole.roundCount >= 10 else { return nil }
    // With a horizon in time the last round may end before it.
    let rounds = try schedule(.minibatch, Horizon(updateCount: whole.roundCount))
    let free = try schedule(asynchronous.choice, Horizon(timeNs: rounds.timeNs))
    return Double(free.gradientCount) / Double(rounds.gradientCount)
  }
}
