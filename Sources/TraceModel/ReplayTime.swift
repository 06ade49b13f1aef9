/// A moment or a span of time in whole nanoseconds.
///
/// Time is never a floating number: two machines must agree on the order of every pair of arrivals,
/// and at epoch microseconds a `Double` already has a grid of a quarter of a microsecond.
public struct ReplayTime: Hashable, Sendable, Comparable {
  /// From the trace's first start, or a span.
  public var nanoseconds: Int64

  public init(nanoseconds: Int64) {
    self.nanoseconds = nanoseconds
  }

  /// The trace's first start.
  public static let zero = ReplayTime(nanoseconds: 0)

  /// The same time in seconds, for people and for JSON; never fed back into a replay.
  public var seconds: Double { Double(nanoseconds) / 1e9 }

  public static func < (lhs: Self, rhs: Self) -> Bool { lhs.nanoseconds < rhs.nanoseconds }

  /// A span added to a moment; traps beyond 292 years.
  public static func + (lhs: Self, rhs: Self) -> Self {
    ReplayTime(nanoseconds: lhs.nanoseconds + rhs.nanoseconds)
  }
}

/// What one second of a trace means.
public enum TimeUnit: String, Hashable, Sendable, CaseIterable {
  /// Physical time.
  case seconds = "s"
  /// The trace has no physical time: one unit is stored as one second, and reports say "units".
  case relative
}
