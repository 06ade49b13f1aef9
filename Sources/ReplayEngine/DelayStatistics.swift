/// How often each delay τ (1 = fresh) occurred, overall or for one worker.
public struct DelayHistogram: Hashable, Sendable {
  /// Ascending by delay, counts above 0.
  public var bins: [Bin]

  /// How often one delay occurred.
  public struct Bin: Hashable, Sendable {
    /// In updates, 1 is fresh.
    public var delay: Int
    /// Gradients with this delay.
    public var count: Int

    public init(delay: Int, count: Int) {
      self.delay = delay
      self.count = count
    }
  }

  public init(bins: [Bin] = []) {
    self.bins = bins
  }

  /// Gradients in all bins.
  public var count: Int { bins.reduce(0) { $0 + $1.count } }

  /// Σ τ
  public var sum: Int { bins.reduce(0) { $0 + $1.delay * $1.count } }

  /// The largest delay; nil without gradients.
  public var max: Int? { bins.last?.delay }

  /// Mean delay; nil without gradients.
  public var mean: Double? { count == 0 ? nil : Double(sum) / Double(count) }

  /// The quantile of type 7 (linear between order statistics), nil if empty.
  public func quantile(_ probability: Double) -> Double? {
    let total = count
    guard total > 0 else { return nil }
    let position = probability * Double(total - 1)
    let lower = Int(position.rounded(.down))
    let upper = Swift.min(lower + 1, total - 1)
    let low = Double(orderStatistic(lower))
    let high = Double(orderStatistic(upper))
    return low + (position - Double(lower)) * (high - low)
  }

  /// The share of delays above `limit`, nil if empty.
  public func shareAbove(_ limit: Int) -> Double? {
    let total = count
    guard total > 0 else { return nil }
    let above = bins.reduce(0) { $1.delay > limit ? $0 + $1.count : $0 }
    return Double(above) / Double(total)
  }

  private func orderStatistic(_ index: Int) -> Int {
    var seen = 0
    for bin in bins {
      seen += bin.count
      if index < seen { return bin.delay }
    }
    return bins.last?.delay ?? 0
  }
}

/// The delays of the gradients that a replay applied.
public struct DelayStatistics: Hashable, Sendable {
  /// Of all workers.
  public var overall: DelayHistogram
  /// In order of worker index.
  public var perWorker: [DelayHistogram]
  /// Whether Σ τ + Σ (K − last(m)) = M K holds (D2), or D2' for `--handout before`; nil where
  /// neither applies.
  public var identityHolds: Bool?

  public init(overall: DelayHistogram, perWorker: [DelayHistogram], identityHolds: Bool?) {
    self.overall = overall
    self.perWorker = perWorker
    self.identityHolds = identityHolds
  }
}
