import Analysis
import TraceModel

/// The policies of `compare` for a terminal, and the verdict by noise.
public func compareText(
  _ comparison: Comparison, unit: TimeUnit = .seconds, style: TextStyle = .plain
) -> String {
  let hasTimes = comparison.policies.contains { $0.timeToTargetSeconds != nil }
  let isOutOfTime = comparison.policies.contains { $0.countRatioOutOfTime != nil }
  // Where both ratios are shown, the rate that follows from them gives way.
  var columns: [TextTable.Column] = [.text("policy")]
  if !isOutOfTime, !hasTimes {
    columns.append(.number("grad/\(unit == .seconds ? "s" : "k units")"))
  }
  columns += [.number(isOutOfTime ? "ratio (in-sample)" : "ratio"), .number("95 %")]
  columns += [.number("p50·p99·max"), .number("unused")]
  var table = TextTable(columns)
  let recommendation = comparison.verdict.recommendation
  for (index, policy) in comparison.policies.enumerated() {
    let style = MethodStyle(policy)
    var row = [Labels.cut(style.shortName, to: 27)]
    if !isOutOfTime, !hasTimes {
      row.append(Numbers.significant(TimeScale.rate(policy.gradientsPerSecond, unit)))
    }
    let inSample = Numbers.ratio(policy.countRatio)
    row.append(
      !isOutOfTime
        ? inSample
        : policy.countRatioOutOfTime.map { "\(Numbers.ratio($0)) (\(inSample))" }
          ?? "(\(inSample))")
    row.append(policy.interval.map { Numbers.interval($0.lower, $0.upper) } ?? "")
    let delays = [policy.delayP50, policy.delayP99, policy.delayMax.map { Double($0) }]
    row.append(
      delays.contains { $0 != nil }
        ? delays.map { $0.map { Numbers.significant($0, trimming: true) } ?? "?" }
          .joined(separator: "·")
        : style.isSynchronous ? "1·1·1" : "unknown")
    row.append(policy.unusedShare > 0 ? Numbers.percent(policy.unusedShare) : "0")
    table.append(row, method: style)
    if let recommendation, policy.name == recommendation.policy,
      policy.parameter == recommendation.parameter
    {
      table.emphasised = index
    }
  }
  var lines = table.lines(style)
  if isOutOfTime {
    lines.append(
      style.dim("ratio: parameters from the first half, scored on the second; 95 %: in-sample")
    )
  }
  lines.append(style.dim("ratio: applied gradients to minibatch at equal time (count ratio)"))
  lines.append(style.dim("p50·p99·max: delay τ, 1 = fresh; staleness = τ − 1"))
  if hasTimes { lines += [""] + targetLines(comparison, unit, style) }
  lines.append("")
  lines += serverTable(comparison, unit).lines(style)
  lines.append(
    style.dim("break-even: server time per update above which minibatch makes more gradients"))
  if let note = comparison.note { lines += wrapped(note, width: 80, limit: 3).map(style.dim) }
  if !comparison.verdict.byNoise.isEmpty {
    lines.append("")
    var noise = TextTable([.number("B_crit/M"), .text("recommended")])
    for row in comparison.verdict.byNoise {
      let chosen = comparison.style(of: row)
      noise.append([
        Numbers.significant(row.criticalBatchOverWorkers, trimming: true),
        chosen?.name ?? "cannot tell",
      ])
    }
    lines += noise.lines(style)
  }
  return lines.joined(separator: "\n") + "\n"
}

/// When each policy reaches the target, and how far that can be trusted.
private func targetLines(
  _ comparison: Comparison, _ unit: TimeUnit, _ style: TextStyle
) -> [String] {
  let policies = comparison.policies
  let time = TimeScale(for: policies.compactMap(\.timeToTargetSeconds).max() ?? 0, unit: unit)
  let full = policies.first { $0.name == .minibatch }?.timeToTargetSeconds
  let spreads = policies.compactMap(\.timeToTargetSpread)
  let seedCount = spreads.map(\.seedCount).min() ?? 1
  let isRange = seedCount < TimeSpread.fewestResampled
  var table = TextTable([
    .text("policy"), .number("to target, \(time.name)"), .number(isRange ? "range" : "95 %"),
    .number("speed-up (time)"),
  ])
  for (index, policy) in policies.enumerated() {
    var spread = ""
    if let found = policy.timeToTargetSpread, found.seedCount > 1 {
      let upper = found.upperSeconds.map(time.number) ?? "not reached"
      spread = "[\(found.lowerSeconds.map(time.number) ?? "unknown"), \(upper)]"
    }
    let speedup = policy.timeToTargetSeconds.flatMap { own in
      full.map { Numbers.ratio(own > 0 ? $0 / own : 1) }
    }
    table.append(
      [
        Labels.cut(MethodStyle(policy).shortName, to: 27),
        policy.timeToTargetSeconds.map(time.number)
          ?? (policy.isReplayed ? "not reached" : "not replayed"), spread, speedup ?? "",
      ], method: MethodStyle(policy))
    if let chosen = comparison.verdict.recommendation, policy.name == chosen.policy,
      policy.parameter == chosen.parameter
    {
      table.emphasised = index
    }
  }
  let traces = comparison.replays?.resampledTraceCount ?? 0
  let seeds = seedCount == 1 ? "one seed" : "\(Numbers.count(seedCount)) seeds"
  let over = traces > 0 ? "\(seeds), \(Numbers.count(traces)) resampled traces" : seeds
  return table.lines(style)
    + [
      style.dim("to target: tuned replays, \(over)"),
      style.dim("speed-up (time): time to the target of full minibatch over that of the policy"),
    ]
}

/// What each policy asks of the server, and what becomes of its gradients.
private func serverTable(_ comparison: Comparison, _ unit: TimeUnit) -> TextTable {
  let rate = TimeScale.rateName(unit)
  let times = comparison.policies.compactMap(\.breakEvenServerSeconds)
  let scale = TimeScale(for: times.max() ?? 0, unit: unit)
  var table = TextTable([
    .text("policy"), .number("grad/\(rate)"), .number("updates/\(rate)"),
    .number("break-even, \(scale.name)"), .number("discarded"), .number("aborted"),
  ])
  for policy in comparison.policies {
    let style = MethodStyle(policy)
    table.append(
      [
        Labels.cut(style.shortName, to: 27),
        Numbers.significant(TimeScale.rate(policy.gradientsPerSecond, unit)),
        Numbers.significant(TimeScale.rate(policy.updatesPerSecond, unit)),
        policy.breakEvenServerSeconds.map(scale.number) ?? "",
        Numbers.count(policy.discardedCount - policy.abortedCount),
        Numbers.count(policy.abortedCount),
      ], method: style)
  }
  return table
}
