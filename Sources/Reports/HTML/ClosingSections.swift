import Analysis
import TraceModel

/// Which policy is fastest at which noise: the verdict never rests on counts alone.
func noiseSection(_ input: ReportInput) -> PageSection? {
  let rows = input.comparison?.verdict.byNoise ?? []
  let predicted = input.inspection.predicted
  guard !rows.isEmpty || !predicted.isEmpty else { return nil }
  var figure = ""
  if let comparison = input.comparison, !rows.isEmpty {
    figure += PageSection.scrolling(noiseTable(comparison))
  }
  if !predicted.isEmpty {
    figure += PageSection.scrolling(predictedTable(predicted, unit: input.inspection.trace.unit))
  }
  return PageSection(
    id: "noise", title: "How noise decides", navigation: "Noise",
    message: noiseMessage(input.comparison),
    note:
      "B_crit = σ²/ε: how many gradients at one point are worth averaging. A synchronous policy "
      + "with rounds of t and b gradients takes t (1 + B_crit/b), asynchronous SGD "
      + "(4M/π + B_crit)/Σ(1/s_m); times are relative to the best of their row, each policy with "
      + "its best parameter there. "
      + (input.comparison.map(lawlessNote) ?? "")
      + "The second table is worst-case theory, constants dropped.",
    // B_crit = M, by its number.
    command: command(
      "compare", input,
      input.options.noiseScale.isEmpty ? "--noise-scale \(input.inspection.workers.count)" : ""),
    figure: figure)
}

private func noiseMessage(_ comparison: Comparison?) -> String {
  guard let comparison, let first = comparison.verdict.byNoise.first,
    let last = comparison.verdict.byNoise.last
  else {
    return "How long each method needs depends on how noisy the gradients are."
  }
  let rows = comparison.verdict.byNoise
  func name(_ row: Comparison.NoiseRow) -> String? { comparison.style(of: row)?.phrase }
  if rows.allSatisfy({ $0.policy == nil }) {
    return "At no noise level can this trace tell the policies apart."
  }
  if rows.allSatisfy({ $0.policy == first.policy }), let only = name(first) {
    return "\(only.capitalisedFirst) is recommended at every noise level."
  }
  let start = name(first).map { "\($0.capitalisedFirst) is recommended" } ?? "Nothing can be told"
  let end = name(last) ?? "no policy"
  return "\(start) where gradients have no noise, \(end) where noise is all."
}

extension Comparison {
  /// Whether the law gives a time for this policy at any noise.
  fileprivate func isInLaw(_ index: Int) -> Bool {
    verdict.byNoise.contains {
      $0.relativeTimes.indices.contains(index) && $0.relativeTimes[index] != nil
    }
  }
}

extension Comparison {
  /// Whether a policy that may leave workers out has the times of full minibatch at every noise.
  fileprivate func isMinibatchInLaw(_ index: Int) -> Bool {
    guard policies[index].name == .subset || policies[index].name == .backup,
      let minibatch = policies.firstIndex(where: { $0.name == .minibatch })
    else { return false }
    return verdict.byNoise.allSatisfy {
      $0.relativeTimes.indices.contains(max(index, minibatch))
        && $0.relativeTimes[index] == $0.relativeTimes[minibatch]
    }
  }
}

/// The policies without a column, by name.
private func lawlessNote(_ comparison: Comparison) -> String {
  let names = comparison.policies.indices.filter { !comparison.isInLaw($0) }
    .map { comparison.policies[$0].name.rawValue }
  guard let last = names.last else { return "" }
  let list = names.dropLast().joined(separator: ", ")
  return "It has no time for \(list.isEmpty ? last : "\(list) and \(last)"). "
}

private func noiseTable(_ comparison: Comparison) -> String {
  // The law knows no stepsize rules: asynchronous SGD is one column, whatever its rows.
  let shown = comparison.policies.indices.filter { index in
    comparison.isInLaw(index) && !comparison.isMinibatchInLaw(index)
      && !comparison.policies[..<index].contains { $0.name == comparison.policies[index].name }
  }.prefix(9)
  var html = "<table><thead><tr>" + Markup.header(Markup.prose("B_crit / M"))
  html += Markup.header("recommended", left: true)
  for policy in shown.map({ comparison.policies[$0] }) {
    let style = MethodStyle(policy)
    // Each row of the law has its own number of workers to drain or to wait for.
    let hasOwn = [.async, .subset, .backup].contains(policy.name)
    let words = [style.stem, hasOwn ? nil : style.detail].compactMap { $0 }
    html += Markup.header(
      words.map { Labels.markup(Labels.cut($0, to: 14)) }.joined(separator: "<br/>"))
  }
  html += "</tr></thead><tbody>\n"
  for row in comparison.verdict.byNoise {
    let chosen = comparison.style(of: row)
    html += "<tr><td>\(batchName(row.criticalBatchOverWorkers))</td>"
    html += chosen.map { Markup.methodHeader($0) } ?? Markup.cell("cannot tell", left: true)
    for index in shown {
      let share = row.relativeTimes.indices.contains(index) ? row.relativeTimes[index] : nil
      html += Markup.cell(share.map { $0 > 0 ? Numbers.ratio(1 / $0) : "∞" } ?? "unknown")
    }
    html += "</tr>\n"
  }
  return html + "</tbody></table>"
}

private func batchName(_ ratio: Double) -> String {
  switch ratio {
  case 0.25: "¼"
  case 0.5: "½"
  default: Numbers.significant(ratio, trimming: true)
  }
}

private func predictedTable(_ rows: [Inspection.Predicted], unit: TimeUnit) -> String {
  let largest = rows.map { max($0.minibatch, $0.async) }.filter(\.isFinite).max() ?? 0
  let time = TimeScale(for: largest, unit: unit)
  var html = "<table><caption>Worst-case theory, constants dropped: \(time.name) per LΔ/ε</caption>"
  html += "<thead><tr>" + Markup.header(Markup.prose("B_crit")) + Markup.header("minibatch")
  html += Markup.header("async") + Markup.header("optimal") + Markup.header("workers in it")
  html += "</tr></thead><tbody>\n"
  for row in rows.prefix(20) {
    html += "<tr>" + Markup.cell(Numbers.significant(row.criticalBatch, trimming: true))
    for value in [row.minibatch, row.async, row.optimal] { html += Markup.cell(time.number(value)) }
    html += Markup.cell(Numbers.count(row.optimalWorkers)) + "</tr>\n"
  }
  return html + "</tbody></table>"
}

/// What was read, how far it can be trusted, and every import issue.
func qualitySection(_ input: ReportInput) -> PageSection {
  let inspection = input.inspection
  let issueLimit = 40
  let issues = inspection.trace.issues
  var html = "<table class=\"plain\"><thead><tr>" + Markup.header("check", left: true)
  html += Markup.header("found", left: true)
  html += Markup.header("what it means for the result", left: true) + "</tr></thead><tbody>\n"
  for row in qualityRows(input) {
    html +=
      "<tr>"
      + [row.check, row.found, row.meaning]
      .map { Markup.cell(Markup.prose($0), left: true) }.joined() + "</tr>\n"
  }
  for issue in issues.prefix(issueLimit) {
    let place = issue.firstPlace.isEmpty ? "" : ", first \(lastPart(of: issue.firstPlace, to: 80))"
    html +=
      "<tr>"
      + Markup.cell(
        "\(issue.severity.rawValue): <code>\(Labels.markup(Labels.cut(issue.code, to: 40)))</code>",
        left: true)
    html += Markup.cell(Labels.markup("\(timesPhrase(issue.count))\(place)"), left: true)
    html += Markup.cell(Markup.prose(Labels.cut(issue.meaning, to: 400)), left: true) + "</tr>\n"
  }
  if issues.count > issueLimit {
    html += "<tr><td class=\"l\" colspan=\"3\">\(Numbers.count(issues.count - issueLimit)) more "
    html += "kinds of issue</td></tr>\n"
  }
  html += "</tbody></table>"
  return PageSection(
    id: "quality", title: "Data quality", navigation: "Data", message: qualityMessage(inspection),
    command: command("inspect", input), figure: PageSection.scrolling(html))
}

/// At most `length` characters of a place: where in a file it is stands at its end.
private func lastPart(of place: String, to length: Int) -> String {
  let scalars = place.unicodeScalars
  guard scalars.count > length else { return place }
  var result = String.UnicodeScalarView()
  result.append(contentsOf: scalars.suffix(length - 1))
  return "…" + String(result)
}

private func qualityMessage(_ inspection: Inspection) -> String {
  let warnings = inspection.trace.issues.count { $0.severity == .warning }
  switch (inspection.trust, warnings) {
  case (.wallClock, _):
    return "The durations of some workers cannot be told apart from waiting; nothing above is sure "
      + "until own times are recorded."
  case (_, 0): return "Nothing in the recording speaks against these results."
  case (_, 1): return "One warning of the import bears on these results."
  case (_, let count):
    return "\(Numbers.word(count).capitalisedFirst) warnings of the import bear on these results."
  }
}

/// Without the words of the row's own name.
private func ownTimeFound(_ inspection: Inspection) -> String {
  let phrase = trustPhrase(inspection)
  let name = "Own time "
  return phrase.hasPrefix(name) ? String(phrase.dropFirst(name.count)) : phrase
}

private func qualityRows(
  _ input: ReportInput
) -> [(check: String, found: String, meaning: String)] {
  let inspection = input.inspection
  let trace = inspection.trace
  let counts = inspection.workers.map(\.gradientCount)
  let fewest = counts.min() ?? 0
  let most = counts.max() ?? 0
  var rows: [(check: String, found: String, meaning: String)] = [
    (
      "gradients",
      counts.count == 1
        ? "\(Numbers.count(most)) of one worker"
        : "\(Numbers.count(trace.gradientCount)) in all, "
          + (fewest == most
            ? Numbers.count(most) : "\(Numbers.count(fewest)) to \(Numbers.count(most))")
          + " a worker",
      "entries repeat from the first when they are used up"
    ),
    (
      "own time", ownTimeFound(inspection),
      inspection.trust == .wallClock
        ? "waiting may hide in the durations: the verdict abstains"
        : inspection.backcast?.lowersGrades == true
          ? "the format's grade, lowered by one" : "the durations are the workers' own"
    ),
    (
      "unit", trace.unit == .relative ? "relative" : "seconds",
      trace.unit == .relative
        ? "ratios are meaningful, seconds are not known" : "times are physical"
    ),
  ]
  if let turnaround = inspection.turnaround {
    rows.append(
      (
        "turnaround",
        "\(TimeScale.text(turnaround.meanSeconds, trace.unit)), "
          + "\(Numbers.percent(turnaround.shareOfCycle)) of a cycle",
        inspection.speedup.turnaroundMatters
          ? "charged in both schedules"
          : "changes the count ratio by no more than 5\(Numbers.thinSpace)%: no replay charges it"
      ))
  } else {
    rows.append(("turnaround", "not recorded", "server and network cost are not charged"))
  }
  if let backcast = inspection.backcast {
    let holds = backcast.ratio >= 0.9 && backcast.ratio <= 1.1
    rows.append(
      (
        "backcast",
        "replayed \(TimeScale.text(backcast.replayedSeconds, trace.unit)), recorded "
          + "\(TimeScale.text(backcast.recordedSeconds, trace.unit)), ratio "
          + Numbers.significant(backcast.ratio),
        holds
          ? "the recorded schedule is reproduced"
          : "every grade is lowered by one: \(backcast.missing.lowercased().dropLast())"
      ))
  }
  if let influence = inspection.influenceOfOne, counts.count > 1 {
    rows.append(
      (
        "one gradient left out",
        "formula changes by up to \(Numbers.significant(influence, digits: 2))",
        "how much hangs on a single record"
      ))
  }
  if let influence = inspection.influenceOfWarmUp, counts.count > 1 {
    rows.append(
      (
        "first gradients left out",
        "formula changes by \(Numbers.significant(influence, digits: 2))",
        "how much hangs on warm-up; `--skip 1` drops it"
      ))
  }
  for note in input.importNotes.prefix(20) {
    rows.append(("import", Labels.cut(note, to: 300), ""))
  }
  return rows
}

/// Definitions, manifest and commands. Nothing here varies from one day or machine to the next.
func appendixSection(_ input: ReportInput) -> PageSection {
  let trace = input.inspection.trace
  let definitions = [
    (
      "delay τ",
      "updates from reading the iterate to applying its gradient; 1 = fresh. Staleness = τ − 1."
    ),
    ("s_m", "mean of the recorded durations of worker m; s_max is the slowest worker's."),
    (
      "count speed-up",
      "ratio of gradient counts at equal time. Formula: (1/M) Σ s_max/s_m on means, "
        + "\(Numbers.significant(input.inspection.speedup.formulaMean, digits: 6)). Realised: on "
        + "recorded durations, a round lasting as long as its longest, "
        + "\(Numbers.significant(input.inspection.speedup.realised, digits: 6))."
    ),
    ("time-to-target speed-up", "ratio of times at equal loss."),
    ("applied, unused", "a gradient is applied when it ends in an update with positive weight."),
    ("drain k", "minibatch SGD without the k slowest workers."),
  ]
  var html = "<dl class=\"def\">"
  for (term, meaning) in definitions {
    html += "<dt>\(Markup.prose(term))</dt><dd>\(Markup.prose(meaning))</dd>"
  }
  html += "</dl><table class=\"plain\"><tbody>\n"
  var entries = [
    ReportInput.ManifestEntry("trace", Labels.cut(trace.name, to: 200)),
    .init("format", "\(Labels.cut(trace.format, to: 40)), \(trace.kind.rawValue)"),
    .init("span", TimeScale.text(trace.spanSeconds, trace.unit)),
  ]
  if !trace.digest.isEmpty { entries.append(.init("digest", "SHA-256 `\(trace.digest)`")) }
  if let replay = input.replay {
    entries.append(.init("objective", Labels.cut(replay.objectiveDescription, to: 300)))
    if let minimum = replay.minimumLoss { entries.append(.init("f*", "\(minimum)")) }
    for group in replay.groups.prefix(8) {
      if let print = replay.runs[group.runs[0]].fingerprint {
        entries.append(.init("fingerprint", "\(group.name): `\(print)`"))
      }
    }
  }
  entries += input.manifest
  for entry in entries.prefix(60) {
    html += "<tr>" + Markup.cell(Labels.markup(Labels.cut(entry.name, to: 40)), left: true)
    html += Markup.cell(Markup.prose(Labels.cut(entry.value, to: 400)), left: true) + "</tr>\n"
  }
  html += "</tbody></table>"
  if !input.commands.isEmpty {
    let lines = input.commands.prefix(20).map { Labels.markup(Labels.cut($0, to: 600)) }
    html += "<pre>\(lines.joined(separator: "\n"))</pre>"
  }
  return PageSection(
    id: "appendix", title: "Appendix", navigation: "Appendix",
    message: "Definitions, manifest and the commands behind this page.",
    // As it was typed it stands at the end.
    command: input.commands.isEmpty ? command("report", input) : "", figure: html)
}
