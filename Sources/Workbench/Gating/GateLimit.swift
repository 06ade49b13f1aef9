import Foundation
import Reports

/// One limit of `gate`: `workers.p99_seconds=0.3` with `--max` or `--min`.
public struct GateLimit: Hashable, Sendable {
  /// Which side of a limit is allowed.
  public enum Bound: String, Hashable, Sendable {
    /// At most the limit.
    case max
    /// At least the limit.
    case min
  }

  /// The key path of a figure of `inspect` or `compare`.
  public var metric: String
  /// Whether the limit is the most or the least.
  public var bound: Bound
  /// The limit, in the unit of the figure; a ratio where there is a baseline.
  public var value: Double

  public init(metric: String, bound: Bound, value: Double) {
    self.metric = metric
    self.bound = bound
    self.value = value
  }

  /// Reads `workers.p99_seconds=0.3`.
  public init(parsing text: String, bound: Bound) throws {
    guard let sign = text.lastIndex(of: "="), sign > text.startIndex else {
      throw Failure(
        .usage,
        "--\(bound.rawValue) \(Labels.visible(text)): write a metric and its limit, as in "
          + "--\(bound.rawValue) speedup.realised=1.2.")
    }
    let number = String(text[text.index(after: sign)...])
    guard let value = Double(number), value.isFinite else {
      throw Failure(
        .usage,
        "--\(bound.rawValue) \(Labels.visible(text)): '\(Labels.visible(number))' is no number. "
          + "Write a limit such as 0.3.")
    }
    self.init(metric: String(text[..<sign]), bound: bound, value: value)
  }

  func holds(_ value: Double) -> Bool {
    bound == .max ? value <= self.value : value >= self.value
  }
}

/// What `gate` found of one limit.
public struct GateCheck: Hashable, Sendable {
  /// What was asked.
  public var limit: GateLimit
  /// The metric, or its ratio to the baseline's; nil where there is none.
  public var value: Double?
  /// Whether the figure keeps to the limit; false for a figure that does not exist.
  public var holds: Bool
  /// Why there is no value.
  public var reason: String?
  /// The metric of the baseline.
  public var baseline: Double?
}

/// The limits of `gate` on one trace.
public struct GateResult: Hashable, Sendable {
  /// One a limit, in the order that they were given.
  public var checks: [GateCheck]
  /// Whether all hold.
  public var holds: Bool { checks.allSatisfy(\.holds) }
  /// Whether the values are ratios to a baseline.
  public var isRelative: Bool
}
