import Analysis
import TraceModel

/// The result of `blame` for a terminal: 80 columns, the twelve largest gains and the best sets.
public func blameText(
  _ blame: Blame, unit: TimeUnit = .seconds, style: TextStyle = .plain
) -> String {
  let rateName = "grad/\(TimeScale.rateName(unit))"
  func rate(_ value: Double) -> String { Numbers.significant(TimeScale.rate(value, unit)) }
  func change(_ value: Double) -> String { value > 0 ? "+" + rate(value) : rate(value) }
  let noun = blame.leavesOut == .host ? "host" : "worker"
  var lines = [
    style.bold("Minibatch SGD on all: \(rate(blame.minibatchGradientsPerSecond)) \(rateName).")
  ]
  if let best = blame.bestSynchronous {
    let name = MethodStyle(best.policy, parameter: best.parameter, droppedCount: 0).phrase
    lines.append(
      "Best synchronous: \(name), \(rate(best.gradientsPerSecond)) \(rateName).")
  } else {
    lines.append("No other synchronous policy is up for recommendation.")
  }
  lines.append(
    style.dim(
      "Ideal, everybody like the fastest quarter: \(rate(blame.idealGradientsPerSecond)) \(rateName)."
    ))
  lines.append("")

  let hasTimes = blame.secondsToTarget != nil
  let time = TimeScale(for: blame.secondsToTarget ?? 0, unit: unit)
  var columns: [TextTable.Column] = [
    .text("without \(noun)"), .number("minibatch, \(rateName)"),
  ]
  if hasTimes { columns.append(.number("target, \(time.name)")) }
  if blame.bestSynchronous != nil { columns.append(.number("best synchronous")) }
  columns.append(.number("alone among ideal"))
  var table = TextTable(columns)
  for entry in blame.units.prefix(12) {
    var row = [Labels.cut(Labels.visible(entry.label)), change(entry.minibatchGain)]
    if hasTimes {
      row.append(
        entry.secondsToTargetGain.map { ($0 > 0 ? "−" : "+") + time.number($0.magnitude) } ?? "")
    }
    if blame.bestSynchronous != nil {
      row.append(entry.bestSynchronousGain.map(change) ?? "")
    }
    row.append(change(-entry.idealLoss))
    table.append(row)
  }
  lines += table.lines(style)
  if blame.units.count > 12 {
    lines.append(style.dim("the twelve largest gains of \(Numbers.count(blame.units.count))"))
  }
  if blame.unlistedCount > 0 {
    lines.append(
      style.dim(
        "\(Numbers.count(blame.unlistedCount)) more are not looked at one by one: above 4 096 workers "
          + "only the"))
    lines.append(style.dim("100 slowest and a random 1 000 are"))
  }
  lines.append("")
  var sets = TextTable([
    .text("without the slowest together"), .number("\(noun)s"), .number("minibatch, \(rateName)"),
  ])
  for entry in blame.cumulative.prefix(6) {
    sets.append([
      Labels.cut(entry.dropped.prefix(8).map { Labels.visible($0.text) }.joined(separator: ", ")),
      Numbers.count(entry.unitCount), change(entry.minibatchGain),
    ])
  }
  if !sets.rows.isEmpty { lines += sets.lines(style) }
  lines.append("")
  lines += wrapped(message(blame, noun, change, rateName), width: 80, limit: 4)
  return lines.joined(separator: "\n") + "\n"
}

private func message(
  _ blame: Blame, _ noun: String, _ change: (Double) -> String, _ rateName: String
) -> String {
  if !blame.canTellApart {
    return
      "These workers cannot be told apart: the gains above are what chance makes of equal ones."
  }
  guard let first = blame.units.first, let set = blame.cumulative.first else {
    return "There is one \(noun), and nobody to leave out."
  }
  if set.unitCount > 1, set.minibatchGain > max(0, first.minibatchGain) * 1.03 {
    let labels = set.dropped.prefix(5).map { Labels.visible($0.text) }.joined(separator: ", ")
    let more = set.dropped.count > 5 ? " and \(Numbers.count(set.dropped.count - 5)) more" : ""
    return "Leaving out one \(noun) is not enough: without \(labels)\(more) together minibatch SGD "
      + "makes \(change(set.minibatchGain)) \(rateName)."
  }
  if first.minibatchGain <= 0 {
    return "Minibatch SGD gains from leaving out none of these \(noun)s."
  }
  return "\(noun.capitalisedFirst) \(Labels.visible(first.label)) is to blame for most: without it "
    + "minibatch SGD makes \(change(first.minibatchGain)) \(rateName)."
}
