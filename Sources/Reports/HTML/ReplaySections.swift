import Analysis
import ReplayEngine
import TraceModel

/// The loss of at most four methods against time or against applied gradients.
func lossSection(
  _ replay: ReplayReport, along axis: LossAxis, _ input: ReportInput
) -> PageSection? {
  let groups = replay.drawnGroups
  let curves = groups.map { replay.curve($0, along: axis) }
  guard curves.contains(where: { !$0.points.isEmpty }) else { return nil }
  let unit = input.inspection.trace.unit
  let time = TimeScale(for: replay.horizonSeconds, unit: unit)
  let minimum = replay.minimumLoss
  let main = replay.mainTarget
  let references = replay.targets.map { target in
    LinePlot.Reference(
      y: target - (minimum ?? 0),
      text: "target \(Numbers.significant(target - (minimum ?? 0), trimming: true))",
      isMain: target == main)
  }
  let hits =
    main.map { target in
      crossings(replay, groups, curves, target: target, along: axis)
    } ?? []
  let marks = hits.compactMap { hit -> LinePlot.Mark? in
    guard let x = hit.x, let main else { return nil }
    let number = axis == .time ? time.number(x) : Numbers.count(Int(x))
    let what = axis == .time ? time.text(x) : gradientsPhrase(Int(x))
    return LinePlot.Mark(
      key: hit.style.key, x: x, y: main - (minimum ?? 0), text: number,
      tooltip: "\(hit.name) reaches the target after \(what)")
  }
  let values = curves.flatMap { $0.points.map(\.median) }.filter { $0 > 0 }
  let spread = (values.max() ?? 1) / (values.min() ?? 1)
  let allPositive = curves.allSatisfy { $0.points.allSatisfy { $0.median > 0 } }
  let isLogarithmic = minimum != nil ? !values.isEmpty : allPositive && spread > 20
  let what = minimum != nil ? "loss above the optimum" : "loss"
  let message = lossMessage(hits, along: axis, unit: unit, target: main)
  let plot = LinePlot(
    title: axis == .time ? "Loss against time" : "Loss against gradients",
    description: message + " Curves: " + curves.map(\.name).joined(separator: ", ") + ".",
    curves: curves,
    horizontalKind: axis == .time ? .linear : .logarithmic,
    verticalKind: isLogarithmic ? .logarithmic : .linear,
    horizontalName: axis == .time
      ? "simulated time, \(time.name)" : "gradients applied, logarithmic",
    verticalName: what + (isLogarithmic ? ", logarithmic" : ""),
    unit: { axis == .time ? time.value($0) : $0 },
    references: references, marks: marks)
  return PageSection(
    id: axis == .time ? "loss-time" : "loss-gradients",
    title: axis == .time ? "Loss against time" : "Loss against gradients",
    navigation: axis == .time ? "Loss, time" : "Loss, gradients",
    message: message,
    note: [lossNote(replay, groups, curves, axis), replay.skippedNote(groups, input)]
      .compactMap { $0 }.joined(separator: " "),
    command: replayCommands(replay, groups: groups, input),
    figure: PageSection.scrolling(
      plot.rendered(id: axis == .time ? "loss-time" : "loss-gradients")))
}

private struct Crossing {
  var style: MethodStyle
  var name: String
  /// nil if the target is not reached.
  var x: Double?
}

/// Where each method reaches the target: in time as the analysis found it, in gradients where its
/// drawn curve goes below for good.
private func crossings(
  _ replay: ReplayReport, _ groups: [ReplayReport.RunGroup], _ curves: [LossCurve],
  target: Double, along axis: LossAxis
) -> [Crossing] {
  let level = target - (replay.minimumLoss ?? 0)
  return zip(groups, curves).map { group, curve in
    let row = replay.timeToTarget(of: group, target: target)
    switch axis {
    case .time: return Crossing(style: group.style, name: group.phrase, x: row?.seconds)
    case .gradients:
      // A twentieth of the curve below the target, as the reading in time asks for.
      let stay = max(1, curve.points.count / 20)
      let first = curve.points.indices.first { start in
        start + stay <= curve.points.count
          && curve.points[start..<start + stay].allSatisfy { $0.median <= level }
      }
      return Crossing(
        style: group.style, name: group.phrase, x: first.map { curve.points[$0].x })
    }
  }
}

private func lossMessage(
  _ hits: [Crossing], along axis: LossAxis, unit: TimeUnit, target: Double?
) -> String {
  guard target != nil, !hits.isEmpty else {
    return "No target was set; the curves show how far each method comes."
  }
  let reached = hits.filter { $0.x != nil }
    .sorted { ($0.x ?? 0, $0.name) < ($1.x ?? 0, $1.name) }
  let missed = hits.filter { $0.x == nil }
  func amount(_ hit: Crossing) -> String {
    let x = hit.x ?? 0
    return axis == .time ? TimeScale.text(x, unit) : gradientsPhrase(Int(x))
  }
  // Those of one figure are one clause.
  var groups: [(amount: String, names: [String])] = []
  for hit in reached {
    if groups.last?.amount == amount(hit) {
      groups[groups.count - 1].names.append(hit.name)
    } else {
      groups.append((amount(hit), [hit.name]))
    }
  }
  func list(_ names: [String]) -> String {
    let others = names.dropLast().joined(separator: ", ")
    return others.isEmpty ? names.joined() : "\(others) and \(names[names.count - 1])"
  }
  guard let first = groups.first else {
    return "No method reaches the target within the horizon."
  }
  var text = list(first.names).capitalisedFirst
  text += first.names.count > 1 ? " reach the target first" : " reaches the target first"
  text += ", after \(first.amount)"
  let rest = groups.dropFirst().map { "\(list($0.names)) after \($0.amount)" }
  if !rest.isEmpty { text += "; " + rest.joined(separator: ", ") }
  if !missed.isEmpty { text += "; not reached by " + list(missed.map(\.name)) }
  return text + "."
}

private func lossNote(
  _ replay: ReplayReport, _ groups: [ReplayReport.RunGroup], _ curves: [LossCurve],
  _ axis: LossAxis
) -> String {
  let counts = curves.map(\.seedCount)
  let fewest = counts.min() ?? 1
  let most = counts.max() ?? 1
  let seeds = fewest == most ? Numbers.count(most) : "\(fewest) to \(most)"
  var note =
    most > 1
    ? "Line: median of \(seeds) seeds; band: their range. " : "One seed, hence no band. "
  let read = replay.timeToTarget.map(\.seeds.count).max() ?? 0
  if read > most { note += "Times to the target are read from \(Numbers.count(read)) seeds. " }
  note += "Averaged over the last 1\(Numbers.thinSpace)% of the horizon"
  let full = curves.map(\.fullCount).max() ?? 0
  let drawn = curves.map(\.points.count).max() ?? 0
  note += full > drawn ? "; \(drawn) of \(full) points drawn. " : ". "
  if axis == .gradients {
    note += "The reading in gradients is the drawn curve's. "
  }
  if replay.minimumLoss == nil {
    note += "The optimum is unknown, so the loss itself is drawn. "
  }
  for curve in curves where !curve.diverged.isEmpty {
    let updates = curve.diverged.prefix(3).map {
      "seed \($0.seed) at update \(Numbers.count($0.update))"
    }.joined(separator: ", ")
    note += "\(curve.style.phrase.capitalisedFirst) diverged: \(updates)"
    if curve.diverged.count > 3 { note += " and \(curve.diverged.count - 3) more" }
    note += curve.isCutShort ? "; its line stops at ×. " : "; the band is of the others. "
  }
  let stepsizes = groups.map {
    let stepsize = replay.runs[$0.runs[0]].request.stepsize
    return "\($0.style.phrase) \(Numbers.significant(stepsize, trimming: true))"
  }
  return note + "Stepsize γ: " + stepsizes.joined(separator: "; ") + "."
}

/// The distribution of delays of one asynchronous run.
func delaySection(_ replay: ReplayReport, _ input: ReportInput) -> PageSection? {
  guard let index = replay.delayRunIndex, let delays = replay.runs[index].delays,
    let largest = delays.overall.max, let mean = delays.overall.mean
  else { return nil }
  let workers = replay.trace.workerCount
  let style = replay.style(of: index)
  let message = delayMessage(delays.overall, workers: workers, largest: largest, mean: mean)
  var note = "\(style.phrase.capitalisedFirst), seed \(replay.runs[index].request.seed): "
  note += "\(Numbers.count(delays.overall.count)) delays, median "
  note += "\(Numbers.significant(delays.overall.quantile(0.5) ?? mean, trimming: true)), p99 "
  note += "\(Numbers.significant(delays.overall.quantile(0.99) ?? mean, trimming: true)). "
  note += "Delay 1 is fresh; staleness is one less. "
  switch delays.identityHolds {
  case true?: note += "The identity Σ τ + Σ (K − last) = M K holds."
  case false?: note += "The identity Σ τ + Σ (K − last) = M K does NOT hold: do not trust this."
  case nil: break
  }
  if largest > 200 { note += " Above 200 delays the bins are logarithmic." }
  let chart = DelayCharts(
    histogram: delays.overall, workerCount: workers, key: style.key, description: message)
  return PageSection(
    id: "delays", title: "Delays", navigation: "Delays", message: message, note: note,
    command: replayCommands(
      replay, groups: [.init(style: style, name: style.name, runs: [index])], input, json: true),
    figure: PageSection.scrolling(chart.rendered(id: "delays")))
}

private func delayMessage(
  _ histogram: DelayHistogram, workers: Int, largest: Int, mean: Double
) -> String {
  let stale = "staleness \(Numbers.count(largest - 1))"
  let meanPhrase = "the mean is \(Numbers.significant(mean))"
  if largest <= workers {
    return "No delay is above M = \(Numbers.count(workers)): the largest is "
      + "\(Numbers.count(largest)) (\(stale)), \(meanPhrase)."
  }
  let atMost = 1 - (histogram.shareAbove(workers) ?? 0)
  let multiple = Double(largest) / Double(workers)
  return "The largest delay, \(Numbers.count(largest)) (\(stale)), is "
    + "\(Numbers.significant(multiple, digits: 2, trimming: true)) times M = "
    + "\(Numbers.count(workers)), yet \(meanPhrase): \(Numbers.percent(atMost)) of the updates "
    + "have a delay of at most M."
}

/// Applied against unused gradients: from the replays, or else from the schedules compared.
func useSection(_ input: ReportInput) -> PageSection? {
  // Schedules are known of policies that no replay was spent on, too.
  let replayed = useFromReplays(input) ?? []
  let scheduled = useFromPolicies(input) ?? []
  let isReplay = replayed.count >= scheduled.count
  let rows = isReplay ? replayed : scheduled
  guard !rows.isEmpty else { return nil }
  let sorted = rows.enumerated().sorted {
    ($1.element.applied, $0.offset) < ($0.element.applied, $1.offset)
  }.map(\.element)
  let message = useMessage(sorted)
  let unit = input.inspection.trace.unit
  let name =
    isReplay
    ? "gradients started" : "gradients started per \(TimeScale.rateName(unit))"
  let bars = UseBars(
    rows: Array(sorted.prefix(24)), axisName: name,
    figureHeading: "applied · unused", description: message)
  return PageSection(
    id: "use", title: "Use of gradients", navigation: "Use", message: message,
    note: "Filled: applied. Hatched: started and never applied."
      + (isReplay
        ? " First seed of each method." : " From the schedules of the policies compared."),
    command: (isReplay ? input.replay : nil).map {
      replayCommands($0, groups: $0.groups, input, json: true)
    } ?? command("compare", input, "--json"),
    figure: PageSection.scrolling(bars.rendered(id: "use")))
}

private func useFromReplays(_ input: ReportInput) -> [UseBars.Row]? {
  guard let replay = input.replay, !replay.runs.isEmpty else { return nil }
  return replay.groups.map { group in
    let run = replay.runs[group.runs[0]]
    let unapplied = max(0, run.computedCount - run.gradientCount)
    let unused = unapplied + run.abortedCount
    let words = [
      unapplied > 0 ? "\(Numbers.count(unapplied)) computed in vain" : nil,
      run.abortedCount > 0 ? "\(Numbers.count(run.abortedCount)) aborted" : nil,
    ].compactMap { $0 }.joined(separator: ", ")
    return UseBars.Row(
      style: group.style, applied: Double(run.gradientCount), unused: Double(unused),
      unusedWord: words,
      figure: "\(Numbers.count(run.gradientCount)) · \(Numbers.count(unused))")
  }
}

private func useFromPolicies(_ input: ReportInput) -> [UseBars.Row]? {
  guard let comparison = input.comparison else { return nil }
  let unit = input.inspection.trace.unit
  return comparison.policies.filter { !comparison.isFullMinibatch($0) }.map { policy in
    let applied = TimeScale.rate(policy.gradientsPerSecond, unit)
    let share = min(0.999, max(0, policy.unusedShare))
    let unused = applied * share / (1 - share)
    return UseBars.Row(
      style: MethodStyle(policy), applied: applied, unused: unused,
      unusedWord: Numbers.percent(share),
      figure: "\(Numbers.significant(applied)) · \(Numbers.significant(unused))")
  }
}

private func useMessage(_ rows: [UseBars.Row]) -> String {
  func share(_ row: UseBars.Row) -> Double {
    let started = row.applied + row.unused
    // Without the last bits, which would part 37.5 from itself.
    return started > 0 ? (row.unused / started * 1e9).rounded() / 1e9 : 0
  }
  let wasting = rows.filter { share($0) >= 0.005 }.sorted { share($0) > share($1) }
  guard let worst = wasting.first else {
    return "Every method uses all the gradients that it starts"
      + (rows.first.map { "; \($0.style.phrase) applies most." } ?? ".")
  }
  var text = "\(worst.style.phrase.capitalisedFirst) leaves \(Numbers.percent(share(worst))) of "
  text += "what it starts unused"
  if let next = wasting.dropFirst().first {
    text += ", \(next.style.phrase) \(Numbers.percent(share(next)))"
  }
  return text + "."
}
