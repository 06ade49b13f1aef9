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
  /// `async, constant`, `drain 5 workers`: a bare number behind "drain" would read as a worker's name.
  var name: String
  /// The SGR code of its colour on a terminal.
  var ansi: String

  var isSynchronous: Bool { mark == .square }

  /// The name up to its comma, or the verb of what is drained: `async`, `drain`.
  var stem: String { split.stem }

  /// What comes behind it: `constant`, `5 workers`.
  var detail: String? { split.detail }

  private var split: (stem: String, detail: String?) {
    let long = "rebalanced minibatch"
    if name.hasPrefix(long) { return ("rebalanced", "minibatch" + name.dropFirst(long.count)) }
    if key == "dr" { return ("drain", String(name.dropFirst("drain ".count))) }
    guard let comma = name.firstRange(of: ", ") else { return (name, nil) }
    return (String(name[..<comma.lowerBound]), String(name[comma.upperBound...]))
  }

  /// The name without the word that its square repeats: `rebalanced`.
  var shortName: String { key == "rb" ? stem : name }

  /// The name beside a bar, where "abort" would not fit behind a limit.
  var chartName: String {
    let suffix = ", abort"
    return shortName.hasSuffix(suffix) ? String(shortName.dropLast(suffix.count)) : shortName
  }

  /// The name inside a sentence, where commas part other things: `async (constant)`,
  /// `draining 5 workers`.
  var phrase: String {
    if key == "dr" { return "draining" + name.dropFirst("drain".count) }
    guard let detail, key != "rb" else { return stem }
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
      let given = parameterText.flatMap { $0.hasPrefix("drop=") ? Int($0.dropFirst(5)) : nil }
      let count = droppedCount > 0 ? droppedCount : given
      let whom =
        switch count {
        case nil: "the slowest"
        case 0?: "nobody"
        case let count?: workersPhrase(count)
        }
      (key, mark, self.name, ansi) = ("dr", .square, "drain \(whom)", "36")
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
    return text.split(separator: ",").map { part in
      part.split(separator: "=").map { Int($0).map(Numbers.count) ?? String($0) }
        .joined(separator: " ")
    }.joined(separator: ", ")
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
