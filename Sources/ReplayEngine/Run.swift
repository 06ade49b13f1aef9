import Optimization
import TraceModel

/// One finished replay.
public struct Run: Sendable {
  /// How a replay ended. A failing algorithm is a finding, no error.
  public enum Outcome: Hashable, Sendable {
    /// The horizon was reached.
    case completed
    /// Nobody is computing any more.
    case exhausted
    /// The iterate stopped being finite, or the loss grew a million times, by this update.
    case diverged(update: Int)
  }

  /// The state of a replay after an update.
  public struct Point: Hashable, Sendable {
    /// Simulated time.
    public var timeNs: Int64
    /// k
    public var updateCount: Int
    /// Applied gradients.
    public var gradientCount: Int
    /// f(x_k)
    public var loss: Double
    /// ‖∇f(x_k)‖²; NaN in a trial, but for x_0.
    public var gradientNormSquared: Double
    /// ‖x_k − x̂_k‖², if virtual iterates are tracked.
    public var virtualDistanceSquared: Double?

    public init(
      timeNs: Int64, updateCount: Int, gradientCount: Int, loss: Double,
      gradientNormSquared: Double, virtualDistanceSquared: Double? = nil
    ) {
      self.timeNs = timeNs
      self.updateCount = updateCount
      self.gradientCount = gradientCount
      self.loss = loss
      self.gradientNormSquared = gradientNormSquared
      self.virtualDistanceSquared = virtualDistanceSquared
    }
  }

  /// What was asked for.
  public var request: ReplayRequest
  /// How it ended.
  public var outcome: Outcome
  /// The horizon's time if that ended the replay, else the simulated time of the last arrival.
  public var timeNs: Int64
  /// k at the end.
  public var updateCount: Int
  /// Gradients applied: those that ended in an update with positive weight.
  public var gradientCount: Int
  /// Gradients whose work had ended, applied or not.
  public var computedCount: Int
  /// Gradients that the method threw away.
  public var discardedCount: Int
  /// Gradients that were stopped before they ended.
  public var abortedCount: Int
  /// Synchronous rounds; 0 for methods without rounds.
  public var roundCount: Int
  /// Computing time of all workers over workerCount · time.
  public var utilisation: Double
  /// 64 hex digits; nil for a schedule without gradients, and for a trial.
  public var fingerprint: String?
  /// All 1 for synchronous rounds; nil for local steps, which are at no common iterate.
  public var delays: DelayStatistics?
  /// At the instants of evaluation, in order.
  public var points: [Point]
  /// x at the end, d entries.
  public var finalIterate: [Double]
  /// Time spent in the replay itself. Never in a fingerprint, a digest or a page.
  public var wallSeconds: Double
  /// Computing time inside the run, aborted and unfinished work included, by position in the trace.
  public var busyNs: [Int64]
  /// Gradients applied, by position in the trace.
  public var gradientsPerWorker: [Int]
  /// Gradients whose work had ended, by position in the trace.
  public var computedPerWorker: [Int]
  /// The share of the objective's samples that were used; nil unless batches were recorded.
  public var shareOfSamplesSeen: Double?
  /// Where the request asked for it and a gradient was applied.
  public var readPoints: ReadPointAverages?
  /// Bias of late gradients; nil unless it was asked for.
  public var delayBias: DelayBias?
  /// If virtual iterates are tracked and an update was made.
  public var virtualDistance: VirtualDistance?

  public init(
    request: ReplayRequest, outcome: Outcome, timeNs: Int64, updateCount: Int, gradientCount: Int,
    computedCount: Int, discardedCount: Int, abortedCount: Int, roundCount: Int,
    utilisation: Double, fingerprint: String?, delays: DelayStatistics?, points: [Point],
    finalIterate: [Double], wallSeconds: Double, busyNs: [Int64] = [],
    gradientsPerWorker: [Int] = [], computedPerWorker: [Int] = [],
    shareOfSamplesSeen: Double? = nil, readPoints: ReadPointAverages? = nil,
    delayBias: DelayBias? = nil, virtualDistance: VirtualDistance? = nil
  ) {
    self.request = request
    self.outcome = outcome
    self.timeNs = timeNs
    self.updateCount = updateCount
    self.gradientCount = gradientCount
    self.computedCount = computedCount
    self.discardedCount = discardedCount
    self.abortedCount = abortedCount
    self.roundCount = roundCount
    self.utilisation = utilisation
    self.fingerprint = fingerprint
    self.delays = delays
    self.points = points
    self.finalIterate = finalIterate
    self.wallSeconds = wallSeconds
    self.busyNs = busyNs
    self.gradientsPerWorker = gradientsPerWorker
    self.computedPerWorker = computedPerWorker
    self.shareOfSamplesSeen = shareOfSamplesSeen
    self.readPoints = readPoints
    self.delayBias = delayBias
    self.virtualDistance = virtualDistance
  }
}
