import Analysis
import Optimization
import ReplayEngine
import TestSupport
import Testing
import Workbench

/// The grid of the tuner: where it looks, when it stops, and what it says of the place it found.
@Suite("The tuner's grid")
struct TunerRuleTests {
  /// Two equal workers.
  private func scan(
    _ objective: String, smoothness: Double? = nil, updates: Int,
    method: MethodChoice = .minibatch
  ) throws -> StepsizeScan {
    let folder = try TemporaryFolder()
    let path = try folder.write("worker,duration_ms\n0,10\n0,10\n1,10\n1,10\n", to: "equal.csv")
    let trace = try #require(
      try openTraces([path], databasePath: nil, reading: ReadingChoices()).first)
    var job = ReplayJob(methods: [MethodSpec(choice: method)], objective: objective)
    job.smoothness = smoothness
    job.updateCount = updates
    return try #require(try replayTrace(trace, job).tuning.first)
  }

  /// Lower is better: the time to a target, then the loss at the end.
  private func score(_ point: StepsizeScan.Point, _ target: Int) -> (Double, Double) {
    (point.seconds[target] ?? .infinity, point.finalGap)
  }

  /// The definition, read off the grid: a neighbour at 2^¼ on each side, neither better.
  private func expectWorseNeighbours(_ scan: StepsizeScan) throws {
    for (target, winner) in scan.winners.enumerated() {
      let place = try #require(scan.points.firstIndex { $0.weight == winner.weight })
      try #require(place > 0 && place + 1 < scan.points.count)
      let own = scan.points[place]
      for neighbour in [scan.points[place - 1], scan.points[place + 1]] {
        let ratio = max(neighbour.weight / own.weight, own.weight / neighbour.weight)
        #expect(agree(ratio, 2.0.squareRoot().squareRoot(), within: 1e-12))
        #expect(score(own, target) <= score(neighbour, target))
      }
      // Nothing that was tried is better.
      #expect(scan.points.allSatisfy { score(own, target) <= score($0, target) })
    }
  }

  private let noisy = "least-squares:gaussian:n=64,d=8,noise=1"
  private let chain = "quadratic:chain:d=50,noise=0?batch=full"

  /// L is given 1.1 times too large, so that γL is 1.82 at the grid point 2 and 2.16 at its larger
  /// neighbour: one is stable, the other is not. A chain is ill-conditioned, so the largest stable
  /// stepsize is the best one.
  @Test("Without noise the winner lies at the stability limit, and is said to")
  func stabilityLimit() throws {
    let smoothness = 0.999_051_416_9
    let found = try scan(chain, smoothness: 1.1 * smoothness, updates: 400)
    #expect(found.winners.map(\.weight) == [2, 2, 2])
    #expect(found.winners.allSatisfy { $0.place == .stabilityLimit })
    let above = try #require(found.points.first { $0.weight > 2 })
    #expect(above.hasDiverged && above.finalGap == .infinity)
    #expect(above.seconds == [nil, nil, nil])
    #expect(found.seedCount == 5 && found.gradientsPerUpdate == 2)
  }

  @Test("With noise the winner is inside the grid, and no neighbour is better")
  func interior() throws {
    let found = try scan(noisy, updates: 200)
    #expect(found.winners.allSatisfy { $0.place == .interior })
    try expectWorseNeighbours(found)
    let weights = found.points.map(\.weight)
    #expect(weights == weights.sorted())
    #expect(weights.first.map { $0 <= 0x1p-10 } == true)
    #expect(weights.last.map { $0 >= 16 } == true)
    // Seven steps of 4 and the neighbourhoods of three targets, not all 29 of the grid.
    #expect(weights.count < 29)
  }

  /// L a power of two wrong moves the grid along itself: what is found must not depend on it.
  @Test("The grid is extended until the best is inside", arguments: [0x1p12, 0x1p-12])
  func extended(factor: Double) throws {
    let plain = try scan(noisy, updates: 200)
    let smoothness = try #require(plain.smoothness)
    let found = try scan(noisy, smoothness: factor * smoothness, updates: 200)
    try expectWorseNeighbours(found)
    #expect(found.winners.allSatisfy { $0.place == .interior })
    #expect(found.winners.allSatisfy { $0.weight > 16 || $0.weight < 0x1p-10 })
    for (one, other) in zip(found.winners, plain.winners) {
      #expect(agree(one.stepsize, other.stepsize, within: 1e-12))
    }
  }

  @Test("Where every stepsize diverges the search ends at the edge, reaching nothing")
  func alwaysDiverges() throws {
    let found = try scan(chain, smoothness: 1e-14, updates: 400)
    #expect(found.points.allSatisfy { $0.hasDiverged && $0.finalGap == .infinity })
    #expect(found.winners.allSatisfy { $0.place == .gridEdge })
    #expect(found.winners.first?.weight == 0x1p-30)
  }

  @Test("Where even the largest stepsize is too small it is the best, at the edge")
  func alwaysTooSmall() throws {
    let found = try scan(chain, smoothness: 1e12, updates: 40)
    #expect(found.winners.allSatisfy { $0.place == .gridEdge && $0.weight == 0x1p20 })
    #expect(found.points.allSatisfy { !$0.hasDiverged })
  }

  @Test("A weight is the stepsize of one gradient of an update in units of 1/(LM)")
  func weight() throws {
    for method in [
      MethodChoice.minibatch, .async(rule: .constant), .backup(need: 1), .buffered(collect: 2),
    ] {
      let found = try scan(noisy, updates: 50, method: method)
      let smoothness = try #require(found.smoothness)
      for point in found.points {
        let weight = point.stepsize / Double(found.gradientsPerUpdate) * smoothness * 2
        #expect(agree(point.weight, weight, within: 1e-12))
      }
    }
  }

  @Test("An objective without L is tuned in units of 1/M, and has no weight in 1/(LM)")
  func withoutSmoothness() throws {
    let found = try scan("hinge:gaussian:n=64,d=8?l2=0.1", updates: 50)
    #expect(found.smoothness == nil)
    let point = try #require(found.points.first)
    #expect(agree(point.weight, point.stepsize / 2 * 2, within: 1e-12))
  }
}
