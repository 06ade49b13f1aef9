/// How far a time to a target can be trusted.
public struct TimeSpread: Hashable, Sendable {
  /// From so many seeds on there is an interval, below the range.
  public static let fewestResampled = 8

  /// From 8 seeds on the lower end of 95% over resampled seeds (or traces), below that the time of the
  /// soonest seed; nil where it cannot be told.
  public var lowerSeconds: Double?
  /// The other end; nil where a resample, or a seed, does not reach the target.
  public var upperSeconds: Double?
  /// The seeds behind the time.
  public var seedCount: Int

  public init(lowerSeconds: Double?, upperSeconds: Double?, seedCount: Int) {
    self.lowerSeconds = lowerSeconds
    self.upperSeconds = upperSeconds
    self.seedCount = seedCount
  }

  /// That of a time that was read; nil where the target is not reached, which has no spread.
  public init?(_ row: TimeToTarget) {
    guard row.seconds != nil else { return nil }
    self.init(
      lowerSeconds: row.lowerSeconds, upperSeconds: row.upperSeconds, seedCount: row.seeds.count)
  }
}
