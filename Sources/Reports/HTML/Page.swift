import Analysis
import TraceModel

/// Renders the whole report as one HTML file: inline style and SVG, no script, no network.
///
/// A pure function: the same input gives the same bytes. Sections come in the order of the design
/// and only where there is data for them; the page stays below 600 KB, since every figure bounds
/// its marks and every table its rows, whatever the size of the trace.
public func renderHTML(_ input: ReportInput) -> String {
  let sections = pageSections(input)
  let trace = input.inspection.trace
  let title = "Outpace: \(trace.name), \(workersPhrase(trace.workerCount))"
  var page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
  page += "<meta http-equiv=\"Content-Security-Policy\" "
  page += "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
  page += "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n"
  page += "<title>\(Labels.markup(Labels.cut(title, to: 120)))</title>\n"
  page += "<style>\(Stylesheet.text)</style></head><body><main>\n"
  page += topLine(input)
  page += verdictCard(input)
  page += "<nav aria-label=\"Sections\">"
  page += sections.map { "<a href=\"#\($0.id)\">\(Labels.markup($0.navigation))</a>" }
    .joined(separator: " ")
  page += "</nav>\n"
  for (position, section) in sections.enumerated() {
    let twin =
      CommandMarkup(section.command).isShort
      ? nil : sections[..<position].first { $0.command == section.command }
    page += section.rendered(twin: twin)
  }
  page += "</main></body></html>\n"
  return page
}

private func pageSections(_ input: ReportInput) -> [PageSection] {
  // One worker leaves nothing to compare: every method is SGD, every schedule the same.
  let isSingle = input.inspection.workers.count == 1
  return SectionName.allCases.compactMap {
    isSingle && $0.compares ? nil : section($0, of: input)
  }
}

/// A section, or nil where the input has nothing for it.
private func section(_ name: SectionName, of input: ReportInput) -> PageSection? {
  let replay = input.replay
  return switch name {
  case .policies: policiesSection(input)
  case .workers: workersSection(input)
  case .time: heatmapSection(input)
  case .waste: wasteSection(input)
  case .gantt: ganttSection(input)
  case .lossAgainstTime: replay.flatMap { lossSection($0, along: .time, input) }
  case .lossAgainstGradients: replay.flatMap { lossSection($0, along: .gradients, input) }
  case .delays: replay.flatMap { delaySection($0, input) }
  case .delaysOverTime: replay.flatMap { delayMapSection($0, input) }
  case .use: useSection(input)
  case .blame: blameSection(input)
  case .whatIf: whatIfSection(input)
  case .noise: noiseSection(input)
  case .noiseLevels: replay.flatMap { noiseLevelsSection($0, input) }
  case .stepsizes: replay.flatMap { stepsizeSection($0, input) }
  case .forecast: forecastSection(input)
  case .assumptions: theorySection(input)
  case .quality: qualitySection(input)
  case .appendix: appendixSection(input)
  }
}

private func topLine(_ input: ReportInput) -> String {
  let trace = input.inspection.trace
  var facts = [kindPhrase(input.inspection)]
  if let replay = input.replay {
    facts.append(replay.objectiveDescription)
    let seeds = Array(Set(replay.runs.map(\.request.seed))).sorted()
    if let first = seeds.first, let last = seeds.last {
      let isRun = Int(exactly: last - first) == seeds.count - 1
      facts.append(
        seeds.count == 1
          ? "seed \(first)"
          : isRun ? "seeds \(first)–\(last)" : "\(Numbers.count(seeds.count)) seeds")
    }
  }
  return
    "<div class=\"top\"><span><b>Outpace</b>\u{2002}\(Labels.markup(Labels.cut(trace.name, to: 60)))"
    + ", \(workersPhrase(trace.workerCount))</span>"
    + "<span>\(Labels.markup(Labels.cut(facts.joined(separator: " · "), to: 120)))</span></div>\n"
}

/// `1 worker`, `1 024 workers`
func workersPhrase(_ count: Int) -> String {
  "\(Numbers.count(count)) \(count == 1 ? "worker" : "workers")"
}

/// `1 gradient`, `1 024 gradients`
func gradientsPhrase(_ count: Int) -> String {
  "\(Numbers.count(count)) \(count == 1 ? "gradient" : "gradients")"
}

/// `once`, `12 times`
func timesPhrase(_ count: Int) -> String {
  count == 1 ? "once" : "\(Numbers.count(count)) times"
}

/// The command of a figure, with the trace as one argument.
func command(_ verb: String, _ input: ReportInput, _ rest: String = "") -> String {
  let tail = rest.isEmpty ? "" : " " + rest
  let words = [input.traceArgument] + input.options.words(for: verb)
  let trace = words.map { Markup.shellArgument(Labels.cut($0, to: 200)) }.joined(separator: " ")
  return "outpace \(verb) \(trace)\(tail)"
}
