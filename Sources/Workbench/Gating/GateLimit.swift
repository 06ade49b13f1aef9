import Foundation
import Reports

/// One limit of `gate`: `workers.p99_seconds=0.3` with `--max` or `--min`.
public struct GateLimit: Hashable, Sendable {
  public enum Bound: String, Hashable, Sendable {
    case max
    case min
  }

  public var metric: String
  public var bound: Bound
  public var value: Double

  public init(metric: String, bound: Bound, value: Double) {
    self.metric = metric
    self.bound = bound
    self.value = value
  }

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
  public var limit: GateLimit
  /// The metric, or its ratio to the baseline's; nil where there is none.
  public var value: Double?
  public var holds: Bool
  /// Why there is no value.
  public var reason: String?
  /// The metric of the baseline.
  public var baseline: Double?
}

/// The limits of `gate` on one trace.
public struct GateResult: Hashable, Sendable {
  public var checks: [GateCheck]
  public var holds: Bool { checks.allSatisfy(\.holds) }
  /// Whether the values are ratios to a baseline.
  public var isRelative: Bool
}
