import Optimization
import ReplayEngine

/// How far an iterate may be from its virtual one: bounds on E‖x_k − x̂_k‖².
///
/// M − 1 gradients are promised at update k: started, and not applied yet.
public struct VirtualBound: Hashable, Sendable {
  /// γ²(M − 1)²(G² + σ²), for gradients that are bounded by G, at every k; nil unless the stepsize is
  /// constant.
  public var constant: Double?
  /// 2(M − 1) Σ γ²‖∇f(y)‖² + 2σ² Σ γ² over the promised gradients, in the mean over k: what is left
  /// where gradients are not bounded. nil for methods of other updates.
  public var unbounded: Double?

  public init(constant: Double?, unbounded: Double?) {
    self.constant = constant
    self.unbounded = unbounded
  }

  /// - Parameters:
  ///   - gradientNorm: G with ‖∇f‖ ≤ G, noise excluded.
  ///   - noiseSquared: σ²
  public static func constant(
    stepsize: Double, workerCount: Int, gradientNorm: Double, noiseSquared: Double
  ) -> Double {
    let others = Double(workerCount - 1)
    return stepsize * stepsize * others * others * (gradientNorm * gradientNorm + noiseSquared)
  }

  /// The deterministic part has a factor M − 1 by the inequality of Cauchy and Schwarz: without it, M
  /// equal gradients at one point without noise are a counterexample.
  public static func unbounded(
    _ distance: VirtualDistance, workerCount: Int, noiseSquared: Double
  ) -> Double {
    2 * Double(workerCount - 1) * distance.promisedNormSquared
      + 2 * noiseSquared * distance.promisedWeightSquared
  }

  /// Both for a run with virtual iterates and studied read points; nil without.
  ///
  /// With `--handout before` one more gradient is promised; nothing is printed for it.
  public init?(_ run: Run, check: TheoryCheck) {
    guard let distance = run.virtualDistance, let norms = check.norms,
      let noise = check.noiseSquared
    else { return nil }
    self.init(constant: nil, unbounded: nil)
    guard run.request.handout == .after else { return }
    switch run.request.method {
    case .async, .fastest:
      unbounded = Self.unbounded(
        distance, workerCount: check.workerCount, noiseSquared: noise)
      if run.request.method.rule ?? .constant == .constant {
        constant = Self.constant(
          stepsize: run.request.stepsize, workerCount: check.workerCount,
          gradientNorm: norms.largest, noiseSquared: noise)
      }
    default: break
    }
  }
}
