import Analysis
import Optimization
import ReplayEngine
import Testing
import TraceModel

/// The rates of the table against replays of the same policies: two ways to one number.
@Suite("Policies with turnaround and a server")
struct PolicyServerTests {
  private func number(_ policy: Comparison.Policy) throws -> Int {
    let text = try #require(policy.parameter?.split(separator: "=").last)
    return try #require(Int(text.prefix { $0.isNumber }))
  }

  /// Gradients per second in 2,000 rounds of the slowest; of both timings the smaller where a policy
  /// aborts.
  private func replayed(
    _ policy: Comparison.Policy, on trace: Trace, serverNs: Int64
  ) throws -> Double {
    var trace = trace
    let aborts = policy.parameter?.hasSuffix(",abort") ?? false
    var timings: [Timing] = aborts ? Timing.judging : [.sequence]
    let method: MethodChoice
    switch policy.name {
    case .minibatch: method = .minibatch
    case .subset:
      trace.workers.removeAll { policy.dropped.contains($0.worker.label) }
      method = .minibatch
    case .rebalanced:
      trace = trace.rebalanced()
      method = .minibatch
    case .backup:
      timings = Timing.judging
      method = .backup(need: try number(policy))
    case .async: method = .async(rule: .constant)
    case .buffered: method = .buffered(collect: try number(policy))
    case .rennala: method = .rennala(collect: try number(policy), abort: aborts)
    case .ringmaster: method = .ringmaster(delayLimit: try number(policy), abort: aborts)
    }
    let rates = try timings.map { timing in
      let run = try replaySchedule(
        of: trace,
        ScheduleRequest(
          method: method, horizon: Horizon(timeNs: 8_000_000_000), timing: timing,
          serverNs: serverNs))
      return Double(run.gradientCount) / (Double(run.timeNs) / 1e9)
    }
    return try #require(rates.min())
  }

  /// Rounds have a closed form. Asynchronous SGD has 1/Σ 1/(cycle + server), at least the server's time,
  /// which leaves its queue out: that matters where the server is about as fast as the workers.
  @Test(
    "The rate of every policy is that of its replay",
    arguments: [(0.0, 0.01), (0.05, 0.01), (0.4, 0.08), (5, 0.01)])
  func rates(serverMilliseconds: Double, asyncTolerance: Double) throws {
    for hasTurnaround in [false, true] {
      var trace = makeConstant([1, 1, 2, 4], count: 60)
      if hasTurnaround {
        for m in trace.workers.indices {
          trace.workers[m].turnaroundsNs = [Int64](repeating: 500_000, count: 60)
        }
      }
      let inspection = inspect(
        trace, options: InspectionOptions(resampleCount: 0, shuffleCount: 60))
      #expect(inspection.speedup.turnaroundMatters == hasTurnaround)
      let comparison = compare(
        trace, inspection: inspection,
        options: ComparisonOptions(
          serverSeconds: serverMilliseconds / 1e3, resampleCount: 0))
      #expect(comparison.policies.map(\.name) == PolicyName.allCases)
      for policy in comparison.policies {
        let rate = try replayed(
          policy, on: trace, serverNs: Int64(serverMilliseconds * 1e6))
        let tolerance = policy.name == .async ? asyncTolerance : 0.01
        #expect(
          abs(policy.gradientsPerSecond / rate - 1) < tolerance,
          "\(policy.name) \(policy.parameter ?? "") \(policy.gradientsPerSecond) \(rate)")
      }
    }
  }

  /// At the break-even time a policy makes as many gradients as full minibatch, M/(T + σ), when both are
  /// replayed with that server.
  @Test("At the break-even time of the server its replay makes as many gradients as minibatch")
  func breakEven() throws {
    let trace = makeConstant([1, 1, 2, 4], count: 60)
    let inspection = inspect(
      trace, options: InspectionOptions(resampleCount: 0, shuffleCount: 60))
    let comparison = compare(
      trace, inspection: inspection, options: ComparisonOptions(resampleCount: 0))
    for policy in comparison.policies where policy.countRatio > 1 {
      guard let seconds = policy.breakEvenServerSeconds, seconds > 0 else { continue }
      func lead(_ factor: Double) throws -> Double {
        let server = factor * seconds
        return try replayed(policy, on: trace, serverNs: Int64(server * 1e9)) * (4e-3 + server) / 4
      }
      let (before, after) = (try lead(0.9), try lead(1.1))
      #expect(before > 1 && after < 1, "\(policy.name) \(before) \(after)")
    }
  }
}

extension Timing {
  /// Those that a policy which aborts is judged by.
  fileprivate static var judging: [Timing] { [.sequence, .clock] }
}
