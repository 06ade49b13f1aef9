import Analysis
import ReplayEngine

/// What the theory assumes, as measured, and its bounds beside the averages that they bound.
func theorySection(_ input: ReportInput) -> PageSection? {
  guard let replay = input.replay, var theory = replay.theory else { return nil }
  // Of one worker every method and rule is the same SGD.
  let isSingle = input.inspection.workers.count == 1
  if isSingle { theory.checks.removeAll { $0.method.rule != nil } }
  let data = BoundPlotData(theory, replay)
  var figure = ""
  if !data.curves.isEmpty {
    let plot = LinePlot(
      title: "Bounds beside what they bound",
      description: theoryMessage(theory, replay) + " Curves: "
        + data.curves.map(\.name).joined(separator: ", ") + ".",
      curves: data.curves, horizontalKind: .logarithmic, verticalKind: .logarithmic,
      horizontalName: "gradients applied, logarithmic",
      verticalName: "mean of f(y) − f* so far, logarithmic", unit: { $0 }, references: [],
      marks: [])
    figure += PageSection.scrolling(plot.rendered(id: "assumptions"))
  }
  let tables = TheoryTables(theory: theory, replay: replay)
  if !theory.checks.isEmpty {
    figure += PageSection.scrolling(tables.bounds)
    figure += PageSection.scrolling(tables.assumptions)
  }
  if !isSingle { figure += PageSection.scrolling(tables.rules) }
  return PageSection(
    id: "assumptions", title: "Assumptions and bounds", navigation: "Bounds",
    message: theoryMessage(theory, replay), note: theoryNote(theory, data),
    command: theoryCommands(theory, replay, input), figure: figure)
}

private func theoryMessage(_ theory: TheoryReport, _ replay: ReplayReport) -> String {
  var sentences: [String] = []
  if let doubt = theoryDoubt(theory) { sentences.append(doubt) }
  guard !theory.checks.isEmpty else {
    sentences.append("Measuring the bounds takes a loss an update, too much on these data here.")
    return sentences.joined(separator: " ")
  }
  // The rule of the theorems first; else whatever has a bound.
  let bounded = theory.checks.compactMap { check in
    check.shownBound.map { (check, $0) }
  }
  let main =
    bounded.first { $0.0.replayIndex == nil && $0.0.method.rule != nil } ?? bounded.first
  if let (check, figures) = main {
    let name = replay.style(of: check).phrase.capitalisedFirst
    let place = check.replayIndex == nil ? ", with the stepsize of its bound," : ""
    sentences.append(
      "\(name)\(place) computes its gradients "
        + "\(Numbers.significant(figures.measured)) above the optimum in the mean; the theory "
        + "promises at most \(Numbers.significant(figures.bound)).")
  } else {
    sentences.append("No bound applies to these replays.")
  }
  let tuned = theory.checks.filter { check in
    check.replayIndex != nil
      && check.bounds.contains {
        switch $0.finding {
        case .doesNotApply(.stepsizeAbove), .doesNotApply(.constantAboveRule): true
        default: false
        }
      }
  }
  if !tuned.isEmpty, tuned.count == theory.checks.count(where: { $0.replayIndex != nil }) {
    sentences.append("Tuned stepsizes are beyond those that the smooth bounds allow.")
  }
  return sentences.joined(separator: " ")
}

private func theoryNote(_ theory: TheoryReport, _ data: BoundPlotData) -> String {
  guard !theory.checks.isEmpty else { return "" }
  var note =
    "y: a point at which a gradient was computed. Bounds hold for means over such points, weighted "
    + "by stepsize where f is smooth, never for the last iterate, and in expectation: one run may "
    + "lie above. "
  if !data.curves.isEmpty {
    note += "Lines: the mean so far, one seed; dotted: its bound. "
  }
  note += estimateSentence + ". "
  if let shortened = theory.checks.first(where: \.isShortened) {
    note +=
      "Measured over the first \(Numbers.count(shortened.readCount)) gradients or so, to keep this "
      + "cheap; the command measures all. "
  }
  note += theory.independence.sentence + " Same data on all workers: assumed."
  return note
}

/// The same runs with `--bounds`.
private func theoryCommands(
  _ theory: TheoryReport, _ replay: ReplayReport, _ input: ReportInput
) -> String {
  var runs = replay
  runs.runs = []
  runs.runPolicies = []
  runs.runDroppedCounts = []
  guard let any = replay.runs.first else { return command("replay", input, "--bounds") }
  for check in theory.checks {
    var run = any
    run.request.method = check.method
    run.request.stepsize = check.stepsize
    run.request.seed = check.seed
    runs.runs.append(run)
    if let index = check.replayIndex, replay.runPolicies.indices.contains(index) {
      runs.runPolicies.append(replay.runPolicies[index])
    } else {
      runs.runPolicies.append(check.method.rule == nil ? .minibatch : .async)
    }
    let dropped = check.replayIndex.flatMap {
      replay.runDroppedCounts.indices.contains($0) ? replay.runDroppedCounts[$0] : nil
    }
    runs.runDroppedCounts.append(dropped ?? 0)
  }
  if theory.checks.isEmpty { runs = replay }
  return replayCommands(runs, groups: runs.groups, input)
    .split(separator: "\n").map { $0 + " --bounds" }.joined(separator: "\n")
}

extension TheoryCheck {
  /// The smaller of the bounds on f(y) − f*, which a figure shows; nil without any.
  var shownBound: BoundCheck.Figures? {
    bounds.filter { $0.kind != .nonconvex }.compactMap(\.figures)
      .filter { $0.measured.isFinite && $0.bound.isFinite }
      .min { $0.bound < $1.bound }
  }
}

/// At most three pairs of a measured mean and its bound: the runs made for the theory, then those with
/// tuned stepsizes.
struct BoundPlotData {
  var curves: [LossCurve] = []

  init(_ theory: TheoryReport, _ replay: ReplayReport) {
    // The theory's own stepsizes, then the two algorithms of the talk, then the rest.
    let order = theory.checks.enumerated().sorted {
      (Self.rank($0.element), $0.offset) < (Self.rank($1.element), $1.offset)
    }.map(\.element)
    var pairs = 0
    var drawn: Set<MethodStyle> = []
    for check in order {
      let style = replay.style(of: check)
      // One colour, one method: a tuned run of a method that is drawn already has its row below.
      guard pairs < 3, let figures = check.shownBound, drawn.insert(style).inserted else {
        continue
      }
      pairs += 1
      let points = Self.thinned(figures.points.filter { $0.gradientCount > 0 })
      func curve(_ name: String, isBound: Bool, _ value: (BoundCheck.Figures.Point) -> Double)
        -> LossCurve
      {
        LossCurve(
          style: style, name: name, seedCount: 1,
          points: points.map {
            let y = value($0)
            return .init(x: Double($0.gradientCount), median: y, lower: y, upper: y)
          }, fullCount: points.count, diverged: [], isCutShort: false, isBound: isBound)
      }
      curves.append(curve(style.shortName, isBound: false, \.measured))
      curves.append(curve(style.shortName + " bound", isBound: true, \.bound))
    }
  }

  private static func rank(_ check: TheoryCheck) -> Int {
    if check.replayIndex == nil { return 0 }
    switch check.method.name {
    case "async": return check.method.rule == .constant ? 1 : 3
    case "minibatch": return 2
    default: return 4
    }
  }

  /// About evenly along a logarithmic axis, the first and the last kept.
  private static func thinned(_ points: [BoundCheck.Figures.Point]) -> [BoundCheck.Figures.Point] {
    var kept: [BoundCheck.Figures.Point] = []
    for (index, point) in points.enumerated() {
      let isNext = kept.last.map { point.gradientCount * 25 >= $0.gradientCount * 26 } ?? true
      if isNext || index == points.count - 1 { kept.append(point) }
    }
    return kept
  }
}
