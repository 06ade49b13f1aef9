import Analysis
import TraceModel

/// The panel at the head of a page: what to do, three bars, and the four lines that argue for it.
func verdictCard(_ input: ReportInput) -> String {
  guard let comparison = input.comparison else { return inspectionCard(input) }
  let verdict = comparison.verdict
  let summary = CardSummary(comparison)
  // Bars would recommend something where nothing is recommended, and of one worker they are equal.
  let hasBars =
    summary.rows.contains(where: \.isRecommended) && input.inspection.workers.count > 1
  var card = "<div class=\"card\" id=\"verdict\"><div\(hasBars ? "" : " class=\"all\"")>"
  let long = verdict.sentence.count > 110 ? " class=\"long\"" : ""
  card +=
    "<h1\(long)>\(emphasised(Labels.cut(verdict.sentence, to: 600), verdict.recommendation))</h1>"
  if hasBars {
    if let sub = runnerUp(summary) { card += "<p class=\"sub\">\(Markup.prose(sub))</p>" }
    card += "</div><div class=\"fig\">"
    card += PageSection.scrolling(bars(summary, unit: input.inspection.trace.unit))
  }
  card += "</div><dl>"
  for (name, text) in [
    ("Why", verdict.why), ("Gain", verdict.gain), ("Trust", verdict.trust),
    ("Next", verdict.next),
  ] where !text.isEmpty {
    card += "<dt>\(name)</dt><dd>\(Markup.prose(Labels.cut(text, to: 1500)))</dd>\n"
  }
  return card + "</dl></div>\n"
}

/// Without compared policies there is no verdict, only what the timings say.
private func inspectionCard(_ input: ReportInput) -> String {
  let inspection = input.inspection
  let sentence =
    "On these timings asynchronous SGD applies \(Numbers.ratio(inspection.speedup.realised)) "
    + "the gradients of minibatch SGD."
  return "<div class=\"card\" id=\"verdict\"><div><h1>\(Labels.markup(sentence))</h1>"
    + "<p class=\"sub\">Policies were not compared, so this page gives no verdict: more gradients "
    + "are not yet less time.</p></div><dl><dt>Trust</dt><dd>"
    + Labels.markup(trustPhrase(inspection)) + "</dd><dt>Next</dt><dd><code>"
    + Labels.markup(command("compare", input)) + "</code></dd></dl></div>\n"
}

/// The sentence with the recommended method's word in its colour.
private func emphasised(
  _ sentence: String, _ recommendation: Verdict.Recommendation?
) -> String {
  guard let recommendation else { return Markup.prose(sentence) }
  let style = MethodStyle(recommendation)
  let words: [String] =
    switch recommendation.policy {
    case .minibatch: ["minibatch"]
    case .subset: ["drain", "drop"]
    case .rebalanced: ["rebalance"]
    case .backup: ["backup"]
    case .async: ["asynchronous", "async"]
    case .buffered: ["buffer"]
    case .rennala: ["rennala"]
    case .ringmaster: ["ringmaster"]
    }
  let lowered = sentence.lowercased()
  // Lowering can change the length of exotic letters; then positions would not carry over.
  guard lowered.count == sentence.count else { return Markup.prose(sentence) }
  let characters = Array(sentence)
  let searched = Array(lowered)
  for word in words.map(Array.init) where searched.count >= word.count {
    for start in 0...(searched.count - word.count)
    where Array(searched[start..<start + word.count]) == word {
      var end = start + word.count
      while end < characters.count, characters[end].isLetter { end += 1 }
      return Markup.prose(String(characters[..<start])) + "<em class=\"\(style.key)\">"
        + Markup.prose(String(characters[start..<end])) + "</em>"
        + Markup.prose(String(characters[end...]))
    }
  }
  return Markup.prose(sentence)
}

/// One sentence about the best policy that is not recommended and is no full minibatch.
private func runnerUp(_ summary: CardSummary) -> String? {
  guard summary.measure != .countRatio,
    let recommended = summary.rows.first(where: \.isRecommended), let best = recommended.value,
    best > 0,
    let other = summary.rows.first(where: {
      !$0.isRecommended && $0.policy.name != .minibatch
    })
  else { return nil }
  let name = other.style.phrase
  guard let value = other.value else {
    return "\(name.capitalisedFirst) does not reach the target within the horizon."
  }
  let what =
    summary.measure == .timeToTarget ? "to the target" : "by the law at \(summary.noiseName)"
  let ratio = value / best
  if ratio < 1 {
    // The sentence above goes by the law, and says itself that replays find the opposite.
    return summary.measure == .timeToTarget
      ? "The recommendation goes by the durations and a law of noise; the bars are replays of one "
        + "objective."
      : "\(name.capitalisedFirst) takes \(Numbers.ratio(ratio)) as long \(what)."
  }
  return "The alternative, \(name), takes \(Numbers.ratio(ratio)) as long \(what)."
}

private func bars(_ summary: CardSummary, unit: TimeUnit) -> String {
  let times = summary.rows.compactMap(\.value)
  let time = TimeScale(for: times.max() ?? 0, unit: unit)
  let isTime = summary.measure == .timeToTarget
  let rows = summary.rows.map { row in
    let value = row.value.map { isTime ? time.text($0) : Numbers.ratio($0) } ?? "not reached"
    return CardBars.Row(
      style: row.style, value: row.value,
      figure: row.ratio.map {
        row.policy.name == .minibatch ? "1×" : Numbers.ratio($0)
      } ?? "",
      tooltip: "\(row.style.name): \(value)", isRecommended: row.isRecommended)
  }
  let description = rows.map(\.tooltip).joined(separator: "; ")
  return CardBars(
    heading: summary.heading, figureHeading: summary.ratioHeading,
    unit: isTime ? time.name : "", scale: { isTime ? time.value($0) : $0 }, rows: rows,
    description: "Horizontal bars. \(description)."
  ).rendered(id: "verdict")
}

/// Whether the workers had to do with one another, and whether waiting is inside their durations.
func kindPhrase(_ inspection: Inspection) -> String {
  guard inspection.trace.kind == .synchronous else { return "independent trace" }
  // A lowered grade says nothing about what the format did.
  if inspection.backcast?.lowersGrades == true {
    return "synchronous trace, graded \(inspection.trust.rawValue) after the backcast"
  }
  return switch inspection.trust {
  case .measured: "synchronous trace, own time measured"
  case .separated: "synchronous trace, own time separated"
  case .wallClock: "synchronous trace, waiting not separated"
  }
}

/// How many workers have which grade, worst first.
func trustPhrase(_ inspection: Inspection) -> String {
  let total = inspection.workers.count
  let backcast = inspection.backcast.flatMap { $0.lowersGrades ? $0 : nil }
  let parts = TrustGrade.allCases.sorted().compactMap { grade -> String? in
    let count = inspection.workers.count { $0.worker.trust == grade }
    guard count > 0 else { return nil }
    let words =
      switch grade {
      case _ where backcast != nil: "graded \(grade.rawValue) after the backcast"
      case .measured: "own time measured"
      case .separated: "own time separated from waiting"
      case .wallClock: "wall-clock only, not to be told apart from waiting"
      }
    return "\(words) for \(Numbers.count(count)) of \(workersPhrase(total))"
  }
  let phrase = parts.joined(separator: "; ").capitalisedFirst + "."
  guard let backcast else { return phrase }
  return "\(phrase) The recorded schedule replays in \(Numbers.significant(backcast.ratio)) of its "
    + "time, so every grade fell by one. \(backcast.missing)"
}
