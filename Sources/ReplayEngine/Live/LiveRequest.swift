import Optimization
import TraceModel

/// What a live run is asked to do: real SGD by threads of this process, or by processes.
public struct LiveRequest: Sendable {
  /// How a worker is made slower than its core.
  public enum Slowdown: Hashable, Sendable {
    /// It computes the same gradient again until the factor is reached: the core stays busy.
    case busy(Double)
    /// It sleeps for the rest of the time: the core is free for others.
    case sleep(Double)

    /// How many times as long as the computing itself.
    public var factor: Double {
      switch self {
      case .busy(let factor), .sleep(let factor): factor
      }
    }
  }

  /// `minibatch` or `async`.
  public var method: MethodChoice
  /// M
  public var workerCount: Int
  /// γ
  public var stepsize: Double
  /// L for the rule `adaptive`, nil to take the objective's.
  public var smoothness: Double?
  /// Ends at the first of these that is reached, but not before every worker has sent a gradient.
  public var horizon: Horizon
  /// Samples in a batch; 0 for the exact gradient.
  public var batchSize: Int
  /// Whether a batch may hold a sample twice.
  public var replacesSamples: Bool
  /// Of the batches.
  public var seed: UInt64
  /// x_0; nil for the objective's default.
  public var initial: [Double]?
  /// By worker; who is not in it is as fast as its core.
  public var slowdowns: [Int: Slowdown]

  public init(
    method: MethodChoice, workerCount: Int, stepsize: Double, smoothness: Double? = nil,
    horizon: Horizon, batchSize: Int = 1, replacesSamples: Bool = true, seed: UInt64 = 1,
    initial: [Double]? = nil, slowdowns: [Int: Slowdown] = [:]
  ) {
    self.method = method
    self.workerCount = workerCount
    self.stepsize = stepsize
    self.smoothness = smoothness
    self.horizon = horizon
    self.batchSize = batchSize
    self.replacesSamples = replacesSamples
    self.seed = seed
    self.initial = initial
    self.slowdowns = slowdowns
  }

  /// The replay that makes the same updates from what was recorded.
  public var replayRequest: ReplayRequest {
    ReplayRequest(
      method: method, stepsize: stepsize, smoothness: smoothness, horizon: Horizon(),
      atEnd: .stop, timing: .recorded, sampling: batchSize == 0 ? .seeded : .recorded,
      batchSize: batchSize, turnaround: .recorded, seed: seed, initial: initial,
      replacesSamples: replacesSamples)
  }
}

/// How a live run ended.
public enum LiveEnding: String, Hashable, Sendable {
  /// The horizon was reached.
  case completed
  /// Somebody asked it to stop.
  case interrupted
  /// The iterate stopped being finite, or the loss grew a million times.
  case diverged
  /// A worker's process ended.
  case workerLost = "worker-lost"
  /// There was no more room to keep it; never of a run itself.
  case diskFull = "disk-full"
}

/// A live run that has ended, and the trace of it.
public struct LiveRun: Sendable {
  /// A worker whose process ended before the run did.
  public struct LostWorker: Hashable, Sendable {
    /// Its index.
    public var worker: Int
    /// As words: `signal 9 (Killed)`.
    public var how: String
  }

  /// How it ended.
  public var ending: LiveEnding
  /// Who ended it, if somebody did.
  public var lost: LostWorker?
  /// Every gradient that was taken, with its batch.
  public var trace: Trace
  /// k at the end.
  public var updateCount: Int
  /// Gradients that were applied with positive weight.
  public var gradientCount: Int
  /// Of everything that the server did, as that of a replay: see `replay`.
  public var fingerprint: String
  /// x at the end, d entries.
  public var finalIterate: [Double]
  /// From the first start to the last arrival, in nanoseconds.
  public var timeNs: Int64
}

/// How far a live run has come.
public struct LiveProgress: Hashable, Sendable {
  /// Since the first start.
  public var timeNs: Int64
  /// k
  public var updateCount: Int
  /// Gradients applied.
  public var gradientCount: Int

  public init(timeNs: Int64, updateCount: Int, gradientCount: Int) {
    self.timeNs = timeNs
    self.updateCount = updateCount
    self.gradientCount = gradientCount
  }
}
