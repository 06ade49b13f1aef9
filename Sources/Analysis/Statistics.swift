/// Quantiles and moments of a list of numbers, each with one order of summation.
struct Sample {
  let sorted: [Double]
  let mean: Double

  /// - Precondition: `values` is not empty.
  init(_ values: [Double]) {
    precondition(!values.isEmpty, "the statistics of no value")
    sorted = values.sorted()
    // In ascending order, so that the order of the values does not show in the last bit.
    mean = sorted.reduce(0, +) / Double(sorted.count)
  }

  var median: Double { quantile(0.5) }

  /// The quantile of type 7: linear between the order statistics around p(n − 1).
  ///
  /// Reference: Hyndman, Fan, "Sample quantiles in statistical packages", The American Statistician
  /// 50(4), 1996.
  func quantile(_ probability: Double) -> Double {
    let position = probability * Double(sorted.count - 1)
    let lower = Int(position.rounded(.down))
    let upper = min(lower + 1, sorted.count - 1)
    return sorted[lower] + (position - Double(lower)) * (sorted[upper] - sorted[lower])
  }

  /// With n − 1; nil for one value.
  var standardDeviation: Double? {
    guard sorted.count > 1 else { return nil }
    let squares = sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(sorted.count - 1)).squareRoot()
  }
}

/// A line's slope that no third of the points can spoil, with its interval.
///
/// A straggler is one of many workers that were looked at, so the interval can be made wider.
struct TheilSenSlope {
  /// Per step from one value to the next.
  var slope: Double
  var interval: Interval

  /// The median of the slopes of all pairs; the interval takes the order statistics that Kendall's
  /// score allows at `deviations` of its standard deviation.
  ///
  /// A stretch of slow values is no trend: `allowsForDependence` widens the interval by what the
  /// deviations from the line say their memory adds to the score's variance (Hamed, Rao, "A modified
  /// Mann-Kendall trend test for autocorrelated data", Journal of Hydrology 204, 1998).
  ///
  /// Returns nil below 8 values, where that normal approximation is a guess.
  ///
  /// - Complexity: O(n² log n); the caller thins long lists.
  ///
  /// Reference: Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63,
  /// 1968.
  init?(_ values: [Double], deviations: Double = 1.96, allowsForDependence: Bool = false) {
    let n = values.count
    guard n >= 8 else { return nil }
    var slopes: [Double] = []
    slopes.reserveCapacity(n * (n - 1) / 2)
    for i in 0..<n {
      for j in (i + 1)..<max(n, i + 1) {
        slopes.append((values[j] - values[i]) / Double(j - i))
      }
    }
    let sample = Sample(slopes)
    slope = sample.median
    let score = Double(n * (n - 1) * (2 * n + 5)) / 18
    var inflation = 1.0
    if allowsForDependence {
      let slope = slope
      let aboveLine = values.enumerated().map { $1 - slope * Double($0) }
      inflation = Dependence(residuals: [aboveLine]).inflation(count: n)
    }
    let margin = deviations * (score * inflation).squareRoot()
    let count = Double(slopes.count)
    let lower = Int(((count - margin) / 2).rounded(.down))
    let upper = Int(((count + margin) / 2).rounded(.up))
    interval = Interval(
      lower: sample.sorted[max(0, lower)], upper: sample.sorted[min(slopes.count - 1, upper)])
  }
}

/// Returns at most `limit` means of equally long runs of `values`, in order.
func runMeans(_ values: ArraySlice<Double>, limit: Int) -> [Double] {
  let count = min(limit, values.count)
  return (0..<count).map { run in
    let start = values.startIndex + values.count * run / count
    let end = values.startIndex + values.count * (run + 1) / count
    return values[start..<end].reduce(0, +) / Double(end - start)
  }
}

/// The basic (reflected) 95% bootstrap interval: 2θ̂ less the quantiles of the resampled estimates.
///
/// The formula is biased upwards, and so is every resample once more by about as much; reflecting
/// takes the bias away where the percentile interval would double it. Reflecting on the scale of the
/// logarithm takes away less of it: of 200 traces of 64 equal workers × 10 steps its interval held 1
/// in 108.
///
/// Resamples of B blocks vary by √((B − 1)/B) too little, and a deviation known from B blocks calls for
/// the quantiles of Student's t: both factors together, 1.29 for 8 blocks and 1.06 for 32, move the ends
/// away from the estimate. On traces of 8 workers, speeds 1 to 2, × 24 noisy steps this took coverage
/// from 83% to 87%.
///
/// - Parameters:
///   - estimate: θ̂, what is reported.
///   - center: the same estimator on the blocks in their order, where it is computed in another way
///     than `estimate`; the resamples are compared with this one.
///   - floor: what the true value cannot be below; reflecting may go there.
///   - blockCount: B, the independent pieces that are resampled; at least 2.
func basicInterval(
  estimate: Double, center: Double, resampled: [Double], floor: Double, blockCount: Int
) -> Interval? {
  guard resampled.count >= 20, resampled.allSatisfy(\.isFinite) else { return nil }
  let sample = Sample(resampled)
  let blocks = Double(blockCount)
  let scale = studentQuantile(blocks - 1) / 1.96 * (blocks / (blocks - 1)).squareRoot()
  return Interval(
    lower: max(floor, estimate - scale * (sample.quantile(0.975) - center)),
    upper: max(floor, estimate - scale * (sample.quantile(0.025) - center)))
}

/// The estimate and 1.96 deviations of the resamples to each side, with the factors of
/// ``basicInterval(estimate:center:resampled:floor:blockCount:)``.
///
/// For an estimate whose bias was taken away already, which reflecting would take away again.
///
/// - Parameter plusDeviation: of what the estimate depends on besides, independent of the resamples.
func symmetricInterval(
  estimate: Double, resampled: [Double], blockCount: Int, plusDeviation: Double = 0
) -> Interval? {
  guard resampled.count >= 20, resampled.allSatisfy(\.isFinite),
    let deviation = Sample(resampled).standardDeviation
  else { return nil }
  let blocks = Double(blockCount)
  let factor = studentQuantile(blocks - 1) * (blocks / (blocks - 1)).squareRoot()
  let reach = factor * (deviation * deviation + plusDeviation * plusDeviation).squareRoot()
  return Interval(lower: estimate - reach, upper: estimate + reach)
}

/// The 97.5% quantile of Student's t, from the expansion in 1/ν; 0.001 off at ν = 7, less above.
///
/// Reference: Abramowitz, Stegun, "Handbook of Mathematical Functions", 1964, 26.7.5.
func studentQuantile(_ degreesOfFreedom: Double) -> Double {
  let inverse = 1 / degreesOfFreedom
  return 1.95996 + inverse * (2.37227 + inverse * (2.82250 + inverse * 2.55585))
}
