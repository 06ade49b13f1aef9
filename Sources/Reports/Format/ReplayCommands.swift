import Analysis
import Optimization
import ReplayEngine
import TraceModel

/// Commands that make given runs again, bit for bit: one for all runs on every worker, and one for
/// those that leave workers out. Options that say what the command takes anyway are left out.
///
/// Of each group its first run, whose seed the data and x_0 were drawn from too; the other seeds of a
/// group share those and differ in their batches, which no single command gives.
func replayCommands(
  _ replay: ReplayReport, groups: [ReplayReport.RunGroup], _ input: ReportInput, json: Bool = false
) -> String {
  var commands: [(setting: [String], methods: [String])] = []
  for group in groups {
    guard let index = group.runs.first, !replay.isRebalanced(index) else { continue }
    let request = replay.runs[index].request
    var setting: [String] = []
    if replay.objectiveDescription != ObjectiveSpec.builtIn.description {
      setting += ["--objective", Labels.cut(replay.objectiveDescription, to: 600)]
    }
    setting += request.settingWords(hasTurnaround: input.hasRecordedTurnaround)
    if let dropped = replay.droppedLabels(of: index, input) {
      guard dropped.count <= skippedWorkerLimit else { continue }
      setting += dropped.flatMap { ["--skip-worker", $0.text] }
    }
    let method = ["--method", request.methodText]
    if let place = commands.firstIndex(where: { $0.setting == setting }) {
      commands[place].methods += method
    } else {
      commands.append((setting, method))
    }
  }
  return commands.map { setting, methods in
    let words = (setting + methods).map { Markup.shellArgument($0) }.joined(separator: " ")
    return command("replay", input, words + (json ? " --json" : ""))
  }.joined(separator: "\n")
}

/// More are not written out.
private let skippedWorkerLimit = 16

extension ReplayReport {
  /// What to say of drained runs; nil where none is among `groups`.
  ///
  /// A worker's batches go by its place in the trace, which skipping changes.
  func skippedNote(_ groups: [RunGroup], _ input: ReportInput) -> String? {
    if groups.contains(where: { isRebalanced($0.runs[0]) }) {
      return
        "Rebalanced is minibatch on durations in proportion to the batches: `outpace compare` replays "
        + "it, and no single command does."
    }
    guard
      let group = groups.first(where: { droppedLabels(of: $0.runs[0], input) != nil }),
      let labels = droppedLabels(of: group.runs[0], input)
    else { return nil }
    let how =
      labels.count <= skippedWorkerLimit
      ? "its command leaves them out with `--skip-worker`"
      : "`--skip-worker LABEL` for each of \(workersPhrase(labels.count)) leaves them out"
    return
      "\(group.style.phrase.capitalisedFirst) is minibatch without the drained workers: \(how); "
      + "the others then draw the batches of their new places."
  }

  fileprivate func isRebalanced(_ index: Int) -> Bool {
    runPolicies.indices.contains(index) && runPolicies[index] == .rebalanced
  }

  /// The workers that run `index` leaves out, as compared; nil if it leaves out none.
  fileprivate func droppedLabels(of index: Int, _ input: ReportInput) -> [WorkerLabel]? {
    guard runDroppedCounts.indices.contains(index), runDroppedCounts[index] > 0 else { return nil }
    let policy = input.comparison?.policies.first {
      $0.name == .subset && $0.dropped.count == runDroppedCounts[index]
    }
    return policy?.dropped
  }
}

extension ReplayRequest {
  /// The method as `--method` takes it, with its stepsize.
  fileprivate var methodText: String {
    var options: [String] = []
    switch method {
    case .minibatch: break
    case .async(let rule, let delayLimit, let constant):
      if rule != .constant { options.append("rule=\(rule.rawValue)") }
      if rule == .drop, let delayLimit { options.append("delay-limit=\(delayLimit)") }
      if rule == .adaptive, constant != 4 { options.append("adaptive-constant=\(constant)") }
    case .backup(let need): options.append("need=\(need)")
    case .rennala(let collect, let abort):
      options.append("collect=\(collect)")
      if abort { options.append("abort") }
    case .ringmaster(let limit, let abort):
      options.append("delay-limit=\(limit)")
      if abort { options.append("abort") }
    case .buffered(let collect): options.append("collect=\(collect)")
    case .fastest(let workers): options.append("workers=\(workers)")
    case .local(let steps): options.append("local-steps=\(steps)")
    case .picky(let distance): options.append("distance=\(distance)")
    case .clipped(let radius): options.append("radius=\(radius)")
    case .dcAsync(let lambda, let adaptive):
      options.append("lambda=\(lambda)")
      if adaptive { options.append("adaptive") }
    case .momentum(let beta): options.append("beta=\(beta)")
    }
    options.append("stepsize=\(stepsize)")
    return method.name + ":" + options.joined(separator: ",")
  }

  /// Everything else that the arrivals and iterates depend on, without the command's defaults.
  ///
  /// - Parameter hasTurnaround: whether the trace has turnarounds, so that `none` is no default.
  fileprivate func settingWords(hasTurnaround: Bool) -> [String] {
    var words: [String] = []
    if let smoothness { words += ["--smoothness", "\(smoothness)"] }
    if let time = horizon.timeNs { words += ["--time", exactTime(time)] }
    if let updates = horizon.updateCount { words += ["--updates", "\(updates)"] }
    if let gradients = horizon.gradientCount { words += ["--gradients", "\(gradients)"] }
    if atEnd != .repeat { words += ["--at-end", atEnd.rawValue] }
    if timing != .sequence { words += ["--timing", timing.rawValue] }
    if sampling != .seeded { words += ["--sampling", sampling.rawValue] }
    if handout != .after { words += ["--handout", handout.rawValue] }
    switch turnaround {
    case .recorded: break
    case .none: if hasTurnaround { words += ["--turnaround", "none"] }
    case .fixed(let ns): words += ["--turnaround", exactTime(ns)]
    }
    if serverNs > 0 { words += ["--server", exactTime(serverNs)] }
    return words + (seed == 1 ? [] : ["--seed", "\(seed)"])
  }
}

/// Nanoseconds as the command line takes them, in the largest unit that leaves no fraction.
private func exactTime(_ ns: Int64) -> String {
  for (size, unit) in [(1_000_000_000, "s"), (1_000_000, "ms"), (1000, "us")] as [(Int64, String)]
  where ns != 0 && ns.isMultiple(of: size) {
    return "\(ns / size)\(unit)"
  }
  return "\(ns)ns"
}
