import Analysis
import ReplayEngine
import TraceModel

/// The runs of `replay`, one a row; the columns carry the names of the JSON keys, those of delays
/// with `delay_` in front.
public func runsCSV(_ report: ReplayReport) -> String {
  var writer = CSVWriter(header: [
    "method", "stepsize_rule", "stepsize", "seed", "outcome", "time_seconds", "updates",
    "gradients", "discarded", "aborted", "rounds", "final_loss", "final_gradient_norm_squared",
    "minimum_loss", "utilisation", "delay_mean", "delay_median", "delay_p90", "delay_p99",
    "delay_max", "fingerprint",
  ])
  for run in report.runs {
    let delays = run.delays?.overall
    writer.append([
      .text(run.request.method.name), .text(run.request.method.rule?.rawValue),
      .number(run.request.stepsize), .text(String(run.request.seed)), .text(run.outcome.text),
      .number(Double(run.timeNs) / 1e9), .count(run.updateCount), .count(run.gradientCount),
      .count(run.discardedCount), .count(run.abortedCount), .count(run.roundCount),
      .number(run.points.last?.loss), .number(run.points.last?.gradientNormSquared),
      .number(report.minimumLoss), .number(run.utilisation), .number(delays?.mean),
      .number(delays?.quantile(0.5)), .number(delays?.quantile(0.9)),
      .number(delays?.quantile(0.99)), .count(delays?.max), .text(run.fingerprint),
    ])
  }
  return writer.text
}
