/// How long the durations of a worker remember: by how much the mean of n of them varies more than
/// that of n independent ones, and how long runs must be for their means to be independent.
///
/// A slow machine is slow for a while. Whoever takes each duration for a draw of its own calls equal
/// workers different, four times in five where neighbours correlate by 0.7.
///
/// Correlations of all workers are pooled, of durations relative to their worker's mean, so that
/// neither who is slow nor by how much enters. Demeaning n durations takes v/n from each of their
/// covariances, v the long-run variance; that is given back, since it hides the dependence of short
/// traces. Each half of a worker is demeaned on its own: a machine that is throttled half-way has
/// changed, and does not remember.
struct Dependence {
  /// ℓ: runs of ℓ durations have means that vary by at least 90% of what the long-run variance says;
  /// 1 where neighbours are uncorrelated as far as can be seen. At most a quarter of the mean count,
  /// so that there are runs to permute.
  let runLength: Int

  /// Durations of a coarse run, 1 unless the memory is longer than 64 durations.
  private let coarse: Int
  /// ρ_1 … ρ_q of the means of coarse runs.
  private let correlations: [Double]
  /// By how much the mean of a coarse run varies more than that of as many independent durations.
  private let coarseInflation: Double

  /// The lags that are looked at before durations are averaged in runs, which bounds the cost.
  private static let lagLimit = 64
  /// From here on halves are demeaned on their own.
  private static let shortestHalf = 8
  /// ℓ is chosen so that this share of the long-run variance is missing.
  private static let missingShare = 0.1

  /// - Parameter columns: the durations of each worker; none is empty.
  /// - Complexity: 2 passes over the durations where neighbours are uncorrelated, at most 75.
  init(_ columns: [[Double]]) {
    self.init(residuals: relative(columns))
  }

  /// For workers that advanced in rounds: what a round has in common is taken out first, since
  /// comparing workers within rounds takes it out too.
  ///
  /// Entry r of every worker belongs to round r.
  init(inRounds columns: [[Double]]) {
    var residuals = relative(columns)
    for round in 0..<(columns.map(\.count).max() ?? 0) {
      var sum = 0.0
      var count = 0.0
      for column in residuals where round < column.count {
        sum += column[round]
        count += 1
      }
      let common = sum / count
      for m in residuals.indices where round < residuals[m].count { residuals[m][round] -= common }
    }
    self.init(residuals: residuals)
  }

  /// ℓ, the longer one of durations as they are and within rounds where the workers advanced in rounds.
  ///
  /// Above a million gradients runs are averaged first, and a run of them is the shortest.
  static func runLength(of timings: Timings) -> Int {
    let (columns, perEntry) = timings.columns(limit: 1_000_000)
    let own = Dependence(columns).runLength
    return perEntry * (timings.isInRounds ? max(own, Dependence(inRounds: columns).runLength) : own)
  }

  /// - Parameter residuals: each worker's deviations; their means need not be 0.
  init(residuals: [[Double]]) {
    var residuals = residuals
    let total = residuals.reduce(0) { $0 + $1.count }
    let limit = max(1, total / max(1, 4 * residuals.count))
    residuals = residuals.flatMap { column in
      let half = column.count / 2
      return half < Self.shortestHalf ? [column] : [Array(column[..<half]), Array(column[half...])]
    }
    var coarse = 1
    var fine: Double?
    while true {
      let moments = LaggedMoments(residuals)
      let found = moments.correlations(lagLimit: Self.lagLimit)
      if fine == nil { fine = moments.variance(inflation: found.inflation) }
      let isLonger = found.correlations.count == Self.lagLimit
      if isLonger, total / (coarse * residuals.count) > 4 * Self.lagLimit {
        coarse *= 8
        residuals = residuals.map { runMeans($0[...], limit: max(1, $0.count / 8)) }
        continue
      }
      self.coarse = coarse
      correlations = found.correlations
      let variance = moments.variance(inflation: found.inflation)
      coarseInflation =
        coarse == 1 ? 1 : max(1, Double(coarse) * variance / max(fine ?? 0, .leastNormalMagnitude))
      var missing = 0.0
      for (lag, correlation) in correlations.enumerated() {
        missing += 2 * Double(lag + 1) * correlation
      }
      let length = (missing / found.inflation / Self.missingShare).rounded(.up)
      runLength = min(limit, coarse * max(1, Int(min(length, 1e9))))
      return
    }
  }

  /// τ(n) = 1 + 2 Σ_{h < n} (1 − h/n) ρ_h, at least 1: the variance of the mean of n durations over
  /// that of n independent ones.
  func inflation(count: Int) -> Double {
    guard !correlations.isEmpty else { return coarseInflation }
    let runs = max(1, Double(count) / Double(coarse))
    var sum = 1.0
    for (lag, correlation) in correlations.enumerated() where Double(lag + 1) < runs {
      sum += 2 * (1 - Double(lag + 1) / runs) * correlation
    }
    return coarseInflation * max(1, sum)
  }

  /// The standard deviation of the mean of n durations over that of the mean of as many in
  /// independent runs of ℓ: what permuting runs still misses.
  func widening(count: Int) -> Double {
    guard count > runLength else { return 1 }
    return (max(1, inflation(count: count) / inflation(count: runLength))).squareRoot()
  }
}

/// Durations over their worker's mean, less 1.
private func relative(_ columns: [[Double]]) -> [[Double]] {
  columns.map { column in
    let mean = column.reduce(0, +) / Double(column.count)
    return column.map { $0 / mean - 1 }
  }
}

/// Sums of products of deviations at rising lags, over all workers.
private struct LaggedMoments {
  private let columns: [[Double]]
  /// Σ_m n_m
  private let count: Double
  private let square: Double

  init(_ residuals: [[Double]]) {
    columns = residuals.filter { $0.count > 1 }.map { column in
      let mean = column.reduce(0, +) / Double(column.count)
      return column.map { $0 - mean }
    }
    count = Double(columns.reduce(0) { $0 + $1.count })
    square = columns.reduce(0) { sum, column in column.reduce(sum) { $0 + $1 * $1 } }
  }

  /// γ_0, where the long-run variance is `inflation` times as large.
  func variance(inflation: Double) -> Double {
    guard count > 0 else { return 0 }
    return square / count / (1 - min(0.5, inflation * Double(columns.count) / count))
  }

  /// ρ_1 … ρ_q, and 1 + 2 Σ ρ_h; no correlation where the first is within 2.5 standard errors of 0.
  ///
  /// The sum ends before the first that is within one, or at the lag that only half of the pairs of
  /// neighbours have: later ones are noise. The correction for demeaning needs the sum that it
  /// changes, so both are taken in turn.
  func correlations(lagLimit: Int) -> (correlations: [Double], inflation: Double) {
    guard square > 0 else { return ([], 1) }
    var products: [(sum: Double, pairs: Double, share: Double)] = []
    func product(_ lag: Int) -> (sum: Double, pairs: Double, share: Double) {
      if lag <= products.count { return products[lag - 1] }
      var sum = 0.0
      var pairs = 0.0
      var share = 0.0
      for column in columns where column.count > lag {
        for j in lag..<column.count { sum += column[j - lag] * column[j] }
        pairs += Double(column.count - lag)
        share += Double(column.count - lag) / Double(column.count)
      }
      products.append((sum, pairs, share))
      return (sum, pairs, share)
    }
    var inflation = 1.0
    var found: [Double] = []
    for _ in 0..<6 {
      let variance = variance(inflation: inflation)
      // No more than half of a variance is put down to demeaning.
      let lost = min(inflation, count / (2 * Double(columns.count))) * variance
      found = []
      while found.count < lagLimit {
        let next = product(found.count + 1)
        guard next.pairs >= max(4, count / 2) else { break }
        let correlation = min(1, (next.sum + lost * next.share) / next.pairs / variance)
        let errors = found.isEmpty ? 2.5 : 1.0
        guard correlation > errors / next.pairs.squareRoot() else { break }
        found.append(correlation)
      }
      let sum = found.reduce(1) { $0 + 2 * $1 }
      let isSettled = abs(sum - inflation) < 1e-3
      inflation = sum
      if isSettled { break }
    }
    return (found, inflation)
  }
}
