/// What the theory asks of an objective and a starting point, as far as it is known.
public struct ProblemFacts: Hashable, Sendable {
  /// How far a smoothness constant can be relied on.
  public enum Smoothness: Hashable, Sendable {
    /// L of the whole function.
    case known(Double)
    /// A user's L that is below the objective's own.
    case understated(given: Double, own: Double)
    /// ∇f jumps: hinge.
    case none
    /// Holds near one point only: mlp.
    case local
  }

  /// As on the command line: `logistic`.
  public var kind: String
  /// Whether f is convex.
  public var isConvex: Bool
  /// What is known of L.
  public var smoothness: Smoothness
  /// Whether ‖∇f‖ is bounded on the whole space.
  public var hasBoundedGradients: Bool
  /// f*
  public var minimum: Double?
  /// D = ‖x_0 − x*‖
  public var distance: Double?
  /// Δ = f(x_0) − f*
  public var gap: Double?

  public init(
    kind: String, isConvex: Bool, smoothness: Smoothness, hasBoundedGradients: Bool,
    minimum: Double?, distance: Double?, gap: Double?
  ) {
    self.kind = kind
    self.isConvex = isConvex
    self.smoothness = smoothness
    self.hasBoundedGradients = hasBoundedGradients
    self.minimum = minimum
    self.distance = distance
    self.gap = gap
  }
}
