import Analysis
import Optimization
import ReplayEngine
import TraceModel

/// A method with the stepsizes that bring it to each target first.
struct TunedMethod: Sendable {
  /// The best stepsize for one target.
  struct Winner: Sendable {
    var stepsize: Double
    /// γ/b in units of 1/(LM).
    var weight: Double
    var place: StepsizePlace
    /// One a seed, evaluated at all common instants.
    var runs: [Run]
  }

  var choice: MethodChoice
  /// One a target, in their order.
  var winners: [Winner]
  /// Everything that was tried.
  var scan: StepsizeScan
}

/// Searches stepsizes for methods on one trace and objective under one horizon.
struct Tuner {
  /// Evaluations of each run while searching; the winner is evaluated at all.
  static let searchInstants = 40
  static let finalInstants = 400
  /// How far beyond 2^−10 … 2^4 the grid may grow, in quarter powers of two.
  static let farthest = -120...80

  let trace: Trace
  let objective: any Objective
  /// Everything but method, stepsize, seed and evaluation.
  let base: ReplayRequest
  let seeds: [UInt64]
  /// L, nil to measure the grid in units of 1/M.
  let smoothness: Double?
  let threads: Int
  let aim: Aim

  /// What is to be reached, and until when.
  struct Aim: Sendable {
    /// f*, or the best loss that any method found.
    var optimum: Double
    /// f(x_0) − `optimum`, above 0.
    var initialDistance: Double
    var horizonNs: Int64
    /// Of the initial distance; empty to tune for the loss at the end.
    var fractions: [Double]
  }

  /// One winner a target, or one for the loss at the end.
  private var targets: Range<Int> { 0..<max(1, aim.fractions.count) }

  func tune(_ choice: MethodChoice) throws -> TunedMethod {
    let grid = StepsizeGrid(
      method: choice, workerCount: trace.workerCount, smoothness: smoothness ?? 1)
    var scores = ScoreTable()
    try evaluate(
      StepsizeGrid.quarterExponents.filter { $0.isMultiple(of: StepsizeGrid.steps[0]) },
      of: choice, on: grid, into: &scores)
    for step in StepsizeGrid.steps {
      // The best moves while a neighbour is better, beyond the ends of the grid if need be.
      while true {
        let centers = targets.map { scores.best(forTarget: $0) }
        try evaluate(
          centers.flatMap { [$0 - step, $0 + step] }, of: choice, on: grid, into: &scores)
        if targets.map({ scores.best(forTarget: $0) }) == centers { break }
      }
    }
    let winners = targets.map { scores.best(forTarget: $0) }
    let distinct = Array(Set(winners)).sorted()
    let finals = try sweep(
      request(choice, instants: Self.finalInstants),
      stepsizes: distinct.map(grid.stepsize(quarterExponent:)))
    return TunedMethod(
      choice: choice,
      winners: winners.map { exponent in
        let position = distinct.firstIndex(of: exponent) ?? 0
        return TunedMethod.Winner(
          stepsize: grid.stepsize(quarterExponent: exponent),
          weight: grid.weight(quarterExponent: exponent), place: scores.place(of: exponent),
          runs: finals[position])
      },
      scan: StepsizeScan(
        method: choice.name, stepsizeRule: choice.rule?.rawValue,
        adaptiveConstant: choice.adaptiveConstant, gradientsPerUpdate: grid.gradientsPerUpdate,
        smoothness: smoothness, seedCount: seeds.count, instantCount: Self.searchInstants,
        targets: aim.fractions.map { aim.optimum + $0 * aim.initialDistance },
        points: scores.points(on: grid, count: aim.fractions.count),
        winners: winners.map {
          StepsizeScan.Winner(
            stepsize: grid.stepsize(quarterExponent: $0), weight: grid.weight(quarterExponent: $0),
            place: scores.place(of: $0))
        }))
  }

  private func request(_ choice: MethodChoice, instants: Int) -> ReplayRequest {
    var request = base
    request.method = choice
    request.evaluation = .instants(instants)
    return request
  }

  private func sweep(_ request: ReplayRequest, stepsizes: [Double]) throws -> [[Run]] {
    try StepsizeSweep(trace: trace, objective: objective, threads: threads)
      .runs(request, stepsizes: stepsizes, seeds: seeds)
  }

  private func evaluate(
    _ exponents: [Int], of choice: MethodChoice, on grid: StepsizeGrid,
    into scores: inout ScoreTable
  ) throws {
    let missing = Set(exponents.filter { !scores.has($0) && Self.farthest.contains($0) }).sorted()
    var request = request(choice, instants: Self.searchInstants)
    request.isTrial = true
    let runs = try sweep(request, stepsizes: missing.map(grid.stepsize(quarterExponent:)))
    for (exponent, own) in zip(missing, runs) {
      scores.set(exponent, StepsizeScore.scores(of: own, aim: aim))
    }
  }
}

/// What is known of each grid point, by target.
private struct ScoreTable {
  private var scores: [Int: [StepsizeScore]] = [:]

  func has(_ exponent: Int) -> Bool { scores[exponent] != nil }

  mutating func set(_ exponent: Int, _ values: [StepsizeScore]) { scores[exponent] = values }

  /// The best grid point; equal scores go to the smaller stepsize, which is the safer one.
  func best(forTarget target: Int) -> Int {
    let tried = scores.sorted { $0.key < $1.key }
    return tried.min { $0.value[target] < $1.value[target] }?.key ?? 0
  }

  /// How the best grid point lies.
  ///
  /// Whether a stepsize diverges does not depend on the target, so the first score tells. A best point
  /// that diverges itself, as all do, only ends the search at the edge.
  func place(of exponent: Int) -> StepsizePlace {
    guard let above = scores[exponent + 1]?.first, scores[exponent - 1] != nil else {
      return .gridEdge
    }
    return above.hasDiverged ? .stabilityLimit : .interior
  }

  /// Every grid point, by rising stepsize, with its times to the first `count` targets.
  func points(on grid: StepsizeGrid, count: Int) -> [StepsizeScan.Point] {
    scores.sorted { $0.key < $1.key }.map { exponent, own in
      StepsizeScan.Point(
        stepsize: grid.stepsize(quarterExponent: exponent),
        weight: grid.weight(quarterExponent: exponent), seconds: own.prefix(count).map(\.seconds),
        finalGap: own.first?.finalGap ?? .infinity, hasDiverged: own.first?.hasDiverged ?? true)
    }
  }
}

/// How good a stepsize is: the sooner at the target the better, then the lower loss at the end; the
/// times of a search are coarse, so ties are common.
private struct StepsizeScore: Comparable {
  var seconds: Double?
  var finalGap: Double
  var hasDiverged: Bool

  static func scores(of runs: [Run], aim: Tuner.Aim) -> [StepsizeScore] {
    let hasDiverged = runs.contains { if case .diverged = $0.outcome { true } else { false } }
    let sum = runs.reduce(0.0) { $0 + ($1.points.last?.loss ?? .infinity) }
    let gap = sum / Double(runs.count) - aim.optimum
    let finalGap = hasDiverged || gap.isNaN ? .infinity : gap
    guard !aim.fractions.isEmpty else {
      return [StepsizeScore(seconds: nil, finalGap: finalGap, hasDiverged: hasDiverged)]
    }
    return timesToTarget(
      runs, optimum: aim.optimum, initialDistance: aim.initialDistance, horizonNs: aim.horizonNs,
      fractions: aim.fractions, instantCount: Tuner.searchInstants, resampleCount: 0
    ).map { StepsizeScore(seconds: $0.seconds, finalGap: finalGap, hasDiverged: hasDiverged) }
  }

  static func < (lhs: Self, rhs: Self) -> Bool {
    (lhs.seconds ?? .infinity, lhs.finalGap) < (rhs.seconds ?? .infinity, rhs.finalGap)
  }
}
