import Foundation
import Optimization
import ReplayEngine
import Testing
import TraceModel

/// Equal workers without noise: after the start every delay is M, the number of workers.
@Suite("Constant delay")
struct StabilityTests {
  /// How much ln f falls in an update on f(x) = λx²/2, between the largest values of two windows; at
  /// most 0 for a run that does not converge.
  private func decay(
    _ method: MethodChoice, workerCount: Int, curvature: Double, stepsize: Double, updates: Int,
    window: Int
  ) throws -> Double {
    let run = try replay(
      makeTrace([[Int64]](repeating: [1], count: workerCount)),
      minimising: QuadraticObjective(matrix: [[curvature]], linear: [0]),
      ReplayRequest(
        method: method, stepsize: stepsize, horizon: Horizon(updateCount: updates), batchSize: 0,
        initial: [1], evaluation: .everyUpdates(1)))
    guard run.outcome == .completed else { return 0 }
    let losses = run.points.map(\.loss)
    func largest(endingAt end: Int) -> Double { losses[(end - window)..<end].max() ?? 0 }
    let early = largest(endingAt: updates / 2)
    let late = largest(endingAt: updates)
    return log(early / late) / Double(updates - updates / 2)
  }

  /// Windows of a whole period of the oscillation, which is 2(2τ − 1) at the limit. Near it |z|
  /// moves by 0.0014 an update for τ = 16 at 3%: 4,000 updates show it.
  @Test("The stability limit is 2 sin(π / (2(2τ − 1))) within 3%", arguments: [1, 2, 5, 16])
  func limit(delay: Int) throws {
    let limit = 2 * sin(Double.pi / Double(2 * (2 * delay - 1)))
    func decay(_ factor: Double) throws -> Double {
      try self.decay(
        .async(rule: .constant), workerCount: delay, curvature: 1, stepsize: factor * limit,
        updates: 4_000, window: 4 * delay)
    }
    #expect(try decay(0.97) > 1e-4)
    #expect(try decay(1.03) <= 0)
  }

  /// The largest |z| with z^M − z^(M−1) + g = 0, from the recursion x_k = x_{k−1} − g x_{k−M} alone.
  ///
  /// Up to g = (M − 1)^(M−1)/M^M it is a real root, g = z^(M−1)(1 − z) between (M − 1)/M and 1. Beyond
  /// it is a pair r e^(±iθ), 0 < θ < π/M, whose imaginary part says r = sin((M − 1)θ)/sin(Mθ) and whose
  /// real part g = r^(M−1) sin θ/sin(Mθ).
  private func growth(_ product: Double, delay: Int) -> Double {
    let m = Double(delay)
    func bisect(_ low: Double, _ high: Double, _ isLow: (Double) -> Bool) -> Double {
      var (low, high) = (low, high)
      for _ in 0..<100 {
        let middle = (low + high) / 2
        if isLow(middle) { low = middle } else { high = middle }
      }
      return low
    }
    if product <= pow(m - 1, m - 1) / pow(m, m) {
      return bisect((m - 1) / m, 1) { pow($0, m - 1) * (1 - $0) > product }
    }
    func radius(_ angle: Double) -> Double { sin((m - 1) * angle) / sin(m * angle) }
    return radius(
      bisect(0, Double.pi / m) { pow(radius($0), m - 1) * sin($0) / sin(m * $0) < product })
  }

  /// The best constant stepsize balances the two ends of the spectrum, as on any quadratic, and
  /// minibatch falls by 2 ln((κ + 1)/(κ − 1)) a round, while asynchronous SGD takes M updates for as
  /// many gradients: the recursion gives the factor between them, and replays keep to it.
  @Test(
    "Equal workers without noise: minibatch is ahead by what the recursion says",
    arguments: [
      (16, 1_000.0, 1.2347...1.2349), (32, 1_000, 1.24...1.28),
      (64, 1_000, 1.24...1.28), (16, 10, 1.31...1.36), (64, 10, 1.33...1.37), (16, 2, 1.75...1.85),
      (64, 2, 1.79...1.85),
    ])
  func minibatchAhead(workerCount: Int, condition: Double, factor: ClosedRange<Double>) throws {
    let m = Double(workerCount)
    var stepsize = pow(m - 1, m - 1) / pow(m, m)
    var high = 2 * sin(Double.pi / Double(2 * (2 * workerCount - 1)))
    for _ in 0..<60 {
      let middle = (stepsize + high) / 2
      let isBelow =
        growth(middle, delay: workerCount) < growth(middle / condition, delay: workerCount)
      if isBelow { stepsize = middle } else { high = middle }
    }
    let exact = -2 * log(growth(stepsize, delay: workerCount))
    let minibatchExact = 2 * log((condition + 1) / (condition - 1))
    let ratio = minibatchExact / (m * exact)
    #expect(factor.contains(ratio), "\(ratio)")

    // Not too long: f must stay far above 0.
    let updates = min(workerCount * (condition > 100 ? 300 : 60), Int(400 / exact))
    for curvature in [1, 1 / condition] {
      let replayed = try decay(
        .async(rule: .constant), workerCount: workerCount, curvature: curvature,
        stepsize: stepsize, updates: updates, window: 4 * workerCount)
      #expect(abs(replayed / exact - 1) < 0.03, "λ = \(curvature): \(replayed), exact \(exact)")
    }
    let minibatch = try decay(
      .minibatch, workerCount: workerCount, curvature: 1 / condition,
      stepsize: 2 / (1 + 1 / condition), updates: 40, window: 1)
    #expect(abs(minibatch / minibatchExact - 1) < 1e-6)
  }

  /// A gradient of the chain at a point of support s has support s + 1, and is M updates old.
  @Test("On the chain the support grows by a coordinate every M updates", arguments: [1, 2, 3, 8])
  func support(workerCount: Int) throws {
    for updates in [0, 1, workerCount, workerCount + 1, 5 * workerCount, 5 * workerCount + 1] {
      let run = try replay(
        makeTrace([[Int64]](repeating: [7], count: workerCount)),
        minimising: QuadraticObjective(chain: 40),
        ReplayRequest(
          method: .async(rule: .constant), stepsize: 0.5, horizon: Horizon(updateCount: updates),
          batchSize: 0, evaluation: .ends))
      let support = run.finalIterate.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
      #expect(support == (updates + workerCount - 1) / workerCount)
    }
  }
}
