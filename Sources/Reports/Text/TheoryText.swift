import Analysis
import ReplayEngine

/// The theory for a terminal: bounds beside what they bound, the assumptions, and the rules.
func theoryLines(
  _ theory: TheoryReport, of report: ReplayReport, style: TextStyle
) -> [String] {
  guard !theory.checks.isEmpty else { return [] }
  var lines = [""] + boundLines(theory, of: report, style: style)
  lines += [""] + assumptionLines(theory, of: report, style: style)
  lines.append("")
  lines.append(style.dim("stepsize rule  justified  because"))
  for group in theory.groupedRules {
    let first = [group.names, group.answer.words]
    let start =
      padded(first[0], to: 13, right: false) + "  " + padded(first[1], to: 9, right: false)
    lines += wrapped(group.reason, first: start + "  ", indent: 26)
  }
  return lines
}

private func boundLines(
  _ theory: TheoryReport, of report: ReplayReport, style: TextStyle
) -> [String] {
  var table = TextTable([
    .text("bound for"), .number("γ"), .text("assumes"), .number("measured"), .number("at most"),
  ])
  var reasons: [(name: String, assumptions: String, text: String)] = []
  for check in theory.checks {
    let method = report.style(of: check)
    for bound in check.bounds {
      switch bound.finding {
      case .applies(let figures):
        table.append(
          [
            Labels.cut(method.shortName), Numbers.significant(check.stepsize, trimming: true),
            bound.kind.assumption, Numbers.significant(figures.measured),
            Numbers.significant(figures.bound),
          ], method: method)
      case .doesNotApply(let obstacle):
        let name = Labels.cut(method.shortName)
        if let last = reasons.indices.last, reasons[last].name == name,
          reasons[last].text == obstacle.text
        {
          reasons[last].assumptions += "; " + bound.kind.assumption
        } else {
          reasons.append((name, bound.kind.assumption, obstacle.text))
        }
      }
    }
  }
  var lines = table.rows.isEmpty ? [] : table.lines(style)
  for (name, assumptions, text) in reasons {
    lines += wrapped("no bound for \(name) (\(assumptions)): \(text)", first: "", indent: 2)
  }
  lines += wrapped(
    "On means over the points y at which gradients were computed (bounded gradients: f − f*; "
      + "convex, smooth: the same weighted by stepsize; smooth: ‖∇f‖²), never on the last iterate, "
      + "and in expectation. " + estimateSentence + ".", first: "", indent: 0
  ).map(style.dim)
  return lines
}

private func assumptionLines(
  _ theory: TheoryReport, of report: ReplayReport, style: TextStyle
) -> [String] {
  var table = TextTable([
    .text("measured on"), .number("‖∇f‖ least"), .number("largest"), .number("last"),
    .number("σ²"), .number("b̂"), .number("by chance"),
  ])
  for check in theory.checks {
    let method = report.style(of: check)
    let bias = check.bias
    let chance = bias?.byChance.map { "≤ \(Numbers.significant($0.p95))" } ?? ""
    table.append(
      [
        Labels.cut(method.shortName), figure(check.norms?.least), figure(check.norms?.largest),
        figure(check.norms?.last), figure(check.noiseSquared),
        bias.map { Numbers.significant($0.value) + ($0.isTiedToDelay == true ? " !" : "") } ?? "",
        bias == nil ? "" : chance,
      ], method: method)
  }
  var lines = table.lines(style)
  lines += wrapped(theory.independence.sentence, first: "", indent: 0)
  lines.append("Same data on all workers: assumed.")
  return lines
}

/// How far the iterate was from the virtual one, beside what the theory allows.
func virtualLines(_ report: ReplayReport, style: TextStyle) -> [String] {
  var table = TextTable([
    .text("‖x − x̂‖²"), .number("mean"), .number("largest"), .number("at update"),
    .number("γ²(M−1)²(G²+σ²)"), .number("unbounded, mean"),
  ])
  for (index, run) in report.runs.enumerated() {
    guard let distance = run.virtualDistance else { continue }
    let bound = report.virtualBounds.indices.contains(index) ? report.virtualBounds[index] : nil
    let method = report.style(of: index)
    table.append(
      [
        Labels.cut(method.shortName), Numbers.significant(distance.meanSquared),
        Numbers.significant(distance.maxSquared), Numbers.count(distance.maxUpdate),
        bound?.constant.map { Numbers.significant($0) } ?? "none",
        bound?.unbounded.map { Numbers.significant($0) } ?? "none",
      ], method: method)
  }
  guard !table.rows.isEmpty else { return [] }
  return [""] + table.lines(style)
    + wrapped(
      "Bounds on the expectation, with G and σ estimated along the run. Where gradients are not "
        + "bounded: 2(M−1) Σ γ²‖∇f(y)‖² + 2σ² Σ γ² over the gradients in flight.", first: "",
      indent: 0
    ).map(style.dim)
}

private func figure(_ value: Double?) -> String { value.map { Numbers.significant($0) } ?? "none" }

/// A sentence in lines of at most 80 columns.
private func wrapped(_ text: String, first: String, indent: Int) -> [String] {
  var lines: [String] = []
  var line = first
  var isEmpty = true
  for word in text.split(separator: " ") {
    let gap = isEmpty || line.isEmpty ? "" : " "
    if !isEmpty, displayWidth(line) + displayWidth(gap + word) > 80 {
      lines.append(line)
      line = String(repeating: " ", count: indent) + word
    } else {
      line += gap + word
    }
    isEmpty = false
  }
  return lines + [line]
}
