import TraceModel

/// What is worth computing of each worker, and how much work it may take.
struct WorkerFiguresLimits {
  var shuffleCount: Int
  var seed: UInt64
  /// Runs that the Theil–Sen slope is taken over.
  var trendPoints: Int
  /// False above 4,096 workers: no burstiness and no trend.
  var hasExtras: Bool
}

/// The figures of worker m, without the columns that compare it with the others.
func workerFigures(
  _ worker: WorkerTimings, _ timings: Timings, index m: Int, limits: WorkerFiguresLimits
) -> (figures: Inspection.WorkerFigures, trendInterval: Interval?) {
  let range = timings.offsets[m]..<(timings.offsets[m] + timings.counts[m])
  let durations = timings.durations[range]
  let sample = Sample(Array(durations))
  let turnarounds =
    timings.turnaroundsBefore.isEmpty || timings.turnaroundMeans[m] == 0
    ? nil : timings.turnaroundMeans[m] / 1e9
  let waits = worker.waitsNs.reduce(0.0) { $0 + Double($1) }
  var figures = Inspection.WorkerFigures(
    worker: worker.worker, gradientCount: timings.counts[m],
    meanSeconds: timings.means[m] / 1e9, medianSeconds: sample.median / 1e9,
    p5Seconds: sample.quantile(0.05) / 1e9, p90Seconds: sample.quantile(0.9) / 1e9,
    p95Seconds: sample.quantile(0.95) / 1e9, p99Seconds: sample.quantile(0.99) / 1e9,
    minSeconds: sample.quantile(0) / 1e9, maxSeconds: sample.quantile(1) / 1e9,
    stdSeconds: sample.standardDeviation.map { $0 / 1e9 },
    waitSeconds: waits / Double(timings.counts[m]) / 1e9, turnaroundSeconds: turnarounds,
    slowdown: timings.means[m] / timings.fastestMean,
    relativeSpeed: timings.slowestMean / timings.means[m])
  guard limits.hasExtras else { return (figures, nil) }

  let values = Array(durations)
  figures.burstiness = burstiness(values, median: sample.median)
  if figures.burstiness != nil {
    var shuffled = values
    var sum = 0.0
    for repetition in 0..<limits.shuffleCount {
      var draws = Draws(
        seed: limits.seed, purpose: .burstiness, repetition: repetition, owner: m
      )
      draws.shuffle(&shuffled, in: 0..<shuffled.count)
      sum += burstiness(shuffled, median: sample.median) ?? 0
    }
    figures.burstinessShuffled =
      limits.shuffleCount == 0 ? nil : sum / Double(limits.shuffleCount)
  }
  let points = runMeans(durations, limit: limits.trendPoints)
  guard
    let line = TheilSenSlope(
      points, deviations: normalMaximum(timings.workerCount), allowsForDependence: true)
  else { return (figures, nil) }
  // From the first run to the last, as a share of the median.
  let scale = Double(points.count - 1) / sample.median
  figures.trend = line.slope * scale
  let interval = Interval(
    lower: line.interval.lower * scale, upper: line.interval.upper * scale)
  return (figures, interval)
}

/// The share of the excess over the median that lies in the worst contiguous tenth; nil below 10
/// values, where a tenth is no run, and where nothing exceeds the median.
///
/// A tenth is ⌈n/10⌉ entries. Excess that is spread evenly gives 0.1, one slow spell 1.
func burstiness(_ values: [Double], median: Double) -> Double? {
  guard values.count >= 10 else { return nil }
  let width = (values.count + 9) / 10
  var total = 0.0
  var window = 0.0
  var worst = 0.0
  for (j, value) in values.enumerated() {
    let excess = max(0, value - median)
    total += excess
    window += excess
    if j >= width { window -= max(0, values[j - width] - median) }
    worst = max(worst, window)
  }
  return total > 0 ? min(1, worst / total) : nil
}
