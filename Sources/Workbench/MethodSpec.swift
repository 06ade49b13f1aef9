import Optimization

/// How the stepsize of a replay is found.
public enum StepsizeChoice: Hashable, Sendable {
  case value(Double)
  /// From the grid that is fair to all methods.
  case tuned

  public init(parsing text: String) throws {
    if text == "tuned" {
      self = .tuned
      return
    }
    guard let value = Double(text), value.isFinite, value > 0 else {
      throw Failure(
        .usage, "'\(text)' is no stepsize. Write a number above 0, as in --stepsize 0.1, or 'tuned'.")
    }
    self = .value(value)
  }
}

/// The options that methods take, as plain flags give them for all methods at once.
public struct MethodOptions: Hashable, Sendable {
  public var rule: StepsizeRule?
  public var delayLimit: Int?
  public var adaptiveConstant: Double?
  public var need: Int?
  public var stepsize: StepsizeChoice?

  public init(
    rule: StepsizeRule? = nil, delayLimit: Int? = nil, adaptiveConstant: Double? = nil,
    need: Int? = nil, stepsize: StepsizeChoice? = nil
  ) {
    self.rule = rule
    self.delayLimit = delayLimit
    self.adaptiveConstant = adaptiveConstant
    self.need = need
    self.stepsize = stepsize
  }
}

/// One method to replay, as in `--method async:rule=drop,delay-limit=5`.
public struct MethodSpec: Hashable, Sendable {
  public var choice: MethodChoice
  public var stepsize: StepsizeChoice

  public init(choice: MethodChoice, stepsize: StepsizeChoice = .tuned) {
    self.choice = choice
    self.stepsize = stepsize
  }

  /// Reads `--method` values with the plain flags as defaults of all of them.
  ///
  /// - Throws: `Failure` with code `usage` for an unknown method or option, an impossible number,
  ///   and a plain flag that none of the methods knows.
  public static func parse(_ texts: [String], defaults: MethodOptions) throws -> [MethodSpec] {
    let specs = try texts.map { try MethodSpec(parsing: $0, defaults: defaults) }
    let known = Set(specs.flatMap { optionNames(of: $0.choice) })
    for (flag, isSet) in plainFlags(defaults) where isSet && !known.contains(flag) {
      throw Failure(
        .usage,
        "--\(flag == "rule" ? "stepsize-rule" : flag) belongs to none of the methods "
          + "\(texts.joined(separator: ", ")).")
    }
    return specs
  }

  private init(parsing text: String, defaults: MethodOptions) throws {
    let parts = text.split(separator: ":", maxSplits: 1)
    guard let name = parts.first.map(String.init) else {
      throw Failure(.usage, "--method wants a name. \(Self.list)")
    }
    var options = defaults
    for option in parts.count > 1 ? parts[1].split(separator: ",") : [] {
      try Self.read(option, of: name, into: &options)
    }
    stepsize = options.stepsize ?? .tuned
    switch name {
    case "minibatch":
      choice = .minibatch
    case "async":
      choice = .async(
        rule: options.rule ?? .constant, delayLimit: options.delayLimit,
        adaptiveConstant: options.adaptiveConstant ?? 4)
    case "backup":
      guard let need = options.need else {
        throw Failure(.usage, "backup wants the gradients it waits for: --method backup:need=7")
      }
      choice = .backup(need: need)
    default:
      throw Failure(.usage, "'\(name)' is no method. \(Self.list)")
    }
    let names = Self.optionNames(of: choice)
    for option in parts.count > 1 ? parts[1].split(separator: ",") : [] {
      let key = String(option.split(separator: "=")[0])
      guard names.contains(key) else {
        throw Failure(
          .usage, "\(name) has no option '\(key)'. It has: \(names.joined(separator: ", ")).")
      }
    }
  }

  private static let list = "There are: minibatch, async, backup."

  private static func optionNames(of choice: MethodChoice) -> [String] {
    switch choice {
    case .minibatch: ["stepsize"]
    case .async: ["rule", "delay-limit", "adaptive-constant", "stepsize"]
    case .backup: ["need", "stepsize"]
    }
  }

  private static func plainFlags(_ options: MethodOptions) -> [(String, Bool)] {
    [
      ("rule", options.rule != nil), ("delay-limit", options.delayLimit != nil),
      ("adaptive-constant", options.adaptiveConstant != nil), ("need", options.need != nil),
    ]
  }

  private static func read(
    _ option: Substring, of method: String, into options: inout MethodOptions
  ) throws {
    let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2 else {
      throw Failure(.usage, "'\(option)' wants a value, as in --method \(method):key=value.")
    }
    let value = parts[1]
    switch parts[0] {
    case "rule", "stepsize-rule":
      options.rule = try rule(value)
    case "delay-limit":
      options.delayLimit = try count(value, of: parts[0])
    case "need":
      options.need = try count(value, of: parts[0])
    case "adaptive-constant":
      guard let constant = Double(value), constant > 0, constant.isFinite else {
        throw Failure(.usage, "adaptive-constant=\(value) is no number above 0.")
      }
      options.adaptiveConstant = constant
    case "stepsize":
      options.stepsize = try StepsizeChoice(parsing: value)
    default:
      throw Failure(
        .usage,
        "'\(parts[0])' is no option of a method. There are: rule, delay-limit, adaptive-constant, "
          + "need, stepsize.")
    }
  }

  public static func rule(_ text: String) throws -> StepsizeRule {
    guard let rule = StepsizeRule(rawValue: text) else {
      let names = StepsizeRule.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(.usage, "'\(text)' is no stepsize rule. There are: \(names).")
    }
    return rule
  }

  private static func count(_ text: String, of option: String) throws -> Int {
    guard let value = Int(text), value >= 1 else {
      throw Failure(.usage, "\(option)=\(text) is no whole number from 1 on.")
    }
    return value
  }
}
