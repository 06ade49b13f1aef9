import Analysis
import TraceModel

/// The workers of `blame`, one a row; the columns carry the names of the JSON keys.
public func blameCSV(_ blame: Blame) -> String {
  var writer = CSVWriter(header: [
    "label", "gradients_per_second_gain", "seconds_to_target_gain", "best_synchronous_gain",
    "ideal_loss",
  ])
  for unit in blame.units {
    writer.append([
      .text(unit.label), .number(unit.minibatchGain), .number(unit.secondsToTargetGain),
      .number(unit.bestSynchronousGain), .number(unit.idealLoss),
    ])
  }
  return writer.text
}
