import Analysis
import TraceModel

/// Two traces side by side: what is in them, what each policy makes of them, and the change.
///
/// - Parameters:
///   - names: what stands above the columns; nil for the names of the traces.
///   - hasSentences: ends with the sentence of each verdict.
public func sideBySideText(
  _ before: ComparedTrace, _ after: ComparedTrace, names: (String, String)? = nil,
  style: TextStyle = .plain, hasSentences: Bool = true
) -> String {
  let titles =
    names ?? (before.inspection.trace.name, after.inspection.trace.name)
  func title(_ name: String) -> String { Labels.cut(Labels.visible(name), to: 20) }
  var table = TextTable([
    .text(""), .number(title(titles.0)), .number(title(titles.1)), .number("change"),
  ])
  for row in figures(before.inspection, after.inspection) { table.append(row.cells) }
  var lines = table.lines(style)
  lines.append("")
  lines += policyTable(before, after, titles: (title(titles.0), title(titles.1))).lines(style)
  lines.append(
    style.dim("in brackets the count ratio: applied gradients to minibatch at equal time"))
  for (name, entry) in [(titles.0, before), (titles.1, after)] where hasSentences {
    lines.append("")
    lines.append(style.bold(fitted(Labels.visible(name), to: 78)))
    lines += wrapped(Labels.visible(entry.comparison.verdict.sentence), width: 80, limit: 4)
  }
  return lines.joined(separator: "\n") + "\n"
}

/// One figure of both traces.
private struct FigureRow {
  var name: String
  var before: Double?
  var after: Double?
  var text: (Double) -> String

  var cells: [String] {
    let change: String
    if let before, let after, before != 0, before.isFinite, after.isFinite {
      let share = after / before - 1
      change = abs(share) < 5e-4 ? "" : Numbers.change(share)
    } else {
      change = ""
    }
    return [name, before.map(text) ?? "none", after.map(text) ?? "none", change]
  }
}

private func figures(_ before: Inspection, _ after: Inspection) -> [FigureRow] {
  func count(_ value: Double) -> String { Numbers.count(Int(value)) }
  func slowest(_ inspection: Inspection) -> Double? {
    inspection.workers.map(\.meanSeconds).max()
  }
  func fastest(_ inspection: Inspection) -> Double? {
    inspection.workers.map(\.meanSeconds).min()
  }
  let units = (before.trace.unit, after.trace.unit)
  let areSame = units.0 == units.1
  let largest = max(slowest(before) ?? 0, slowest(after) ?? 0)
  let scale = TimeScale(for: largest, unit: units.0)
  func figure(
    _ name: String, _ text: @escaping (Double) -> String, _ value: (Inspection) -> Double?
  ) -> FigureRow {
    FigureRow(name: name, before: value(before), after: value(after), text: text)
  }
  var rows = [
    figure("workers", count) { Double($0.trace.workerCount) },
    figure("gradients", count) { Double($0.trace.gradientCount) },
  ]
  if areSame {
    rows += [
      figure("mean time of the fastest, \(scale.name)", scale.number, fastest),
      figure("mean time of the slowest, \(scale.name)", scale.number, slowest),
      figure("mean turnaround, \(scale.name)", scale.number) { $0.turnaround?.meanSeconds },
    ]
  }
  rows += [
    figure("formula (1/M) Σ s_max/s_m", Numbers.ratio) { $0.speedup.formulaMean },
    figure("realised count ratio", Numbers.ratio) { $0.speedup.realised },
    figure("the same with turnaround", Numbers.ratio) { $0.speedup.withTurnaround },
    figure("delay of the slowest", { Numbers.significant($0) }) { $0.delayEstimate },
    figure("waiting of a synchronous run", Numbers.percent) { $0.synchronousWaste },
  ]
  return rows
}

private func policyTable(
  _ before: ComparedTrace, _ after: ComparedTrace, titles: (String, String)
) -> TextTable {
  let unit = before.inspection.trace.unit
  var table = TextTable([
    .text("grad/\(TimeScale.rateName(unit))"), .number(titles.0), .number(titles.1),
    .number("change"),
  ])
  func cell(_ policy: Comparison.Policy?) -> String {
    guard let policy else { return "none" }
    let rate = Numbers.significant(TimeScale.rate(policy.gradientsPerSecond, unit))
    return "\(rate) (\(Numbers.ratio(policy.countRatio)))"
  }
  for name in PolicyName.allCases {
    let left = before.comparison.policies.first { $0.name == name }
    let right = after.comparison.policies.first { $0.name == name }
    guard let shown = left ?? right else { continue }
    let areSame = before.inspection.trace.unit == after.inspection.trace.unit
    var change = ""
    if areSame, let left, let right, left.gradientsPerSecond > 0 {
      let share = right.gradientsPerSecond / left.gradientsPerSecond - 1
      change = abs(share) < 5e-4 ? "" : Numbers.change(share)
    }
    table.append(
      [name.rawValue, cell(left), cell(right), change], method: MethodStyle(shown))
  }
  return table
}
