import Analysis
import TraceModel

/// The result of `inspect` as JSON, keys in the order of the documented contract.
public func inspectJSON(_ inspection: Inspection) -> JSONValue {
  let slowest =
    inspection.workers.indices.contains(inspection.slowest)
    ? inspection.workers[inspection.slowest].worker : nil
  return [
    "schema": .string("outpace/inspect/1"),
    "trace": traceJSON(inspection.trace),
    "workers": .array(inspection.workers.map(workerJSON)),
    "slowest": [
      "index": .count(slowest?.index),
      "label": .text(slowest?.label.text),
    ],
    "speedup": speedupJSON(inspection.speedup),
    "turnaround": [
      "mean_seconds": .number(inspection.turnaround?.meanSeconds),
      "share_of_cycle": .number(inspection.turnaround?.shareOfCycle),
    ],
    "forecast": [
      "async_updates_per_second": .number(inspection.forecast.asyncUpdatesPerSecond),
      "minibatch_gradients_per_second": .number(inspection.forecast.minibatchGradientsPerSecond),
    ],
    "backcast": [
      "replayed_seconds": .number(inspection.backcast?.replayedSeconds),
      "recorded_seconds": .number(inspection.backcast?.recordedSeconds),
      "ratio": .number(inspection.backcast?.ratio),
    ],
    "delay_estimate": .number(inspection.delayEstimate),
    "synchronous_waste": .number(inspection.synchronousWaste),
    "predicted": .array(inspection.predicted.map(predictedJSON)),
    "stragglers": .array(inspection.stragglers.map(stragglerJSON)),
    "influence": [
      "of_one": .number(inspection.influenceOfOne),
      "of_warm_up": .number(inspection.influenceOfWarmUp),
    ],
  ]
}

/// A trace as `import`, `inspect` and `replay` show it.
///
/// `already_present` is false outside of `import`, which alone asks a database. `unit` stands behind the documented keys: where
/// it is `relative`, what the keys call seconds are units.
func traceJSON(_ trace: Inspection.TraceSummary, alreadyPresent: Bool = false) -> JSONValue {
  [
    "id": trace.id.map { .integer($0) } ?? .null,
    "name": .string(trace.name),
    "digest": .string(trace.digest),
    "format": .string(trace.format),
    "kind": .string(trace.kind.rawValue),
    "workers": .count(trace.workerCount),
    "gradients": .count(trace.gradientCount),
    "span_seconds": .number(trace.spanSeconds),
    "already_present": .bool(alreadyPresent),
    "issues": .array(trace.issues.map(issueJSON)),
    "unit": .string(trace.unit.rawValue),
  ]
}

private func issueJSON(_ issue: ImportIssue) -> JSONValue {
  [
    "code": .string(issue.code),
    "severity": .string(issue.severity.rawValue),
    "count": .count(issue.count),
    "first_place": .string(issue.firstPlace),
    "meaning": .string(issue.meaning),
  ]
}

private func workerJSON(_ figures: Inspection.WorkerFigures) -> JSONValue {
  [
    "index": .count(figures.worker.index),
    "label": .string(figures.worker.label.text),
    "host": .text(figures.worker.host),
    "gradients": .count(figures.gradientCount),
    "mean_seconds": .number(figures.meanSeconds),
    "median_seconds": .number(figures.medianSeconds),
    "p90_seconds": .number(figures.p90Seconds),
    "p99_seconds": .number(figures.p99Seconds),
    "min_seconds": .number(figures.minSeconds),
    "max_seconds": .number(figures.maxSeconds),
    "std_seconds": .number(figures.stdSeconds),
    "wait_seconds": .number(figures.waitSeconds),
    "trust": .string(figures.worker.trust.rawValue),
    "slowdown": .number(figures.slowdown),
    "burstiness": .number(figures.burstiness),
    "burstiness_shuffled": .number(figures.burstinessShuffled),
    "trend": .number(figures.trend),
  ]
}

private func speedupJSON(_ speedup: Inspection.CountSpeedup) -> JSONValue {
  [
    "formula_mean": .number(speedup.formulaMean),
    "formula_median": .number(speedup.formulaMedian),
    "formula_null": .number(speedup.formulaNull),
    "p_equal": .number(speedup.pEqual),
    "ci95": intervalJSON(speedup.interval),
    "realised": .number(speedup.realised),
    "realised_ci95": intervalJSON(speedup.realisedInterval),
    "with_turnaround": .number(speedup.withTurnaround),
    "persistent": .number(speedup.persistent),
    "random": .number(speedup.random),
    "coinciding": .number(speedup.coinciding),
    "persistent_ci95": intervalJSON(speedup.persistentInterval),
    "random_ci95": intervalJSON(speedup.randomInterval),
    "coinciding_ci95": intervalJSON(speedup.coincidingInterval),
  ]
}

/// `[lower, upper]`, null where none was computed.
func intervalJSON(_ interval: Interval?) -> JSONValue {
  interval.map { .array([.number($0.lower), .number($0.upper)]) } ?? .null
}

private func predictedJSON(_ row: Inspection.Predicted) -> JSONValue {
  [
    "critical_batch": .number(row.criticalBatch),
    "minibatch": .number(row.minibatch),
    "async": .number(row.async),
    "optimal": .number(row.optimal),
    "optimal_workers": .count(row.optimalWorkers),
  ]
}

private func stragglerJSON(_ straggler: Inspection.Straggler) -> JSONValue {
  [
    "index": .count(straggler.index),
    "label": .string(straggler.label.text),
    "kind": .string(straggler.kind.rawValue),
    "formula_without": .number(straggler.formulaWithout),
  ]
}
