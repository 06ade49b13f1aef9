import Analysis
import ReplayEngine
import Reports

extension Samples {
  /// Checks of the first seed of each replay and of one with the stepsize of its bound: one bound that
  /// holds, one on a mean that the run exceeds, and reasons why there is none.
  static func theory(isTied: Bool = false, isMeasured: Bool = true) -> TheoryReport {
    let facts = ProblemFacts(
      kind: "softmax", isConvex: true, smoothness: .known(0.5), hasBoundedGradients: false,
      minimum: 0.09, distance: 3, gap: 2.2)
    func figures(_ scale: Double) -> BoundCheck.Figures {
      .init(
        points: (1...40).map { step in
          let count = step * step * 5
          return .init(
            count: count, gradientCount: count, measured: 2.2 * scale / (1 + 0.01 * Double(count)),
            bound: 40 / Double(count) + 0.3)
        })
    }
    func check(
      _ index: Int?, _ request: ReplayRequest, _ findings: [BoundCheck.Finding]
    ) -> TheoryCheck {
      TheoryCheck(
        replayIndex: index, method: request.method, stepsize: request.stepsize, seed: 1,
        workerCount: 10,
        readCount: 8_010, isShortened: index != nil,
        norms: .init(least: 0.031, largest: 1.42, last: 0.044), noiseSquared: 0.81, bias: nil,
        bounds: zip(BoundCheck.Kind.allCases, findings).map { .init(kind: $0, finding: $1) })
    }
    let tooLarge = BoundCheck.Finding.doesNotApply(.stepsizeAbove(limit: 0.1, stepsize: 0.125))
    let notConstant = BoundCheck.Finding.doesNotApply(.notConstant)
    let checks = [
      check(
        nil, .init(method: .async(rule: .adaptive), stepsize: 0.04, horizon: Horizon()),
        [notConstant, .applies(figures(1)), .applies(figures(0.5))]),
      check(
        0, .init(method: .minibatch, stepsize: 1.41, horizon: Horizon()),
        [.applies(figures(2)), tooLarge, tooLarge]),
      check(
        2, .init(method: .async(rule: .constant), stepsize: 0.125, horizon: Horizon()),
        [.applies(figures(30)), tooLarge, tooLarge]),
    ]
    let independence: DelayIndependence =
      isTied
      ? .judging([
        (.scaled, DelayBias(value: 0.4, permuted: Array(repeating: 0.1, count: 40))),
        (.drop, DelayBias(value: 0.1, permuted: Array(repeating: 0.1, count: 40))),
      ]) : .notTestable
    let measured = isMeasured ? checks : []
    return TheoryReport(
      facts: facts, checks: measured, independence: independence,
      rules: RuleJustification.all(
        facts: facts, workerCount: 10, checks: measured, divergedConstant: nil,
        independence: independence))
  }
}
