import Analysis
import TraceModel

/// What the bars of a verdict card show: minibatch, the best other synchronous policy and the best
/// asynchronous one, by the strongest measure that there is. Shared by the terminal and the page.
///
/// Only candidates of the recommendation are shown: a bar shorter than the recommended one that the
/// recommendation never looked at would contradict it. The recommended policy takes the place of the best of its kind, so that it is always among them.
struct CardSummary {
  enum Measure {
    /// Tuned replays on an objective.
    case timeToTarget
    /// The law t(1 + B_crit/b) at the B_crit of the recommendation, minibatch = 1: a guide without an
    /// objective.
    case predictedTime
    /// Gradients at equal time; longer is better, and no verdict rests on it.
    case countRatio
  }

  struct Row {
    var policy: Comparison.Policy
    var style: MethodStyle
    /// Seconds to the target, or time relative to minibatch, or the count ratio; nil if not reached.
    var value: Double?
    /// The speed-up over minibatch by the measure.
    var ratio: Double?
    var isRecommended: Bool
  }

  var measure: Measure
  var rows: [Row]
  /// `B_crit = M`
  var noiseName: String

  /// As a multiple of M: `B_crit = 4 M`.
  static func name(ofNoise ratio: Double) -> String {
    ratio == 1 ? "B_crit = M" : "B_crit = \(Numbers.significant(ratio, trimming: true)) M"
  }

  init(_ comparison: Comparison) {
    let policies = comparison.policies
    let minibatch = policies.firstIndex { $0.name == .minibatch }
    let noise = comparison.criticalBatchOverWorkers
    noiseName = Self.name(ofNoise: noise)
    let row = comparison.verdict.byNoise.first { $0.criticalBatchOverWorkers == noise }
    let law = row.flatMap { $0.relativeTimes.count == policies.count ? $0.relativeTimes : nil }
    let minibatchLaw = minibatch.flatMap { law?[$0] }

    if comparison.restsOnReplays {
      measure = .timeToTarget
    } else if minibatchLaw != nil {
      measure = .predictedTime
    } else {
      measure = .countRatio
    }
    let measure = self.measure
    func value(_ index: Int) -> Double? {
      switch measure {
      case .timeToTarget: policies[index].timeToTargetSeconds
      case .predictedTime:
        law?[index].flatMap { share in
          minibatchLaw.flatMap { share > 0 ? $0 / share : nil }
        }
      case .countRatio: policies[index].countRatio
      }
    }
    let base = minibatch.flatMap(value)
    func ratio(_ index: Int) -> Double? {
      guard let own = value(index), own > 0 else { return nil }
      guard measure != .countRatio else { return own }
      return base.map { $0 / own }
    }
    func isBefore(_ a: Int, _ b: Int) -> Bool {
      let (left, right) = (value(a) ?? .infinity, value(b) ?? .infinity)
      if left == right { return a < b }
      if measure == .countRatio { return (value(a) ?? 0) > (value(b) ?? 0) }
      return left < right
    }
    let recommendation = comparison.verdict.recommendation
    let recommended = recommendation.flatMap { choice in
      policies.firstIndex { $0.name == choice.policy && $0.parameter == choice.parameter }
        ?? policies.firstIndex { $0.name == choice.policy }
    }
    func best(synchronous: Bool) -> Int? {
      let candidates = policies.indices.filter {
        policies[$0].name != .minibatch && policies[$0].isCandidate
          && MethodStyle(policies[$0]).isSynchronous == synchronous
          && (measure != .timeToTarget || policies[$0].isReplayed)
      }
      if let recommended, candidates.contains(recommended) { return recommended }
      return candidates.min(by: isBefore)
    }
    let chosen = [minibatch, best(synchronous: true), best(synchronous: false)].compactMap { $0 }
    rows = chosen.map { index in
      Row(
        policy: policies[index], style: MethodStyle(policies[index]), value: value(index),
        ratio: ratio(index), isRecommended: index == recommended)
    }
  }

  /// What the lengths of the bars are.
  var heading: String {
    switch measure {
    case .timeToTarget: "Time to the target loss"
    case .predictedTime: "Predicted time at \(noiseName), minibatch = 1"
    case .countRatio: "Gradients at equal time, minibatch = 1"
    }
  }

  var ratioHeading: String {
    switch measure {
    case .timeToTarget: "time-to-target speed-up"
    case .predictedTime: "times as fast, predicted"
    case .countRatio: "count ratio"
    }
  }
}
