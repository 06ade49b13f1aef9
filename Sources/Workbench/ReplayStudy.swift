import Analysis
import Optimization
import ReplayEngine
import Reports
import TraceModel

/// The replays behind a report: minibatch, the best other synchronous policy that a replay can
/// carry out, asynchronous SGD with a constant stepsize, and its better delay-adaptive rule.
struct ReplayStudy {
  /// One policy on the workers that it uses.
  private struct Entry {
    var policy: PolicyName
    var droppedCount: Int
    var prepared: PreparedReplay
    /// Variants of which the best is shown.
    var choices: [MethodChoice]
  }

  private let prepared: PreparedReplay
  private let entries: [Entry]

  init(_ prepared: PreparedReplay, comparison: Comparison) throws {
    self.prepared = prepared
    var entries = [
      Entry(policy: .minibatch, droppedCount: 0, prepared: prepared, choices: [.minibatch])
    ]
    if let best = Self.bestSynchronous(comparison, prepared) { entries.append(best) }
    entries.append(
      Entry(
        policy: .async, droppedCount: 0, prepared: prepared, choices: [.async(rule: .constant)]))
    // The factor 4 of the theory alone costs much on some problems, so it is tuned too; without an
    // L there is nothing to multiply it with.
    let adaptive: [MethodChoice] =
      prepared.objective.smoothness == nil
      ? [] : [0.25, 1, 4].map { .async(rule: .adaptive, adaptiveConstant: $0) }
    entries.append(
      Entry(
        policy: .async, droppedCount: 0, prepared: prepared,
        choices: [.async(rule: .scaled)] + adaptive))
    self.entries = entries
  }

  /// The replays, and the target that is read and drawn.
  ///
  /// - Parameter target: the index of that target; nil for the tightest that full minibatch reaches.
  func report(
    on summary: Inspection.TraceSummary, target given: Int? = nil
  ) throws -> (ReplayReport, target: Int) {
    var report = ReplayReport(
      trace: summary, objectiveDescription: prepared.spec.description,
      minimumLoss: prepared.objective.minimum, runs: [],
      countSpeedupMeasured: try prepared.countSpeedupMeasured())
    // Without f*, one reference for all: the lowest loss that any of them finds.
    let optimum =
      try prepared.objective.minimum
      ?? entries.compactMap { try $0.prepared.bestLoss(of: $0.choices) }.min()
    let tuned = try entries.map { try $0.prepared.tuneAll($0.choices, optimum: optimum) }
    let target = given ?? tuned.first.map { Self.shownTarget(of: $0) } ?? 0
    for (entry, variants) in zip(entries, tuned) {
      let isSubset = entry.policy == .subset
      report.tuning += variants.methods.map { method in
        var scan = method.scan
        if isSubset { scan.method = PolicyName.subset.rawValue }
        scan.droppedCount = entry.droppedCount
        return scan
      }
      guard let best = Self.best(of: variants, target: target) else { continue }
      let runs = best.winners[min(target, best.winners.count - 1)].runs
      report.runs += runs
      report.runPolicies += runs.map { _ in entry.policy }
      report.runDroppedCounts += runs.map { _ in entry.droppedCount }
      report.timeToTarget += entry.prepared.timesToTargets(
        of: [], tuned: TunedMethods(methods: [best], aim: variants.aim)
      ).map { row in
        var row = row
        if isSubset { row.method = PolicyName.subset.rawValue }
        return row
      }
    }
    return (report, min(target, targetFractions.count - 1))
  }

  /// The target whose tuned runs are drawn: the tightest that full minibatch reaches.
  private static func shownTarget(of minibatch: TunedMethods) -> Int {
    guard let method = minibatch.methods.first, let aim = minibatch.aim else { return 0 }
    return method.winners.indices.last { seconds(method, target: $0, aim) != nil } ?? 0
  }

  /// The variant that reaches a target first; equal ones go to the lower loss, then the first.
  private static func best(of tuned: TunedMethods, target: Int) -> TunedMethod? {
    func score(_ method: TunedMethod) -> (Double, Double) {
      let index = min(target, method.winners.count - 1)
      let runs = method.winners[index].runs
      let loss = runs.reduce(0.0) { $0 + ($1.points.last?.loss ?? .infinity) }
      let time = tuned.aim.map { seconds(method, target: index, $0) ?? .infinity } ?? 0
      return (time, loss.isNaN ? .infinity : loss)
    }
    return tuned.methods.enumerated().min {
      let (a, b) = (score($0.element), score($1.element))
      return (a.0, a.1, $0.offset) < (b.0, b.1, $1.offset)
    }?.element
  }

  private static func seconds(
    _ method: TunedMethod, target: Int, _ aim: Tuner.Aim
  ) -> Double? {
    timesToTarget(
      method.winners[target].runs, optimum: aim.optimum, initialDistance: aim.initialDistance,
      horizonNs: aim.horizonNs, fractions: [targetFractions[target]],
      instantCount: Tuner.finalInstants, resampleCount: 0
    ).first?.seconds
  }

  /// Drained minibatch or backup workers: the one that is recommended, else whichever computes more
  /// gradients in a second while it still differs from full minibatch. Rebalanced batches need a
  /// batch size a worker.
  private static func bestSynchronous(
    _ comparison: Comparison, _ prepared: PreparedReplay
  ) -> Entry? {
    let rows = comparison.policies.filter {
      $0.isCandidate && ($0.name == .subset || $0.name == .backup)
    }
    let recommended = comparison.verdict.recommendation?.policy
    let sorted = rows.sorted { $0.gradientsPerSecond > $1.gradientsPerSecond }
    for row in sorted.filter({ $0.name == recommended })
      + sorted.filter({ $0.name != recommended })
    {
      if row.name == .subset, !row.dropped.isEmpty {
        let dropped = Set(row.dropped)
        var reduced = prepared
        reduced.trace.workers.removeAll { dropped.contains($0.worker.label) }
        guard !reduced.trace.workers.isEmpty else { continue }
        return Entry(
          policy: .subset, droppedCount: row.dropped.count, prepared: reduced,
          choices: [.minibatch])
      }
      if row.name == .backup,
        let need = row.parameter?.split(separator: "=").last.flatMap({ Int($0) }),
        need < prepared.trace.workerCount
      {
        return Entry(
          policy: .backup, droppedCount: 0, prepared: prepared, choices: [.backup(need: need)])
      }
    }
    return nil
  }
}
