import Analysis
import TraceModel

/// On what the rates hang: a tornado of edits of the trace.
func whatIfSection(_ input: ReportInput) -> PageSection? {
  guard let effects = input.effects, let first = effects.effects.first else { return nil }
  let message = whatIfMessage(effects, first)
  let policy = Tornado.style(effects).stem
  var note =
    "Above, minibatch; below, \(policy), its parameter chosen anew after each edit. Largest effect "
  note += "first."
  if effects.effects.contains(where: { $0.texts.contains { $0.hasPrefix("comm:") } }) {
    note += " Turnaround is charged to both schedules."
  }
  if let limit = effects.gradientLimit {
    note += " The first \(gradientsPhrase(limit)) of each worker were looked at."
  }
  let edits = first.texts.map { Markup.shellArgument($0) }.joined(separator: " ")
  return PageSection(
    id: "whatif", title: "What if", navigation: "What if", message: message, note: note,
    command: command("whatif", input, edits),
    figure: PageSection.scrolling(
      Tornado(effects: effects, unit: input.inspection.trace.unit, description: message)
        .rendered(id: "whatif")))
}

private func whatIfMessage(_ effects: EditEffects, _ first: EditEffects.Effect) -> String {
  func distance(_ ratio: Double) -> Double { max(ratio, 1 / ratio) - 1 }
  if distance(first.minibatchRatio) < 0.02, distance(first.policyRatio) < 0.02 {
    return "None of these changes moves a rate by more than 2\(Numbers.thinSpace)%."
  }
  let policy = Tornado.style(effects).stem
  var text =
    "Largest effect, \(first.name): minibatch makes \(Numbers.ratio(first.minibatchRatio)) as "
  text += "many gradients, \(policy) \(Numbers.ratio(first.policyRatio))"
  let firm = effects.effects.dropFirst().allSatisfy { distance($0.policyRatio) < 0.05 }
  if firm, distance(first.policyRatio) < 0.05 {
    text += "; none moves \(policy) by more than 5\(Numbers.thinSpace)%"
  }
  return text + "."
}
