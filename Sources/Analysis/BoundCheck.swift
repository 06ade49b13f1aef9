import Optimization
import ReplayEngine

/// One bound beside what it bounds on one run, or why there is none.
public struct BoundCheck: Hashable, Sendable {
  /// The bounds of ``ReadPointBound``.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// On the mean of f(y) − f* for convex f and bounded gradients.
    case lipschitz
    /// On the weighted mean of f(y) − f* for convex, smooth f.
    case convex
    /// On the weighted mean of ‖∇f(y)‖² for smooth f.
    case nonconvex
  }

  /// What came of holding a run against a bound.
  public enum Finding: Hashable, Sendable {
    /// The bound applies, with the measured average beside it.
    case applies(Figures)
    /// It does not apply, and why.
    case doesNotApply(BoundObstacle)
  }

  /// A measured average and its bound, at the end and on the way.
  public struct Figures: Hashable, Sendable {
    /// The average and its bound after some gradients.
    public struct Point: Hashable, Sendable {
      /// N, in what the bound counts.
      public var count: Int
      /// Gradients applied so far.
      public var gradientCount: Int
      /// The weighted average that the bound is about.
      public var measured: Double
      /// What the theory promises for it.
      public var bound: Double

      public init(count: Int, gradientCount: Int, measured: Double, bound: Double) {
        self.count = count
        self.gradientCount = gradientCount
        self.measured = measured
        self.bound = bound
      }
    }

    /// Not empty; the last one is the end of the run.
    public var points: [Point]

    public init(points: [Point]) {
      self.points = points
    }

    /// The average at the end of the run; NaN without points.
    public var measured: Double { points.last?.measured ?? .nan }
    /// The bound at the end of the run; NaN without points.
    public var bound: Double { points.last?.bound ?? .nan }
    /// N of the bound at the end of the run.
    public var count: Int { points.last?.count ?? 0 }
  }

  /// Which bound was held against the run.
  public var kind: Kind
  /// What came of it.
  public var finding: Finding

  public init(kind: Kind, finding: Finding) {
    self.kind = kind
    self.finding = finding
  }

  /// The figures where the bound applies, else nil.
  public var figures: Figures? {
    if case .applies(let figures) = finding { figures } else { nil }
  }
}

/// Why a bound says nothing about a run.
public enum BoundObstacle: Hashable, Sendable {
  /// The run diverged.
  case diverged(update: Int)
  /// No gradient was applied.
  case nothingApplied
  /// f* or x* is not known.
  case minimumUnknown
  /// The objective of this kind is not convex.
  case notConvex(String)
  /// The objective of this kind has no L.
  case notSmooth(String)
  /// The objective of this kind has only a local estimate of L.
  case localSmoothness(String)
  /// The L that was given is below the objective's own.
  case smoothnessUnderstated(given: Double, own: Double)
  /// γ ≤ 1/(2LM), or 1/(2L) for rounds.
  case stepsizeAbove(limit: Double, stepsize: Double)
  /// γ ≤ 1/(4Lτ) for the largest delay of the run.
  case constantAboveRule(limit: Double, stepsize: Double)
  /// The stepsizes were not all the same.
  case notConstant
  /// Proved for c = 4, and this c was used.
  case adaptiveConstant(Double)
  /// Nothing is proved for this method or rule.
  case notProved(String)
  /// Workers were handed the iterate before their own update.
  case handoutBefore
  /// Recorded batches repeat, and fresh samples are needed.
  case recordedBatches
}
