import Analysis
import TraceModel

/// How much each method depends on its stepsize: what tuning saw, over weight per gradient.
func stepsizeSection(_ replay: ReplayReport, _ input: ReportInput) -> PageSection? {
  let scans = replay.drawnScans
  guard !scans.isEmpty else { return nil }
  let study = SensitivityStudy(replay, scans, unit: input.inspection.trace.unit)
  return PageSection(
    id: "stepsizes", title: "Stepsize sensitivity", navigation: "Stepsizes",
    message: study.message, note: study.note,
    command: command(
      "report", input,
      (replay.noiseLevels.isEmpty
        ? "--objective \(Markup.shellArgument(Labels.cut(replay.objectiveDescription, to: 600))) "
        : "") + "--json"),
    figure: PageSection.scrolling(study.plot.rendered(id: "stepsizes")))
}

extension ReplayReport {
  /// What tuning saw of the methods whose losses are drawn, in their order.
  fileprivate var drawnScans: [(style: MethodStyle, scan: StepsizeScan)] {
    drawnGroups.compactMap { group in
      tuning.first { MethodStyle($0) == group.style }.map { (group.style, $0) }
    }
  }
}

extension MethodStyle {
  init(_ scan: StepsizeScan) {
    self.init(
      method: scan.method, rule: scan.stepsizeRule, adaptiveConstant: scan.adaptiveConstant,
      droppedCount: scan.droppedCount)
  }
}

/// The scans as one figure: by the time to the target that the page shows, or by the loss at the end
/// where a drawn method does not reach it with two stepsizes.
private struct SensitivityStudy {
  private var replay: ReplayReport
  private var scans: [(style: MethodStyle, scan: StepsizeScan)]
  private var unit: TimeUnit
  /// The place of the page's target among those of each scan.
  private var shown: Int
  /// The same; nil for the loss at the end.
  private var target: Int?

  init(
    _ replay: ReplayReport, _ scans: [(style: MethodStyle, scan: StepsizeScan)], unit: TimeUnit
  ) {
    self.replay = replay
    self.scans = scans
    self.unit = unit
    let main = replay.mainTarget
    let place = scans[0].scan.targets.firstIndex { $0 == main }
    shown = place ?? 0
    target = place.flatMap { place in
      scans.allSatisfy { entry in
        entry.scan.points.count {
          $0.seconds.indices.contains(place) && $0.seconds[place] != nil
        } >= 2
      } ? place : nil
    }
  }

  private func value(_ point: StepsizeScan.Point) -> Double? {
    guard let target else {
      return point.finalGap.isFinite && point.finalGap > 0 ? point.finalGap : nil
    }
    return point.seconds.indices.contains(target) ? point.seconds[target] : nil
  }

  private func winner(_ scan: StepsizeScan) -> StepsizeScan.Winner? {
    scan.winners.indices.contains(shown) ? scan.winners[shown] : scan.winners.last
  }

  /// The unit of weight, as it stands behind a number.
  private var weightUnit: String { scans[0].scan.smoothness == nil ? "1/M" : "1/(LM)" }

  var plot: StepsizePlot {
    let largest = scans.flatMap { $0.scan.points.compactMap(value) }.max() ?? 0
    let time = TimeScale(for: largest, unit: unit)
    let isTime = target != nil
    let gap = replay.minimumLoss == nil ? "loss above the best found" : "loss above the optimum"
    return StepsizePlot(
      title: "Stepsize sensitivity",
      description: message + " Curves: " + scans.map(\.style.name).joined(separator: ", ") + ".",
      curves: scans.map { style, scan in
        StepsizePlot.Curve(
          style: style, name: style.name,
          points: scan.points.map {
            StepsizePlot.Point(
              weight: $0.weight, value: $0.hasDiverged ? nil : value($0),
              hasDiverged: $0.hasDiverged)
          }, best: winner(scan)?.weight ?? 0)
      },
      horizontalName: "weight per gradient γ/b in units of \(weightUnit), logarithmic",
      verticalName: isTime
        ? "time to target, \(time.name), logarithmic" : "\(gap) at the end, log.",
      absence: isTime ? "target not reached" : nil, unit: { isTime ? time.value($0) : $0 },
      text: { isTime ? time.text($0) : Numbers.significant($0) })
  }

  var message: String {
    let best = scans.compactMap { style, scan in
      winner(scan).map { (style.phrase, Numbers.significant($0.weight, trimming: true)) }
    }
    var text =
      "Best weight per gradient: "
      + Self.grouped(best).map { "\($0.value) for \($0.names)" }.joined(separator: ", ")
    let limits = names(at: .stabilityLimit)
    if !limits.isEmpty {
      text += "; beside a stepsize that diverges: " + limits.joined(separator: ", ")
    }
    let edges = names(at: .gridEdge)
    if !edges.isEmpty {
      text += "; warning, at the edge of the grid, so that a better one may lie beyond: "
      text += edges.joined(separator: ", ")
    }
    let widths = scans.compactMap { style, scan in
      tolerance(scan).map { (style.phrase, Numbers.significant($0, digits: 2, trimming: true)) }
    }
    guard !widths.isEmpty else { return text + "." }
    let factors = Self.grouped(widths)
    return text + ". At most twice the best time over a factor of "
      + (factors.count == 1
        ? "\(factors[0].value)"
        : factors.map { "\($0.value) for \($0.names)" }.joined(separator: ", "))
      + " in the stepsize."
  }

  /// Methods with one value together, in order of first appearance.
  private static func grouped(
    _ items: [(name: String, value: String)]
  ) -> [(value: String, names: String)] {
    var groups: [(value: String, names: [String])] = []
    for item in items {
      if let place = groups.firstIndex(where: { $0.value == item.value }) {
        groups[place].names.append(item.name)
      } else {
        groups.append((item.value, [item.name]))
      }
    }
    let isOnly = groups.count == 1 && items.count > 1
    return groups.map { value, names in
      let list = names.dropLast().joined(separator: ", ")
      let last = names[names.count - 1]
      return (value, isOnly ? "all" : list.isEmpty ? last : "\(list) and \(last)")
    }
  }

  private func names(at place: StepsizePlace) -> [String] {
    scans.filter { winner($0.scan)?.place == place }.map(\.style.phrase)
  }

  /// The largest over the smallest stepsize around the best whose times are at most twice the best
  /// time; nil where the target is not reached.
  private func tolerance(_ scan: StepsizeScan) -> Double? {
    guard target != nil, let best = winner(scan),
      let place = scan.points.firstIndex(where: { $0.weight == best.weight }),
      let time = value(scan.points[place])
    else { return nil }
    func isNear(_ index: Int) -> Bool {
      guard scan.points.indices.contains(index), let own = value(scan.points[index]) else {
        return false
      }
      return own <= 2 * time
    }
    var (low, high) = (place, place)
    while isNear(low - 1) { low -= 1 }
    while isNear(high + 1) { high += 1 }
    return scan.points[high].weight / scan.points[low].weight
  }

  var note: String {
    let scan = scans[0].scan
    let seeds = scan.seedCount == 1 ? "one seed" : "\(Numbers.count(scan.seedCount)) seeds"
    var note = "γ of a method that averages b gradients gives each the weight γ/b; L is the "
    note += "smoothness, M the workers used. Mean of \(seeds), read at "
    note += "\(Numbers.count(scan.instantCount)) instants; the large mark is the best, with its "
    note += "weight. "
    if let target, scan.targets.indices.contains(target) {
      let above = scan.targets[target] - (replay.minimumLoss ?? 0)
      note += "Target \(Numbers.significant(above, trimming: true)). "
    } else {
      note +=
        "Not every method reaches the target with two stepsizes, so the loss at the end is drawn. "
    }
    return note + "Tried: 2⁻¹⁰ to 2⁴ coarsely, then by √2 and ⁴√2 around the best, and beyond "
      + "where the best was at an end."
  }
}
