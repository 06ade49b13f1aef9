import ReplayEngine
import TraceModel

/// What a few edits of a trace would do to the rates of minibatch SGD and of one other policy.
public struct EditEffects: Hashable, Sendable {
  /// Some edits that belong together, and the rates after them over the rates before.
  public struct Effect: Hashable, Sendable {
    /// What happens, in words: `without worker 5`.
    public var name: String
    /// The arguments of `whatif`.
    public var texts: [String]
    /// Gradients per second of full minibatch, after over before.
    public var minibatchRatio: Double
    /// The same of the policy, set up anew on the edited trace.
    public var policyRatio: Double

    public init(name: String, texts: [String], minibatchRatio: Double, policyRatio: Double) {
      self.name = name
      self.texts = texts
      self.minibatchRatio = minibatchRatio
      self.policyRatio = policyRatio
    }
  }

  /// What is recommended, if durations alone time it and it is not full minibatch; else asynchronous
  /// SGD.
  public var policy: PolicyName
  /// Its parameter on the trace as it is.
  public var parameter: String?
  /// Whom it leaves out on the trace as it is.
  public var droppedCount: Int
  /// On the trace as it is.
  public var minibatchGradientsPerSecond: Double
  /// On the trace as it is.
  public var policyGradientsPerSecond: Double
  /// Largest effect first.
  public var effects: [Effect]
  /// How many gradients of each worker were looked at; nil for all.
  public var gradientLimit: Int?

  public init(
    policy: PolicyName, parameter: String? = nil, droppedCount: Int = 0,
    minibatchGradientsPerSecond: Double, policyGradientsPerSecond: Double, effects: [Effect],
    gradientLimit: Int? = nil
  ) {
    self.policy = policy
    self.parameter = parameter
    self.droppedCount = droppedCount
    self.minibatchGradientsPerSecond = minibatchGradientsPerSecond
    self.policyGradientsPerSecond = policyGradientsPerSecond
    self.effects = effects
    self.gradientLimit = gradientLimit
  }
}

/// Finds on what the rates of a comparison hang: the slowest worker (or host) left out, repaired or
/// twice as slow, all persistent stragglers left out, another turnaround, twice as many workers.
///
/// The parameter of a policy is chosen anew on each edited trace, at the noise scale of the
/// comparison. As many workers are drained as are persistent stragglers there: those that were named on
/// the trace as it is, without who was left out or repaired.
///
/// - Parameters:
///   - inspection: that of the same trace with the same turnaround.
///   - comparison: the rates that the effects are set against.
/// - Returns: nil for one worker.
/// - Complexity: a pass over at most 10^6 gradients an edit.
public func editEffects(
  _ trace: Trace, inspection: Inspection, comparison: Comparison,
  options: ComparisonOptions = ComparisonOptions()
) -> EditEffects? {
  guard trace.workerCount > 1,
    let full = comparison.policies.first(where: { $0.name == .minibatch })
  else { return nil }
  let wanted = comparison.verdict.recommendation.map(\.policy) ?? .async
  let isTimed = [PolicyName.subset, .rebalanced, .backup].contains(wanted)
  guard
    let policy = comparison.policies.first(where: { $0.name == (isTimed ? wanted : .async) })
  else { return nil }
  let limit = max(8, gradientsLookedAt / trace.workerCount)
  let isCut = trace.workers.contains { $0.gradientCount > limit }
  let study = EditStudy(
    isCut ? trace.firstGradients(limit) : trace, inspection: inspection, options: options,
    policy: policy.name)
  let effects = study.effects()
  func size(_ effect: EditEffects.Effect) -> Double {
    [effect.minibatchRatio, effect.policyRatio].reduce(1) { max($0, $1, 1 / $1) }
  }
  return EditEffects(
    policy: policy.name, parameter: policy.parameter, droppedCount: policy.dropped.count,
    minibatchGradientsPerSecond: full.gradientsPerSecond,
    policyGradientsPerSecond: policy.gradientsPerSecond,
    effects: effects.enumerated().sorted {
      (-size($0.element), $0.offset) < (-size($1.element), $1.offset)
    }.map(\.element), gradientLimit: isCut ? limit : nil)
}

/// Of all workers together.
private let gradientsLookedAt = 1_000_000
/// Edits that stand in one command.
private let editLimit = 8

private struct EditStudy {
  /// Edits, and which workers may be drained after them.
  private struct Plan {
    var name: String
    var edits: [TraceEdit]
    var drainable: Set<WorkerLabel>
    var chargesTurnaround = false
  }

  private let trace: Trace
  private let inspection: Inspection
  private let options: ComparisonOptions
  private let policy: PolicyName
  private let units: WorkerUnits
  private let timings: Timings
  private let persistent: Set<WorkerLabel>
  private let law: NoiseLaw

  init(
    _ trace: Trace, inspection: Inspection, options: ComparisonOptions, policy: PolicyName
  ) {
    self.trace = trace
    self.inspection = inspection
    self.options = options
    self.policy = policy
    units = WorkerUnits(trace, leavesOut: options.leavesOut)
    timings = Timings(trace, turnaround: options.turnaround)
    persistent =
      inspection.canTellApart
      ? Set(inspection.stragglers.filter { $0.kind == .persistent }.map(\.label)) : []
    law = NoiseLaw(
      criticalBatch: options.noiseScale ?? Double(trace.workerCount),
      workerCount: trace.workerCount)
  }

  func effects() -> [EditEffects.Effect] {
    let before = rates(of: trace, drainable: persistent)
    return plans().compactMap { plan in
      guard let changed = try? edited(trace, by: plan.edits, seed: options.seed) else { return nil }
      let after = rates(
        of: changed, drainable: plan.drainable, chargesTurnaround: plan.chargesTurnaround)
      return EditEffects.Effect(
        name: plan.name, texts: plan.edits.map(\.text),
        minibatchRatio: after.minibatch / before.minibatch,
        policyRatio: after.policy / before.policy)
    }
  }

  // MARK: What is tried

  private func plans() -> [Plan] {
    let order = units.slowestFirst(timings.means)
    let slowest = units.members[order[0]]
    let labels = Set(slowest.map(label))
    let name = self.name(of: order[0])
    var plans = [
      Plan(
        name: "without \(name)", edits: drop(order[0]),
        drainable: persistent.subtracting(labels))
    ]
    let slow = order.filter { units.members[$0].contains { persistent.contains(label($0)) } }
    let drops = slow.flatMap(drop)
    if slow.count > 1, slow.count < units.members.count, drops.count <= editLimit {
      let words =
        units.kind == .worker
        ? Wording.workers(slow.sorted().map { label(units.members[$0][0]) }, limit: 4)
        : "\(slow.count) slow hosts"
      plans.append(Plan(name: "without \(words)", edits: drops, drainable: []))
    }
    let median = Sample(timings.means).quantile(0.5)
    let repairs = slowest.compactMap { m -> TraceEdit? in
      let factor = median / timings.means[m]
      return factor < 0.98 ? .scale(label(m), rounded(factor)) : nil
    }
    if !repairs.isEmpty, repairs.count <= editLimit {
      plans.append(
        Plan(
          name: "\(name) like the median", edits: repairs,
          drainable: persistent.subtracting(labels)))
    }
    if slowest.count <= editLimit {
      plans.append(
        Plan(
          name: "\(name) twice as slow", edits: slowest.map { .scale(label($0), 2) },
          drainable: persistent.union(persistent.isEmpty ? [] : labels)))
    }
    if let plan = communication(median) { plans.append(plan) }
    if trace.workerCount <= workerLimitOfExtras {
      plans.append(
        Plan(
          name: "twice as many workers", edits: [.multiply(2)],
          drainable: persistent.union(persistent.map { WorkerLabel("\($0.text)+1") })))
    }
    return plans
  }

  /// Half the turnaround where it is charged; where none was recorded, one of a tenth of a gradient.
  private func communication(_ median: Double) -> Plan? {
    guard options.turnaround == .recorded else { return nil }
    if inspection.speedup.turnaroundMatters, let turnaround = inspection.turnaround {
      let half = rounded(turnaround.meanSeconds * 1e9 / 2)
      guard half >= 1 else { return nil }
      return Plan(
        name: "half the turnaround", edits: [.communication(ns: -Int64(half.rounded()))],
        drainable: persistent)
    }
    let tenth = rounded(median / 10)
    guard inspection.turnaround == nil, tenth >= 1, tenth < 0x1p60 else { return nil }
    return Plan(
      name: "turnaround of 10% of a gradient", edits: [.communication(ns: Int64(tenth.rounded()))],
      drainable: persistent, chargesTurnaround: true)
  }

  private func label(_ m: Int) -> WorkerLabel { trace.workers[m].worker.label }

  private func name(of unit: Int) -> String {
    let members = units.members[unit]
    guard units.kind == .host, let host = trace.workers[members[0]].worker.host else {
      return Wording.workers([label(members[0])])
    }
    return "host \(Wording.label(WorkerLabel(host)))"
  }

  private func drop(_ unit: Int) -> [TraceEdit] {
    let members = units.members[unit]
    if units.kind == .host, let host = trace.workers[members[0]].worker.host {
      return [.dropHost(host)]
    }
    return members.map { .drop(label($0)) }
  }

  /// Three significant digits, so that a command is short and says exactly what was computed.
  private func rounded(_ value: Double) -> Double {
    guard value > 0, value.isFinite else { return value }
    var scale = 1.0
    while value * scale < 100 { scale *= 10 }
    while value * scale >= 1000, scale > 1e-15 { scale /= 10 }
    return (value * scale).rounded() / scale
  }

  // MARK: Rates

  private func rates(
    of trace: Trace, drainable: Set<WorkerLabel>, chargesTurnaround: Bool = false
  ) -> (minibatch: Double, policy: Double) {
    let timings = Timings(trace, turnaround: options.turnaround)
    let units = WorkerUnits(trace, leavesOut: units.kind)
    let setup = Setup(
      means: timings.means, units: units, fixedCost: options.fixedCostSeconds * 1e9)
    let times = RoundTimes(
      timings, runs: timings.counts.map { 0..<$0 },
      withTurnaround: inspection.speedup.turnaroundMatters || chargesTurnaround, setup: setup,
      gradientLimit: gradientsLookedAt)
    let server = options.serverSeconds * 1e9
    let law = NoiseLaw(criticalBatch: law.criticalBatch, workerCount: trace.workerCount)
    var drops = [0]
    for (before, count) in zip(setup.dropCounts, setup.dropCounts.dropFirst()) {
      let unit = setup.slowestFirst[before..<count]
      guard unit.contains(where: { drainable.contains(trace.workers[$0].worker.label) }) else {
        break
      }
      drops.append(count)
    }
    func rate(_ schedule: Schedule) -> Double {
      schedule.gradients(workerCount: trace.workerCount) / times.time(schedule, server: server)
    }
    let chosen = law.schedules(times, drops: drops, server: server).first { $0.name == policy }
    return (rate(.minibatch), rate(chosen ?? .async))
  }
}

extension Trace {
  /// Of each worker at most `limit` gradients, from the first on.
  fileprivate func firstGradients(_ limit: Int) -> Trace {
    var cut = self
    for m in workers.indices where workers[m].gradientCount > limit {
      var timings = WorkerTimings(
        worker: workers[m].worker,
        backToBack: Array(workers[m].durationsNs.prefix(limit)))
      timings.startsNs = Array(workers[m].startsNs.prefix(limit))
      timings.turnaroundsNs = Array(workers[m].turnaroundsNs.prefix(limit))
      cut.workers[m] = timings
    }
    return cut
  }
}
