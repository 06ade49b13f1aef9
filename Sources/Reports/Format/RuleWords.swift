import Analysis

/// A stepsize rule with its constant, in the two forms in which we write it.
enum RuleWords {
  /// `rule=adaptive,adaptive-constant=1`, as after `--method async:`.
  static func parameter(rule: String, adaptiveConstant: Double?) -> String {
    "rule=\(rule)" + (adaptiveConstant.map { ",adaptive-constant=\(plain($0))" } ?? "")
  }

  /// `adaptive, c = 1` for such a parameter; nil for another one.
  static func words(_ parameter: String) -> String? {
    guard parameter.hasPrefix("rule=") else { return nil }
    let parts = parameter.dropFirst("rule=".count).split(
      separator: ",adaptive-constant=", maxSplits: 1)
    guard let rule = parts.first else { return nil }
    return String(rule) + (parts.count > 1 ? ", c = " + fraction(String(parts[1])) : "")
  }

  private static func plain(_ value: Double) -> String {
    value == value.rounded() && value.magnitude < 1e15 ? String(Int(value)) : "\(value)"
  }

  /// The fractions that are tuned over are shorter by their own character.
  private static func fraction(_ text: String) -> String {
    switch text {
    case "0.25": "¼"
    case "0.5": "½"
    default: text
    }
  }
}

extension TimeToTarget {
  /// The stepsize rule as a policy's parameter; nil for methods without one.
  package var ruleParameter: String? {
    stepsizeRule.map { RuleWords.parameter(rule: $0, adaptiveConstant: adaptiveConstant) }
  }
}
