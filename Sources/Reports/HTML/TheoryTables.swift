import Analysis
import ReplayEngine

/// The tables of the section on assumptions and bounds.
struct TheoryTables {
  var theory: TheoryReport
  var replay: ReplayReport

  /// A row for each bound, or the reason why there is none.
  var bounds: String {
    var html = "<table><caption>Bounds on means over the points where gradients were computed"
    html += "</caption><thead><tr>" + Markup.header("method", left: true) + Markup.header("γ")
    html += Markup.header("assumes", left: true) + Markup.header("mean of", left: true)
    html += Markup.header("measured") + Markup.header("at most") + Markup.header("ratio")
    html += "</tr></thead><tbody>\n"
    for check in theory.checks.prefix(12) {
      for (position, row) in rows(of: check).enumerated() {
        html += "<tr>"
        html +=
          position == 0
          ? Markup.methodHeader(replay.style(of: check))
            + Markup.cell(
              Numbers.significant(check.stepsize, trimming: true)
                + (check.replayIndex == nil ? "<span class=\"iv\">of its bound</span>" : ""))
          : "<th></th><td></td>"
        html += Markup.cell(Markup.prose(row.assumption), left: true)
        switch row.finding {
        case .applies(let figures):
          html += Markup.cell(Markup.prose(row.average), left: true)
          html += Markup.cell(Numbers.significant(figures.measured))
          html += Markup.cell(Numbers.significant(figures.bound))
          html += Markup.cell(Numbers.significant(figures.measured / figures.bound, digits: 2))
        case .doesNotApply(let obstacle):
          html += "<td class=\"l wrap\" colspan=\"4\">"
          html += "no bound: \(Markup.prose(obstacle.text))</td>"
        }
        html += "</tr>\n"
      }
    }
    return html + "</tbody></table>"
  }

  private struct Row {
    var assumption: String
    var average: String
    var finding: BoundCheck.Finding
  }

  /// Bounds that fail for the same reason share a row.
  private func rows(of check: TheoryCheck) -> [Row] {
    var rows: [Row] = []
    for bound in check.bounds {
      if case .doesNotApply = bound.finding,
        let last = rows.indices.last, rows[last].finding == bound.finding
      {
        rows[last].assumption = Self.joined(rows[last].assumption, bound.kind.assumption)
      } else {
        rows.append(
          Row(
            assumption: bound.kind.assumption, average: bound.kind.average, finding: bound.finding))
      }
    }
    return rows
  }

  /// `convex, smooth` and `smooth` are `smooth`; anything else is `any`.
  private static func joined(_ first: String, _ second: String) -> String {
    first.hasSuffix(second) ? second : "any"
  }

  var assumptions: String {
    var html = "<table><caption>What the theory assumes, as measured</caption><thead><tr>"
    html += Markup.header("method", left: true)
    html += Markup.header("‖∇f(y)‖<br/>least") + Markup.header("<br/>largest")
    html += Markup.header("<br/>last") + Markup.header("σ²<br/>estimated")
    html += Markup.header("G²<br/>estimated") + Markup.header("points y")
    html += "</tr></thead><tbody>\n"
    for check in theory.checks.prefix(12) {
      html += "<tr>" + Markup.methodHeader(replay.style(of: check))
      for value in [
        check.norms?.least, check.norms?.largest, check.norms?.last, check.noiseSquared,
        check.gradientBoundSquared,
      ] { html += Markup.cell(value.map { Numbers.significant($0) } ?? "unknown") }
      html += Markup.cell(Numbers.count(check.readCount)) + "</tr>\n"
    }
    html += "</tbody></table>"
    let rows = theory.independence.tested
    guard !rows.isEmpty else { return html }
    html += "</div><div class=\"scroll\">"
    html += "<table><caption>Bias b̂ of late gradients, on the recorded batches</caption>"
    html += "<thead><tr>" + Markup.header("stepsize rule", left: true) + Markup.header("b̂")
    html += Markup.header("by chance, mean") + Markup.header("by chance, 95%")
    html += Markup.header("noise tied to delay", left: true) + "</tr></thead><tbody>\n"
    for row in rows {
      html += "<tr>" + Markup.cell(row.rule.rawValue, left: true)
      html += Markup.cell(Numbers.significant(row.bias.value))
      html += Markup.cell(
        row.bias.byChance.map { Numbers.significant($0.mean) } ?? "unknown")
      html += Markup.cell(row.bias.byChance.map { Numbers.significant($0.p95) } ?? "unknown")
      html += Markup.cell(row.isTied ? "yes" : "not seen", left: true)
      html += "</tr>\n"
    }
    return html + "</tbody></table>"
  }

  var rules: String {
    var html = "<table class=\"plain\"><caption>Stepsize rules that are therefore justified"
    html += "</caption><thead><tr>" + Markup.header("rule", left: true)
    html += Markup.header("justified", left: true) + Markup.header("because", left: true)
    html += "</tr></thead><tbody>\n"
    for group in theory.groupedRules {
      html += "<tr>" + Markup.cell(group.names, left: true)
      html += Markup.cell(group.answer.words, left: true)
      html += Markup.cell(Markup.prose(group.reason), left: true) + "</tr>\n"
    }
    return html + "</tbody></table>"
  }
}
