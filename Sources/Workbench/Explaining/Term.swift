/// A word, number or option that is printed or taken somewhere, with what it means.
public struct Term: Hashable, Sendable {
  /// What kind of thing is explained.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// A word that figures and texts use.
    case notion
    /// Something in a result.
    case figure
    /// Something on the command line.
    case option
    /// Something that traces are read from.
    case format
    /// Something dubious in a trace, by its code.
    case issue
    /// A way to use workers.
    case policy
  }

  /// As results and command lines write it.
  public var name: String
  /// What it is.
  public var kind: Kind
  /// One paragraph.
  public var definition: String
  /// The formula behind a figure.
  public var formula: String?
  /// Of a figure.
  public var unit: String?
  /// Where it stands in JSON, as `inspect.speedup.realised`: the command, then the keys down to it.
  /// Items of a list have no key of their own. `history` is the file of `replay --history`.
  public var keys: [String]
  /// What the definition is after.
  public var source: String?
  /// Other words for it.
  public var aliases: [String]

  init(
    _ name: String, _ kind: Kind, _ definition: String, formula: String? = nil,
    unit: String? = nil, keys: [String] = [], source: String? = nil, aliases: [String] = []
  ) {
    self.name = name
    self.kind = kind
    self.definition = definition
    self.formula = formula
    self.unit = unit
    self.keys = keys
    self.source = source
    self.aliases = aliases
  }

  /// As people write it: options with their dashes.
  public var shownName: String { kind == .option ? "--\(name)" : name }
}

extension Term {
  /// Every term, topic by topic.
  public static let all: [Term] =
    traceTerms + speedupTerms + policyTerms + repairTerms + replayTerms + tuningTerms + delayTerms
    + forecastTerms + theoryTerms + formatTerms + issueTerms + optionTerms

  /// The keys of a member of a trace, wherever traces are shown.
  static func traceKeys(_ member: String) -> [String] {
    ["import.traces", "list.traces", "inspect.trace", "replay.trace"].map { "\($0).\(member)" }
  }

  static let talk = "Mishchenko, Bach, Even, Woodworth, NeurIPS 2022"
}
