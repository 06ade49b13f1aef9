import TraceModel

/// Keeps everything a format reader pushes, for tests to look at.
public final class CollectingSink: TraceSink {
  public struct Worker {
    public var label: WorkerLabel
    public var host: String?
    public var trust: TrustGrade
    public var gradients: [GradientInterval] = []

    /// The mean duration in nanoseconds.
    public var meanNs: Double {
      Double(gradients.reduce(0) { $0 + $1.durationNs }) / Double(gradients.count)
    }
  }

  public private(set) var workers: [Worker] = []
  public private(set) var issues: [ImportIssue] = []

  public init() {}

  public func worker(labelled label: WorkerLabel, host: String?, trust: TrustGrade) -> Int {
    if let known = workers.firstIndex(where: { $0.label == label }) { return known }
    workers.append(Worker(label: label, host: host, trust: trust))
    return workers.count - 1
  }

  public func append(_ gradient: GradientInterval, worker handle: Int) {
    workers[handle].gradients.append(gradient)
  }

  public func report(_ issue: ImportIssue) {
    if let known = issues.firstIndex(where: { $0.code == issue.code }) {
      issues[known].count += issue.count
    } else {
      issues.append(issue)
    }
  }

  public var gradientCount: Int { workers.reduce(0) { $0 + $1.gradients.count } }

  /// The workers in the order of their labels, each with its gradients in order of start.
  public var sorted: [Worker] {
    workers.sorted { $0.label < $1.label }.map { worker in
      var worker = worker
      worker.gradients.sort { $0.startNs < $1.startNs }
      return worker
    }
  }

  public func issue(_ code: String) -> ImportIssue? { issues.first { $0.code == code } }

  /// (1/M) Σ s_max/s_m on the means.
  public var formula: Double {
    let means = workers.map(\.meanNs)
    let slowest = means.max() ?? 0
    return means.reduce(0) { $0 + slowest / $1 } / Double(means.count)
  }
}
