import TraceModel

/// One row of a map of workers by time: a worker, or a group of many.
struct DrawnRow {
  /// A worker's name, or `ranks 33–64`.
  var name: String
  /// The worker, nil for a group.
  var label: WorkerLabel?
  /// Positions in the trace.
  var members: [Int]
}

/// The rows that a map of workers by time has room for: up to 64 workers one by one, above that 32 groups
/// by speed and the ten slowest of them one by one. Slowest first.
func drawnRows(_ trace: Trace) -> [DrawnRow] {
  let order = workersBySpeed(trace)
  func single(_ index: Int) -> DrawnRow {
    let label = trace.workers[index].worker.label
    return DrawnRow(name: Labels.name(label), label: label, members: [index])
  }
  guard order.count > 64 else { return order.map(single) }
  let groupCount = 32
  let groups = (0..<groupCount).map { group in
    let lower = group * order.count / groupCount
    let upper = (group + 1) * order.count / groupCount
    return DrawnRow(
      name: "ranks \(lower + 1)–\(upper)", label: nil, members: Array(order[lower..<upper]))
  }
  return groups + order.prefix(10).map(single)
}

/// Positions of a trace's workers by mean duration, slowest first; ties by index.
func workersBySpeed(_ trace: Trace) -> [Int] {
  let means = trace.workers.map { timings in
    timings.gradientCount == 0
      ? 0
      : timings.durationsNs.reduce(0.0) { $0 + Double($1) } / Double(timings.gradientCount)
  }
  return means.indices.sorted { (-means[$0], $0) < (-means[$1], $1) }
}
