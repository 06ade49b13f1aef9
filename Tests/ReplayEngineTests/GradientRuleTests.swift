import Optimization
import ReplayEngine
import Testing
import TraceModel

/// The methods that do more with a gradient than subtract it, against their formulas: full gradients of
/// a quadratic, every iterate kept, the order of arrivals taken from the ledger.
@Suite("Gradient rules")
struct GradientRuleTests {
  private static let objective = LeastSquares(rows: smallRows, targets: smallTargets)
  private static let trace = makeTrace([[5, 9, 4], [7], [6, 30]])
  private static let stepsize = 0.2

  private func request(_ method: MethodChoice, updates: Int = 60) -> ReplayRequest {
    ReplayRequest(
      method: method, stepsize: Self.stepsize, horizon: Horizon(updateCount: updates),
      batchSize: 0, evaluation: .ends)
  }

  /// ∇f(x) = Aᵀ(Ax − b)/n, written out.
  private func gradient(_ x: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: x.count)
    for (row, target) in zip(smallRows, smallTargets) {
      let residual = zip(row, x).reduce(-target) { $0 + $1.0 * $1.1 }
      for entry in x.indices { result[entry] += residual * row[entry] / Double(smallRows.count) }
    }
    return result
  }

  private func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  /// Runs `method`, and its formula on the same arrivals; `step` makes x_k of the iterates so far.
  private func check(
    _ method: MethodChoice, sourceLocation: SourceLocation = #_sourceLocation,
    step: (_ iterates: [[Double]], _ read: Int) -> [Double]
  ) throws {
    var records: [LedgerRecord] = []
    let run = try replay(
      Self.trace, minimising: Self.objective, request(method),
      observer: ReplayObserver(gradient: { records.append($0) }))
    var iterates = [[Double](repeating: 0, count: 3)]
    for record in records where record.fate == .applied {
      iterates.append(step(iterates, record.updatesAtRead))
    }
    #expect(iterates.count == run.updateCount + 1, sourceLocation: sourceLocation)
    for (found, wanted) in zip(run.finalIterate, iterates.last ?? []) {
      #expect(abs(found - wanted) < 1e-12 * (1 + abs(wanted)), sourceLocation: sourceLocation)
    }
  }

  @Test("Clipping bounds what a gradient moves", arguments: [0.05, 0.3, 2])
  func clipped(radius: Double) throws {
    try check(.clipped(radius: radius)) { iterates, read in
      let g = gradient(iterates[read])
      let factor = Self.stepsize * min(1, radius / norm(g))
      return zip(iterates[iterates.count - 1], g).map { $0 - factor * $1 }
    }
    var last = [Double](repeating: 0, count: 3)
    for updates in 1...12 {
      let x = try replay(
        Self.trace, minimising: Self.objective, request(.clipped(radius: radius), updates: updates)
      ).finalIterate
      #expect(norm(zip(x, last).map { $0 - $1 }) <= Self.stepsize * radius * (1 + 1e-12))
      last = x
    }
  }

  @Test("Delay compensation adds λ g ⊙ g ⊙ (x − y)", arguments: [0.04, 1, 5])
  func compensated(lambda: Double) throws {
    try check(.dcAsync(lambda: lambda)) { iterates, read in
      let x = iterates[iterates.count - 1]
      let y = iterates[read]
      let g = gradient(y)
      return x.indices.map { i in
        x[i] - Self.stepsize * (g[i] + lambda * g[i] * g[i] * (x[i] - y[i]))
      }
    }
  }

  @Test("Adaptive, λ is divided by the root of the running mean of squares", arguments: [0.5, 2])
  func adaptivelyCompensated(lambda: Double) throws {
    var meanSquare = [0.0, 0, 0]
    try check(.dcAsync(lambda: lambda, adaptive: true)) { iterates, read in
      let x = iterates[iterates.count - 1]
      let y = iterates[read]
      let g = gradient(y)
      return x.indices.map { i in
        meanSquare[i] = 0.95 * meanSquare[i] + 0.05 * g[i] * g[i]
        let strength = lambda / (meanSquare[i] + 1e-7).squareRoot()
        return x[i] - Self.stepsize * (g[i] + strength * g[i] * g[i] * (x[i] - y[i]))
      }
    }
  }

  @Test("Momentum adds β of the step before", arguments: [0.3, 0.6])
  func momentum(beta: Double) throws {
    try check(.momentum(beta: beta)) { iterates, read in
      let x = iterates[iterates.count - 1]
      let before = iterates[max(0, iterates.count - 2)]
      let g = gradient(iterates[read])
      return x.indices.map { x[$0] - Self.stepsize * g[$0] + beta * (x[$0] - before[$0]) }
    }
  }

  @Test("Picky discards what was read too far away, and nothing else", arguments: [0.05, 0.2])
  func picky(distance: Double) throws {
    var records: [LedgerRecord] = []
    let run = try replay(
      Self.trace, minimising: Self.objective, request(.picky(distance: distance)),
      observer: ReplayObserver(gradient: { records.append($0) }))
    var iterates = [[Double](repeating: 0, count: 3)]
    for record in records {
      let x = iterates[iterates.count - 1]
      let y = iterates[record.updatesAtRead]
      let isNear = norm(zip(x, y).map { $0 - $1 }) <= distance
      #expect((record.fate == .applied) == isNear)
      guard record.fate == .applied else { continue }
      let g = gradient(y)
      iterates.append(x.indices.map { x[$0] - Self.stepsize * g[$0] })
    }
    #expect(run.discardedCount == records.count { $0.fate == .discarded })
    #expect(run.discardedCount > 0)
    for (found, wanted) in zip(run.finalIterate, iterates.last ?? []) {
      #expect(abs(found - wanted) < 1e-12 * (1 + abs(wanted)))
    }
  }

  /// Worker 1 reads x_0 and lands after a thousand updates, when f is at its minimum.
  @Test("Clipped, a very late gradient does not kick the iterate far")
  func lateKick() throws {
    let trace = makeTrace([[1], [1_000]])
    func distance(_ method: MethodChoice) throws -> Double {
      func run(_ updates: Int) throws -> [Double] {
        try replay(trace, minimising: Self.objective, request(method, updates: updates))
          .finalIterate
      }
      let before = try run(1_000)
      let after = try run(1_001)
      return norm(zip(before, after).map { $0 - $1 })
    }
    let free = try distance(.async(rule: .constant))
    #expect(free > 1e-3)
    let clipped = try distance(.clipped(radius: 1e-3))
    #expect(clipped <= Self.stepsize * 1e-3 * (1 + 1e-9))
  }

  @Test("Handed out before, a rule still knows what was read")
  func handoutBefore() throws {
    for method in [
      MethodChoice.dcAsync(lambda: 1), .dcAsync(lambda: 1, adaptive: true), .picky(distance: 0.1),
    ] {
      var changed = request(method)
      changed.handout = .before
      let first = try replay(Self.trace, minimising: Self.objective, changed)
      let again = try replay(Self.trace, minimising: Self.objective, changed)
      #expect(first.fingerprint == again.fingerprint)
      let isFinite = first.finalIterate.allSatisfy { $0.isFinite }
      #expect(isFinite)
    }
  }

  @Test("Virtual iterates are those of clipped weights, and none where a step is no weight")
  func virtual() throws {
    var clipped = request(.clipped(radius: 0.1))
    clipped.tracksVirtualIterates = true
    let run = try replay(Self.trace, minimising: Self.objective, clipped)
    #expect(run.points.last?.virtualDistanceSquared != nil)
    var heavy = request(.momentum(beta: 0.5))
    heavy.tracksVirtualIterates = true
    let other = try replay(Self.trace, minimising: Self.objective, heavy)
    #expect(other.points.last?.virtualDistanceSquared == nil)
  }

  @Test(
    "Numbers that a method is not defined for are refused",
    arguments: [
      MethodChoice.clipped(radius: 0), .clipped(radius: .nan), .picky(distance: -1),
      .dcAsync(lambda: -0.1), .momentum(beta: 1),
    ])
  func refused(method: MethodChoice) {
    #expect(throws: ReplayError.self) {
      try replay(Self.trace, minimising: Self.objective, request(method))
    }
  }
}
