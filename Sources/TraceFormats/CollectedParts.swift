import Synchronization
import TraceModel

/// Stands before a sink that takes files only one after the other, and keeps them until all are
/// known. Memory grows with the gradients: for tests and small traces.
final class CollectedParts: PartedSink, TraceParts {
  private struct Part: Sendable {
    var workers: [Worker] = []
    var gradients: [(worker: Int, gradient: GradientInterval)] = []
    var shiftsNs: [Int: Int64] = [:]
  }

  private struct Worker: Sendable {
    var label: WorkerLabel
    var host: String?
    var trust: TrustGrade
  }

  private final class Sink: TraceSink {
    var part = Part()
    private var handles: [WorkerLabel: Int] = [:]

    func worker(labelled label: WorkerLabel, host: String?, trust: TrustGrade) -> Int {
      if let known = handles[label] {
        part.workers[known].trust = min(part.workers[known].trust, trust)
        return known
      }
      handles[label] = part.workers.count
      part.workers.append(Worker(label: label, host: host, trust: trust))
      return part.workers.count - 1
    }

    func append(_ gradient: GradientInterval, worker handle: Int) {
      part.gradients.append((handle, gradient))
    }

    func report(_ issue: ImportIssue) {}
  }

  /// Never touched by the threads that fill parts.
  nonisolated(unsafe) private let target: any TraceSink
  private let finished = Mutex<[Int: Part]>([:])

  init(_ target: any TraceSink) {
    self.target = target
  }

  var parts: any TraceParts { self }

  func recall(_ part: Int, path: String) -> [UInt8]? { nil }

  func begin(_ part: Int, path: String) -> any TraceSink { Sink() }

  func finish(_ part: Int, path: String, _ sink: any TraceSink, description: [UInt8]) {
    guard let sink = sink as? Sink else { preconditionFailure("a part has a strange sink") }
    let content = sink.part
    finished.withLock { $0[part] = content }
  }

  func shift(part: Int, worker handle: Int, by nanoseconds: Int64) {
    finished.withLock { $0[part]?.shiftsNs[handle] = nanoseconds }
  }

  /// Hands everything on, file by file.
  func flush() throws {
    let parts = finished.withLock { parts in parts.sorted { $0.key < $1.key }.map(\.value) }
    for part in parts {
      let handles = try part.workers.map {
        try target.worker(labelled: $0.label, host: $0.host, trust: $0.trust)
      }
      for (worker, gradient) in part.gradients {
        var gradient = gradient
        gradient.startNs += part.shiftsNs[worker] ?? 0
        try target.append(gradient, worker: handles[worker])
      }
    }
    finished.withLock { $0 = [:] }
  }

  func worker(labelled label: WorkerLabel, host: String?, trust: TrustGrade) throws -> Int {
    try target.worker(labelled: label, host: host, trust: trust)
  }

  func append(_ gradient: GradientInterval, worker handle: Int) throws {
    try target.append(gradient, worker: handle)
  }

  func report(_ issue: ImportIssue) { target.report(issue) }
}
