import Optimization

/// How the stepsize of a replay is found.
public enum StepsizeChoice: Hashable, Sendable {
  /// γ as it was given.
  case value(Double)
  /// From the grid that is fair to all methods.
  case tuned
  /// What the convex bound asks for.
  case theory

  /// Reads what `--stepsize` takes.
  ///
  /// - Throws: `Failure` with code `usage`.
  public init(parsing text: String) throws {
    switch text {
    case "tuned":
      self = .tuned
      return
    case "theory":
      self = .theory
      return
    default: break
    }
    guard let value = Double(text), value.isFinite, value > 0 else {
      throw Failure(
        .usage,
        "'\(text)' is no stepsize. Write a number above 0, as in --stepsize 0.1, or 'tuned', or 'theory'."
      )
    }
    self = .value(value)
  }
}

/// The options that methods take, as plain flags give them for all methods at once.
public struct MethodOptions: Hashable, Sendable {
  /// Of `async`.
  public var rule: StepsizeRule?
  /// Of `ringmaster`, and of `async` with the rule `drop`.
  public var delayLimit: Int?
  /// c of the rule `adaptive`.
  public var adaptiveConstant: Double?
  /// Of `backup`: gradients that a round waits for.
  public var need: Int?
  /// Of `rennala` and `buffered`: gradients of an update.
  public var collect: Int?
  /// Of `fastest`: workers that it keeps.
  public var workers: Int?
  /// Of `local`: steps that a worker makes in a round.
  public var localSteps: Int?
  /// Of `rennala` and `ringmaster`: whether useless work is stopped.
  public var abort: Bool
  /// D of picky, R of clipped, λ of dc-async and β of momentum: numbers that belong to one method, and
  /// have no plain flag.
  var number: Double?
  /// Of dc-async, without a plain flag too.
  var isAdaptive = false
  /// Nil for tuned.
  public var stepsize: StepsizeChoice?

  public init(
    rule: StepsizeRule? = nil, delayLimit: Int? = nil, adaptiveConstant: Double? = nil,
    need: Int? = nil, collect: Int? = nil, workers: Int? = nil,
    localSteps: Int? = nil, abort: Bool = false, stepsize: StepsizeChoice? = nil
  ) {
    self.rule = rule
    self.delayLimit = delayLimit
    self.adaptiveConstant = adaptiveConstant
    self.need = need
    self.collect = collect
    self.workers = workers
    self.localSteps = localSteps
    self.abort = abort
    self.stepsize = stepsize
  }

  /// The options that are set, by the names that `--method` uses.
  fileprivate var names: [String] {
    let all: [(String, Bool)] = [
      ("rule", rule != nil), ("delay-limit", delayLimit != nil),
      ("adaptive-constant", adaptiveConstant != nil), ("need", need != nil),
      ("collect", collect != nil), ("workers", workers != nil),
      ("local-steps", localSteps != nil), ("abort", abort),
    ]
    return all.filter(\.1).map(\.0)
  }
}

/// One method to replay, as in `--method async:rule=drop,delay-limit=5`.
public struct MethodSpec: Hashable, Sendable {
  /// With its own options.
  public var choice: MethodChoice
  /// How γ is found.
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
    let known = Set(try texts.flatMap { try optionNames(of: methodName($0)) })
    for name in defaults.names where !known.contains(name) {
      throw Failure(
        .usage,
        "--\(name == "rule" ? "stepsize-rule" : name) belongs to none of the methods "
          + "\(texts.joined(separator: ", ")). Leave it out, or name a method that has it.")
    }
    return specs
  }

  private init(parsing text: String, defaults: MethodOptions) throws {
    let name = Self.methodName(text)
    let known = try Self.optionNames(of: name)
    var options = defaults
    var seen: Set<String> = []
    for option in text.dropFirst(name.count + 1).split(separator: ",") {
      let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
      let key = parts[0] == "stepsize-rule" ? "rule" : parts[0]
      guard known.contains(key) else {
        throw Failure(
          .usage,
          "\(name) has no option '\(parts[0])'. It has: \(known.joined(separator: ", ")).")
      }
      guard seen.insert(key).inserted else {
        throw Failure(.usage, "--method \(text) names '\(key)' twice. Keep one.")
      }
      if key == "abort", parts.count == 1 {
        options.abort = true
        continue
      }
      if key == "adaptive", parts.count == 1 {
        options.isAdaptive = true
        continue
      }
      guard parts.count == 2 else {
        throw Failure(.usage, "'\(option)' wants a value, as in --method \(name):\(key)=….")
      }
      try Self.set(key, to: parts[1], in: &options)
    }
    stepsize = options.stepsize ?? .tuned
    choice = try Self.choice(name, options)
  }

  private static func choice(_ name: String, _ options: MethodOptions) throws -> MethodChoice {
    func required(_ value: Int?, _ key: String, _ what: String) throws -> Int {
      guard let value else {
        throw Failure(.usage, "\(name) wants \(what): --method \(name):\(key)=7")
      }
      return value
    }
    func requiredNumber(_ key: String, _ example: Double, _ what: String) throws -> Double {
      guard let number = options.number else {
        throw Failure(.usage, "\(name) wants \(what): --method \(name):\(key)=\(example)")
      }
      return number
    }
    return switch name {
    case "async":
      .async(
        rule: options.rule ?? .constant, delayLimit: options.delayLimit,
        adaptiveConstant: options.adaptiveConstant ?? 4)
    case "backup":
      .backup(need: try required(options.need, "need", "the gradients that a round waits for"))
    case "rennala":
      .rennala(
        collect: try required(options.collect, "collect", "the gradients of an update"),
        abort: options.abort)
    case "ringmaster":
      .ringmaster(
        delayLimit: try required(options.delayLimit, "delay-limit", "the largest delay it applies"),
        abort: options.abort)
    case "buffered":
      .buffered(collect: try required(options.collect, "collect", "the gradients of an update"))
    case "fastest":
      .fastest(workers: try required(options.workers, "workers", "the number of workers it keeps"))
    case "picky":
      .picky(
        distance: try requiredNumber(
          "distance", 0.1, "how far the iterate may have gone since a gradient's was read"))
    case "clipped":
      .clipped(radius: try requiredNumber("radius", 1, "the largest norm of a gradient"))
    case "dc-async":
      .dcAsync(
        lambda: options.number ?? (options.isAdaptive ? 2 : 0.04), adaptive: options.isAdaptive)
    case "momentum": .momentum(beta: options.number ?? 0.9)
    case "local":
      .local(
        steps: try required(
          options.localSteps, "local-steps", "the steps that a worker makes a round"))
    default: .minibatch
    }
  }

  private static func methodName(_ text: String) -> String {
    String(text.prefix { $0 != ":" })
  }

  private static func optionNames(of method: String) throws -> [String] {
    switch method {
    case "minibatch": return ["stepsize"]
    case "async": return ["rule", "delay-limit", "adaptive-constant", "stepsize"]
    case "backup": return ["need", "stepsize"]
    case "rennala": return ["collect", "abort", "stepsize"]
    case "ringmaster": return ["delay-limit", "abort", "stepsize"]
    case "buffered": return ["collect", "stepsize"]
    case "fastest": return ["workers", "stepsize"]
    case "local": return ["local-steps", "stepsize"]
    case "picky": return ["distance", "stepsize"]
    case "clipped": return ["radius", "stepsize"]
    case "dc-async": return ["lambda", "adaptive", "stepsize"]
    case "momentum": return ["beta", "stepsize"]
    default:
      throw Failure(
        .usage,
        "'\(method)' is no method. There are: minibatch, async, backup, rennala, ringmaster, "
          + "buffered, fastest, local, picky, clipped, dc-async, momentum.")
    }
  }

  private static func set(
    _ key: String, to value: String, in options: inout MethodOptions
  ) throws {
    switch key {
    case "rule": options.rule = try rule(value)
    case "delay-limit": options.delayLimit = try count(value, of: key)
    case "need": options.need = try count(value, of: key)
    case "collect": options.collect = try count(value, of: key)
    case "workers": options.workers = try count(value, of: key)
    case "local-steps": options.localSteps = try count(value, of: key)
    case "stepsize": options.stepsize = try StepsizeChoice(parsing: value)
    case "abort":
      guard value == "yes" || value == "no" else {
        throw Failure(.usage, "abort=\(value) is neither yes nor no.")
      }
      options.abort = value == "yes"
    case "adaptive":
      guard value == "yes" || value == "no" else {
        throw Failure(.usage, "adaptive=\(value) is neither yes nor no.")
      }
      options.isAdaptive = value == "yes"
    case "distance", "radius", "lambda", "beta":
      guard let number = Double(value), number >= 0 else {
        throw Failure(
          .usage, "\(key)=\(value) is no number from 0 on. Write one, as in \(key)=0.5.")
      }
      options.number = number
    default:
      guard let constant = Double(value), constant > 0, constant.isFinite else {
        throw Failure(.usage, "\(key)=\(value) is no number above 0. Write one, as in \(key)=4.")
      }
      options.adaptiveConstant = constant
    }
  }

  /// The stepsize rule with this name, or `Failure` with those there are.
  public static func rule(_ text: String) throws -> StepsizeRule {
    guard let rule = StepsizeRule(rawValue: text) else {
      let names = StepsizeRule.allCases.map(\.rawValue).joined(separator: ", ")
      throw Failure(.usage, "'\(text)' is no stepsize rule. There are: \(names).")
    }
    return rule
  }

  private static func count(_ text: String, of option: String) throws -> Int {
    guard let value = Int(text), value >= 1 else {
      throw Failure(
        .usage, "\(option)=\(text) is no whole number from 1 on. Write one, as in \(option)=7.")
    }
    return value
  }
}
