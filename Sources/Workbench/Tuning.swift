import Analysis
import Optimization
import ReplayEngine
import TraceModel

/// One method with the stepsize that brings it to a target first.
public struct TunedMethod: Sendable {
  /// How the best grid point lies.
  public enum Place: Hashable, Sendable {
    /// A worse neighbour on each side.
    case interior
    /// Its larger neighbour diverges, which is normal without noise.
    case atStabilityLimit
    /// The grid ended there.
    case atGridEdge
  }

  public var choice: MethodChoice
  public var stepsize: Double
  public var place: Place
  /// The runs of the best stepsize, one a seed, evaluated at the common instants.
  public var runs: [Run]
  /// Mean f − f* at the end of the horizon over the seeds for each stepsize that was tried, by
  /// stepsize; infinite where a seed diverged.
  public var sensitivity: [Trial]

  public struct Trial: Hashable, Sendable {
    public var stepsize: Double
    /// When the target was reached, nil if not within the horizon.
    public var seconds: Double?
    /// Mean of f − f* over the last instants.
    public var finalGap: Double
  }
}

/// Searches stepsizes for methods on one trace and objective under one horizon.
struct Tuner {
  /// Evaluations of each run while searching; the winner is evaluated at all.
  static let searchInstants = 40
  static let finalInstants = 400
  /// How far beyond 2^−10 … 2^4 the grid may grow, in half powers of two.
  static let farthest = -60...40

  let trace: Trace
  let objective: any Objective
  /// Everything but method, stepsize, seed and evaluation.
  let base: ReplayRequest
  let seeds: [UInt64]
  let smoothness: Double
  let threads: Int

  /// - Parameter target: the loss to reach, above f*; runs that never reach it are ranked by their
  ///   loss at the end.
  func tune(_ choice: MethodChoice, target: Double) throws -> TunedMethod {
    let grid = StepsizeGrid(
      method: choice, workerCount: trace.workerCount, smoothness: smoothness)
    var scores: [Int: Score] = [:]

    func evaluate(_ exponents: [Int]) throws {
      let missing = exponents.filter { scores[$0] == nil && Self.farthest.contains($0) }
      let runs = try Parallel.map(count: missing.count * seeds.count, threads: threads) { job in
        try run(
          choice, stepsize: grid.stepsize(halfExponent: missing[job / seeds.count]),
          seed: seeds[job % seeds.count], instants: Self.searchInstants)
      }
      for (position, exponent) in missing.enumerated() {
        let own = runs[(position * seeds.count)..<((position + 1) * seeds.count)]
        scores[exponent] = Score(runs: Array(own), target: target, minimum: objective.minimum)
      }
    }

    func best() -> Int {
      let tried = scores.sorted { $0.key < $1.key }
      // Equal scores go to the smaller stepsize: it is the safer one.
      return tried.min { $0.value < $1.value }?.key ?? 0
    }

    try evaluate(
      Array(
        stride(
          from: StepsizeGrid.halfExponents.lowerBound, through: StepsizeGrid.halfExponents.upperBound,
          by: StepsizeGrid.coarseStep)))
    for step in [StepsizeGrid.coarseStep, 2, 1] {
      // The best moves while a neighbour is better, beyond the ends of the grid if need be.
      while true {
        let center = best()
        try evaluate([center - step, center + step])
        if best() == center { break }
      }
    }

    let winner = best()
    let stepsize = grid.stepsize(halfExponent: winner)
    let finals = try Parallel.map(count: seeds.count, threads: threads) { index in
      try run(choice, stepsize: stepsize, seed: seeds[index], instants: Self.finalInstants)
    }
    let place: TunedMethod.Place =
      if let above = scores[winner + 1], scores[winner - 1] != nil {
        above.hasDiverged ? .atStabilityLimit : .interior
      } else {
        .atGridEdge
      }
    return TunedMethod(
      choice: choice, stepsize: stepsize, place: place, runs: finals,
      sensitivity: scores.sorted { $0.key < $1.key }.map { exponent, score in
        TunedMethod.Trial(
          stepsize: grid.stepsize(halfExponent: exponent), seconds: score.seconds,
          finalGap: score.finalGap)
      })
  }

  func run(_ choice: MethodChoice, stepsize: Double, seed: UInt64, instants: Int) throws -> Run {
    var request = base
    request.method = choice
    request.stepsize = stepsize
    request.seed = seed
    request.evaluation = .instants(instants)
    return try replay(trace, minimising: objective, request)
  }
}

/// How good a stepsize is: the sooner at the target the better, then the lower loss at the end.
private struct Score: Comparable {
  var seconds: Double?
  var finalGap: Double
  var hasDiverged: Bool

  init(runs: [Run], target: Double, minimum: Double?) {
    hasDiverged = runs.contains { if case .diverged = $0.outcome { true } else { false } }
    let curve = MeanCurve(runs: runs)
    seconds = curve.firstReached(target)
    finalGap = hasDiverged ? .infinity : (curve.losses.last ?? .infinity) - (minimum ?? 0)
    if finalGap.isNaN { finalGap = .infinity }
  }

  static func < (lhs: Self, rhs: Self) -> Bool {
    (lhs.seconds ?? .infinity, lhs.finalGap) < (rhs.seconds ?? .infinity, rhs.finalGap)
  }
}
