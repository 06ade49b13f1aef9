import Optimization

/// One update, as `--history` writes it.
public struct HistoryRecord: Hashable, Sendable {
  /// k, counted from 1.
  public var updateCount: Int
  /// Simulated time of the update.
  public var timeNs: Int64
  /// Position in the trace; −1 for a synchronous round.
  public var worker: Int
  /// τ of the gradient, 1 for a round; the largest one of a buffer.
  public var delay: Int
  /// γ_k; 0 for a dropped gradient.
  public var stepsize: Double
  /// f(x_k) and ‖∇f(x_k)‖², on the updates that `Evaluation.everyUpdates` chooses.
  public var loss: Double?
  /// ‖∇f(x_k)‖² after the update; nil where it was not evaluated.
  public var gradientNormSquared: Double?
  /// ‖x_k − x̂_k‖², if virtual iterates are tracked.
  public var virtualDistanceSquared: Double?

  public init(
    updateCount: Int, timeNs: Int64, worker: Int, delay: Int, stepsize: Double,
    loss: Double? = nil, gradientNormSquared: Double? = nil, virtualDistanceSquared: Double? = nil
  ) {
    self.updateCount = updateCount
    self.timeNs = timeNs
    self.worker = worker
    self.delay = delay
    self.stepsize = stepsize
    self.loss = loss
    self.gradientNormSquared = gradientNormSquared
    self.virtualDistanceSquared = virtualDistanceSquared
  }
}

/// The end of one gradient: of a ledger, or of a bar in a Gantt chart.
public struct LedgerRecord: Hashable, Sendable {
  /// When its computing began, after the turnaround.
  public var startNs: Int64
  /// When it arrived, or was aborted. An abort during the turnaround comes before `startNs`.
  public var endNs: Int64
  /// In the order of labels.
  public var worker: Int
  /// j, the updates made when its worker read the iterate.
  public var updatesAtRead: Int
  /// k, the updates made before this arrival. Its delay is k + 1 − j.
  public var updateCount: Int
  /// What became of the gradient.
  public var fate: Verdict.Fate
  /// γ_k; 0 for a gradient that was dropped, discarded or aborted.
  public var stepsize: Double
}

/// Who is told what happens in a replay. Listening never changes a result.
public struct ReplayObserver {
  /// Called after every update.
  public var update: ((HistoryRecord) -> Void)?
  /// Called at the end of every gradient, before the update that it makes.
  public var gradient: ((LedgerRecord) -> Void)?

  public init(
    update: ((HistoryRecord) -> Void)? = nil, gradient: ((LedgerRecord) -> Void)? = nil
  ) {
    self.update = update
    self.gradient = gradient
  }

  /// Tells nobody.
  public static var none: ReplayObserver { ReplayObserver() }
}
