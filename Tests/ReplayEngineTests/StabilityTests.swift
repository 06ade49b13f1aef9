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

  /// The best constant stepsize balances the two ends of the spectrum, as on any quadratic. Minibatch
  /// falls by 2 ln((κ + 1)/(κ − 1)) a round; asynchronous SGD takes M updates for as many gradients. The
  /// roots of z^M − z^(M−1) + γλ give 1.254 for κ = 1000 and M = 32 (1.235 at 16, 1.264 at 64), and
  /// 1.347 for κ = 10 and M = 64.
  @Test(
    "Equal workers without noise: minibatch is ahead by a known factor",
    arguments: [(32, 1_000.0, 1.24, 1.28), (64, 10, 1.33, 1.37)])
  func minibatchAhead(workerCount: Int, condition: Double, low: Double, high: Double) throws {
    let updates = workerCount * (condition > 100 ? 300 : 40)
    func decay(_ curvature: Double, _ stepsize: Double) throws -> Double {
      try self.decay(
        .async(rule: .constant), workerCount: workerCount, curvature: curvature,
        stepsize: stepsize, updates: updates, window: 4 * workerCount)
    }
    var stable = 0.0
    var unstable = 2 * sin(Double.pi / Double(2 * (2 * workerCount - 1)))
    for _ in 0..<9 {
      let middle = (stable + unstable) / 2
      if try decay(1, middle) > decay(1 / condition, middle) {
        stable = middle
      } else {
        unstable = middle
      }
    }
    let async = try decay(1 / condition, stable) * Double(workerCount)
    let minibatch = try self.decay(
      .minibatch, workerCount: 1, curvature: 1 / condition, stepsize: 2 / (1 + 1 / condition),
      updates: 40, window: 1)
    #expect(abs(minibatch - 2 * log((condition + 1) / (condition - 1))) < 1e-6)
    let ratio = minibatch / async
    #expect(ratio > low && ratio < high, "\(ratio)")
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
