import Optimization
import ReplayEngine

extension MethodChoice {
  /// As `--method` takes it.
  public var text: String {
    switch self {
    case .minibatch: "minibatch"
    case .async(let rule, let delayLimit, let constant):
      "async:rule=\(rule.rawValue)"
        + (rule == .drop ? delayLimit.map { ",delay-limit=\($0)" } ?? "" : "")
        + (rule == .adaptive ? ",adaptive-constant=\(constant)" : "")
    case .backup(let need): "backup:need=\(need)"
    case .rennala(let collect, let abort): "rennala:collect=\(collect)" + (abort ? ",abort" : "")
    case .ringmaster(let limit, let abort):
      "ringmaster:delay-limit=\(limit)" + (abort ? ",abort" : "")
    case .buffered(let collect): "buffered:collect=\(collect)"
    case .fastest(let workers): "fastest:workers=\(workers)"
    case .local(let steps): "local:local-steps=\(steps)"
    case .picky(let distance): "picky:distance=\(distance)"
    case .clipped(let radius): "clipped:radius=\(radius)"
    case .dcAsync(let lambda, let adaptive):
      "dc-async:lambda=\(lambda)" + (adaptive ? ",adaptive" : "")
    case .momentum(let beta): "momentum:beta=\(beta)"
    }
  }
}

extension TurnaroundPolicy {
  /// As `--turnaround` takes it.
  public var text: String {
    switch self {
    case .recorded: "recorded"
    case .none: "none"
    case .fixed(let ns): "\(ns)ns"
    }
  }

  /// Reads what `--turnaround` takes; a time of 0 is `none`.
  ///
  /// - Throws: `Failure` with code `usage`.
  public init(parsing text: String) throws {
    switch text {
    case "recorded": self = .recorded
    case "none": self = .none
    default:
      guard let ns = try? TimeText.nanoseconds(text) else {
        throw Failure(
          .usage, "--turnaround \(text): write recorded, none, or a time with its unit, as in 2ms.")
      }
      self = ns == 0 ? .none : .fixed(ns: ns)
    }
  }
}

/// The objective of replays where none is named: a generated logistic regression.
public let defaultObjective = ObjectiveSpec.builtIn.description

extension ReplayJob {
  /// Sets `atEnd` from `repeat` or `stop`.
  public mutating func setAtEnd(_ text: String) throws {
    atEnd = try choice(AtEnd.self, text, "--at-end")
  }

  /// Sets `timing` from `sequence`, `clock` or `recorded`.
  public mutating func setTiming(_ text: String) throws {
    timing = try choice(Timing.self, text, "--timing")
  }

  /// Sets `timing` from `--order recorded`.
  ///
  /// What was recorded is one job's doing, so that there is one method and nothing to tune.
  public mutating func setOrder(_ text: String) throws {
    guard text == "recorded" else {
      throw Failure(.usage, "--order \(text): write recorded, or leave it out.")
    }
    guard timing != .clock else {
      throw Failure(.usage, "--order recorded and --timing clock: choose one of them.")
    }
    timing = .recorded
  }

  /// Sets `sampling` from `seeded` or `recorded`.
  public mutating func setSampling(_ text: String) throws {
    sampling = try choice(Sampling.self, text, "--sampling")
  }

  /// Sets `handout` from `after` or `before`.
  public mutating func setHandout(_ text: String) throws {
    handout = try choice(Handout.self, text, "--handout")
  }
}

private func choice<Choice: RawRepresentable & CaseIterable>(
  _ type: Choice.Type, _ text: String, _ option: String
) throws -> Choice where Choice.RawValue == String {
  guard let choice = Choice(rawValue: text) else {
    let names = Choice.allCases.map(\.rawValue).joined(separator: " or ")
    throw Failure(.usage, "\(option) \(text): write \(names).")
  }
  return choice
}
