import Optimization
import ReplayEngine
import TestSupport
import Testing
import TraceModel

/// Where asynchronous SGD does not help, or only helps with noise: each claim against it, replayed.
@Suite("Scepticism")
struct ScepticismTests {
  /// One worker of 1 s and fifty of 10 s: λ = 6 gradients a second, of which one is fresh.
  private static let oneFast = makeTrace([[10]] + [[Int64]](repeating: [100], count: 50))

  /// The first time from which the mean of f − f* over the seeds stays at or below `fraction` of its
  /// start, with the stepsize of the grid for which that is soonest.
  private func tunedTime(
    _ method: MethodChoice, trace: Trace = oneFast, objective: QuadraticObjective, fraction: Double,
    horizon: Int64, seeds: Range<UInt64> = 0..<1, isExact: Bool = true
  ) throws -> Double? {
    let least = try #require(objective.minimum)
    var best: Double?
    for step in 0..<22 {
      // From 2/L downwards by √2; L of the chain is at most 1.
      var stepsize = 2.0
      for _ in 0..<step { stepsize /= 2.0.squareRoot() }
      var mean: [Double] = []
      var hasDiverged = false
      for seed in seeds {
        let run = try replay(
          trace, minimising: objective,
          ReplayRequest(
            method: method, stepsize: stepsize, horizon: Horizon(timeNs: horizon),
            batchSize: isExact ? 0 : 1, seed: seed, evaluation: .instants(400)))
        guard run.outcome == .completed else {
          hasDiverged = true
          break
        }
        let losses = run.points.map { $0.loss - least }
        mean = mean.isEmpty ? losses : zip(mean, losses).map { $0 + $1 }
      }
      guard !hasDiverged, let start = mean.first else { continue }
      guard let last = mean.lastIndex(where: { $0 > fraction * start }), last + 1 < mean.count
      else { continue }
      let time = Double(last + 1) * Double(horizon) / Double(mean.count - 1)
      best = min(best ?? time, time)
    }
    return best
  }

  /// A gradient at the last iterate is worth as much as fifty late ones where there is no noise:
  /// asynchronous SGD must take steps for a delay of 51 and gains nothing from its six-fold rate.
  @Test("Without noise asynchronous SGD is no better than the fastest worker alone")
  func fastestAlone() throws {
    let objective = QuadraticObjective(chain: 12)
    func time(_ method: MethodChoice, horizon: Int64) throws -> Double {
      try #require(
        try tunedTime(method, objective: objective, fraction: 1e-3, horizon: horizon))
    }
    let alone = try time(.fastest(workers: 1), horizon: 8_000)
    let async = try time(.async(rule: .constant), horizon: 80_000)
    #expect(async > 5 * alone, "\(async), the fastest alone \(alone)")

    // Four equal ones are no better than one of them either.
    let equal = makeTrace([[10], [10], [10], [10]])
    let one = try #require(
      try tunedTime(
        .fastest(workers: 1), trace: equal, objective: objective, fraction: 1e-3,
        horizon: 8_000))
    let four = try #require(
      try tunedTime(
        .async(rule: .constant), trace: equal, objective: objective, fraction: 1e-3,
        horizon: 16_000))
    #expect(four >= 0.99 * one, "\(four), one alone \(one)")
  }

  /// σ = 0: R = 1 and B = 1 take every gradient of the fast worker and no other. With much noise they
  /// throw away five gradients in six, each of which would have averaged some of it away.
  @Test(
    "One fast worker and fifty slow ones: fresh gradients win tenfold without noise, and lose with it",
    .needsOptimiser,
    arguments: [
      MethodChoice.ringmaster(delayLimit: 1, abort: false), .rennala(collect: 1, abort: false),
    ])
  func freshOnly(fresh: MethodChoice) throws {
    let exact = QuadraticObjective(chain: 12)
    let quick = try #require(
      try tunedTime(fresh, objective: exact, fraction: 1e-3, horizon: 8_000))
    let late = try #require(
      try tunedTime(.async(rule: .constant), objective: exact, fraction: 1e-3, horizon: 80_000))
    #expect(late / quick > 7 && late / quick < 20, "\(late / quick)")

    let noisy = QuadraticObjective(chain: 12, noise: 0.5)
    func time(_ method: MethodChoice) throws -> Double? {
      try tunedTime(
        method, objective: noisy, fraction: 0.2, horizon: 60_000, seeds: 0..<4, isExact: false)
    }
    let many = try #require(try time(.async(rule: .constant)))
    let few = try time(fresh) ?? .infinity
    #expect(many < few, "\(many) against \(few)")
  }

  /// With one worker at a delay that grows and M − 1 fast ones the support grows by a coordinate for
  /// M − 1 updates: a late gradient does not help.
  @Test("A worker that hardly ever returns adds nothing to what is reached on the chain")
  func krylov() throws {
    func support(_ durations: [Int64], updates: Int) throws -> Int {
      let run = try replay(
        makeTrace(durations.map { [$0] }), minimising: QuadraticObjective(chain: 60),
        ReplayRequest(
          method: .async(rule: .constant), stepsize: 0.125, horizon: Horizon(updateCount: updates),
          batchSize: 0, evaluation: .ends))
      return run.finalIterate.lastIndex { $0 != 0 }.map { $0 + 1 } ?? 0
    }
    // 240/8 = 30 for eight equal ones, ⌈240/7⌉ = 35 for seven of them and one that never returns.
    let equal = [Int64](repeating: 10, count: 8)
    #expect(try support(equal, updates: 240) == 30)
    #expect(try support(equal.dropLast() + [1_000_000], updates: 240) == 35)
  }
}
