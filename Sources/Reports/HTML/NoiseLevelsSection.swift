import Analysis
import TraceModel

/// The built-in objective at three noise levels: which method is soonest at each.
func noiseLevelsSection(_ replay: ReplayReport, _ input: ReportInput) -> PageSection? {
  let levels = Array(replay.noiseLevels.reversed())
  guard let first = levels.first else { return nil }
  let share = Numbers.percent(first.fraction)
  var note = "Tuned time to \(share) of the initial loss gap"
  // Without noise a nearer target is met so soon that methods look alike.
  if let last = levels.last, last.fraction != first.fraction {
    note += ", without noise to \(Numbers.percent(last.fraction))"
  }
  note += "; under it the seeds' range. "
  note += "σ² = E‖g − ∇f‖² of one gradient, estimated, the larger of that at the start and that at "
  note += "the target; ε = ‖∇f‖² where gradient descent meets the target; B_crit = σ²/ε. Middle: "
  note += "the batch, a power of two, whose B_crit is nearest M. Without noise one seed says all. "
  for level in levels {
    guard let exclusion = level.exclusion else { continue }
    note += "\(level.phrase.capitalisedFirst) nothing was replayed: \(exclusion). "
  }
  return PageSection(
    id: "noise-levels", title: "Replayed at three noise levels", navigation: "Noise levels",
    message: message(levels), note: note.trimmingEnd, command: command("report", input, "--json"),
    figure: PageSection.scrolling(table(levels, unit: input.inspection.trace.unit)))
}

/// `Async (constant) is soonest at high and middle noise, minibatch without noise.`
private func message(_ levels: [NoiseLevel]) -> String {
  var groups: [(name: String, phrases: [String])] = []
  for level in levels where level.exclusion == nil {
    let name = level.soonest.map { level.phrase(of: $0) } ?? "nothing"
    if groups.last?.name == name {
      groups[groups.count - 1].phrases.append(level.phrase)
    } else {
      groups.append((name, [level.phrase]))
    }
  }
  if groups.count == 1, groups[0].phrases.count == NoiseLevel.Name.allCases.count {
    return groups[0].name == "nothing"
      ? "Nothing reaches the target at any noise."
      : "\(groups[0].name.capitalisedFirst) is soonest at every noise."
  }
  let clauses = groups.enumerated().map { position, group in
    let verb =
      group.name == "nothing" ? " reaches the target " : position == 0 ? " is soonest " : " "
    return group.name + verb + group.phrases.joined(separator: " and ")
  }
  return clauses.joined(separator: ", ").capitalisedFirst + "."
}

private func table(_ levels: [NoiseLevel], unit: TimeUnit) -> String {
  let times = levels.flatMap { $0.rows.compactMap(\.seconds) }
  let time = TimeScale(for: times.max() ?? 0, unit: unit)
  // The variants of the delay-adaptive line share a column, and say in it which one it is.
  let columns =
    (levels.first { !$0.rows.isEmpty }).map { level in
      level.rows.map { (row: $0, style: level.style(of: $0)) }
    } ?? []
  var html = "<table><caption>Time to the target, \(time.name)</caption><thead><tr>"
  html += Markup.header("noise", left: true) + Markup.header("batch") + Markup.header("σ²")
  html += Markup.header(Markup.prose("B_crit / M"))
  for column in columns {
    let isAdaptive = column.row.method == "async" && column.row.stepsizeRule != "constant"
    let words =
      isAdaptive ? ["async", "delay-adaptive"] : [column.style.stem, column.style.detail]
    html += Markup.header(
      words.compactMap { $0 }.map { Labels.markup(Labels.cut($0, to: 14)) }
        .joined(separator: "<br/>"))
  }
  html += Markup.header("soonest", left: true) + "</tr></thead><tbody>\n"
  for level in levels {
    html += "<tr><th scope=\"row\" class=\"l\">\(level.name.rawValue)</th>"
    html += Markup.cell(level.batchSize == 0 ? "full" : Numbers.count(level.batchSize))
    html += Markup.cell(level.sigmaSquared.map { Numbers.significant($0) } ?? "unknown")
    html += Markup.cell(
      level.criticalBatchOverWorkers.map { Numbers.significant($0) } ?? "unknown")
    let rows = level.rows
    for place in columns.indices {
      guard rows.indices.contains(place) else {
        html += Markup.cell("not replayed")
        continue
      }
      html += Markup.cell(cell(rows[place], time))
    }
    if let soonest = level.soonest {
      html += Markup.methodHeader(level.style(of: soonest))
    } else {
      html += Markup.cell(level.exclusion == nil ? "none" : "not replayed", left: true)
    }
    html += "</tr>\n"
  }
  return html + "</tbody></table>"
}

private func cell(_ row: TimeToTarget, _ time: TimeScale) -> String {
  var markup = row.seconds.map(time.number) ?? "not reached"
  if row.seeds.count > 1, row.seconds != nil {
    let upper = row.upperSeconds.map(time.number) ?? "not reached"
    markup +=
      "<span class=\"iv\">[\(row.lowerSeconds.map(time.number) ?? "unknown"), \(upper)]</span>"
  }
  if row.stepsizeRule != nil, row.stepsizeRule != "constant" {
    markup += "<span class=\"iv\">\(Labels.markup(MethodStyle(row).detail ?? ""))</span>"
  }
  return markup
}
