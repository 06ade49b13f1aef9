import Optimization
import TraceModel

/// When a replay ends: at the first of these that is reached.
public struct Horizon: Hashable, Sendable {
  /// Inclusive; a round that ends after it does not count.
  public var timeNs: Int64?
  /// Rounds, for synchronous methods.
  public var updateCount: Int?
  /// Applied gradients; never exceeded.
  public var gradientCount: Int?

  public init(timeNs: Int64? = nil, updateCount: Int? = nil, gradientCount: Int? = nil) {
    self.timeNs = timeNs
    self.updateCount = updateCount
    self.gradientCount = gradientCount
  }
}

/// What happens when a worker's recorded durations are used up.
public enum AtEnd: String, Hashable, Sendable, CaseIterable {
  /// Entry j mod n.
  case `repeat`
  /// The worker falls silent.
  case stop
  /// A uniform entry of that worker, drawn anew for each started gradient.
  case resample
}

/// How recorded durations are read.
public enum Timing: String, Hashable, Sendable, CaseIterable {
  /// The j-th gradient that a worker starts takes its j-th recorded duration.
  case sequence
  /// A gradient takes as long as its worker's recorded speed at that moment makes it take.
  ///
  /// Speed is 1/duration inside a recorded gradient, that of the gradient before in a gap, and 0 in an
  /// outage: a gap of more than ten median cycles beyond the recorded waiting, in a trace with waits.
  /// Each worker's time counts from its own first start, and all repeat with the trace's span. The
  /// turnaround of a start is that of the recorded gradient under way just before it; batches go by
  /// j. With ``AtEnd/stop`` a worker starts nothing after its last recorded gradient has ended;
  /// ``AtEnd/resample`` is refused, since drawn gradients belong to no moment.
  case clock
  /// Every gradient starts and ends when it was recorded: the arrivals are those of the trace, in the
  /// order of their ends, and the replay ends with the trace.
  ///
  /// What a method does to a recorded job cannot be asked this way, only what the job itself did: a
  /// method that hands an iterate out later than its worker began is refused. Neither
  /// ``AtEnd`` nor ``TurnaroundPolicy`` nor a time of the server matters.
  case recorded
}

/// Where the batch of a gradient comes from.
public enum Sampling: String, Hashable, Sendable, CaseIterable {
  /// Drawn from the seed: equal for all methods.
  case seeded
  /// Those of the trace.
  case recorded
}

/// Which iterate the worker that arrives is handed.
public enum Handout: String, Hashable, Sendable, CaseIterable {
  /// The one after its own update.
  case after
  /// The one before it, as in the authors' notebook.
  case before
}

/// What an exchange with the server costs a worker between its arrival and its next start.
public enum TurnaroundPolicy: Hashable, Sendable {
  /// As recorded with each gradient; where it was not, none.
  case recorded
  /// Exchanges cost nothing.
  case none
  /// The same after every gradient but the first.
  case fixed(ns: Int64)
}

/// On which updates the loss is evaluated. Observing never changes a result.
public enum Evaluation: Hashable, Sendable {
  /// At so many equally spaced instants up to the horizon's time, the start and the end included.
  case instants(Int)
  /// After every so many updates.
  case everyUpdates(Int)
  /// At the start and the end only.
  case ends

  /// Whether it goes by updates.
  var choosesUpdates: Bool {
    if case .everyUpdates = self { true } else { false }
  }
}

/// Everything a replay depends on besides the trace and the objective.
public struct ReplayRequest: Hashable, Sendable {
  /// With its own options.
  public var method: MethodChoice
  /// γ
  public var stepsize: Double
  /// L for the rule `adaptive`, nil to take the objective's.
  public var smoothness: Double?
  /// When it ends.
  public var horizon: Horizon
  /// What happens when recorded durations are used up.
  public var atEnd: AtEnd
  /// How recorded durations are read.
  public var timing: Timing
  /// Where batches come from.
  public var sampling: Sampling
  /// Samples in a seeded batch; 0 for the exact gradient.
  public var batchSize: Int
  /// Which iterate a worker that arrives is handed.
  public var handout: Handout
  /// What exchanges with the server cost.
  public var turnaround: TurnaroundPolicy
  /// The time of the server for an update, one update at a time.
  ///
  /// Gradients that arrive meanwhile are taken up afterwards, in the order of their arrival; whoever is
  /// handed an iterate is handed it when the update is done, and an update that would be done after the
  /// horizon's time is not made.
  public var serverNs: Int64
  /// Of batches, noise and drawn entries.
  public var seed: UInt64
  /// x_0; nil for the objective's default.
  public var initial: [Double]?
  /// Where the loss is looked at.
  public var evaluation: Evaluation
  /// Whether a seeded batch may hold a sample twice.
  public var replacesSamples: Bool
  /// Tracks ‖x − x̂‖², which takes a second pass.
  public var tracksVirtualIterates: Bool
  /// Averages over the points at which gradients were computed; not for `local`.
  public var readPoints: ReadPointStudy
  /// More memory than this is refused before the replay starts; nil for the machine's.
  public var memoryLimitBytes: Int?
  /// Leaves out what a search for stepsizes does not look at: ``Run/fingerprint`` is nil, and ‖∇f‖² NaN from
  /// the first update on. Nothing else changes.
  public var isTrial = false

  public init(
    method: MethodChoice, stepsize: Double, smoothness: Double? = nil, horizon: Horizon,
    atEnd: AtEnd = .repeat, timing: Timing = .sequence, sampling: Sampling = .seeded,
    batchSize: Int = 1, handout: Handout = .after, turnaround: TurnaroundPolicy = .recorded,
    seed: UInt64 = 1, initial: [Double]? = nil, evaluation: Evaluation = .instants(400),
    replacesSamples: Bool = true, tracksVirtualIterates: Bool = false,
    readPoints: ReadPointStudy = .none, memoryLimitBytes: Int? = nil, serverNs: Int64 = 0
  ) {
    self.method = method
    self.stepsize = stepsize
    self.smoothness = smoothness
    self.horizon = horizon
    self.atEnd = atEnd
    self.timing = timing
    self.sampling = sampling
    self.batchSize = batchSize
    self.handout = handout
    self.turnaround = turnaround
    self.seed = seed
    self.initial = initial
    self.evaluation = evaluation
    self.replacesSamples = replacesSamples
    self.tracksVirtualIterates = tracksVirtualIterates
    self.readPoints = readPoints
    self.memoryLimitBytes = memoryLimitBytes
    self.serverNs = serverNs
  }
}
