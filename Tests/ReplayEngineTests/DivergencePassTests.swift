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

/// A network that counts how often its loss alone is asked for.
private struct CountedNetwork: Objective {
  let network: MultilayerPerceptron
  let passes: PassCount

  var dimension: Int { network.dimension }
  var sampleCount: Int { network.sampleCount }
  var smoothness: Double? { network.smoothness }
  var minimum: Double? { network.minimum }
  var lacksMinimum: Bool { network.lacksMinimum }
  var minimizer: [Double]? { network.minimizer }

  func loss(at x: UnsafePointer<Double>) -> Double {
    passes.losses.withLock { $0 += 1 }
    return network.loss(at: x)
  }

  func lossBound(at x: UnsafePointer<Double>) -> Double? { network.lossBound(at: x) }

  func lossAndGradient(
    at x: UnsafePointer<Double>, into gradient: UnsafeMutablePointer<Double>
  ) -> Double {
    network.lossAndGradient(at: x, into: gradient)
  }

  func valuesPerGradient(batchSize: Int) -> Int { network.valuesPerGradient(batchSize: batchSize) }
  func scratchCount(batchSize: Int) -> Int { network.scratchCount(batchSize: batchSize) }

  func computeGradient(
    of samples: UnsafeBufferPointer<Int32>, at x: UnsafePointer<Double>,
    into values: UnsafeMutablePointer<Double>, scratch: UnsafeMutablePointer<Double>
  ) {
    network.computeGradient(of: samples, at: x, into: values, scratch: scratch)
  }

  func add(
    _ scale: Double, times values: UnsafePointer<Double>, of samples: UnsafeBufferPointer<Int32>,
    to y: UnsafeMutablePointer<Double>
  ) {
    network.add(scale, times: values, of: samples, to: y)
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

  /// A network's scores are bounded by its weights, so that its loss is passed for only at the ends.
  @Test("A network is not passed through to look for divergence")
  func network() throws {
    let (objective, passes) = countedNetwork()
    let run = try descend(objective, stepsize: 0.1)
    #expect(run.outcome == .completed)
    #expect(passes.losses.withLock { $0 } == 0)
  }

  /// Weight decay multiplies x by 1 − γ l2 = −9 an update beside gradients of a few: the loss grows 81-fold.
  @Test("And it diverges when its definition says so")
  func divergingNetwork() throws {
    let (objective, _) = countedNetwork(l2: 10)
    let start = objective.network.initialIterate(seed: 1)
    let x = Vector(start)
    let gradient = Vector(dimension: objective.dimension)
    let limit = 1e6 * objective.network.loss(at: x.base)
    var expected: Int?
    var checked: [Double] = []
    for update in 1...64 {
      _ = objective.lossAndGradient(at: x.base, into: gradient.base)
      for index in 0..<x.dimension { x.base[index] -= gradient.base[index] }
      guard update & (update - 1) == 0 else { continue }
      checked.append(objective.network.loss(at: x.base))
      if !(checked[checked.count - 1] <= limit) {
        expected = update
        break
      }
    }
    let update = try #require(expected)
    #expect(checked.count > 2)
    #expect(try descend(objective, stepsize: 1).outcome == .diverged(update: update))
  }

  private func countedNetwork(l2: Double = 0) -> (CountedNetwork, PassCount) {
    let passes = PassCount()
    let rows = (0..<20).map { row -> [Double] in
      (0..<6).map { Double((row * 7 + $0 * 5) % 11 - 5) }
    }
    let network = MultilayerPerceptron(
      rows: rows, labels: (0..<20).map { $0 % 3 }, hidden: [4], classCount: 3, activation: .relu,
      l2: l2)
    return (CountedNetwork(network: network, passes: passes), passes)
  }

  private func descend(_ objective: CountedNetwork, stepsize: Double) throws -> Run {
    try replay(
      makeTrace([[1]]), minimising: objective,
      ReplayRequest(
        method: .async(rule: .constant), stepsize: stepsize, horizon: Horizon(updateCount: 64),
        batchSize: 0, initial: objective.network.initialIterate(seed: 1), evaluation: .ends))
  }
}
