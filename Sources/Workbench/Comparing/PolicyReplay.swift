import Analysis
import Optimization
import ReplayEngine
import TraceModel

/// How a policy of a comparison is replayed.
struct PolicyReplay {
  /// Variants of which the soonest counts: constants that are tuned besides the stepsize.
  var choices: [MethodChoice]
  /// What the policy makes of a trace before a method sees it.
  var change: @Sendable (Trace) -> Trace
  /// What aborts is judged by both, and the later time counts.
  var timings: [Timing]

  init(
    _ choices: [MethodChoice], timings: [Timing] = [.sequence],
    change: @escaping @Sendable (Trace) -> Trace = { $0 }
  ) {
    self.choices = choices
    self.change = change
    self.timings = timings
  }

  /// - Parameter hasSmoothness: without an L the rule `adaptive` has nothing to multiply.
  /// - Returns: nil for a policy that is another one under a second name, or cannot be replayed.
  init?(
    _ policy: Comparison.Policy, fixedCostNs: Int64, hasSmoothness: Bool
  ) {
    let number = policy.parameter.flatMap { text in
      text.split(separator: "=").last.flatMap { Int($0.prefix { $0.isNumber }) }
    }
    let aborts = policy.parameter?.hasSuffix(",abort") ?? false
    let timings: [Timing] = aborts ? [.sequence, .clock] : [.sequence]
    switch policy.name {
    case .minibatch:
      self.init([.minibatch])
    case .subset:
      guard !policy.dropped.isEmpty else { return nil }
      let dropped = Set(policy.dropped)
      self.init([.minibatch]) { trace in
        var kept = trace
        kept.workers.removeAll { dropped.contains($0.worker.label) }
        return kept
      }
    case .rebalanced:
      self.init([.minibatch]) { $0.rebalanced(fixedCostNs: fixedCostNs) }
    case .backup:
      guard let number, policy.isCandidate else { return nil }
      self.init([.backup(need: number)], timings: [.sequence, .clock])
    case .async:
      let rule = policy.parameter.flatMap { StepsizeRule(rawValue: String($0.dropFirst(5))) }
      switch rule ?? .constant {
      case .adaptive:
        guard hasSmoothness else { return nil }
        // The factor 4 of the theory alone costs much on some problems, so it is tuned too.
        self.init([0.25, 1, 4].map { .async(rule: .adaptive, adaptiveConstant: $0) })
      case let other: self.init([.async(rule: other)])
      }
    case .buffered:
      guard let number else { return nil }
      self.init([.buffered(collect: number)])
    case .rennala:
      guard let number else { return nil }
      self.init([.rennala(collect: number, abort: aborts)], timings: timings)
    case .ringmaster:
      guard let number else { return nil }
      self.init([.ringmaster(delayLimit: number, abort: aborts)], timings: timings)
    }
  }
}
