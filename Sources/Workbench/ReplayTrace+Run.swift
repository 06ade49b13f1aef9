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
    var runs: [Run] = []
    var groups: [[Run]] = []
    for spec in job.methods {
      switch spec.stepsize {
      case .value, .theory:
        let stepsize =
          if case .value(let given) = spec.stepsize { given } else {
            try theoryStepsize(of: spec.choice)
          }
        let run = try replay(
          trace, minimising: objective, request(spec.choice, stepsize: stepsize),
          observer: ledgers?.observer(beside: observer) ?? observer)
        runs.append(run)
        groups.append([run])
      case .tuned:
        guard let method = tuned.methods.first(where: { $0.choice == spec.choice }) else {
          continue
        }
        let stepsize = method.winners[Self.mainTarget(of: method)].stepsize
        // The reported run is the one that plain flags would make, so that its points, history and
        // fingerprint are those of `--stepsize` with the number that was found.
        runs.append(
          try replay(
            trace, minimising: objective, request(spec.choice, stepsize: stepsize),
            observer: ledgers?.observer(beside: observer) ?? observer))
        groups.append(contentsOf: method.winners.map(\.runs))
      }
    }
    var report = ReplayReport(
      trace: summary, objectiveDescription: spec.description, minimumLoss: objective.minimum,
      runs: runs, countSpeedupMeasured: try countSpeedupMeasured(),
      timeToTarget: timesToTargets(of: groups, tuned: tuned), tuning: tuned.methods.map(\.scan))
    try addTheory(to: &report)
    return report
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
        ScheduleRequest(
          method: method, horizon: horizon, atEnd: base.atEnd, turnaround: base.turnaround,
          handout: base.handout, timing: base.timing, seed: base.seed))
    }
    let whole = try schedule(.minibatch, base.horizon)
    guard whole.roundCount >= 10 else { return nil }
    // With a horizon in time the last round may end before it.
    let rounds = try schedule(.minibatch, Horizon(updateCount: whole.roundCount))
    let free = try schedule(asynchronous.choice, Horizon(timeNs: rounds.timeNs))
    return Double(free.gradientCount) / Double(rounds.gradientCount)
  }
}
