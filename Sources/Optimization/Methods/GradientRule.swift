/// What a server does with a gradient besides subtracting it.
///
/// It concerns the iterate only: who arrives when, and what becomes of a gradient, is the method's.
public enum GradientRule: Hashable, Sendable {
  /// x ← x − γ g
  case plain
  /// x ← x − γ g min{1, radius / ‖g‖}
  case clipped(radius: Double)
  /// x ← x − γ (g + λ g ⊙ g ⊙ (x − y)), where y is the iterate that the worker read.
  case delayCompensated(lambda: Double)
  /// The same with λ/√(s + 10⁻⁷) for each entry, where s ← decay · s + (1 − decay) g ⊙ g.
  case adaptivelyCompensated(lambda: Double, decay: Double)
  /// x_k = x_{k−1} − γ g + β (x_{k−1} − x_{k−2})
  case heavyBall(beta: Double)

  /// Whether every step is a weight times one gradient, which virtual iterates are made of.
  public var keepsWeights: Bool {
    switch self {
    case .plain, .clipped: true
    case .delayCompensated, .adaptivelyCompensated, .heavyBall: false
    }
  }
}

extension MethodChoice {
  /// What the method does with a gradient before it is applied.
  public var gradientRule: GradientRule {
    switch self {
    case .clipped(let radius): .clipped(radius: radius)
    case .dcAsync(let lambda, let isAdaptive):
      isAdaptive
        ? .adaptivelyCompensated(lambda: lambda, decay: DelayCompensatedASGD.decay)
        : .delayCompensated(lambda: lambda)
    case .momentum(let beta): .heavyBall(beta: beta)
    default: .plain
    }
  }

  /// Whether the iterate that each worker read must be kept until its gradient lands.
  public var keepsReadIterates: Bool {
    switch self {
    case .dcAsync, .picky: true
    default: false
    }
  }
}
