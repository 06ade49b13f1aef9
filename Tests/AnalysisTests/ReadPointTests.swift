import Analysis
import Optimization
import ReplayEngine
import Testing
import TraceModel

/// A small convex quadratic with its noise known exactly, and what bounds need of it.
private struct Problem {
  var objective: QuadraticObjective
  var smoothness: Double
  var distance: Double
  var gap: Double
  /// σ² = mean ‖ξ_i‖²
  var noiseSquared: Double
  var initial: [Double]

  /// Diagonal, with curvatures from 0.001 to 1; a start far away in some directions.
  init(seed: UInt64, noise: Double) throws {
    var random = SplitMix64(seed: seed)
    let dimension = Int.random(in: 1...4, using: &random)
    let curvatures = (0..<dimension).map { place -> Double in
      place == 0 ? 1 : [0.001, 0.03, 0.3, 1][Int.random(in: 0...3, using: &random)]
    }
    let rows = (0..<32).map { _ in
      (0..<dimension).map { _ in noise * (2 * random.uniform() - 1) }
    }
    // Each row and its opposite, so that the mean is zero.
    let table = rows + rows.map { $0.map { -$0 } }
    let matrix = (0..<dimension).map { row in
      (0..<dimension).map { $0 == row ? curvatures[row] : 0 }
    }
    initial = (0..<dimension).map { _ in 4 * random.uniform() - 2 }
    objective = QuadraticObjective(
      matrix: matrix, linear: [Double](repeating: 0, count: dimension),
      noise: noise == 0 ? [] : table)
    smoothness = 1
    distance = initial.reduce(0) { $0 + $1 * $1 }.squareRoot()
    gap = zip(curvatures, initial).reduce(0) { $0 + 0.5 * $1.0 * $1.1 * $1.1 }
    noiseSquared =
      noise == 0
      ? 0 : table.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } } / Double(table.count)
  }
}

/// Equal workers, one far slower than all, spells of slowness, or all mixed.
private func makeAdversarial(seed: UInt64) -> Trace {
  var random = SplitMix64(seed: seed ^ 0xABCD)
  let workers = Int.random(in: 1...6, using: &random)
  return makeTrace(
    (0..<workers).map { m in
      (0..<12).map { entry -> Double in
        switch seed % 4 {
        case 0: 1
        case 1: m == 0 ? 300 : 1 + random.uniform()
        case 2: entry % 6 == m ? 40 : 1
        default: [0.1, 1, 10, 100][Int.random(in: 0...3, using: &random)]
        }
      }
    })
}

private func studied(
  _ trace: Trace, _ objective: some Objective, _ method: MethodChoice, stepsize: Double,
  updates: Int, seed: UInt64, initial: [Double], study: ReadPointStudy = .averages,
  sampling: Sampling = .seeded, exact: Bool = false
) throws -> Run {
  try replay(
    trace, minimising: objective,
    ReplayRequest(
      method: method, stepsize: stepsize, smoothness: 1, horizon: Horizon(updateCount: updates),
      sampling: sampling, batchSize: exact ? 0 : 1, seed: seed, initial: initial,
      evaluation: .ends, readPoints: study))
}

@Suite("Averages over read points")
struct ReadPointTests {
  /// In expectation, so over the mean of five seeds.
  @Test("Measured is below the bounds for smooth functions", arguments: 0..<40 as Range<UInt64>)
  func smooth(seed: UInt64) throws {
    let trace = makeAdversarial(seed: seed)
    let problem = try Problem(seed: seed, noise: [0, 0.3, 3][Int(seed % 3)])
    let updates = 60 + 40 * Int(seed % 5)
    let noise = problem.noiseSquared.squareRoot()
    let limit = 1 / (2 * Double(trace.workerCount))
    let best = ReadPointBound.bestConvex(
      distance: problem.distance, noise: noise, smoothness: 1, workerCount: trace.workerCount,
      appliedCount: updates)
    for stepsize in [limit, limit / 8, best.stepsize] {
      var loss = 0.0
      var norm = 0.0
      for repetition in 0..<5 as Range<UInt64> {
        let run = try studied(
          trace, problem.objective, .async(rule: .adaptive), stepsize: stepsize, updates: updates,
          seed: repetition, initial: problem.initial, exact: noise == 0)
        let averages = try #require(run.readPoints)
        #expect(averages.gradientCount == updates)
        loss += averages.loss / 5
        norm += averages.gradientNormSquared / 5
      }
      let convex = try #require(
        ReadPointBound.convex(
          distance: problem.distance, noise: noise, smoothness: 1, stepsize: stepsize,
          workerCount: trace.workerCount, appliedCount: updates))
      let nonconvex = try #require(
        ReadPointBound.nonconvex(
          gap: problem.gap, noise: noise, smoothness: 1, stepsize: stepsize,
          workerCount: trace.workerCount, appliedCount: updates))
      #expect(loss <= convex && norm <= nonconvex)
      if stepsize == best.stepsize { #expect(agree(best.value, convex)) }
    }
  }

  /// f(x) = mean max(0, 1 − b a x) in one dimension: G = max |a|, and a minimum lies at a kink.
  @Test("Measured is below the bound for Lipschitz functions", arguments: 0..<20 as Range<UInt64>)
  func lipschitz(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let slopes = (0..<9).map { _ in 0.5 + random.uniform() }
    let labels = (0..<9).map { $0 % 3 == 0 ? -1.0 : 1.0 }
    func loss(_ x: Double) -> Double {
      zip(slopes, labels).reduce(0) { $0 + max(0, 1 - $1.0 * $1.1 * x) } / 9
    }
    let kinks = zip(slopes, labels).map { $0.1 / $0.0 }
    let minimizer = try #require(kinks.min { loss($0) < loss($1) })
    let trace = makeAdversarial(seed: seed)
    let gradientBound = slopes.max() ?? 1
    let distance = abs(6 - minimizer)
    for updates in [40, 400] {
      let startedCount = updates + trace.workerCount
      let best = ReadPointBound.bestLipschitz(
        distance: distance, gradientBound: gradientBound, workerCount: trace.workerCount,
        startedCount: startedCount)
      for factor in [0.3, 1, 4] {
        let run = try studied(
          trace, Hinge(rows: slopes.map { [$0] }, labels: labels), .async(rule: .constant),
          stepsize: factor * best.stepsize, updates: updates, seed: seed, initial: [6])
        let averages = try #require(run.readPoints)
        #expect(averages.startedCount == startedCount)
        let bound = ReadPointBound.lipschitz(
          distance: distance, gradientBound: gradientBound, stepsize: factor * best.stepsize,
          workerCount: trace.workerCount, startedCount: startedCount)
        #expect(averages.startedLoss - loss(minimizer) <= bound)
        if factor == 1 { #expect(agree(best.value, bound)) }
      }
    }
  }

  /// D = 2, G = 3, M = 2, N = 12, γ = ½: 4/12 + ½·9·3/2. D = 2, σ = 3, L = 1: γ = ¼ is the limit of two
  /// workers: 12/(2·¼·12) + 9/4 and, with Δ = 2, 24/(¼·12) + 3·9/4.
  @Test("The bounds by hand, and no bound for larger stepsizes")
  func byHand() {
    let lipschitz = ReadPointBound.lipschitz(
      distance: 2, gradientBound: 3, stepsize: 0.5, workerCount: 2, startedCount: 12)
    #expect(agree(lipschitz, 1.0 / 3 + 6.75))
    func convex(_ stepsize: Double) -> Double? {
      ReadPointBound.convex(
        distance: 2, noise: 3, smoothness: 1, stepsize: stepsize, workerCount: 2,
        appliedCount: 12)
    }
    #expect(convex(0.25) == 2 + 2.25)
    #expect(convex(0.26) == nil)
    let nonconvex = ReadPointBound.nonconvex(
      gap: 2, noise: 3, smoothness: 1, stepsize: 0.25, workerCount: 2, appliedCount: 12)
    #expect(nonconvex == 8 + 6.75)
    let exact = ReadPointBound.bestConvex(
      distance: 2, noise: 0, smoothness: 1, workerCount: 2, appliedCount: 12)
    #expect(exact.stepsize == 0.25 && exact.value == 2)
  }

  /// f(x) = x²/2 from 8, γ = ½, workers of 2 and 3 ms: y = 8 and 8 at the start. Updates at 2: 8 − 4 = 4,
  /// at 3: 4 − 4 = 0, at 4 (read 4): −2. Applied were read at 8, 8, 4: mean of y²/2 (32 + 32 + 8)/3 = 24,
  /// of y² 48; started 8, 8, 4, 0 and −2: (32 + 32 + 8 + 0 + 2)/5.
  @Test("Averages by hand, and nothing that is measured changes the run")
  func averages() throws {
    let objective = QuadraticObjective(matrix: [[1]], linear: [0])
    func run(_ study: ReadPointStudy, _ method: MethodChoice = .async(rule: .constant)) throws
      -> Run
    {
      try studied(
        makeConstant([2, 3], count: 1), objective, method, stepsize: 0.5, updates: 3, seed: 1,
        initial: [8], study: study, exact: true)
    }
    let averages = try #require(try run(.averages).readPoints)
    #expect(averages.loss == 24 && averages.gradientNormSquared == 48)
    #expect(averages.gradientCount == 3 && averages.weightSum == 1.5)
    #expect(averages.startedCount == 5 && agree(averages.startedLoss, 74.0 / 5))
    #expect(try run(.none).readPoints == nil)
    let methods: [MethodChoice] = [
      .async(rule: .scaled), .minibatch, .buffered(collect: 2), .rennala(collect: 2, abort: true),
      .local(steps: 2),
    ]
    for method in methods {
      let quiet = try run(.none, method)
      let studied = try run(.bias(permutations: 3), method)
      #expect(studied.fingerprint == quiet.fingerprint)
      #expect((studied.readPoints == nil) == (method == .local(steps: 2)))
      // Exact gradients have no noise to be biased by.
      #expect((studied.delayBias?.value ?? 0) < 1e-12)
    }
  }

  /// One worker, noise 1, 1 and −1 in its three entries: their mean is ⅓. The fourth gradient is the first
  /// entry again, which would make it ½.
  @Test("A recorded batch counts once in the bias, however often the trace repeats")
  func repetition() throws {
    var samples = SampleColumn()
    for sample in [0, 0, 1] as [Int32] { samples.append([sample]) }
    var trace = makeTrace([[1, 1, 1]])
    trace.workers[0].samples = samples
    let run = try studied(
      trace, QuadraticObjective(matrix: [[1]], linear: [0], noise: [[1], [-1]]),
      .async(rule: .constant), stepsize: 0.25, updates: 4, seed: 1, initial: [4],
      study: .bias(permutations: 20), sampling: .recorded)
    let bias = try #require(run.delayBias)
    #expect(agree(bias.value, 1.0 / 3))
    #expect(bias.isTiedToDelay == false)
  }

  /// Gradients that take 30 times as long use the samples with noise +1, the others −⅓ and its like:
  /// rules that shorten the steps of late gradients lose the +1.
  @Test("Noise tied to delay is flagged for rules that look at the delay, and only then")
  func bias() throws {
    var random = SplitMix64(seed: 12)
    // Three samples of −⅓ and one of +1: centred.
    let noise = [[-1.0 / 3], [-1.0 / 3], [-1.0 / 3], [1.0]]
    let objective = QuadraticObjective(matrix: [[1]], linear: [0], noise: noise)
    func trace(isTied: Bool) -> Trace {
      var samples = (0..<4).map { _ in SampleColumn() }
      var trace = makeTrace(
        (0..<4).map { m in
          (0..<100).map { entry in
            let isSlow = Int.random(in: 0..<4, using: &random) == 0
            let sample = isTied ? (isSlow ? 3 : Int32(entry % 3)) : Int32(entry % 4)
            samples[m].append([sample])
            return isSlow ? 30 : 1 + 0.1 * random.uniform()
          }
        })
      for m in 0..<4 { trace.workers[m].samples = samples[m] }
      return trace
    }
    let tied = trace(isTied: true)
    let free = trace(isTied: false)
    func isFlagged(_ trace: Trace, _ method: MethodChoice) throws -> Bool {
      let run = try studied(
        trace, objective, method, stepsize: 0.05, updates: 380, seed: 3, initial: [4],
        study: .bias(permutations: 40), sampling: .recorded)
      let bias = try #require(run.delayBias)
      return bias.isTiedToDelay == true
    }
    for rule in [StepsizeRule.scaled, .drop, .inverse] {
      #expect(try isFlagged(tied, .async(rule: rule)))
      #expect(try !isFlagged(free, .async(rule: rule)))
    }
    #expect(try !isFlagged(tied, .async(rule: .constant)))
    #expect(try !isFlagged(tied, .minibatch))
  }
}
