import Kernels
import Optimization
import ReplayEngine
import Synchronization
import Testing
import TraceModel

private final class PassCount: Sendable {
  let losses = Mutex(0)
}

/// f(x) = x²/2 with a bound of L that is far from tight. It counts how often its loss alone is asked for.
private struct CountedParabola: Objective {
  var lacksMinimum: Bool
  let passes = PassCount()

  var dimension: Int { 1 }
  var sampleCount: Int { 1 }
  var smoothness: Double? { nil }
  var smoothnessBound: Double? { 1e5 }
  var minimum: Double? { nil }
  var minimizer: [Double]? { nil }

  func loss(at x: UnsafePointer<Double>) -> Double {
    passes.losses.withLock { $0 += 1 }
    return x[0] * x[0] / 2
  }

  func lossAndGradient(
    at x: UnsafePointer<Double>, into gradient: UnsafeMutablePointer<Double>
  ) -> Double {
    gradient.update(repeating: 0, count: Vector.paddedCount(1))
    gradient[0] = x[0]
    return x[0] * x[0] / 2
  }

  func valuesPerGradient(batchSize: Int) -> Int { Vector.paddedCount(1) }
  func scratchCount(batchSize: Int) -> Int { 0 }

  func computeGradient(
    of samples: UnsafeBufferPointer<Int32>, at x: UnsafePointer<Double>,
    into values: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    _ = lossAndGradient(at: x, into: values)
  }

  func add(
    _ scale: Double, times values: UnsafePointer<Double>, of samples: UnsafeBufferPointer<Int32>,
    to y: UnsafeMutablePointer<Double>
  ) {
    y[0] += scale * values[0]
  }
}

@Suite("Passes to look for divergence")
struct DivergencePassTests {
  private func run(lacksMinimum: Bool, stepsize: Double) throws -> (run: Run, passes: Int) {
    let objective = CountedParabola(lacksMinimum: lacksMinimum)
    let run = try replay(
      makeTrace([[1]]), minimising: objective,
      ReplayRequest(
        method: .async(rule: .constant), stepsize: stepsize, horizon: Horizon(updateCount: 64),
        batchSize: 0, initial: [1], evaluation: .ends))
    return (run, objective.passes.losses.withLock { $0 })
  }

  /// x moves by at most 1, so f(x) ≤ ½ + 10^5/2 by the bound. That is less than 10^6 f(x_0), but more than
  /// 10^6 times what a step of 10^−5 gains, by which f_ref is below f(x_0) at the least if it is f*.
  @Test("Where f* is sure to be unknown, a bound of f decides", arguments: [false, true])
  func bound(lacksMinimum: Bool) throws {
    let (run, passes) = try run(lacksMinimum: lacksMinimum, stepsize: 0.01)
    #expect(run.outcome == .completed)
    #expect((passes == 0) == lacksMinimum)
  }

  /// At γ = 11 the loss grows 100-fold an update: beyond 10^6 f(x_0) at the fourth.
  @Test("And divergence is found as before", arguments: [false, true])
  func divergence(lacksMinimum: Bool) throws {
    let (run, _) = try run(lacksMinimum: lacksMinimum, stepsize: 11)
    #expect(run.outcome == .diverged(update: 4))
  }
}
