import Analysis
import ReplayEngine
import TraceModel

/// The result of `replay` as JSON, keys in the order of the documented contract.
///
/// `initial_loss` is the loss of the first evaluated point if that is x_0, and null otherwise;
/// `minimum_loss` is f*, null where it is unknown. A diverged loss, which may be infinite, is null.
public func replayJSON(_ report: ReplayReport) -> JSONValue {
  [
    "schema": .string("outpace/replay/1"),
    "trace": traceJSON(report.trace),
    "objective": .string(report.objectiveDescription),
    "replays": .array(
      report.runs.indices.map { index in
        var run = runJSON(
          report.runs[index], minimumLoss: report.minimumLoss,
          workerCount: report.trace.workerCount)
        run.append("virtual_distance", virtualDistanceJSON(report, index))
        return run
      }),
    "count_speedup_measured": .number(report.countSpeedupMeasured),
    "time_to_target": .array(report.timeToTarget.map(timeToTargetJSON)),
    "assumptions": report.theory.map(theoryJSON) ?? .null,
  ]
}

private func runJSON(_ run: Run, minimumLoss: Double?, workerCount: Int) -> JSONValue {
  let first = run.points.first.flatMap { $0.updateCount == 0 ? $0 : nil }
  return [
    "method": .string(run.request.method.name),
    "stepsize_rule": .text(run.request.method.rule?.rawValue),
    "stepsize": .number(run.request.stepsize),
    "seed": .seed(run.request.seed),
    "outcome": .string(run.outcome.text),
    "time_seconds": .number(Double(run.timeNs) / 1e9),
    "updates": .count(run.updateCount),
    "gradients": .count(run.gradientCount),
    "discarded": .count(run.discardedCount),
    "aborted": .count(run.abortedCount),
    "rounds": .count(run.roundCount),
    "initial_loss": .number(first?.loss),
    "final_loss": .number(run.points.last?.loss),
    "final_gradient_norm_squared": .number(run.points.last?.gradientNormSquared),
    "minimum_loss": .number(minimumLoss),
    "utilisation": .number(run.utilisation),
    "fingerprint": .text(run.fingerprint),
    "wall_seconds": .number(run.wallSeconds),
    "delay": run.delays.map { delayJSON($0, workerCount: workerCount) } ?? .null,
    "points": .array(run.points.map(pointJSON)),
  ]
}

private func delayJSON(_ delays: DelayStatistics, workerCount: Int) -> JSONValue {
  .object(
    histogramMembers(delays.overall, workerCount: workerCount) + [
      .init("identity_holds", delays.identityHolds.map { .bool($0) } ?? .null),
      .init(
        "per_worker",
        .array(
          delays.perWorker.map { .object(histogramMembers($0, workerCount: workerCount)) })),
    ])
}

private func histogramMembers(
  _ histogram: DelayHistogram, workerCount: Int
) -> [JSONValue.Member] {
  [
    .init("mean", .number(histogram.mean)),
    .init("median", .number(histogram.quantile(0.5))),
    .init("p90", .number(histogram.quantile(0.9))),
    .init("p99", .number(histogram.quantile(0.99))),
    .init("max", .count(histogram.max)),
    .init("share_above_workers", .number(histogram.shareAbove(workerCount))),
  ]
}

private func pointJSON(_ point: Run.Point) -> JSONValue {
  [
    "time_seconds": .number(Double(point.timeNs) / 1e9),
    "updates": .count(point.updateCount),
    "gradients": .count(point.gradientCount),
    "loss": .number(point.loss),
    "gradient_norm_squared": .number(point.gradientNormSquared),
  ]
}

private func timeToTargetJSON(_ row: TimeToTarget) -> JSONValue {
  [
    "target": .number(row.target),
    "method": .string(row.method),
    "stepsize": .number(row.stepsize),
    "seconds": .number(row.seconds),
    "lower_seconds": .number(row.lowerSeconds),
    "upper_seconds": .number(row.upperSeconds),
    "reached": .bool(row.reached),
    "seeds": .array(row.seeds.map { .seed($0) }),
    "stepsize_rule": .text(row.stepsizeRule),
  ]
}

extension JSONValue {
  static func seed(_ seed: UInt64) -> JSONValue { .unsigned(seed) }
}
