/// How the best stepsize of a grid lies among its neighbours.
public enum StepsizePlace: String, Hashable, Sendable, CaseIterable {
  /// A worse neighbour on each side.
  case interior
  /// Its larger neighbour diverges, which is normal without noise.
  case stabilityLimit = "stability-limit"
  /// The grid ended there: a better one may lie beyond.
  case gridEdge = "grid-edge"
}

/// What tuning learned of one method: every stepsize that was tried, and the best for each target.
///
/// Stepsizes are compared as *weight per gradient*: γ of a method that averages b gradients in an
/// update gives each of them γ/b. In units of 1/(LM) the grid is the same for all methods, and at
/// equal weights they move equally far for equally many gradients.
public struct StepsizeScan: Hashable, Sendable {
  /// One stepsize of the grid.
  public struct Point: Hashable, Sendable {
    /// γ
    public var stepsize: Double
    /// γ/b in units of 1/(LM).
    public var weight: Double
    /// When each target is reached, in the order of `targets`; nil if it is not.
    public var seconds: [Double?]
    /// The mean over the seeds of f − f* at the horizon; infinite if one of them diverged.
    public var finalGap: Double
    /// Whether one of the seeds diverged.
    public var hasDiverged: Bool

    public init(
      stepsize: Double, weight: Double, seconds: [Double?], finalGap: Double, hasDiverged: Bool
    ) {
      self.stepsize = stepsize
      self.weight = weight
      self.seconds = seconds
      self.finalGap = finalGap
      self.hasDiverged = hasDiverged
    }
  }

  /// The best stepsize for one target.
  public struct Winner: Hashable, Sendable {
    /// γ
    public var stepsize: Double
    /// γ/b in units of 1/(LM).
    public var weight: Double
    /// How it lies in the grid.
    public var place: StepsizePlace

    public init(stepsize: Double, weight: Double, place: StepsizePlace) {
      self.stepsize = stepsize
      self.weight = weight
      self.place = place
    }
  }

  /// As `TimeToTarget` names it: `subset` is minibatch on fewer workers.
  public var method: String
  /// The rule of asynchronous SGD; nil for other methods.
  public var stepsizeRule: String?
  /// c of the rule `adaptive`.
  public var adaptiveConstant: Double?
  /// Workers that it leaves out; M in the unit of weight is that of the others.
  public var droppedCount: Int
  /// b
  public var gradientsPerUpdate: Int
  /// L, nil where the objective has none: the unit of weight is then 1/M.
  public var smoothness: Double?
  /// How many seeds each stepsize was run with.
  public var seedCount: Int
  /// At so many instants the runs were looked at: times are no finer.
  public var instantCount: Int
  /// The losses to reach; empty where there was nothing to reach, and the loss at the end counted.
  public var targets: [Double]
  /// By rising stepsize.
  public var points: [Point]
  /// One a target, in their order; one where there are no targets.
  public var winners: [Winner]

  public init(
    method: String, stepsizeRule: String?, adaptiveConstant: Double?, droppedCount: Int = 0,
    gradientsPerUpdate: Int, smoothness: Double?, seedCount: Int, instantCount: Int,
    targets: [Double], points: [Point], winners: [Winner]
  ) {
    self.method = method
    self.stepsizeRule = stepsizeRule
    self.adaptiveConstant = adaptiveConstant
    self.droppedCount = droppedCount
    self.gradientsPerUpdate = gradientsPerUpdate
    self.smoothness = smoothness
    self.seedCount = seedCount
    self.instantCount = instantCount
    self.targets = targets
    self.points = points
    self.winners = winners
  }
}
