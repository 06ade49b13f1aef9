import Analysis
import Optimization
import ReplayEngine
import Reports

/// A comparison that rests on tuned replays, with those replays.
struct TunedStudy {
  /// A policy at its tuned stepsize.
  struct Entry {
    var policy: Comparison.Policy
    /// Of the grid; the runs may have a stepsize between it and its neighbours.
    var winner: TunedMethod.Winner
    var scans: [StepsizeScan]
    /// One a seed.
    var runs: [Run]
  }

  /// Runs of each method on a page; its times are those of all seeds.
  static let shownSeedCount = 5

  var comparison: Comparison
  var entries: [Entry]
  /// With the horizon of the search.
  var prepared: PreparedReplay
  var reading: TargetReading
  /// Among ``targetFractions``.
  var target: Int

  /// The replays that a page shows: minibatch, the best other synchronous policy, asynchronous SGD with a
  /// constant stepsize, the best of its other rules, and what is recommended. Their times are those that
  /// the verdict rests on.
  func report(on summary: Inspection.TraceSummary) throws -> ReplayReport {
    var report = ReplayReport(
      trace: summary, objectiveDescription: prepared.spec.description,
      minimumLoss: prepared.objective.minimum, runs: [],
      countSpeedupMeasured: try prepared.countSpeedupMeasured())
    report.shownFraction = reading.fraction
    for place in shown {
      let entry = entries[place]
      let name = entry.policy.name
      // A policy that changes the trace replays minibatch SGD on it.
      let isChanged = name == .subset || name == .rebalanced
      report.tuning += entry.scans.map { scan in
        var scan = scan
        if isChanged { scan.method = name.rawValue }
        scan.droppedCount = entry.policy.dropped.count
        return scan
      }
      let runs = entry.runs.prefix(Self.shownSeedCount)
      report.runs += runs
      report.runPolicies += runs.map { _ in name }
      report.runDroppedCounts += runs.map { _ in entry.policy.dropped.count }
      guard var row = reading.time(entry.runs, entry.policy.timeToTargetSpread) else { continue }
      if isChanged { row.method = name.rawValue }
      row.place = entry.winner.place
      row.weight = prepared.knownSmoothness == nil ? nil : entry.weight
      report.timeToTarget.append(row)
    }
    return report
  }

  /// In the order of simplicity.
  private var shown: [Int] {
    func time(_ place: Int) -> Double { reading.seconds(entries[place].runs) ?? .infinity }
    func soonest(_ isWanted: (Comparison.Policy) -> Bool) -> Int? {
      entries.indices.filter { isWanted(entries[$0].policy) && entries[$0].policy.isCandidate }
        .min { (time($0), $0) < (time($1), $1) }
    }
    let chosen = comparison.verdict.recommendation
    let places = [
      entries.firstIndex { $0.policy.name == .minibatch },
      soonest { [.subset, .rebalanced, .backup].contains($0.name) },
      soonest { $0.name == .async && $0.parameter == "rule=constant" },
      soonest { $0.name == .async && $0.parameter != "rule=constant" },
      entries.firstIndex {
        $0.policy.name == chosen?.policy && $0.policy.parameter == chosen?.parameter
      },
    ]
    return Set(places.compactMap { $0 }).sorted()
  }
}

extension TunedStudy.Entry {
  /// γ/b in units of 1/(LM) of the stepsize that was run.
  fileprivate var weight: Double {
    guard winner.stepsize > 0, let run = runs.first else { return winner.weight }
    return winner.weight * run.request.stepsize / winner.stepsize
  }
}
