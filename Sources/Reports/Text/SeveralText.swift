import Analysis
import TraceModel

/// A trace's name above its part of a result on several.
public func traceHeading(_ name: String, style: TextStyle = .plain) -> String {
  style.bold(fitted(Labels.visible(name), to: 78)) + "\n"
}

/// What `compare` found on one of its traces.
public struct ComparedTrace: Sendable {
  /// What durations alone say of it.
  public var inspection: Inspection
  /// Its policies and verdict.
  public var comparison: Comparison

  public init(inspection: Inspection, comparison: Comparison) {
    self.inspection = inspection
    self.comparison = comparison
  }
}

/// The policies and the verdict of each trace; two stand side by side with the change, as before and
/// after a repair, more under their names, and a last line sets their verdicts side by side.
public func compareText(_ compared: [ComparedTrace], style: TextStyle = .plain) -> String {
  if compared.count == 2 {
    let cards = compared.map { entry in
      traceHeading(entry.inspection.trace.name, style: style)
        + verdictText(entry.comparison, unit: entry.inspection.trace.unit, style: style)
    }
    return sideBySideText(compared[0], compared[1], style: style, hasSentences: false) + "\n"
      + cards.joined(separator: "\n") + "\n" + verdictsLine(compared)
  }
  let parts = compared.map { entry in
    let unit = entry.inspection.trace.unit
    return (compared.count > 1 ? traceHeading(entry.inspection.trace.name, style: style) : "")
      + compareText(entry.comparison, unit: unit, style: style) + "\n"
      + verdictText(entry.comparison, unit: unit, style: style)
  }
  guard parts.count > 1 else { return parts.joined() }
  return parts.joined(separator: "\n") + "\n" + verdictsLine(compared)
}

/// Each trace with its formula, the count ratio of asynchronous SGD and what is recommended.
private func verdictsLine(_ compared: [ComparedTrace]) -> String {
  let parts = compared.map { entry in
    let policies = entry.comparison.policies
    let ratio = policies.first { $0.name == .async }.map { Numbers.ratio($0.countRatio) }
    let recommended = entry.comparison.verdict.recommendation.map { MethodStyle($0).phrase }
    return Labels.cut(Labels.visible(entry.inspection.trace.name))
      + ": formula \(Numbers.ratio(entry.inspection.speedup.formulaMean)), "
      + "async \(ratio ?? "unknown") by count, \(recommended ?? "no recommendation")"
  }
  return parts.joined(separator: " | ") + "\n"
}
