import ReplayEngine

/// What a set of tuned runs was to reach, and until when.
public struct TargetReading: Hashable, Sendable {
  /// f*, or what stands for it.
  public var optimum: Double
  /// f(x_0) − `optimum`, above 0.
  public var initialDistance: Double
  /// Until when, in nanoseconds of the replay.
  public var horizonNs: Int64
  /// Of the initial distance.
  public var fraction: Double
  /// The common instants at which all runs were evaluated.
  public var instantCount: Int

  public init(
    optimum: Double, initialDistance: Double, horizonNs: Int64, fraction: Double,
    instantCount: Int = 400
  ) {
    self.optimum = optimum
    self.initialDistance = initialDistance
    self.horizonNs = horizonNs
    self.fraction = fraction
    self.instantCount = instantCount
  }

  /// When the mean curve of some runs reaches the target for good; nil if it does not.
  public func seconds(_ runs: [Run]) -> Double? {
    timesToTarget(
      runs, optimum: optimum, initialDistance: initialDistance, horizonNs: horizonNs,
      fractions: [fraction], instantCount: instantCount, resampleCount: 0
    ).first?.seconds
  }

  /// The same as a row, with an interval that is known.
  public func time(_ runs: [Run], _ spread: TimeSpread?) -> TimeToTarget? {
    var row = timesToTarget(
      runs, optimum: optimum, initialDistance: initialDistance, horizonNs: horizonNs,
      fractions: [fraction], instantCount: instantCount, resampleCount: 0
    ).first
    row?.lowerSeconds = spread?.lowerSeconds
    row?.upperSeconds = spread?.upperSeconds
    return row
  }

  private func instant(_ place: Int) -> Int64 {
    let (high, low) = horizonNs.multipliedFullWidth(by: Int64(place))
    return Int64(instantCount - 1).dividingFullWidth((high, low)).quotient
  }

  /// f − f* of the first runs at the common instants: those of the first instant, then of the next.
  func distances(_ runs: [Run], count: Int) -> [Double] {
    let instants = (0..<instantCount).map(instant)
    let curves = runs.prefix(count).map { curve($0, at: instants, optimum: optimum) }
    return instants.indices.flatMap { instant in curves.map { $0[instant] } }
  }

  /// ``seconds(_:)`` of some of the runs, with repetitions, from their ``distances(_:count:)``.
  ///
  /// Means are taken only up to the instant that tells: this is repeated for every resample.
  func seconds(_ distances: [Double], of chosen: [Int]) -> Double? {
    let runCount = distances.count / instantCount
    let limit = fraction * initialDistance
    let stay = (instantCount - 1 + 19) / 20
    var since: Int?
    for instant in 0..<instantCount {
      var sum = 0.0
      for run in chosen { sum += distances[instant * runCount + run] }
      guard sum / Double(chosen.count) <= limit else {
        since = nil
        continue
      }
      let start = since ?? instant
      since = start
      if instant - start >= stay { return Double(self.instant(start)) / 1e9 }
    }
    return nil
  }
}

/// The times to a target of several policies, and how far their ratios can be trusted.
///
/// Policies share their seeds, and with them the batches that a gradient of the same number draws, so
/// that the seeds are resampled for all of them at once: what a seed does to both sides of a ratio is no
/// doubt about it. The same holds for resampled traces.
public struct TimeRatios: Sendable {
  /// Of each policy; nil where the target is not reached.
  public let seconds: [Double?]
  /// [resample][policy], infinite where the target is not reached.
  private let resampled: [[Double]]
  private let blockCount: Int

  /// Resamples the seeds.
  ///
  /// - Parameters:
  ///   - runs: of each policy, tuned, one a seed; all with the same seeds.
  ///   - seconds: what they reach; there may be more policies here, which were not replayed.
  public init(
    _ runs: [[Run]], _ reading: TargetReading, seconds: [Double?], seed: UInt64,
    resampleCount: Int = 200
  ) {
    self.seconds = seconds
    let seedCount = runs.map(\.count).min() ?? 0
    blockCount = seedCount
    let distances = runs.map { reading.distances($0, count: seedCount) }
    resampled = (0..<resampleCount).map { repetition in
      var draws = Draws(
        seed: seed, purpose: .seeds, repetition: repetition, owner: Draws.everybody)
      let chosen = (0..<seedCount).map { _ in draws.index(below: seedCount) }
      return distances.map { reading.seconds($0, of: chosen) ?? .infinity }
    }
  }

  /// Takes the times on resampled traces as they are.
  ///
  /// - Parameter resampled: [trace][policy], nil where the target is not reached.
  public init(seconds: [Double?], onResampledTraces resampled: [[Double?]], blockCount: Int) {
    self.seconds = seconds
    self.resampled = resampled.map { $0.map { $0 ?? .infinity } }
    self.blockCount = blockCount
  }

  /// The interval of the time of one policy; nil where it cannot be told.
  public func interval(of place: Int) -> Interval? {
    guard let time = seconds[place] else { return nil }
    return basicInterval(
      estimate: time, center: time, resampled: resampled.map { $0[place] }, floor: 0,
      blockCount: blockCount)
  }

  /// The interval of the time of one policy over that of another; nil where it cannot be told.
  public func interval(of numerator: Int, over denominator: Int) -> Interval? {
    guard let top = seconds[numerator], let bottom = seconds[denominator], bottom > 0 else {
      return nil
    }
    return basicInterval(
      estimate: top / bottom, center: top / bottom,
      resampled: resampled.map { $0[numerator] / $0[denominator] }, floor: 0,
      blockCount: blockCount)
  }
}
