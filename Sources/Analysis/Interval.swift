/// A 95% interval of an estimate.
public struct Interval: Hashable, Sendable {
  /// Its lower end.
  public var lower: Double
  /// Its upper end.
  public var upper: Double

  public init(lower: Double, upper: Double) {
    self.lower = lower
    self.upper = upper
  }
}
