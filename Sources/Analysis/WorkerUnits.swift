import TraceModel

/// What is left out as one, by a subset and by blame.
public enum LeftOut: String, Hashable, Sendable, CaseIterable {
  /// All workers of a host together: one that is slow is repaired or drained with the machine.
  case host
  /// One worker.
  case worker
}

/// The workers of a trace, in units that are left out whole.
struct WorkerUnits {
  let kind: LeftOut
  /// The workers of each unit, ascending; units in the order of their first worker.
  let members: [[Int]]
  /// The unit of each worker.
  let unitOfWorker: [Int]

  /// - Parameter leavesOut: nil for hosts where there are at least two and one of them holds several
  ///   workers, else workers. A worker whose host is not known is a unit of its own.
  init(_ trace: Trace, leavesOut: LeftOut? = nil) {
    var members: [[Int]] = []
    var unitOfHost: [String: Int] = [:]
    for (m, timings) in trace.workers.enumerated() {
      guard let host = timings.worker.host, let unit = unitOfHost[host] else {
        if let host = timings.worker.host { unitOfHost[host] = members.count }
        members.append([m])
        continue
      }
      members[unit].append(m)
    }
    let hostsMatter = members.count > 1 && members.count < trace.workerCount
    kind = leavesOut ?? (hostsMatter ? .host : .worker)
    self.members = kind == .host ? members : trace.workers.indices.map { [$0] }
    var unitOfWorker = [Int](repeating: 0, count: trace.workerCount)
    for (unit, workers) in self.members.enumerated() {
      for m in workers { unitOfWorker[m] = unit }
    }
    self.unitOfWorker = unitOfWorker
  }

  /// Units by the falling mean of their slowest worker; ties by the lower index.
  func slowestFirst(_ means: [Double]) -> [Int] {
    Analysis.slowestFirst(members.map { $0.reduce(0) { max($0, means[$1]) } })
  }
}
