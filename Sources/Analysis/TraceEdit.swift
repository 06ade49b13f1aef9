import TraceModel

/// One change of a trace, as in `drop:17`.
public enum TraceEdit: Sendable {
  /// Leaves a worker out.
  case drop(WorkerLabel)
  /// Leaves out all workers of a host.
  case dropHost(String)
  /// Multiplies the durations of one worker, or of all, by a factor above 0.
  case scale(WorkerLabel?, Double)
  /// Adds so many workers like another one.
  case add(Int, like: Donor)
  /// Adds a time to every turnaround, or takes one off as far as there is one.
  case communication(ns: Int64)
  /// Pauses what the worker computes in a window of the trace's time, and lets it go on after.
  case fail(WorkerLabel, fromNs: Int64, toNs: Int64)
  /// So many times as many workers, each as often as before.
  case multiply(Int)
  /// The workers of another trace join those of this one.
  case mix(Trace)

  /// Whom an added worker is like.
  public enum Donor: Hashable, Sendable {
    /// The worker whose mean is the p-th percentile of all: 0 the fastest, 100 the slowest.
    case percentile(Double)
    /// Like the worker with this label.
    case worker(WorkerLabel)
  }
}

/// The edit that could not be made, and why.
public struct TraceEditFailure: Error, Equatable {
  /// Among the edits, from 0.
  public var position: Int
  /// What is wrong with the edit.
  public var reason: TraceEditError

  public init(position: Int, reason: TraceEditError) {
    self.position = position
    self.reason = reason
  }
}

/// An edit that a trace does not allow.
public enum TraceEditError: Error, Equatable, CustomStringConvertible {
  /// No worker has this label; the nearest one that there is.
  case unknownWorker(WorkerLabel, nearest: WorkerLabel?)
  /// No worker ran on this host; those that there are.
  case unknownHost(String, known: [String])
  /// No worker would be left.
  case nobodyLeft
  /// A factor that is not above 0.
  case factor(Double)
  /// This worker would be at work for more than 2^62 ns.
  case timeOverflow(WorkerLabel)
  /// The worker computes nothing in the window or after it.
  case nothingToPause(WorkerLabel, lastEndNs: Int64)
  /// A span of time that ends before it begins.
  case window(fromNs: Int64, toNs: Int64)
  /// A count below 1.
  case count(Int)
  /// More gradients than an edited trace may have.
  case tooManyGradients(Int, limit: Int)
  /// One trace has physical times and the other has not.
  case units

  public var description: String {
    switch self {
    case .unknownWorker(let label, let nearest):
      "there is no worker '\(label.text)'." + (nearest.map { " Is it '\($0.text)'?" } ?? "")
    case .unknownHost(let host, let known):
      known.isEmpty
        ? "there is no host '\(host)': this trace does not know its hosts."
        : "there is no host '\(host)'. There are: \(known.prefix(8).joined(separator: ", "))."
    case .nobodyLeft: "no worker would be left."
    case .factor(let factor): "a factor of \(factor): write a number above 0, as in scale:3=0.5."
    case .timeOverflow(let label):
      "worker '\(label.text)' would be at work for more than 146 years."
    case .nothingToPause(let label, let end):
      "worker '\(label.text)' has nothing to pause then: its last gradient ends "
        + "\(Wording.time(Double(end) / 1e9, .seconds)) after the trace's first start. Choose an earlier window."
    case .window(let from, let to):
      "from \(Wording.time(Double(from) / 1e9, .seconds)) to "
        + "\(Wording.time(Double(to) / 1e9, .seconds)) is no window: it ends after it begins, as in "
        + "fail:9@10s..30s."
    case .count(let count): "\(count) workers: write a whole number from 1 on."
    case .tooManyGradients(let count, let limit):
      "\(count) gradients are more than the \(limit) that an edited trace may have."
    case .units: "a trace in seconds and one in relative units cannot be mixed."
    }
  }
}
