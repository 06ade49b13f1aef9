import Kernels
import Optimization
import ReplayEngine
import Testing
import TraceModel

/// What a ledger remembers, as the definition of virtual iterates needs it.
private final class Ledger {
  var gradients: [LedgerRecord] = []
  var distances: [Double] = []

  var observer: ReplayObserver {
    ReplayObserver(
      update: { self.distances.append($0.virtualDistanceSquared ?? .nan) },
      gradient: { self.gradients.append($0) })
  }
}

@Suite("Virtual iterates")
struct VirtualIdentityTests {
  private static let methods: [MethodChoice] =
    StepsizeRule.allCases.map { .async(rule: $0, delayLimit: $0 == .drop ? 4 : nil) } + [
      .minibatch, .backup(need: 2), .rennala(collect: 2), .rennala(collect: 3, abort: true),
      .ringmaster(delayLimit: 3), .ringmaster(delayLimit: 3, abort: true), .buffered(collect: 1),
      .buffered(collect: 3), .fastest(workers: 3),
    ]

  private static let matrix = [[2.0, 0.5, 0], [0.5, 1, 0.25], [0, 0.25, 0.5]]
  private static let linear = [1.0, -1, 2]

  private static func gradient(_ x: [Double]) -> [Double] {
    zip(matrix, linear).map { row, b in zip(row, x).reduce(-b) { $0 + $1.0 * $1.1 } }
  }

  /// The gradients that an update is the mean of.
  private static func batch(_ method: MethodChoice, _ workerCount: Int) -> Double {
    switch method {
    case .minibatch: Double(workerCount)
    case .backup(let need): Double(need)
    case .rennala(let collect, _), .buffered(let collect): Double(collect)
    default: 1
    }
  }

  /// Written from the definition: x_k from the arrivals, with exact gradients, and x_k − x̂_k as the sum
  /// of the gradients that were started at an earlier iterate and are applied at a later one.
  @Test("x − x̂ is the sum of the promised gradients, to 1e-12", arguments: methods)
  func identity(method: MethodChoice) throws {
    let trace = makeTrace([[5, 9, 4], [7], [6, 30], [11, 3]])
    for handout in Handout.allCases {
      let ledger = Ledger()
      let run = try replay(
        trace, minimising: QuadraticObjective(matrix: Self.matrix, linear: Self.linear),
        ReplayRequest(
          method: method, stepsize: 0.1, smoothness: 2.5, horizon: Horizon(timeNs: 300),
          batchSize: 0, handout: handout, initial: [1, -1, 2], evaluation: .ends,
          tracksVirtualIterates: true),
        observer: ledger.observer)
      let size = Self.batch(method, 4)
      // Each applied gradient: where it was read, and in which update it went.
      let applied = ledger.gradients
        .filter { $0.fate == .applied || $0.fate == .collected }
        .filter { $0.updateCount < run.updateCount }
      var iterates = [[1.0, -1, 2]]
      for update in 1...run.updateCount {
        var x = try #require(iterates.last)
        for record in applied where record.updateCount + 1 == update {
          let step = Self.gradient(iterates[record.updatesAtRead])
          x = zip(x, step).map { $0 - record.stepsize / size * $1 }
        }
        iterates.append(x)
      }
      for (last, x) in zip(try #require(iterates.last), run.finalIterate) {
        #expect(abs(last - x) < 1e-12)
      }
      var worst = 0.0
      for update in 1...run.updateCount {
        var sum = [0.0, 0, 0]
        var scale = iterates[update].reduce(0) { $0 + $1 * $1 }.squareRoot()
        for record in applied
        where record.updatesAtRead < update && record.updateCount + 1 > update {
          let weight = record.stepsize / size
          let step = Self.gradient(iterates[record.updatesAtRead])
          sum = zip(sum, step).map { $0 + weight * $1 }
          scale = max(scale, weight * step.reduce(0) { $0 + $1 * $1 }.squareRoot())
        }
        let expected = sum.reduce(0) { $0 + $1 * $1 }.squareRoot()
        worst = max(
          worst, abs(ledger.distances[update - 1].squareRoot() - expected) / scale)
      }
      #expect(worst < 1e-12, "\(handout)")
      #expect(run.virtualDistance?.maxSquared == ledger.distances.max())
    }
  }
}
