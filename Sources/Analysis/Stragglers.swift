import TraceModel

/// Names the workers that are slow, by kind, slowest first.
///
/// - *Persistent*: its mean is at least 5% above the lower quartile of all means, and above it by more
///   standard errors than the noise of M workers reaches, and the workers can be told apart
///   at all (`p_equal` ≤ 0.05). The lower quartile, because with half of the workers slow the median
///   worker is one of them; the standard error from its own deviation or the median one, whichever
///   is larger, since ten durations can agree by luck.
///   In the standard error, durations that remember count for as many independent ones as they are
///   worth.
/// - *Transient*: not persistent, and its p99 is above twice its median.
/// - *Drifting*: neither, and its trend is above 10% of its median with an interval without 0,
///   widened for looking at M workers.
func stragglers(
  _ figures: [Inspection.WorkerFigures], trendIntervals: [Interval?], means: [Double],
  equal: EqualWorkers?, holdsRates: Bool
) -> [Inspection.Straggler] {
  let reference = Sample(figures.map(\.meanSeconds)).quantile(0.25)
  let canTellApart = holdsRates || (equal?.pEqual ?? 1) <= 0.05
  let deviation = Sample(figures.map { $0.stdSeconds ?? 0 }).median
  var found: [Inspection.Straggler] = []
  let order = slowestFirst(means)
  let reciprocals = orderFreeSum(means.map { 1 / $0 })
  func formula(without m: Int) -> Double {
    guard order.count > 1 else { return 1 }
    let slowest = means[order[0] == m ? order[1] : order[0]]
    return slowest * (reciprocals - 1 / means[m]) / Double(order.count - 1)
  }
  for m in order {
    let worker = figures[m]
    let kind: Inspection.Straggler.Kind
    if canTellApart,
      isPersistent(
        worker, reference: reference, deviation: deviation,
        inflation: equal?.noiseInflation(count: worker.gradientCount) ?? 1,
        workerCount: figures.count)
    {
      kind = .persistent
    } else if worker.p99Seconds > 2 * worker.medianSeconds {
      kind = .transient
    } else if let trend = worker.trend, trend > 0.1, let interval = trendIntervals[m],
      interval.lower > 0
    {
      kind = .drifting
    } else {
      continue
    }
    found.append(
      Inspection.Straggler(
        index: m, label: worker.worker.label, kind: kind,
        formulaWithout: formula(without: m)))
  }
  return found
}

private func isPersistent(
  _ worker: Inspection.WorkerFigures, reference: Double, deviation: Double, inflation: Double,
  workerCount: Int
) -> Bool {
  guard worker.meanSeconds >= 1.05 * reference else { return false }
  let error =
    max(worker.stdSeconds ?? 0, deviation)
    * (inflation / Double(worker.gradientCount)).squareRoot()
  // The reference lies 0.7 deviations below the middle.
  return worker.meanSeconds - reference > (normalMaximum(workerCount) + 0.7) * error
}

/// What the largest of M standard normal numbers exceeds with a chance of at most 2.5%, at the upper
/// end of each size class.
func normalMaximum(_ workerCount: Int) -> Double {
  switch workerCount {
  case ...1: 1.96
  case ...8: 2.73
  case ...64: 3.36
  case ...512: 3.9
  case ...4096: 4.37
  default: 5.5
  }
}

/// Worker indices by falling mean; ties by lower index.
func slowestFirst(_ means: [Double]) -> [Int] {
  means.indices.sorted { a, b in means[a] == means[b] ? a < b : means[a] > means[b] }
}
