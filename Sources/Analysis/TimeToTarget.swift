/// When the loss of a method reaches a target for good.
public struct TimeToTarget: Hashable, Sendable {
  /// The loss to reach.
  public var target: Double
  /// As a fraction of the initial distance f(x_0) − f*.
  public var fraction: Double
  /// The method's name, as `async`.
  public var method: String
  /// Nil for methods without one.
  public var stepsizeRule: String?
  /// γ
  public var stepsize: Double
  /// nil if not reached within the horizon.
  public var seconds: Double?
  /// 95% over resampled seeds.
  public var lowerSeconds: Double?
  /// Its upper end; nil where a resample may miss the target.
  public var upperSeconds: Double?
  /// Whether the mean over the seeds stays at or below the target.
  public var reached: Bool
  /// Of the runs behind it.
  public var seeds: [UInt64]

  public init(
    target: Double, fraction: Double, method: String, stepsizeRule: String?, stepsize: Double,
    seconds: Double?, lowerSeconds: Double?, upperSeconds: Double?, reached: Bool, seeds: [UInt64]
  ) {
    self.target = target
    self.fraction = fraction
    self.method = method
    self.stepsizeRule = stepsizeRule
    self.stepsize = stepsize
    self.seconds = seconds
    self.lowerSeconds = lowerSeconds
    self.upperSeconds = upperSeconds
    self.reached = reached
    self.seeds = seeds
  }
}
