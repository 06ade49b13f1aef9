import Analysis

/// One objective at one noise level, with the tuned times of the methods on it.
public struct NoiseLevel: Sendable {
  /// From no noise up.
  public enum Name: String, Hashable, Sendable, CaseIterable {
    /// Exact gradients.
    case none
    /// The batch whose B_crit is nearest to M.
    case middle
    /// Batches of one sample.
    case high
  }

  /// Which of the three levels.
  public var name: Name
  /// As on the command line.
  public var objective: String
  /// Samples in a batch; 0 for the exact gradient.
  public var batchSize: Int
  /// σ² of one gradient of a batch; nil where it was not estimated.
  public var sigmaSquared: Double?
  /// B_crit/M with B_crit = σ²/ε at the target.
  public var criticalBatchOverWorkers: Double?
  /// The target that is read, as a fraction of the initial distance.
  public var fraction: Double
  /// Empty if the level was left out.
  public var timeToTarget: [TimeToTarget]
  /// Of the rows named `subset`.
  public var droppedCount: Int
  /// Why it was not replayed, as a clause; nil if it was.
  public var exclusion: String?

  public init(
    name: Name, objective: String, batchSize: Int, sigmaSquared: Double?,
    criticalBatchOverWorkers: Double?, fraction: Double, timeToTarget: [TimeToTarget] = [],
    droppedCount: Int = 0, exclusion: String? = nil
  ) {
    self.name = name
    self.objective = objective
    self.batchSize = batchSize
    self.sigmaSquared = sigmaSquared
    self.criticalBatchOverWorkers = criticalBatchOverWorkers
    self.fraction = fraction
    self.timeToTarget = timeToTarget
    self.droppedCount = droppedCount
    self.exclusion = exclusion
  }

  /// The rows of the target that is read, the simplest policy first.
  public var rows: [TimeToTarget] { timeToTarget.filter { $0.fraction == fraction } }

  /// The row that reaches the target first, of equal ones the simplest; nil if none reaches it.
  public var soonest: TimeToTarget? {
    var best: TimeToTarget?
    for row in rows {
      guard let seconds = row.seconds else { continue }
      if seconds < best?.seconds ?? .infinity { best = row }
    }
    return best
  }

  /// `without noise`, `at high noise`
  public var phrase: String {
    switch name {
    case .none: "without noise"
    case .middle: "at middle noise"
    case .high: "at high noise"
    }
  }
}

extension NoiseLevel {
  /// How a row is called inside a sentence: `async (adaptive, c = 1)`, `draining 2 workers`.
  package func phrase(of row: TimeToTarget) -> String { style(of: row).phrase }

  func style(of row: TimeToTarget) -> MethodStyle { MethodStyle(row, droppedCount: droppedCount) }
}

extension MethodStyle {
  /// - Parameter droppedCount: of minibatch on a subset.
  init(_ row: TimeToTarget, droppedCount: Int = 0) {
    self.init(
      method: row.method, rule: row.stepsizeRule, adaptiveConstant: row.adaptiveConstant,
      droppedCount: row.method == PolicyName.subset.rawValue ? droppedCount : 0)
  }
}
