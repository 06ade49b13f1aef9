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

  public enum Finding: Hashable, Sendable {
    case applies(Figures)
    case doesNotApply(BoundObstacle)
  }

  /// A measured average and its bound, at the end and on the way.
  public struct Figures: Hashable, Sendable {
    public struct Point: Hashable, Sendable {
      /// N, in what the bound counts.
      public var count: Int
      public var gradientCount: Int
      public var measured: Double
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

    public var measured: Double { points.last?.measured ?? .nan }
    public var bound: Double { points.last?.bound ?? .nan }
    public var count: Int { points.last?.count ?? 0 }
  }

  public var kind: Kind
  public var finding: Finding

  public init(kind: Kind, finding: Finding) {
    self.kind = kind
    self.finding = finding
  }

  public var figures: Figures? {
    if case .applies(let figures) = finding { figures } else { nil }
  }
}

/// Why a bound says nothing about a run.
public enum BoundObstacle: Hashable, Sendable {
  case diverged(update: Int)
  case nothingApplied
  case minimumUnknown
  case notConvex(String)
  case notSmooth(String)
  case localSmoothness(String)
  case smoothnessUnderstated(given: Double, own: Double)
  /// γ ≤ 1/(2LM), or 1/(2L) for rounds.
  case stepsizeAbove(limit: Double, stepsize: Double)
  /// γ ≤ 1/(4Lτ) for the largest delay of the run.
  case constantAboveRule(limit: Double, stepsize: Double)
  case notConstant
  case adaptiveConstant(Double)
  case notProved(String)
  case handoutBefore
  case recordedBatches
}
