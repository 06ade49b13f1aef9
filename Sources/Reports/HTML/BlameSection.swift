import Analysis
import TraceModel

/// Who costs the synchronous run how much, one at a time and the slowest together.
func blameSection(_ input: ReportInput) -> PageSection? {
  guard let blame = input.blame, blame.units.count > 1 else { return nil }
  let unit = input.inspection.trace.unit
  let isMany = blame.units.count + blame.unlistedCount > 64
  let drawn = isMany ? Array(blame.units.prefix(10)) : blame.units
  let message = blameMessage(blame)
  var figure = PageSection.scrolling(
    BlameBars(units: drawn, blame: blame, unit: unit, description: message).rendered(id: "blame"))
  if blame.cumulative.count > 1 {
    figure += PageSection.scrolling(
      DrainCurve(blame: blame, unit: unit, description: message).rendered(id: "drain"))
  }
  return PageSection(
    id: "blame", title: "Blame", navigation: "Blame", message: message,
    note: blameNote(input, blame, drawnCount: drawn.count, isMany: isMany),
    command: command("blame", input), figure: figure)
}

private func blameNote(
  _ input: ReportInput, _ blame: Blame, drawnCount: Int, isMany: Bool
) -> String {
  let noun = blame.leavesOut == .host ? "host" : "worker"
  var note =
    "Bar and square: minibatch without this \(noun), from the rate of all. Arrow: with it alone "
  note += "among ideal workers, who always take as long as the fastest quarter does. "
  if let fraction = blame.targetFraction, let seconds = blame.secondsToTarget {
    let unit = input.inspection.trace.unit
    note += "To the target: change of the \(TimeScale.text(seconds, unit)) that minibatch takes to "
    let count = blame.units.count { $0.secondsToTargetGain != nil }
    note +=
      "\(Numbers.percent(fraction)) of the initial loss gap, stepsizes tuned again around its own; "
    note +=
      count == 1
      ? "only the largest gain was replayed. "
      : "only the \(Numbers.count(count)) largest gains were replayed. "
  }
  if isMany {
    let gains = blame.units.map(\.minibatchGain).sorted()
    func quantile(_ share: Double) -> String {
      let value = gains[Int(share * Double(gains.count - 1))]
      let rate = TimeScale.rate(value, input.inspection.trace.unit)
      return (rate > 0 ? "+" : "") + Numbers.significant(rate)
    }
    note += "Drawn: the \(Numbers.count(drawnCount)) largest gains of "
    note += "\(Numbers.count(blame.units.count)) \(noun)s looked at"
    if blame.unlistedCount > 0 {
      note += ", \(Numbers.count(blame.unlistedCount)) more were not"
    }
    note += "; of all gains p5 \(quantile(0.05)), median \(quantile(0.5)), p95 \(quantile(0.95)). "
  }
  return note
}

private func blameMessage(_ blame: Blame) -> String {
  let isHost = blame.leavesOut == .host
  let noun = isHost ? "host" : "worker"
  if !blame.canTellApart {
    return "These workers cannot be told apart: the gains are what chance makes of equal ones."
  }
  let full = blame.minibatchGradientsPerSecond
  guard let first = blame.units.first, let set = blame.cumulative.first, full > 0 else {
    return "There is nobody to leave out."
  }
  func times(_ gain: Double) -> String { Numbers.ratio((full + gain) / full) }
  if set.unitCount > 1, set.minibatchGain > max(0, first.minibatchGain) * 1.03 {
    let who =
      isHost || set.dropped.prefix(5).contains(where: { $0.text.unicodeScalars.count > 12 })
      ? "the \(Numbers.word(set.unitCount)) slowest \(noun)s"
      : Labels.list(set.dropped, limit: 5)
    return first.minibatchGain > 0.03 * full
      ? "No single \(noun) decides: without \(Labels.short(WorkerLabel(first.label))) minibatch SGD "
        + "makes \(times(first.minibatchGain)) the gradients, without \(who) together "
        + "\(times(set.minibatchGain))."
      : "No single \(noun) decides: leaving out one gains nothing, but without \(who) together "
        + "minibatch SGD makes \(times(set.minibatchGain)) the gradients."
  }
  if first.minibatchGain <= 0.005 * full {
    return "Minibatch SGD gains from leaving out none of these \(noun)s."
  }
  return "Without \(Labels.short(WorkerLabel(first.label))) minibatch SGD makes "
    + "\(times(first.minibatchGain)) the gradients in the same time."
}
