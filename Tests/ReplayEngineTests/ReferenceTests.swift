import Kernels
import Optimization
import ReplayEngine
import Testing
import TraceModel

/// A small least-squares problem with four samples in three dimensions.
let smallRows: [[Double]] = [[1, 0.5, 0], [0, 1, -0.5], [0.25, 0, 1], [-1, 0.75, 0.5]]
let smallTargets: [Double] = [1, -2, 0.5, 3]

private func makeReference(_ durations: [[Int64]], timeLimit: Int64) -> ReferenceReplay {
  ReferenceReplay(
    rows: smallRows, targets: smallTargets, durations: durations, timeLimit: timeLimit,
    stepsize: 0.125, initial: [1, -1, 2])
}

/// Runs the engine on the same, and says where the two differ; nil if nowhere.
private func difference(
  _ reference: ReferenceReplay, _ expected: ReferenceReplay.Outcome, _ method: MethodChoice,
  handout: Handout = .after, smoothness: Double? = nil
) throws -> String? {
  var trace = makeTrace(reference.durations)
  for worker in reference.turnarounds.indices {
    trace.workers[worker].turnaroundsNs = reference.turnarounds[worker]
  }
  var actual = ReferenceReplay.Outcome()
  let run = try replay(
    trace, minimising: LeastSquares(rows: reference.rows, targets: reference.targets),
    ReplayRequest(
      method: method, stepsize: reference.stepsize, smoothness: smoothness,
      horizon: Horizon(timeNs: reference.timeLimit),
      atEnd: reference.repeats ? .repeat : .stop, batchSize: reference.batchSize,
      handout: handout, seed: reference.seed, initial: reference.initial, evaluation: .ends),
    observer: ReplayObserver { record in
      actual.times.append(record.timeNs)
      actual.workers.append(record.worker)
      actual.delays.append(record.delay)
      actual.stepsizes.append(record.stepsize)
    })
  actual.iterate = run.finalIterate
  if actual.times != expected.times { return "times \(actual.times), not \(expected.times)" }
  if actual.workers != expected.workers { return "workers \(actual.workers)" }
  if actual.delays != expected.delays { return "delays \(actual.delays), not \(expected.delays)" }
  if actual.stepsizes != expected.stepsizes { return "stepsizes \(actual.stepsizes)" }
  let error = zip(actual.iterate, expected.iterate).map { abs($0 - $1) }.max() ?? 0
  if !(error <= 1e-12) { return "iterate off by \(error)" }
  if run.delays?.identityHolds == false { return "the delay identity does not hold" }
  return nil
}

private let smoothness = 2.5

/// The rules with the stepsize each is to have, written again.
private func stepsize(_ rule: StepsizeRule, delay: Int) -> Double {
  let gamma = 0.125
  let tau = Double(delay)
  switch rule {
  case .constant: return gamma
  case .adaptive: return min(gamma, 1 / (4 * smoothness * tau))
  case .scaled: return gamma * 3 / max(3, tau)
  case .drop: return delay <= 2 ? gamma : 0
  case .inverse: return gamma / max(1, tau - 1)
  }
}

private func method(_ rule: StepsizeRule) -> MethodChoice {
  .async(rule: rule, delayLimit: rule == .drop ? 2 : nil)
}

@Suite("Against the definition")
struct ReferenceTests {
  /// Durations after which the workers arrive in the given order. `spacing` 1 puts an arrival in
  /// every nanosecond; a slower clock makes ties, and nil where a worker would tie with itself.
  private static func durations(_ order: [Int], clock: Int64) -> [[Int64]]? {
    var last: [Int64] = [0, 0, 0]
    var durations: [[Int64]] = [[], [], []]
    for (index, worker) in order.enumerated() {
      let time = 1 + Int64(index) / clock
      guard time > last[worker] else { return nil }
      durations[worker].append(time - last[worker])
      last[worker] = time
    }
    // A worker that is not in the order arrives after all of it.
    return durations.map { $0.isEmpty ? [100] : $0 }
  }

  private static let orders: [[Int]] = (0..<243).map { number in
    var rest = number
    return (0..<5).map { _ in
      defer { rest /= 3 }
      return rest % 3
    }
  }

  @Test("Every order of 5 arrivals of 3 workers, every rule", arguments: StepsizeRule.allCases)
  func allOrders(rule: StepsizeRule) throws {
    var failures: [String] = []
    for order in Self.orders {
      for clock in [1, 2, 3] as [Int64] {
        guard let durations = Self.durations(order, clock: clock) else { continue }
        var reference = makeReference(durations, timeLimit: 50)
        reference.repeats = false
        for handout in Handout.allCases {
          let expected = reference.asynchronous(handout) { stepsize(rule, delay: $0) }
          let found = try difference(
            reference, expected, method(rule), handout: handout, smoothness: smoothness)
          if let found { failures.append("\(order) \(clock) \(handout): \(found)") }
        }
      }
    }
    #expect(failures.first == nil)
  }

  @Test("Every order, minibatch")
  func allOrdersMinibatch() throws {
    var failures: [String] = []
    for order in Self.orders {
      guard let durations = Self.durations(order, clock: 1) else { continue }
      var reference = makeReference(durations, timeLimit: 1_000)
      for repeats in [false, true] {
        reference.repeats = repeats
        if let found = try difference(reference, reference.minibatch(), .minibatch) {
          failures.append("\(order): \(found)")
        }
      }
    }
    #expect(failures.first == nil)
  }

  /// Durations of 1 to 4 ns tie all the time.
  @Test("Random traces with turnarounds", arguments: 0..<40 as Range<Int>)
  func turnarounds(seed: Int) throws {
    let stream = CounterStream(stream: .shuffles, seed: UInt64(seed))
    func draws(_ worker: Int, _ shift: Int, below limit: UInt32) -> [Int64] {
      (0..<5).map { Int64(stream.word(worker: worker, gradient: shift, index: $0) % limit) }
    }
    var reference = makeReference(
      (0..<3).map { worker in draws(worker, 0, below: 4).map { $0 + 1 } }, timeLimit: 60)
    reference.turnarounds = (0..<3).map { draws($0, 1, below: 3) }
    reference.batchSize = 1 + seed % 3
    reference.seed = UInt64(seed) << 33 | 7
    reference.repeats = seed % 4 != 0
    #expect(try difference(reference, reference.minibatch(), .minibatch) == nil)
    for steps in 1...3 {
      #expect(try difference(reference, reference.local(steps: steps), .local(steps: steps)) == nil)
    }
    for rule in StepsizeRule.allCases {
      for handout in Handout.allCases {
        let expected = reference.asynchronous(handout) { stepsize(rule, delay: $0) }
        #expect(
          try difference(
            reference, expected, method(rule), handout: handout, smoothness: smoothness) == nil)
      }
    }
  }
}
