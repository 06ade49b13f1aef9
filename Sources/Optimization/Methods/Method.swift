import TraceModel

/// An algorithm, as a parameter server runs it.
///
/// A method receives one arrival at a time and never a trace, so it cannot look ahead. It sees no
/// gradient either: what it decides depends on who arrived and how stale it is, which is why a
/// schedule can be replayed without computing anything. What a server does to a gradient besides
/// subtracting it is a ``GradientRule``; only ``PickySGD`` looks at where the iterate is.
public protocol Method: Sendable {
  /// b, the gradients that make one update.
  var gradientsPerUpdate: Int { get }
  /// The fewest workers that must be able to start a round; a replay with fewer is exhausted. 1
  /// for methods without rounds.
  var workersNeeded: Int { get }
  /// In which order gradients that were collected are added up.
  var collection: CollectionOrder { get }

  /// Decides what becomes of a gradient.
  ///
  /// - Parameters:
  ///   - arrival: who arrived, and how many updates had been made when it read its iterate.
  ///   - updateCount: k, the updates made so far. Applied now, the gradient has the delay
  ///     k + 1 − `arrival.updatesAtRead`.
  mutating func receive(_ arrival: Arrival, updateCount: Int) -> Verdict

  /// Whether ``receive(_:updateCount:distanceSquared:)`` is called instead, which takes a copy of the
  /// iterate a worker.
  static var looksAtDistance: Bool { get }

  /// The same for a method that looks at how far the iterate has gone since the worker read it.
  ///
  /// - Parameter distanceSquared: ‖x_k − y‖²; 0 in a replay without gradients.
  mutating func receive(
    _ arrival: Arrival, updateCount: Int, distanceSquared: Double
  ) -> Verdict
}

extension Method {
  public static var looksAtDistance: Bool { false }

  @inlinable
  public mutating func receive(
    _ arrival: Arrival, updateCount: Int, distanceSquared: Double
  ) -> Verdict {
    receive(arrival, updateCount: updateCount)
  }
}

/// In which order the gradients of one update are added up, and where they are kept until then.
public enum CollectionOrder: Hashable, Sendable {
  /// Every gradient is an update of its own.
  case single
  /// In order of worker; nobody restarts before the update, so each gradient stays with its worker.
  case byWorker
  /// As they arrive; their workers restart, so the sum is kept in the iterate to come.
  case byArrival
  /// No gradients but iterates, whose weighted sum in order of worker is the next one.
  case meanOfIterates
}

/// What a method answers to an arrival.
public struct Verdict: Hashable, Sendable {
  /// What becomes of the gradient that arrived. The raw values are written to fingerprints.
  public enum Fate: UInt8, Hashable, Sendable, CaseIterable {
    /// Thrown away: no update, and k stays.
    case discarded = 0
    /// An update of its own, possibly with stepsize 0.
    case applied = 1
    /// One of several that make an update.
    case collected = 2
    /// Never arrived: its worker was told to start anew. No verdict, but the end of a gradient.
    case aborted = 3
  }

  /// Who is handed the newest iterate.
  public enum Restart: Hashable, Sendable {
    /// Nobody: the worker waits.
    case nobody
    /// Only the worker whose gradient arrived.
    case arrived
    /// Everybody; who is computing is aborted.
    case everybody
  }

  /// What becomes of the gradient.
  public var fate: Fate
  /// γ_k, as the paper writes it.
  public var stepsize: Double
  /// The factor of this one gradient: γ_k / b. Of an iterate: its share in the mean.
  public var weight: Double
  /// Whether an update is made now, so that k grows by one.
  public var isUpdate: Bool
  /// Who goes on from the newest iterate.
  public var restart: Restart
  /// Workers whose iterate was read at an update before this one are aborted and restarted; 0 for
  /// nobody.
  public var abortsReadsBefore: Int

  @inlinable
  public init(
    _ fate: Fate, stepsize: Double, weight: Double, isUpdate: Bool, restart: Restart,
    abortsReadsBefore: Int = 0
  ) {
    self.fate = fate
    self.stepsize = stepsize
    self.weight = weight
    self.isUpdate = isUpdate
    self.restart = restart
    self.abortsReadsBefore = abortsReadsBefore
  }
}
