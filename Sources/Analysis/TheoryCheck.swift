import Optimization
import ReplayEngine

/// What the theory assumes, as one run shows it, and what it then guarantees.
public struct TheoryCheck: Hashable, Sendable {
  /// ‖∇f(y)‖ over the points at which gradients were computed.
  public struct GradientNorms: Hashable, Sendable {
    /// The smallest along the run.
    public var least: Double
    /// The largest along the run.
    public var largest: Double
    /// Where the last gradient was read.
    public var last: Double

    public init(least: Double, largest: Double, last: Double) {
      self.least = least
      self.largest = largest
      self.last = last
    }
  }

  /// Position among the replays that are reported; nil for a run that was made for the theory.
  public var replayIndex: Int?
  /// The method that was replayed.
  public var method: MethodChoice
  /// Its γ.
  public var stepsize: Double
  /// The seed of its samples.
  public var seed: UInt64
  /// The workers that take part.
  public var workerCount: Int
  /// Gradients started, each at a point that was measured.
  public var readCount: Int
  /// Whether the run was ended before the horizon of the others, to keep the measuring cheap.
  public var isShortened: Bool
  /// ‖∇f‖ where gradients were read; nil if none was.
  public var norms: GradientNorms?
  /// An estimate of σ², of a whole batch: the largest mean of ‖g − ∇f(y)‖² over a tenth of the run.
  public var noiseSquared: Double?
  /// nil where batches were drawn after the fact: they know nothing of delays.
  public var bias: DelayBias?
  /// Each bound, or why it does not apply.
  public var bounds: [BoundCheck]

  /// An estimate of the G² with E‖g‖² ≤ G²: the largest ‖∇f(y)‖² of the run, and σ².
  public var gradientBoundSquared: Double? {
    guard let norms, let noiseSquared else { return nil }
    return norms.largest * norms.largest + noiseSquared
  }

  public init(
    replayIndex: Int?, method: MethodChoice, stepsize: Double, seed: UInt64, workerCount: Int,
    readCount: Int, isShortened: Bool = false, norms: GradientNorms?, noiseSquared: Double?,
    bias: DelayBias?, bounds: [BoundCheck]
  ) {
    self.replayIndex = replayIndex
    self.method = method
    self.stepsize = stepsize
    self.seed = seed
    self.workerCount = workerCount
    self.readCount = readCount
    self.isShortened = isShortened
    self.norms = norms
    self.noiseSquared = noiseSquared
    self.bias = bias
    self.bounds = bounds
  }
}

/// The theory beside the replays of a report.
public struct TheoryReport: Hashable, Sendable {
  /// What is known of the objective.
  public var facts: ProblemFacts
  /// Empty where measuring would have cost too much.
  public var checks: [TheoryCheck]
  /// Whether noise and delay are independent, as far as can be told.
  public var independence: DelayIndependence
  /// Which stepsize rules are justified.
  public var rules: [RuleJustification]

  public init(
    facts: ProblemFacts, checks: [TheoryCheck], independence: DelayIndependence,
    rules: [RuleJustification]
  ) {
    self.facts = facts
    self.checks = checks
    self.independence = independence
    self.rules = rules
  }
}

extension TheoryCheck {
  /// Reads a run whose read points were studied.
  public init(
    _ run: Run, replayIndex: Int?, workerCount: Int, facts: ProblemFacts, isShortened: Bool = false
  ) {
    let averages = run.readPoints
    let noise = averages?.largestNoiseSquared
    var participants = workerCount
    if case .fastest(let workers) = run.request.method { participants = workers }
    self.init(
      replayIndex: replayIndex, method: run.request.method, stepsize: run.request.stepsize,
      seed: run.request.seed, workerCount: participants, readCount: averages?.startedCount ?? 0,
      isShortened: isShortened,
      norms: averages.map {
        GradientNorms(
          least: $0.gradientNormSquaredMin.squareRoot(),
          largest: $0.gradientNormSquaredMax.squareRoot(),
          last: $0.gradientNormSquaredLast.squareRoot())
      },
      noiseSquared: noise, bias: run.delayBias, bounds: [])
    let gradientBound = gradientBoundSquared
    bounds = BoundCheck.Kind.allCases.map { kind in
      let setting = BoundSetting(
        run: run, workerCount: participants, facts: facts, noiseSquared: noise ?? 0,
        gradientBoundSquared: gradientBound ?? 0)
      do throws(BoundObstacle) {
        return BoundCheck(kind: kind, finding: .applies(try setting.figures(of: kind)))
      } catch {
        return BoundCheck(kind: kind, finding: .doesNotApply(error))
      }
    }
  }
}

extension ReadPointAverages {
  /// The largest mean of ‖g − ∇f(y)‖² over a tenth of the run, in order of start.
  ///
  /// The noise may shrink as a run converges, and a bound asks for its largest value; a tenth is long
  /// enough for a mean.
  var largestNoiseSquared: Double {
    var largest = curve.isEmpty ? noiseSquared : 0
    var (count, sum) = (0, 0.0)
    for (index, point) in curve.enumerated() {
      let isLast = index == curve.count - 1
      guard point.startedCount - count >= max(1, startedCount / 10) || isLast else { continue }
      // What is left at the end may be too little to be a mean.
      if isLast, largest > 0, point.startedCount - count < startedCount / 20 { break }
      largest = max(largest, (point.noiseSum - sum) / Double(max(1, point.startedCount - count)))
      (count, sum) = (point.startedCount, point.noiseSum)
    }
    return largest
  }
}
