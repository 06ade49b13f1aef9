import Optimization

/// The grid of stepsizes that is fair to all methods.
///
/// A stepsize γ of a method that averages b gradients in an update gives each of them the weight
/// γ/b. The grid is in that weight, in units of 1/(L M): a minibatch method of M workers and
/// asynchronous SGD then move equally far for equally many gradients at equal grid points.
public struct StepsizeGrid: Sendable {
  /// 2^−10 … 2^4, in steps of √2 once refined; the exponents here count half powers of two.
  static let halfExponents = -20...8
  /// The coarse pass takes every fourth power of two's worth: a factor 4.
  static let coarseStep = 4

  let workerCount: Int
  let smoothness: Double
  /// b
  let gradientsPerUpdate: Int

  init(method: MethodChoice, workerCount: Int, smoothness: Double) {
    self.workerCount = workerCount
    self.smoothness = smoothness
    gradientsPerUpdate = method.gradientsPerUpdate(workerCount: workerCount)
  }

  /// γ/b at a grid point in units of 1/(LM): 2^(halfExponent / 2).
  func weight(halfExponent: Int) -> Double {
    var weight = 1.0
    let whole = halfExponent >> 1
    for _ in 0..<abs(whole) { weight *= whole > 0 ? 2 : 0.5 }
    if halfExponent & 1 == 1 { weight *= 2.0.squareRoot() }
    return weight
  }

  /// γ at a grid point: 2^(halfExponent / 2) · b / (L M).
  func stepsize(halfExponent: Int) -> Double {
    weight(halfExponent: halfExponent) * Double(gradientsPerUpdate)
      / (smoothness * Double(workerCount))
  }

  /// γ/b in units of 1/(LM) of any stepsize.
  func weight(stepsize: Double) -> Double {
    stepsize * smoothness * Double(workerCount) / Double(gradientsPerUpdate)
  }
}

extension MethodChoice {
  /// b, the gradients that one update averages.
  func gradientsPerUpdate(workerCount: Int) -> Int {
    switch self {
    // Each of a worker's local steps moves it by γ, and the mean divides by M.
    case .minibatch, .local: workerCount
    case .async, .ringmaster, .fastest, .picky, .clipped, .dcAsync, .momentum: 1
    case .backup(let need): need
    case .rennala(let collect, _), .buffered(let collect): collect
    }
  }
}
