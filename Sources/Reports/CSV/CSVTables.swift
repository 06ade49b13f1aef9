import Analysis
import TraceModel

/// The workers of `inspect`, one a row; the columns carry the names of the JSON keys.
public func workersCSV(_ inspection: Inspection) -> String {
  var writer = CSVWriter(header: [
    "index", "label", "host", "gradients", "mean_seconds", "median_seconds", "p90_seconds",
    "p99_seconds", "min_seconds", "max_seconds", "std_seconds", "wait_seconds", "trust",
    "slowdown", "burstiness",
  ])
  for figures in inspection.workers {
    writer.append([
      .count(figures.worker.index), .text(figures.worker.label.text), .text(figures.worker.host),
      .count(figures.gradientCount), .number(figures.meanSeconds), .number(figures.medianSeconds),
      .number(figures.p90Seconds), .number(figures.p99Seconds), .number(figures.minSeconds),
      .number(figures.maxSeconds), .number(figures.stdSeconds), .number(figures.waitSeconds),
      .text(figures.worker.trust.rawValue), .number(figures.slowdown),
      .number(figures.burstiness),
    ])
  }
  return writer.text
}

/// The policies of `compare`, one a row; the columns carry the names of the JSON keys, the interval
/// in two.
public func policiesCSV(_ comparison: Comparison) -> String {
  var writer = CSVWriter(header: [
    "policy", "parameter", "gradients_per_second", "count_ratio", "ci95_lower", "ci95_upper",
    "time_to_target_seconds", "delay_p50", "delay_p99", "delay_max", "discarded",
    "aborted", "unused_share", "updates_per_second", "break_even_server_seconds", "excluded",
    "time_to_target_lower_seconds", "time_to_target_upper_seconds", "time_to_target_seeds",
  ])
  for policy in comparison.policies {
    writer.append([
      .text(policy.name.rawValue), .text(policy.parameter), .number(policy.gradientsPerSecond),
      .number(policy.countRatio), .number(policy.interval?.lower),
      .number(policy.interval?.upper), .number(policy.timeToTargetSeconds),
      .number(policy.delayP50), .number(policy.delayP99), .count(policy.delayMax),
      .count(policy.discardedCount), .count(policy.abortedCount), .number(policy.unusedShare),
      .number(policy.updatesPerSecond), .number(policy.breakEvenServerSeconds),
      .text(policy.exclusion), .number(policy.timeToTargetSpread?.lowerSeconds),
      .number(policy.timeToTargetSpread?.upperSeconds),
      .count(policy.timeToTargetSpread?.seedCount),
    ])
  }
  return writer.text
}
