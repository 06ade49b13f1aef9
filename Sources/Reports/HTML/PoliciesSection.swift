import Analysis
import TraceModel

/// The table of policies, those that are fastest by the card's measure first.
func policiesSection(_ input: ReportInput) -> PageSection? {
  guard let comparison = input.comparison, !comparison.policies.isEmpty else { return nil }
  let table = PolicyTable(comparison, unit: input.inspection.trace.unit)
  var note = "Squares are synchronous, circles asynchronous. Count ratio: gradients applied at "
  note += "equal time"
  if comparison.policies.contains(where: { $0.countRatioOutOfTime != nil }) {
    note += ", with parameters chosen on the trace's first half and scored on its second; under it "
    note += "in sample"
  }
  if comparison.policies.contains(where: { $0.interval != nil }) {
    note += ", with its 95\(Numbers.thinSpace)% block bootstrap"
  }
  note += ". "
  switch table.measure {
  case .predictedTime:
    let noise = CardSummary.name(ofNoise: comparison.criticalBatchOverWorkers)
    note += "Predicted time: t (1 + B_crit/b) at \(noise), a guide, no replay. "
  case .timeToTarget:
    note += "Time: tuned replays"
    if let replay = input.replay, let fraction = replay.shownFraction {
      note += " to \(Numbers.percent(fraction)) of the initial loss gap"
      note += replay.noiseLevels.isEmpty ? "" : ", at high noise"
    }
    note += spreadNote(comparison)
  case .countRatio: break
  }
  note += "Break-even: server time an update above which minibatch applies more."
  note += excludedNote(comparison)
  // Durations that may hold waiting are no better for being replayed.
  let message =
    input.inspection.trust == .wallClock
    ? "If the durations are taken at their word: \(table.message.uncapitalisedFirst)"
    : table.message
  return PageSection(
    id: "policies", title: "Policies compared", navigation: "Policies", message: message,
    note: note, command: command("compare", input),
    figure: PageSection.scrolling(table.rendered()))
}

/// What the whiskers of the times are.
private func spreadNote(_ comparison: Comparison) -> String {
  let spreads = comparison.policies.compactMap(\.timeToTargetSpread)
  guard let fewest = spreads.map(\.seedCount).min() else { return ". " }
  let traces = comparison.replays?.resampledTraceCount ?? 0
  let over =
    traces > 0
    ? "\(Numbers.count(traces)) resampled traces" : "\(Numbers.count(fewest)) seeds"
  guard fewest >= TimeSpread.fewestResampled else {
    return fewest == 1 ? ", one seed. " : "; whiskers from the soonest to the latest of \(over). "
  }
  return "; whiskers 95\(Numbers.thinSpace)% over \(over). "
}

/// Which policies have no row, which the recommendation does not look at, and why.
private func excludedNote(_ comparison: Comparison) -> String {
  var note = ""
  let same = comparison.policies.filter(comparison.isFullMinibatch).map { MethodStyle($0).stem }
  if !same.isEmpty {
    note += " No row: \(same.joined(separator: ", ")), as all workers come out best."
  }
  var reasons: [(reason: String, names: [String])] = []
  for policy in comparison.policies where !comparison.isFullMinibatch(policy) {
    guard let reason = policy.exclusion else { continue }
    let name = MethodStyle(policy).stem
    if let place = reasons.firstIndex(where: { $0.reason == reason }) {
      reasons[place].names.append(name)
    } else {
      reasons.append((reason, [name]))
    }
  }
  guard !reasons.isEmpty else { return note }
  let clauses = reasons.map { "\($0.names.joined(separator: ", ")) (\($0.reason))" }
  return note + " Not a candidate: \(clauses.joined(separator: "; "))."
}

extension Comparison {
  /// Whether a policy that could leave workers out leaves out none, so that it is full minibatch
  /// under another name.
  func isFullMinibatch(_ policy: Policy) -> Bool {
    switch policy.name {
    case .subset: policy.dropped.isEmpty && policy.parameter == "drop=0"
    case .backup:
      policy.gradientsPerUpdate == policies.first { $0.name == .minibatch }?.gradientsPerUpdate
    default: false
    }
  }
}

private struct PolicyTable {
  var comparison: Comparison
  var unit: TimeUnit
  var measure: CardSummary.Measure
  /// Seconds to target or predicted relative time, in the order of `comparison.policies`.
  private var times: [Double?]
  private var order: [Int]
  private var recommended: Int?

  private static let plotWidth = 148.0
  private static let rowLimit = 40

  init(_ comparison: Comparison, unit: TimeUnit) {
    self.comparison = comparison
    self.unit = unit
    let policies = comparison.policies
    let summary = CardSummary(comparison)
    measure = summary.measure
    let row = comparison.verdict.byNoise.first {
      $0.criticalBatchOverWorkers == comparison.criticalBatchOverWorkers
    }
    let law = row?.relativeTimes ?? []
    let base = policies.firstIndex { $0.name == .minibatch }
      .flatMap { law.indices.contains($0) ? law[$0] : nil }
    let measure = summary.measure
    let times = policies.indices.map { index -> Double? in
      switch measure {
      case .timeToTarget: policies[index].timeToTargetSeconds
      case .predictedTime:
        law[index].flatMap { share in base.flatMap { share > 0 ? $0 / share : nil } }
      case .countRatio: nil
      }
    }
    self.times = times
    order = policies.indices.filter { !comparison.isFullMinibatch(policies[$0]) }.sorted {
      let (a, b) = (times[$0] ?? .infinity, times[$1] ?? .infinity)
      return a == b ? $0 < $1 : a < b
    }
    recommended = comparison.verdict.recommendation.flatMap { choice in
      policies.firstIndex { $0.name == choice.policy && $0.parameter == choice.parameter }
        ?? policies.firstIndex { $0.name == choice.policy }
    }
  }

  // MARK: Message

  var message: String {
    let policies = comparison.policies
    guard measure != .countRatio else {
      guard
        let most = policies.indices.max(by: { policies[$0].countRatio < policies[$1].countRatio })
      else { return "" }
      let style = MethodStyle(policies[most])
      if policies[most].countRatio <= 1 {
        return "No policy applies more gradients than full minibatch."
      }
      return "\(style.phrase.capitalisedFirst) applies most gradients, "
        + "\(Numbers.ratio(policies[most].countRatio)) those of full minibatch; counts alone do "
        + "not decide."
    }
    let what = measure == .timeToTarget ? "reaches the target first" : "is predicted to be fastest"
    let order = order.filter {
      policies[$0].isCandidate && (measure != .timeToTarget || policies[$0].isReplayed)
    }
    guard let first = order.first, let best = times[first], best > 0 else {
      return "No policy reaches the target within the horizon."
    }
    let others = order.dropFirst()
    var parts = ["\(MethodStyle(policies[first]).phrase.capitalisedFirst) \(what)"]
    if let second = others.first {
      parts.append(phrase(second, against: best))
    }
    if let minibatch = others.first(where: { policies[$0].name == .minibatch }),
      minibatch != others.first
    {
      parts.append(phrase(minibatch, against: best))
    }
    return parts.joined(separator: "; ") + "."
  }

  private func phrase(_ index: Int, against best: Double) -> String {
    let policy = comparison.policies[index]
    let name = policy.name == .minibatch ? "full minibatch" : MethodStyle(policy).phrase
    guard let time = times[index] else { return "\(name) does not reach it" }
    let ratio = time / best
    if ratio < 1.005 { return "\(name) is as fast" }
    if ratio < 2 { return "\(name) takes \(Numbers.percent(ratio - 1)) longer" }
    return "\(name) takes \(Numbers.significant(ratio)) times as long"
  }

  // MARK: Table

  func rendered() -> String {
    let ends = measure == .timeToTarget ? spreads.map { $0?.upperSeconds } : []
    let largest = (times + ends).compactMap { $0 }.filter(\.isFinite).max() ?? 0
    let scale = TimeScale(for: largest, unit: unit)
    func shown(_ value: Double) -> Double {
      measure == .timeToTarget ? scale.value(value) : value
    }
    let axis = Scale.fromZero(to: shown(largest), start: 8, end: Self.plotWidth - 18)
      .roundedUp(atMost: 5)
    let ticks = axis.ticks(atMost: 5)
    let showsPlot = measure != .countRatio
    let base = comparison.policies.firstIndex { $0.name == .minibatch }.flatMap { times[$0] }
    var html = "<table class=\"pol\"><thead><tr>" + Markup.header("policy", left: true)
    html += Markup.header("gradients<br/>per \(TimeScale.rateName(unit))")
    html += Markup.header(
      comparison.policies.contains { $0.countRatioOutOfTime != nil }
        ? "count ratio<br/>in sample [95\(Numbers.thinSpace)%]" : "count ratio<br/>to minibatch")
    if showsPlot {
      let title =
        measure == .timeToTarget
        ? "time to the target, \(scale.name)" : "predicted time, minibatch = 1"
      html += Markup.header("\(title)<br/>\(plotHeader(axis, ticks))", left: true)
      if measure == .timeToTarget {
        html += Markup.header("time-to-target<br/>speed-up<br/>time, \(scale.name) \(spreadName)")
      } else if base != nil {
        html += Markup.header("predicted,<br/>times as fast")
      }
    }
    html += Markup.header("delay τ<br/>p50 · p99 · max") + Markup.header("unused")
    // From microseconds to minutes: no one unit suits them all, unless it does.
    let breakEvens = comparison.policies.compactMap(\.breakEvenServerSeconds).filter { $0 > 0 }
    let scales = Set(breakEvens.map { TimeScale(for: $0, unit: unit) })
    let server = scales.count == 1 ? scales.first : nil
    html += Markup.header("break-even<br/>server\(server.map { ", \($0.name)" } ?? "")")
    html += "</tr></thead><tbody>\n"
    for index in order.prefix(Self.rowLimit) {
      let policy = comparison.policies[index]
      html += index == recommended ? "<tr class=\"rec\">" : "<tr>"
      html += Markup.methodHeader(MethodStyle(policy), detail: withoutWhom(policy))
      let rate = TimeScale.rate(policy.gradientsPerSecond, unit)
      html += Markup.cell(Numbers.significant(rate)) + Markup.cell(countRatio(policy))
      if showsPlot {
        html += "<td class=\"l plot\">\(plot(index, axis, ticks, shown))</td>"
        if measure == .timeToTarget {
          html += Markup.cell(timeCell(index, base, scale))
        } else if let base {
          html += Markup.cell(times[index].map { Numbers.ratio($0 > 0 ? base / $0 : 1) } ?? "")
        }
      }
      html += "<td class=\"wrap\">\(delays(policy))</td>" + Markup.cell(unused(policy))
      html +=
        Markup.cell(
          policy.breakEvenServerSeconds.map {
            $0 == 0 ? "0" : server?.number($0) ?? TimeScale.text($0, unit)
          } ?? "none") + "</tr>\n"
    }
    return html + "</tbody></table>"
  }

  private var spreads: [TimeSpread?] { comparison.policies.map(\.timeToTargetSpread) }

  private var spreadName: String {
    guard let fewest = spreads.compactMap({ $0?.seedCount }).min(), fewest > 1 else { return "" }
    return fewest < TimeSpread.fewestResampled ? "[range]" : "[95\(Numbers.thinSpace)%]"
  }

  /// The ratio to full minibatch, where that reaches the target, and the time with its interval.
  private func timeCell(_ index: Int, _ base: Double?, _ scale: TimeScale) -> String {
    guard let time = times[index], time.isFinite else { return "" }
    var text = base.map { Numbers.ratio(time > 0 ? $0 / time : 1) } ?? ""
    var under = scale.number(time)
    if let spread = spreads[index], spread.seedCount > 1 {
      let upper = spread.upperSeconds.map(scale.number) ?? "not reached"
      under += " [\(spread.lowerSeconds.map(scale.number) ?? "unknown"), \(upper)]"
    }
    text += "<span class=\"iv\">\(under)</span>"
    return text
  }

  /// `without worker 17`, `without 5, 6 and 3 more`
  private func withoutWhom(_ policy: Comparison.Policy) -> String? {
    guard !policy.dropped.isEmpty else { return nil }
    let names = Labels.list(policy.dropped, limit: 2)
    return "without " + (names.hasPrefix("workers ") ? String(names.dropFirst(8)) : names)
  }

  private func countRatio(_ policy: Comparison.Policy) -> String {
    // What everything is measured against needs no interval.
    guard policy.name != .minibatch else { return Numbers.ratio(policy.countRatio) }
    let interval = policy.interval.map { Numbers.interval($0.lower, $0.upper) }
    var under = [interval]
    if policy.countRatioOutOfTime != nil { under.insert(Numbers.ratio(policy.countRatio), at: 0) }
    let second = under.compactMap { $0 }.joined(separator: " ")
    return Numbers.ratio(policy.countRatioOutOfTime ?? policy.countRatio)
      + (second.isEmpty ? "" : "<span class=\"iv\">\(second)</span>")
  }

  private func delays(_ policy: Comparison.Policy) -> String {
    guard policy.delayP50 != nil || policy.delayMax != nil else {
      return MethodStyle(policy).isSynchronous ? "1 · 1 · 1" : "unknown"
    }
    // Delays are counts, whatever lies between two of them.
    let parts = [policy.delayP50, policy.delayP99, policy.delayMax.map { Double($0) }]
    return parts.map { part in
      guard let part else { return "unknown" }
      return Int(exactly: part.rounded()).map(Numbers.count) ?? Numbers.significant(part)
    }
    .joined(separator: " · ")
  }

  private func unused(_ policy: Comparison.Policy) -> String {
    policy.unusedShare > 0 ? Numbers.percent(policy.unusedShare) : "0"
  }

  private func plotHeader(_ axis: Scale, _ ticks: [Tick]) -> String {
    var svg = SVG(width: Self.plotWidth, height: 13)
    for tick in ticks {
      svg.text(markup: tick.markup, x: axis.position(tick.value), y: 10, "tick", .middle)
    }
    return "<svg width=\"\(coordinate(Self.plotWidth))\" height=\"13\" viewBox=\"0 0 "
      + "\(coordinate(Self.plotWidth)) 13\" aria-hidden=\"true\">\(svg.body)</svg>"
  }

  private func plot(
    _ index: Int, _ axis: Scale, _ ticks: [Tick], _ shown: (Double) -> Double
  ) -> String {
    var svg = SVG(width: Self.plotWidth, height: 28)
    for tick in ticks {
      let x = axis.position(tick.value)
      svg.line(x, 0, x, 28, "grid")
    }
    let style = MethodStyle(comparison.policies[index])
    var words = ""
    if let time = times[index] {
      let x = axis.clamped(shown(time))
      words =
        measure == .timeToTarget ? TimeScale.text(time, unit) : Numbers.ratio(time)
      if measure == .timeToTarget, let spread = spreads[index], let lower = spread.lowerSeconds {
        // A seed that misses the target leaves the whisker open to the right.
        let end = spread.upperSeconds.map { axis.clamped(shown($0)) } ?? Self.plotWidth
        svg.line(axis.clamped(shown(lower)), 14, end, 14, "wh")
        words +=
          " (\(TimeScale.text(lower, unit)) to "
          + "\(spread.upperSeconds.map { TimeScale.text($0, unit) } ?? "not reached"))"
      }
      switch style.mark {
      case .square:
        svg.rectangle(x: x - 4.5, y: 9.5, width: 9, height: 9, "f \(style.key)", title: words)
      case .circle: svg.circle(x: x, y: 14, radius: 5, "f \(style.key)", title: words)
      }
    } else {
      words =
        measure != .timeToTarget
        ? "unknown" : comparison.policies[index].isReplayed ? "not reached" : "not replayed"
      svg.text(words, x: 8, y: 18, "tick")
    }
    return svg.rendered(
      id: "policy-\(index)", title: "\(Labels.cut(style.name)), time", description: words)
  }
}
