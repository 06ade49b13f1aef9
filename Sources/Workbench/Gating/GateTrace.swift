import Analysis
import Reports

/// Checks limits on the numbers of `inspect` and `compare`.
///
/// - Parameter baseline: makes every limit one of the ratio to the same number of this trace.
/// - Throws: `Failure` for a metric that is none.
public func gateTrace(
  _ opened: OpenedTrace, baseline: OpenedTrace? = nil, limits: [GateLimit],
  _ choices: AnalysisChoices = AnalysisChoices()
) throws -> GateResult {
  let path = try metrics(opened, choices)
  let basePath = try baseline.map { try metrics($0, choices) }
  return GateResult(
    checks: try limits.map { try check($0, path, basePath) }, isRelative: baseline != nil)
}

private func metrics(_ opened: OpenedTrace, _ choices: AnalysisChoices) throws -> MetricPath {
  let inspection = inspectTrace(opened, choices)
  let comparison = try compareTrace(opened, inspection: inspection, choices)
  return MetricPath(results: [
    ("inspect", inspectJSON(inspection)), ("compare", compareJSON(comparison)),
  ])
}

private func check(
  _ limit: GateLimit, _ path: MetricPath, _ baseline: MetricPath?
) throws -> GateCheck {
  func missing(_ reason: String) -> GateCheck {
    GateCheck(limit: limit, holds: false, reason: reason)
  }
  guard case .number(let value) = try path.value(of: limit.metric, bound: limit.bound) else {
    return missing("this trace does not have the number: outpace explain says when")
  }
  guard let baseline else {
    return GateCheck(limit: limit, value: value, holds: limit.holds(value))
  }
  guard case .number(let base) = try baseline.value(of: limit.metric, bound: limit.bound) else {
    return missing("the baseline does not have the number")
  }
  guard base != 0 else {
    return missing("the baseline's number is 0, and nothing is a ratio to it")
  }
  let ratio = value / base
  return GateCheck(limit: limit, value: ratio, holds: limit.holds(ratio), baseline: base)
}

/// The result of `gate` as JSON, keys in the order of the documented contract.
public func gateJSON(_ result: GateResult) -> JSONValue {
  [
    "schema": .string("outpace/gate/1"),
    "holds": .bool(result.holds),
    "checks": .array(
      result.checks.map { check in
        [
          "metric": .string(check.limit.metric),
          "limit": .number(check.limit.value),
          "value": .number(check.value),
          "holds": .bool(check.holds),
          "bound": .string(check.limit.bound.rawValue),
          "baseline": .number(check.baseline),
          "reason": .text(check.reason),
        ]
      }),
  ]
}

/// The result of `gate` for a terminal, a line a limit.
public func gateText(_ result: GateResult, style: TextStyle = .plain) -> String {
  let lines = result.checks.map { check in
    let sign = check.limit.bound == .max ? "≤" : "≥"
    let what = result.isRelative ? "ratio to the baseline" : "limit"
    let value = check.value.map { Numbers.significant($0, digits: 4, trimming: true) } ?? "none"
    let limit = Numbers.significant(check.limit.value, digits: 4, trimming: true)
    return "\(check.holds ? "holds" : "FAILS")  \(Labels.visible(check.limit.metric)): \(value), "
      + "\(what) \(sign) \(limit)" + (check.reason.map { " (\($0))" } ?? "")
  }
  return lines.joined(separator: "\n") + "\n"
}
