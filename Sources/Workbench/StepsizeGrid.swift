import Optimization

/// The grid of stepsizes that is fair to all methods.
///
/// A stepsize γ of a method that averages b gradients in an update gives each of them the weight
/// γ/b. The grid is in that weight, in units of 1/(L M): a minibatch method of M workers and
/// asynchronous SGD then move equally far for equally many gradients at equal grid points.
public struct StepsizeGrid: Sendable {
  /// 2^−10 … 2^4, in steps of √2 and around the best of 2^¼; the exponents here count quarter powers
  /// of two.
  static let quarterExponents = -40...16
  /// How far apart the points of a pass are: a factor of 4, of 2, of √2, of 2^¼.
  ///
  /// √2 alone is too coarse to set methods side by side: without noise minibatch SGD is stable up to
  /// the weight 2 and asynchronous SGD on equal workers up to π/2, and the grid of √2 has one point
  /// below both.
  static let steps = [8, 4, 2, 1]

  let workerCount: Int
  let smoothness: Double
  /// b
  let gradientsPerUpdate: Int

  init(method: MethodChoice, workerCount: Int, smoothness: Double) {
    self.workerCount = workerCount
    self.smoothness = smoothness
    gradientsPerUpdate = method.gradientsPerUpdate(workerCount: workerCount)
  }

  /// γ/b at a grid point in units of 1/(LM): 2^(quarterExponent / 4).
  func weight(quarterExponent: Int) -> Double {
    var weight = 1.0
    let whole = quarterExponent >> 2
    for _ in 0..<abs(whole) { weight *= whole > 0 ? 2 : 0.5 }
    if quarterExponent & 2 != 0 { weight *= 2.0.squareRoot() }
    if quarterExponent & 1 != 0 { weight *= 2.0.squareRoot().squareRoot() }
    return weight
  }

  /// γ at a grid point: 2^(quarterExponent / 4) · b / (L M).
  func stepsize(quarterExponent: Int) -> Double {
    weight(quarterExponent: quarterExponent) * Double(gradientsPerUpdate)
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
