import Analysis
import TraceModel

/// The traces of `list` and `import`, one a row; the columns carry the names of the JSON keys, and
/// issues are a count.
public func tracesCSV(_ traces: [Inspection.TraceSummary]) -> String {
  var writer = CSVWriter(header: [
    "id", "name", "digest", "format", "kind", "unit", "workers", "gradients", "span_seconds",
    "issues",
  ])
  for trace in traces {
    writer.append([
      .count(trace.id.map { Int($0) }), .text(trace.name), .text(trace.digest),
      .text(trace.format), .text(trace.kind.rawValue), .text(trace.unit.rawValue),
      .count(trace.workerCount), .count(trace.gradientCount), .number(trace.spanSeconds),
      .count(trace.issues.count),
    ])
  }
  return writer.text
}
