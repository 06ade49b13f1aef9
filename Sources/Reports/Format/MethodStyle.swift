import Analysis
import ReplayEngine

/// How a method looks wherever it appears: its words, its colour and its mark.
///
/// Cool colours and squares are synchronous, warm ones and circles asynchronous.
struct MethodStyle: Hashable, Sendable {
  enum Mark: Hashable, Sendable {
    case square
    case circle
  }

  /// Two letters, the stem of the style sheet's classes.
  var key: String
  var mark: Mark
  var isDashed: Bool
  /// `drain 5, minibatch`
  var name: String
  /// The SGR code of its colour on a terminal.
  var ansi: String

  var isSynchronous: Bool { mark == .square }

  /// The name up to its comma: `drain 5`.
  var stem: String { split.stem }

  /// What comes behind the comma: `constant`.
  var detail: String? { split.detail }

  private var split: (stem: String, detail: String?) {
    let long = "rebalanced minibatch"
    if name.hasPrefix(long) { return ("rebalanced", "minibatch" + name.dropFirst(long.count)) }
    guard let comma = name.firstRange(of: ", ") else { return (name, nil) }
    return (String(name[..<comma.lowerBound]), String(name[comma.upperBound...]))
  }

  /// The name without the word that its square repeats: `drain 5`, `rebalanced`.
  var shortName: String {
    switch key {
    case "dr", "rb": stem
    default: name
    }
  }

  /// The name inside a sentence, where commas part other things: `async (constant)`, `drain 5`.
  var phrase: String {
    guard let detail, key != "dr", key != "rb" else { return stem }
    return "\(stem) (\(detail))"
  }

  init(_ policy: Comparison.Policy) {
    self.init(
      policy.name, parameter: policy.parameter, droppedCount: policy.dropped.count)
  }

  init(_ recommendation: Analysis.Verdict.Recommendation) {
    self.init(
      recommendation.policy, parameter: recommendation.parameter,
      droppedCount: recommendation.workers.count)
  }

  init(_ request: ReplayRequest) {
    self.init(
      method: request.method.name, rule: request.method.rule?.rawValue,
      adaptiveConstant: request.method.adaptiveConstant)
  }

  /// A method by its names on the command line.
  init(method: String, rule: String?, adaptiveConstant: Double? = nil, droppedCount: Int = 0) {
    self.init(
      PolicyName(rawValue: method), otherName: method,
      parameter: rule.map { RuleWords.parameter(rule: $0, adaptiveConstant: adaptiveConstant) },
      droppedCount: droppedCount)
  }

  init(_ name: PolicyName?, otherName: String = "", parameter: String?, droppedCount: Int) {
    let parameterText = parameter.map { Labels.visible($0) }
    let suffix =
      parameterText.map {
        ", " + (RuleWords.words($0) ?? Self.plain($0))
      } ?? ""
    isDashed = false
    switch name {
    case .minibatch:
      (key, mark, self.name, ansi) = ("mb", .square, "minibatch" + suffix, "34")
    case .subset:
      // A policy that drains nobody says so; without a parameter the number is not known.
      let number =
        droppedCount > 0
        ? " \(Numbers.count(droppedCount))"
        : parameterText.flatMap { $0.hasPrefix("drop=") ? " \($0.dropFirst(5))" : nil } ?? ""
      (key, mark, self.name, ansi) = ("dr", .square, "drain\(number), minibatch", "36")
    case .rebalanced:
      (key, mark, self.name, ansi) = ("rb", .square, "rebalanced minibatch" + suffix, "32")
    case .backup:
      (key, mark, self.name, ansi) = ("bk", .square, "backup" + suffix, "37")
    case .async:
      (key, mark, self.name, ansi) = ("as", .circle, "async" + suffix, "31")
      if let parameterText, !parameterText.hasPrefix("rule=constant") {
        (key, isDashed, ansi) = ("sc", true, "33")
      }
    case .ringmaster:
      (key, mark, self.name, ansi) = ("ri", .circle, "ringmaster" + suffix, "35")
    case .rennala:
      (key, mark, self.name, ansi) = ("re", .circle, "rennala" + suffix, "35")
    case .buffered:
      (key, mark, self.name, ansi) = ("in", .circle, "buffered" + suffix, "39")
    case nil:
      let stem = otherName.isEmpty ? "unnamed method" : Labels.visible(otherName)
      (key, mark, self.name, ansi) = ("in", .circle, stem + suffix, "39")
    }
  }

  private static func plain(_ parameter: String) -> String {
    var text = parameter
    // The word before a limit says of what, and would not fit into a table.
    if text.hasPrefix("delay-limit=") { text.removeFirst("delay-".count) }
    return text.split(separator: ",").joined(separator: ", ").split(separator: "=")
      .joined(separator: " ")
  }
}

extension Comparison {
  /// The policy that a noise row recommends, with what it drops; nil where none can be told.
  func style(of row: NoiseRow) -> MethodStyle? {
    row.policy.map { name in
      policies.first { $0.name == name && $0.parameter == row.parameter }.map { MethodStyle($0) }
        ?? MethodStyle(name, parameter: row.parameter, droppedCount: 0)
    }
  }
}
